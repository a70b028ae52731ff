"""LanguageModel: distributions, exact forgetting, the plain Markov chain, and speaking."""

import random
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import (
    Condition,
    Dials,
    Document,
    EmptyCorpus,
    InvalidArgument,
    LanguageModel,
    NotLearned,
    UnseenContext,
    read_corpus,
    tokens,
)
from engine.sampling import reshape

MESSAGES = st.lists(st.text("ab c.", max_size=8), max_size=6)
ORDERS = st.integers(1, 8)


def learned(texts: list[str], order: int = 3, unit: str = "words", smoothing: str = "mkn") -> LanguageModel:
    model = LanguageModel(order, unit, smoothing)
    model.learn(texts)
    return model


def same(a: LanguageModel, b: LanguageModel, prompts: list[str]) -> bool:
    """Whether two models give the same distributions to the last bit."""
    pairs = ((a.distribution(prompt), b.distribution(prompt)) for prompt in prompts)
    return all(p.tokens == q.tokens and p.probabilities.tolist() == q.probabilities.tolist() for p, q in pairs)


@given(texts=st.lists(st.text("ab c.", max_size=8), min_size=1, max_size=6), prompt=st.text("abz ."), order=ORDERS)
def test_every_distribution_sums_to_one_over_the_whole_vocabulary(texts: list[str], prompt: str, order: int) -> None:
    """Whatever was learned and asked, the probabilities of all tokens are positive and sum to 1."""
    for unit in ("words", "characters"):
        distribution = learned(texts, order, unit).distribution(prompt)
        assert distribution.tokens[:2] == ["</s>", "<unk>"]
        assert distribution.tokens[2:] == sorted({t for text in texts for t in tokens(text, unit)})
        assert (distribution.probabilities > 0).all()
        assert distribution.probabilities.sum() == pytest.approx(1, abs=1e-12)


@given(before=MESSAGES, gone=MESSAGES, after=MESSAGES, order=ORDERS, shuffle=st.randoms())
def test_unlearned_is_never_learned(
    before: list[str], gone: list[str], after: list[str], order: int, shuffle: random.Random
) -> None:
    """learn A, B, C and unlearn B equals learn A, C to the last bit, in any order of learning."""
    model = learned(before + gone, order)
    model.learn(after)
    model.unlearn(gone)
    left = before + after
    shuffle.shuffle(left)
    fresh = learned(left, order)
    assert model.tokens == fresh.tokens
    assert model.vocabulary == fresh.vocabulary
    if left:
        assert same(model, fresh, ["", "a", "a b", "c a.", "b b c", *gone])


def test_unlearning_what_was_never_learned_changes_nothing() -> None:
    """It is an error, even when only one of several was never learned, and the model stays as it was."""
    model = learned(["a b", "a c"])
    for wrong in (["b a"], ["a b", "a b"], ["a c", "zebra"]):
        with pytest.raises(NotLearned, match="never learned"):
            model.unlearn(wrong)
    assert same(model, learned(["a b", "a c"]), ["", "a"])


def test_documents_and_strings_are_the_same_to_a_model() -> None:
    """A Document counts by its text."""
    assert same(learned(["a b"]), learned([Document(7, "a b", 3)]), ["", "a"])  # type: ignore[list-item]


@pytest.mark.parametrize("text", ["the cat sat on the mat the cat ate the rat", "abracadabra, said the ABBA fan"])
@pytest.mark.parametrize("order", [2, 4])
def test_smoothing_none_is_the_articles_chain(text: str, order: int) -> None:
    """For every context, relative frequencies equal those of a dictionary of lists over the same text."""
    chain = defaultdict(list)
    for i in range(len(text) - order + 1):
        chain[text[i : i + order - 1]].append(text[i + order - 1])
    chain[text[len(text) - order + 1 :]].append("</s>")  # a message ends; the article's text merely stops
    model = learned([text], order, "characters", "none")
    for context, followers in chain.items():
        distribution = model.distribution(context)
        known = {t: p for t, p in zip(distribution.tokens, distribution.probabilities, strict=True) if p}
        assert known == {token: count / len(followers) for token, count in Counter(followers).items()}


