"""The background: what people say anywhere helps a small corpus along, and is never said in its place."""

import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Document, LanguageModel, read_corpus
from engine.background import CORPORA, Background, BackgroundPart, shipped
from engine.drawing import uniforms
from engine.rule import Rule
from engine.vocabulary import BEGIN, UNKNOWN, Vocabulary
from tests.engine.test_sampling import assert_fits

TEXTS = st.lists(st.sampled_from(["the cat", "the dog sat", "I think so", "xyzzy the", "Привет the", ""]), max_size=6)
SMALL = Background(["the cat sat on the mat", "the dog sat on the log", "do you think so"])


def learned(texts: list[str], smoothing: str = "best") -> LanguageModel:
    model = LanguageModel(smoothing=smoothing)
    model.learn(texts)
    return model


def part_of(words: list[str]) -> tuple[Vocabulary, BackgroundPart]:
    vocabulary = Vocabulary(words)
    return vocabulary, BackgroundPart(SMALL, vocabulary)


def probabilities(part: BackgroundPart, size: int, said: list[int]) -> np.ndarray:
    p = np.zeros(size)
    part.add_to(p, part.context(said), 1.0)
    return p


def test_what_the_corpus_never_said_is_unknown() -> None:
    """Over a corpus's vocabulary the background sums to 1: its other words add to `<unk>`, and none has a place."""
    vocabulary, part = part_of(["the", "cat", "xyzzy"])
    said = [BEGIN, vocabulary.id("the")]
    p = dict(zip(vocabulary.tokens, probabilities(part, len(vocabulary), said), strict=True))
    theirs = SMALL.mkn.distribution(part.context(said))
    whole = dict(zip(SMALL.vocabulary.tokens, theirs, strict=True))
    assert sum(p.values()) == pytest.approx(1, abs=1e-12)
    assert p["cat"] == whole["cat"]
    assert p["xyzzy"] == 0
    assert p["<unk>"] == pytest.approx(sum(q for word, q in whole.items() if word not in {"</s>", "the", "cat"}))


@given(words=st.lists(st.sampled_from(["the", "cat", "dog", "sat", "xyzzy", "you"]), max_size=6), data=st.data())
def test_one_probability_is_that_of_the_distribution(words: list[str], data: st.DataObject) -> None:
    """`probability` and `add_to` agree on every token after any context."""
    vocabulary, part = part_of(words)
    said = [BEGIN, *data.draw(st.lists(st.sampled_from([UNKNOWN, *range(3, vocabulary.ids)]), max_size=3))]
    p = probabilities(part, len(vocabulary), said)
    one_by_one = [part.probability(part.context(said), id) for id in vocabulary.live.tolist()]
    assert one_by_one == pytest.approx(p.tolist(), abs=1e-12)


def test_words_are_drawn_as_stated() -> None:
    """Drawn tokens follow the distribution: total variation below 0.02 over 40,000 draws."""
    vocabulary, part = part_of(["the", "cat", "sat"])
    said = [BEGIN, vocabulary.id("the")]
    random = uniforms(np.random.default_rng(0)).__next__
    drawn = Counter(part.draw(random, part.context(said)) for _ in range(40_000))
    p = probabilities(part, len(vocabulary), said)
    ids = vocabulary.live.tolist()
    assert sum(abs(drawn[id] / 40_000 - q) for id, q in zip(ids, p, strict=True)) / 2 < 0.02


def test_the_more_words_it_does_not_know_the_less_it_counts() -> None:
    """Odds are Γ · 2 I / (O + 50), with I shared words and O foreign ones; forgotten words count no more."""
    vocabulary, part = part_of(["the", "cat", "xyzzy"])
    assert part.odds(0.5) == 0.5 * 2 * 2 / 51
    new = vocabulary.add("plugh")
    assert part.odds(0.5) == 0.5 * 2 * 2 / 52
    vocabulary.discard(new)
    vocabulary.discard(vocabulary.id("cat"))
    assert part.odds(0.5) == 0.5 * 2 * 1 / 51
    vocabulary.add("cat")
    assert part.odds(0.5) == 0.5 * 2 * 2 / 51


@settings(max_examples=80)
@given(before=TEXTS, gone=TEXTS, after=TEXTS, prompt=st.sampled_from(["", "the", "the cat", "xyzzy", "nobody"]))
def test_forgetting_leaves_the_background_no_trace(
    before: list[str], gone: list[str], after: list[str], prompt: str
) -> None:
    """learn A, B, C and unlearn B equals learn A, C to the last bit, before and after a merge."""
    documents = [Document(id, text) for id, text in enumerate(before + gone + after)]
    left, lost = documents[: len(before)] + documents[len(before + gone) :], documents[len(before) : len(before + gone)]
    if not left:
        return
    model = LanguageModel()
    for each in documents:
        model.learn([each])
        model.distribution(prompt)
    model.unlearn(lost)
    fresh = LanguageModel()
    fresh.learn(left)
    now, then = model.distribution(prompt), fresh.distribution(prompt)
    for _ in range(2):
        assert (now.tokens, now.probabilities.tolist()) == (then.tokens, then.probabilities.tolist())
        model.merge()
        now = model.distribution(prompt)


