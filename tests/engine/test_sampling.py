"""Drawn tokens follow the stated distribution: chi-squared tests at 1 in 10,000."""

import math
from collections import Counter
from functools import partial

import numpy as np
import pytest

from engine import Dials, EmptyCorpus, LanguageModel
from engine.links import suffix_links
from engine.rule import Rule, sayable
from engine.smoothing import SMOOTHINGS
from engine.stream import Stream
from engine.vocabulary import BEGIN

CORPUS = [line.split() for line in ("a b c a b d", "a b", "c a b a", "b", "d d d a", "", "a b c")]


def assert_fits(drawn: Counter[str], expected: dict[str, float]) -> None:
    total = drawn.total()
    chi2 = sum((drawn[t] - total * p) ** 2 / (total * p) for t, p in expected.items())
    freedom = len(expected) - 1  # Wilson & Hilferty: χ² to a normal deviate
    deviate = ((chi2 / freedom) ** (1 / 3) - (1 - 2 / 9 / freedom)) / math.sqrt(2 / 9 / freedom)
    assert deviate < 3.72, (deviate, drawn, expected)


def model(changed: bool, order: int = 3) -> LanguageModel:
    model = LanguageModel(order, "whitespace", "mkn")
    model.learn(map(" ".join, [*CORPUS[:4], ["a", "x", "b"], ["b", "c"]] if changed else CORPUS))
    if changed:
        model.learn(map(" ".join, CORPUS[4:]))
        model._known.merge_step()  # some changes are frozen, some not
        model.unlearn(["a x b", "b c"])
        assert order == 1 or model._known.counts.changed
    return model


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("context", ["", "a b", "zebra", "b d"])
@pytest.mark.parametrize("originality", [1.0, 0.3])
def test_next_token(context: str, changed: bool, order: int, originality: float) -> None:
    """One token after a context follows the distribution, with counts in tables and with changes."""
    m, rng = model(changed, order), np.random.default_rng(7)
    start = m.read(context).ids
    stream = Stream(m._known.predictor)
    rule = Rule(originality, beginning=originality)
    drawn: Counter[str] = Counter()
    for _ in range(8_000):
        ids = stream.document(rng, start, len(start) + 1, rule)[len(start) :]
        drawn[m._known.counts.vocabulary.token(ids[0]) if ids else "</s>"] += 1
    p = dict(zip(m.vocabulary, m._known.probabilities(start, originality).tolist(), strict=True))
    never = {"<unk>"} if start else {"<unk>", "</s>"}  # what is not drawn; an empty text does not end
    possible = 1 - sum(p[token] for token in never)
    assert_fits(drawn, {token: q / possible for token, q in p.items() if token not in never})


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("originality", [1.0, 0.5])
def test_one_text_after_another(order: int, changed: bool, originality: float) -> None:
    """Each token of texts drawn one after another follows the distribution given all before it in its text."""
    m, rng = model(changed, order), np.random.default_rng(11)
    stream, rule = Stream(m._known.predictor), Rule(originality, beginning=originality)
    seen: dict[tuple[int, ...], Counter[str]] = {}
    for _ in range(4_000):
        said = [BEGIN, *stream.document(rng, [], 8, rule)]
        drawn = [*m._known.counts.vocabulary.texts(said[1:]), "</s>"][:8]
        for j, token in enumerate(drawn, start=1):
            seen.setdefault(tuple(said[max(j - 4, 0) : j]), Counter())[token] += 1
    tested = 0
    for context, of_context in seen.items():
        if of_context.total() > 300:
            p = dict(zip(m.vocabulary, m._known.predictor.distribution(context, originality).tolist(), strict=True))
            never = {"<unk>", "</s>"} if context == (BEGIN,) else {"<unk>"}
            possible = 1 - sum(p[token] for token in never)
            assert_fits(of_context, {token: q / possible for token, q in p.items() if token not in never})
            tested += 1
    assert tested > 5


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
def test_suffix_links(order: int) -> None:
    """A context's link leads to the context without its oldest token, for every context in the tables."""
    m = model(True, order)
    m.merge()
    counts = m._known.counts
    links = suffix_links(counts.tables)
    for document in CORPUS:
        said = [BEGIN, *m.read(" ".join(document)).ids]
        for j in range(2, len(said) + 1):
            entries = counts.entries(said[:j])
            for k in range(2, len(entries) + 1):
                assert links[k - 2][entries[k - 1]] == entries[k - 2]
    assert [len(link) for link in links] == [len(table) for table in counts.tables[:-1]]


@pytest.mark.parametrize("order", [1, 2, 4])
def test_many_documents(order: int) -> None:
    """Each token drawn in bulk follows the distribution given the three before it."""
    m, rng = model(True, order), np.random.default_rng(8)
    seen: dict[tuple[str, ...], Counter[str]] = {}
    documents = m.generate_many(rng, 15_000)
    assert len(documents) == 15_000
    for document in documents:
        text = ["<s>", *document.split(), "</s>"]
        for j in range(1, min(len(text), 60)):
            seen.setdefault(tuple(text[1:j][-3:] if j > 4 else text[:j]), Counter())[text[j]] += 1
    tested = 0
    for context, drawn in seen.items():
        if drawn.total() > 2000 and (context[0] == "<s>" or order < 4):
            ids = [m._known.counts.vocabulary.id(token) for token in context]
            p = m._known.predictor.distribution(ids).tolist()
            assert_fits(drawn, dict(zip(m.vocabulary, p, strict=True)))
            tested += 1
    assert tested > 3