def test_smoothing_none_says_nothing_of_a_context_it_never_saw() -> None:
    """There is no shorter context to fall back to: that is an error which names the cure."""
    model = learned(["the cat sat"], smoothing="none")
    with pytest.raises(UnseenContext, match="lower order"):
        model.distribution("cat the")


def test_the_prompt_is_the_beginning_of_a_message() -> None:
    """The empty prompt asks how messages begin; nothing else can come first here."""
    p = learned(["a b", "a c", "b a"], smoothing="none", order=2).distribution("")
    assert dict(zip(p.tokens, p.probabilities, strict=True)) == pytest.approx(
        {"</s>": 0, "<unk>": 0, "a": 2 / 3, "b": 1 / 3, "c": 0}
    )


def test_a_prompt_is_read_in_the_capitalisation_that_is_known() -> None:
    """A token known in another capitalisation only is read as that one, and the answer says so."""
    model = learned(["the cat sat"])
    read = model.read("The ZEBRA cat")
    assert (read.tokens, read.replaced, read.unseen) == (["the", "ZEBRA", "cat"], (("The", "the"),), ("ZEBRA",))
    assert model.known_context(read) == ("cat",)


def test_the_answering_context_is_the_longest_known_end_of_the_prompt() -> None:
    """At order 3 two tokens at most; fewer where they were never seen together."""
    model = learned(["the cat sat on the mat", "the dog ran"])
    assert model.known_context(model.read("on the")) == ("on", "the")
    assert model.known_context(model.read("dog sat")) == ("sat",)
    assert model.known_context(model.read("zebra")) == ()
    assert model.known_context(model.read("")) == ("<s>",)


def test_perplexity_by_hand() -> None:
    """2 to the mean bits per token, </s> counted: "a", "b", </s> after learning "a b" without smoothing is 1."""
    assert learned(["a b"], 2, smoothing="none").perplexity(["a b"]) == 1
    # "a b" and "a c": P(a)=1, P(b|a)=1/2, P(</s>|b)=1: 1 bit over 3 tokens
    assert learned(["a b", "a c"], 2, smoothing="none").perplexity(["a b"]) == pytest.approx(2 ** (1 / 3))


def test_an_empty_model_says_so() -> None:
    """Nothing learned, nothing to predict or say, and nothing to measure without documents."""
    with pytest.raises(EmptyCorpus, match="Nothing has been learned"):
        LanguageModel().distribution("")
    with pytest.raises(EmptyCorpus):
        LanguageModel().generate(np.random.default_rng(0))
    with pytest.raises(EmptyCorpus, match="no document"):
        learned(["a"]).perplexity([])
    with pytest.raises(EmptyCorpus, match="empty texts"):
        learned(["", ""]).generate(np.random.default_rng(0))


@pytest.mark.parametrize("order", [0, 9, 99, -1])
def test_orders_outside_1_to_8_are_refused(order: int) -> None:
    """The error names what was found and what is possible."""
    with pytest.raises(InvalidArgument, match=f"{order}; it must be from 1 to 8"):
        LanguageModel(order)


@pytest.mark.parametrize(
    "dials",
    [
        {"temperature": -1},
        {"temperature": 1e9},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"originality": 2.0},
        {"top_k": 1.5},
        {"max_copy": 2.5},
        {"choices": "3"},
    ],
)
def test_dials_outside_their_range_are_refused(dials: dict[str, float]) -> None:
    """The error names what was found and what is possible."""
    with pytest.raises(InvalidArgument, match=r"must be"):
        Dials(**dials)  # type: ignore[arg-type]


def test_next_to_no_temperature_takes_the_likeliest() -> None:
    """Without a warning, however small it is."""
    p = reshape(np.array([0.5, 0.3, 0.2, 0.0]), Dials(temperature=1e-310))
    assert p.tolist() == [1, 0, 0, 0]