@pytest.mark.parametrize("prompt", ["", "the tide", "xyzzy", "do you", "I think you should not"])
def test_every_distribution_sums_to_one(corpora: Path, prompt: str) -> None:
    """Over the full vocabulary of the harbour, after known and unknown words, and each probability is above 0."""
    model = LanguageModel()
    model.learn(read_corpus(corpora / "harbour.txt").documents)
    for _ in range(2):
        p = model.distribution(prompt).probabilities
        assert p.sum() == pytest.approx(1, abs=1e-12)
        assert p.min() > 0
        model.learn(["plugh is a word of nobody's", "do you plugh"])


def test_the_background_is_a_piece_of_its_own() -> None:
    """It has its share in every probability, after words only it knows as well, and all pieces sum to it."""
    model = learned(["I think so", "I think not", "yes"])
    prompt = model.read("do you")
    p = model.distribution_after(prompt)
    for token, probability in zip(p.tokens, p.probabilities, strict=True):
        pieces = model.pieces(prompt, token)
        assert sum(piece.probability for piece in pieces) == pytest.approx(probability, abs=1e-14)
        assert "background" in {piece.source for piece in pieces}


@pytest.mark.parametrize("start", ["", "the", "do you", "xyzzy"])
@pytest.mark.parametrize("changed", [False, True])
def test_texts_are_drawn_as_stated(start: str, changed: bool) -> None:
    """With the background, and after words only it knows: a second word follows the distribution without `<unk>`."""
    model = learned(["the cat sat", "the dog sat", "I think so", "you know"])
    if changed:
        model.learn(["do not think so"])
    prompt = model.read(start)
    p = dict(zip(model.vocabulary, model.distribution_after(prompt).probabilities.tolist(), strict=True))
    rng, most = np.random.default_rng(5), len(prompt.tokens) + 1
    stream, rule = model._speaker._stream_now(), Rule()
    drawn: Counter[str] = Counter()
    for _ in range(4_000):
        ids = stream.document(rng, prompt.ids, most, rule, prompt.tokens)[most - 1 :]
        drawn[model._known.counts.vocabulary.token(ids[0]) if ids else "</s>"] += 1
    never = {"<unk>"} if start else {"<unk>", "</s>"}
    possible = 1 - sum(p[token] for token in never)
    assert_fits(drawn, {token: q / possible for token, q in p.items() if token not in never})


def test_a_tiny_corpus_speaks_for_itself(corpora: Path) -> None:
    """Three lines about cats: "mat" comes first, by far, and only their words have a place."""
    model = LanguageModel()
    model.learn(read_corpus(corpora / "cats.txt").documents)
    distribution = model.distribution("the cat sat on the")
    p = dict(zip(distribution.tokens, distribution.probabilities, strict=True))
    first, second = sorted(p.values(), reverse=True)[:2]
    assert p["mat"] == first > 2 * second
    assert "you" not in p


def test_a_small_corpus_is_predicted_better(corpora: Path) -> None:
    """100 messages of the harbour: the next 50 take at least 5 % fewer bits than without a background."""
    documents = read_corpus(corpora / "harbour.txt").documents
    bits = []
    for has_background in (True, False):
        model = LanguageModel()
        model.learn(documents[:100])
        if not has_background:
            model._known.mixture.background = None  # type: ignore[union-attr]  # to compare with, nothing else can
        surprise = model.surprise(documents[100:150])
        bits.append(surprise.bits + surprise.spelling_bits)
    assert bits[0] < 0.95 * bits[1]


def test_words_nobody_knows_are_the_least_likely() -> None:
    """`<unk>` stands for many words: each of them alone is less likely than any that is known."""
    surprises = {word: shipped().surprise(word) for word in ("the", "harbour", "xyzzy")}
    assert sorted(surprises, key=surprises.__getitem__) == ["the", "harbour", "xyzzy"]


def test_nothing_of_the_background_is_said() -> None:
    """Whatever is drawn was said in the corpus."""
    model = learned(["the cat", "xyzzy and the dog"])
    said = {word for i in range(200) for word in model.generate(np.random.default_rng(i)).split()}
    assert said <= {"the", "cat", "xyzzy", "and", "dog"}


def test_the_prompt_is_heard_beyond_the_corpus() -> None:
    """A word only the background knows is a context for it: after "do you", "think" is likelier than after "zzz"."""
    model = learned(["I think so", "I think not", "yes"])

    def p(prompt: str) -> float:
        distribution = model.distribution(prompt)
        return float(distribution.probabilities[distribution.tokens.index("think")])

    assert p("do you") > 1.1 * p("zzz zzz")


def test_the_background_is_of_moderate_size() -> None:
    """Some thousand words, held once: below 3 MB."""
    background = shipped()
    assert shipped() is background
    assert 4_000 < len(background.words) < 20_000
    assert background.mkn.counts.nbytes < 3 * 2**20


def test_the_texts_are_found_from_anywhere(tmp_path: Path, corpora: Path) -> None:
    """They are read as package data, from any directory, and the project ships every text that is named."""
    code = "from engine.background import shipped; print(len(shipped().words))"
    run = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(corpora.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(run.stdout) == len(shipped().words)
    shipping = tomllib.loads((corpora.parent / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert "corpora" in shipping["packages"]
    assert shipping["package-data"]["corpora"] == ["*.txt"]
    assert all((corpora / name).exists() for name in CORPORA)