def test_a_text_with_little_originality_begins_as_texts_began() -> None:
    """Below 1, the first token is one that a document began with."""
    m, rng = model(False), np.random.default_rng(1)
    first = Counter(m.generate(rng, 1, dials=Dials(originality=0.5)) for _ in range(2000))
    assert first.keys() <= {document[0] for document in CORPUS if document}


def test_length_is_kept_where_only_an_end_is_known() -> None:
    """With originality 0 a text that can only end goes on as a new one would begin."""
    m = LanguageModel(3, "whitespace")
    m.learn(["a b", "a b"])
    assert m.generate(np.random.default_rng(0), 7, dials=Dials(originality=0)).split() == list("abababa")


@pytest.mark.parametrize("smoothing", ["mkn", "best"])
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("originality", [1.0, 0.3])
def test_a_text_that_may_not_end_goes_on_in_proportion(smoothing: str, changed: bool, originality: float) -> None:
    """Where nearly all says `</s>`, the next token of a longer text follows the rest of the distribution."""
    m = LanguageModel(4, "whitespace", smoothing)
    m.learn(["a b c d"] * 40 + ["c e f", "d f", "b a a e"])
    if changed:
        m.learn(["a b c d", "e e"])
    start = m.read("a b c d").ids
    p = dict(zip(m.vocabulary, m._known.probabilities(start, originality).tolist(), strict=True))
    assert p["</s>"] > 0.9
    stream, rule = m._speaker._stream_now(), Rule(originality, originality, least=5)
    rng = np.random.default_rng(3)
    drawn = Counter(m._known.counts.vocabulary.token(stream.document(rng, start, 5, rule)[4]) for _ in range(2_000))
    possible = 1 - p["</s>"] - p["<unk>"]
    assert_fits(drawn, {token: q / possible for token, q in p.items() if token not in {"</s>", "<unk>"}})


@pytest.mark.parametrize("changed", [False, True])
def test_a_text_does_not_end_before_its_time(changed: bool) -> None:
    """Of three tokens at least, texts have three, or more; the fourth follows the distribution."""
    m, rng = model(changed, 3), np.random.default_rng(5)
    stream, drawn = m._speaker._stream_now(), Counter[str]()
    for _ in range(8_000):
        text = stream.document(rng, [], 4, Rule(least=3))
        assert len(text) >= 3
        if m._known.counts.vocabulary.texts(text[1:3]) == ["b", "c"]:
            drawn["</s>" if len(text) == 3 else m._known.counts.vocabulary.token(text[3])] += 1
    p = dict(zip(m.vocabulary, m._known.predictor.distribution(m.read("b c").ids).tolist(), strict=True))
    assert drawn.total() > 300
    possible = 1 - p.pop("<unk>")
    assert_fits(drawn, {token: q / possible for token, q in p.items()})


@pytest.mark.parametrize("smoothing", ["mkn", "best"])
@pytest.mark.parametrize("originality", [1.0, 0.4, 0.0])
def test_a_text_is_found_where_texts_begin_with_what_may_not_be_said(smoothing: str, originality: float) -> None:
    """All learned texts begin with `<unk>`, which is never drawn: other tokens are, however close to what was said."""
    m = LanguageModel(3, "whitespace", smoothing)
    m.learn(["<unk> a", "<unk> a b"])
    text = m.generate(np.random.default_rng(0), 6, dials=Dials(originality=originality)).split()
    assert len(text) == 6
    assert set(text) <= {"a", "b"}


def test_a_token_that_clashes_is_taken_out() -> None:
    """Of what is left, tokens that clash with the one before are not drawn either, unless nothing else is."""
    m = LanguageModel(3, "whitespace", "mkn")
    m.learn(["a b", "a b", "a c"])
    vocabulary, rng = m._known.counts.vocabulary, np.random.default_rng(0)
    for forbidden, expected in (({"b"}, {"a", "c"}), ({"a", "b", "c"}, {"a", "b", "c"})):
        rule = Rule(least=2, clashes=lambda _, id, forbidden=forbidden: vocabulary.token(id) in forbidden)  # type: ignore[misc]
        stream = Stream(m._known.predictor)
        drawn = {
            sayable(lambda: float(rng.random()), m.read("a").ids, 0, 1.0, rule, stream._distribution, vocabulary)[0]
            for _ in range(200)
        }
        assert {vocabulary.token(id) for id in drawn} == expected


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_empty_texts_are_nothing_to_say_many_times(smoothing: str) -> None:
    """As for one text; whatever the smoothing."""
    m = LanguageModel(3, "words", smoothing)
    m.learn(["", " "])
    for say in (m.generate, partial(m.generate_many, count=2)):
        with pytest.raises(EmptyCorpus, match="Only empty texts"):
            say(np.random.default_rng(4))


@pytest.mark.parametrize("smoothing", ["best", "none"])
def test_many_texts_are_the_models_own(smoothing: str) -> None:
    """Where texts cannot be drawn side by side, they are those that would be drawn one after another."""
    m = LanguageModel(3, "words", smoothing)
    m.learn(["a b c", "a c b", "b b a"])
    one_by_one = np.random.default_rng(4)
    assert m.generate_many(np.random.default_rng(4), 20) == [m.generate(one_by_one) for _ in range(20)]
    with pytest.raises(EmptyCorpus):
        LanguageModel(3, "words", smoothing).generate_many(np.random.default_rng(4), 1)