def test_a_sentence_about_a_long_value_is_short() -> None:
    """Of what was given it quotes the beginning."""
    for ask in (lambda: LanguageModel(unit="x" * 999), lambda: LanguageModel(smoothing="x" * 999)):
        with pytest.raises(InvalidArgument, match="x…; it must be one of") as caught:
            ask()
        assert len(str(caught.value)) < 400
    model = learned(["the cat sat"])
    with pytest.raises(InvalidArgument, match="x…” has no blank") as caught:
        model.steer(np.random.default_rng(1), model.read(""), Condition(template="x" * 999))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("unit", ["words", "characters"])
@pytest.mark.parametrize("smoothing", ["mkn", "none"])
@pytest.mark.parametrize("length", [1, 7, 50, 150])
def test_length_is_exact(corpora: Path, unit: str, smoothing: str, length: int) -> None:
    """A text asked to have N tokens has N, and still has N when it is read again."""
    model = LanguageModel(4, unit, smoothing)
    model.learn(read_corpus(corpora / "harbour.txt").documents[:300])
    for seed in range(5):
        text = model.generate(np.random.default_rng(seed), length)
        assert len(tokens(text, unit)) == length


@pytest.mark.parametrize("unit", ["words", "characters"])
@pytest.mark.parametrize("smoothing", ["best", "mkn", "none"])
def test_no_text_begins_or_ends_on_a_line_end(corpora: Path, unit: str, smoothing: str) -> None:
    """There it is no text: one of exactly N words would have fewer when it is read again."""
    lines = [document.text for document in read_corpus(corpora / "harbour.txt").documents[:300]]
    model = learned(["\n".join(lines[i : i + 3]) for i in range(0, 300, 3)], 3, unit, smoothing)
    for length in (1, 12) if unit == "characters" else (None, 1, 12):
        for dials in (Dials(), Dials(originality=0.3, max_copy=5), Dials(0)):
            for seed in range(40 if smoothing != "best" else 4) if dials.temperature else [0]:
                text = model.generate(np.random.default_rng(seed), length, dials=dials)
                assert text == text.strip("\n")
                assert length is None or len(tokens(text, unit)) == length


@pytest.mark.parametrize("smoothing", ["best", "mkn", "none"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_length_that_no_text_has_is_refused(smoothing: str, temperature: float) -> None:
    """Not met in silence by a shorter text: where the rest is withheld, or melts ("!!!!" is one token)."""
    withheld = LanguageModel(3, smoothing=smoothing)
    withheld.learn(Document(i, f"w{letter}", i) for i, letter in enumerate("abcdef", start=1))
    melting = learned(["!", "!"], 3, smoothing=smoothing)
    for model, start in ((withheld, "the"), (melting, "")):
        with pytest.raises(InvalidArgument, match="no text of 5 tokens"):
            model.generate(np.random.default_rng(1), 5, start, Dials(temperature))


def test_the_start_counts_towards_the_length(corpora: Path) -> None:
    """The text begins with the start and has N tokens in all; a start that is too long is refused."""
    model = learned([d.text for d in read_corpus(corpora / "cats.txt").documents])
    text = model.generate(np.random.default_rng(1), 6, "the dog")
    assert text.startswith("the dog ")
    assert len(text.split()) == 6
    with pytest.raises(InvalidArgument, match="the start alone has 3 tokens"):
        model.generate(np.random.default_rng(1), 2, "the dog sat")


@pytest.mark.parametrize("unit", ["words", "characters"])
@pytest.mark.parametrize("smoothing", ["best", "mkn", "none"])
@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0])
def test_a_start_goes_on(unit: str, smoothing: str, temperature: float) -> None:
    """What the asker typed is no answer, even where all who said it left it at that."""
    model = learned(["yes."] * 9 + ["no, yes no", "perhaps not. no"], 3, unit, smoothing)
    for seed in range(20):
        text = model.generate(np.random.default_rng(seed), start="yes.", dials=Dials(temperature))
        assert len(tokens(text, unit)) > len(tokens("yes.", unit))
        assert text.startswith("yes.")


@pytest.mark.parametrize(
    "condition", [Condition(without=("cow",)), Condition(ending="."), Condition(containing=("yes",))]
)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_start_goes_on_under_a_condition(condition: Condition, temperature: float) -> None:
    """Though the start alone would be as asked; unless nothing longer is."""
    model = learned(["yes."] * 9 + ["no, yes no.", "perhaps not. no"])
    for seed in range(20):
        said = model.steer(np.random.default_rng(seed), model.read("yes."), condition, dials=Dials(temperature))
        assert said.tokens[:2] == model.read("yes.").tokens
        assert len(said.tokens) > 2
    filled = Condition(template="___.")
    assert model.steer(np.random.default_rng(0), model.read("yes."), filled).tokens == model.read("yes.").tokens


def test_tokens_stay_apart_from_what_was_typed_and_never_seen() -> None:
    """After "zyx!!", "?" would melt into one token "!!?": four tokens asked for are four tokens in the text."""
    model = learned(["go ?", "? go", "go on ?", "on go"])
    for temperature in (1.0, 2.0):
        for seed in range(60):
            text = model.generate(np.random.default_rng(seed), 4, "zyx!!", Dials(temperature))
            assert text.startswith("zyx!!")
            assert len(tokens(text)) == 4, text


def test_the_same_seed_gives_the_same_text(corpora: Path) -> None:
    """All randomness comes from the generator that is passed in."""
    model = learned([d.text for d in read_corpus(corpora / "cats.txt").documents])
    first, second = ([model.generate(rng) for _ in range(10)] for rng in map(np.random.default_rng, (3, 3)))
    assert first == second
    assert len(set(first)) > 1


def test_tokens_are_drawn_from_the_stated_distribution() -> None:
    """Total variation between 20,000 first tokens and the distribution they come from is small."""
    model = learned(["a b", "a c", "b", "c c", "a"], 2)
    stated = model.distribution("")
    p = {t: q for t, q in zip(stated.tokens, stated.probabilities, strict=True) if t not in ("</s>", "<unk>")}
    rng = np.random.default_rng(5)
    drawn = Counter(model.generate(rng, 1) for _ in range(20_000))
    # three tokens: the standard error of each share is at most 0.5/sqrt(20000) = 0.0035
    for token, q in p.items():
        assert drawn[token] / 20_000 == pytest.approx(q / sum(p.values()), abs=0.015)


def test_temperature_top_k_and_top_p_reshape_the_draw() -> None:
    """Temperature 0 and top-k 1 always take the likeliest; a small top-p does too; heat flattens."""
    model = learned(["a"] * 6 + ["b"] * 3 + ["c"], 2, smoothing="none")

    def shares(dials: Dials) -> list[float]:
        rng = np.random.default_rng(0)
        drawn = Counter(model.generate(rng, dials=dials) for _ in range(2000))
        return [drawn[token] / 2000 for token in "abc"]

    assert shares(Dials(temperature=0)) == shares(Dials(top_k=1)) == shares(Dials(top_p=0.5)) == [1, 0, 0]
    assert shares(Dials(top_k=2)) == pytest.approx([6 / 9, 3 / 9, 0], abs=0.05)
    assert shares(Dials(temperature=100)) == pytest.approx([1 / 3, 1 / 3, 1 / 3], abs=0.05)
    # p ** 2: 36, 9, 1 of 46
    assert shares(Dials(temperature=0.5)) == pytest.approx([36 / 46, 9 / 46, 1 / 46], abs=0.05)


def test_neither_unknown_nor_marks_are_ever_spoken(corpora: Path) -> None:
    """Texts hold no `<unk>`, no `<s>`, no `</s>` and no glue mark."""
    model = learned([d.text for d in read_corpus(corpora / "harbour.txt").documents[:500]])
    rng = np.random.default_rng(0)
    said = "\n".join(model.generate(rng) for _ in range(50))
    assert not [mark for mark in ("<unk>", "<s>", "</s>", "\u2060") if mark in said]


def test_harbour_speaks_in_pairs_it_has_heard(corpora: Path) -> None:
    """With little originality nearly every pair of tokens comes from the town's own messages."""
    messages = [d.text for d in read_corpus(corpora / "harbour.txt").documents]
    heard = {pair for message in messages for pair in pairwise(tokens(message))}
    model = learned(messages, 5)
    rng = np.random.default_rng(0)
    spoken = [pair for _ in range(40) for pair in pairwise(tokens(model.generate(rng, dials=Dials(originality=0.2))))]
    assert sum(pair in heard for pair in spoken) / len(spoken) > 0.85


def test_what_is_unlearned_together_is_found_first() -> None:
    """Equals among them, with ids and without; one too many, and nothing changes."""
    documents = [Document(1, "a b"), Document(1, "a c"), Document(2, "a b"), "a b", "a b", "x y"]
    model = LanguageModel(3, "words", "best")
    model.learn(documents)
    before = model.distribution("a").probabilities.tobytes()
    for wrong in (["a b"] * 3, [Document(2, "a b")] * 2, [Document(1, "a d")], [Document(3, "a b")], ["x y", "x z"]):
        with pytest.raises(NotLearned):
            model.unlearn(wrong)
    assert model.distribution("a").probabilities.tobytes() == before
    model.unlearn(["a b", Document(1, "a c"), "a b", Document(2, "a b")])
    left = LanguageModel(3, "words", "best")
    left.learn([documents[0], documents[5]])
    assert model.documents == 2
    assert model.distribution("a").probabilities.tobytes() == left.distribution("a").probabilities.tobytes()


def test_more_ids_than_two_bytes_hold() -> None:
    """A model that learned its 65,537th word one by one equals one that learned all at once."""
    words = " ".join(f"w{i}" for i in range(2**16 - 4))
    model, fresh = (LanguageModel(2, "whitespace", "best") for _ in range(2))
    model.learn([words])
    model.learn(["x y z w1", "x w2"])
    fresh.learn([words, "x y z w1", "x w2"])
    for prompt in ("", "x"):
        assert np.array_equal(model.distribution(prompt).probabilities, fresh.distribution(prompt).probabilities)
    model.unlearn([words])
    model.merge()
    assert model.distribution("x").tokens == ["</s>", "<unk>", "w1", "w2", "x", "y", "z"]


@pytest.mark.parametrize("smoothing", ["best", "mkn"])
@pytest.mark.parametrize("dials", [Dials(), Dials(temperature=1.5)])
def test_points_stand_side_by_side_as_people_put_them(smoothing: str, dials: Dials) -> None:
    """Backing off would say "well.,": both are frequent, and nobody ever wrote that. "?," somebody did."""
    texts = ["well, no.", "no, well, yes.", "yes. no, no.", "what?, no.", "well? what?, yes."]
    model = learned(texts[:4], 3, smoothing=smoothing)
    model.learn(texts[4:])
    said = [model.generate(np.random.default_rng(seed), dials=dials) for seed in range(300)]
    asked = Condition(containing=("well",))
    said += [
        model.tokenizer.decode(model.steer(np.random.default_rng(seed), model.read(""), asked, dials=dials).tokens)
        for seed in range(100)
    ]
    found = {pair for text in said for pair in map("".join, pairwise(text)) if set(pair) <= set(".,?")}
    assert found == {"?,"}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 1.5, "1"])
def test_a_document_has_numbers_that_can_be_kept(number: int) -> None:
    """Of 64 bits, as its id and as its author; else it is none, and no model has half of it."""
    model = learned(["a b", "c d"])
    for numbers in ((number, 0), (1, number)):
        with pytest.raises(InvalidArgument, match="whole number of 64 bits"):
            model.learn([Document(numbers[0], "x y", numbers[1])])
    assert same(model, learned(["a b", "c d"]), ["", "a"])
