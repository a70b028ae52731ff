"""Whatever the history, the model is that of the documents that are left, to the last bit."""

import gc
import itertools
import random
import types
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Dials, Document, LanguageModel, evaluation, rank
from engine.conditions import Condition
from engine.vocabulary import UNKNOWN
from tests.engine.reference import Reference

Tokens = list[str]
TOKENS = st.sampled_from(["a", "b", "c", "d", "é", "🙂", "<unk>", "Z"])
DOCUMENTS = st.lists(st.lists(TOKENS, max_size=7), max_size=12)
ORDERS = st.integers(1, 8)


def text(document: Tokens) -> str:
    return " ".join(document)


def built(order: int, documents: list[Tokens]) -> LanguageModel:
    model = LanguageModel(order, "whitespace", "mkn")
    model.learn(map(text, documents))
    return model


def ids(model: LanguageModel, context: Tokens) -> list[int]:
    index = model._known.counts.vocabulary.index
    return [index.get(token, UNKNOWN) for token in context]


def contexts(documents: list[list[str]], order: int) -> list[list[str]]:
    some = [["<s>"], ["zebra"], ["zebra", "a"], ["a", "b", "a"], ["<unk>"]]
    for document in documents[:4]:
        text = ["<s>", *document]
        some += [text[: j + 1] for j in range(len(text))]
    return [context[-max(order - 1, 1) :] for context in some]


def assert_same(model: LanguageModel, left: list[list[str]]) -> None:
    fresh = built(model.order, left)
    assert model.vocabulary == fresh.vocabulary
    assert model.documents == fresh.documents
    assert [t[1:] for t in model._known.counts.tallies] == [t[1:] for t in fresh._known.counts.tallies]
    for context in contexts(left, model.order):
        ours, theirs = (m._known.predictor.distribution(ids(m, context)) for m in (model, fresh))
        assert ours.tobytes() == theirs.tobytes()
        ours_, theirs_ = (m._known.predictor.relative_frequencies(ids(m, context)) for m in (model, fresh))
        assert (ours_ is None) == (theirs_ is None)
        if ours_ is not None and theirs_ is not None:
            assert ours_.tobytes() == theirs_.tobytes()
        for token, p in zip(model.vocabulary, ours, strict=True):
            assert model._known.predictor.probability(ids(model, context), *ids(model, [token])) == p


def assert_same_arrays(model: LanguageModel, left: list[list[str]]) -> None:
    fresh = built(model.order, left)
    assert model._known.counts.vocabulary._by_id == fresh._known.counts.vocabulary._by_id
    assert not model._known.counts.changed
    assert np.array_equal(model._known.counts.unigrams, fresh._known.counts.unigrams)
    for ours, theirs in zip(model._known.counts.tables, fresh._known.counts.tables, strict=True):
        for name in ("starts", "words", "sums"):
            a, b = getattr(ours, name), getattr(theirs, name)
            assert a.dtype == b.dtype
            assert np.array_equal(a, b)


@settings(max_examples=100)
@given(DOCUMENTS, ORDERS)
def test_equals_the_formulas(documents: list[list[str]], order: int) -> None:
    model, reference = built(order, documents), Reference(documents, order)
    assert model.vocabulary == reference.tokens
    for context in contexts(documents, order):
        p = model._known.predictor.distribution(ids(model, context))
        assert p.sum() == pytest.approx(1, abs=1e-12)
        for token, ours in zip(model.vocabulary, p, strict=True):
            terms = model._known.predictor.terms(ids(model, context), *ids(model, [token]))
            assert terms == pytest.approx(reference.terms(tuple(context), token), abs=1e-14)
            assert sum(terms) == pytest.approx(ours, rel=1e-14)
    numbers = [ids(model, ["<s>", *document, "</s>"]) for document in documents]
    one_by_one = np.concatenate([np.empty(0), *(evaluation.of_document(model._known.predictor, n) for n in numbers)])
    at_once = evaluation.of_text(model._known.predictor, np.array(list(itertools.chain(*numbers)), np.int64))
    assert at_once.tobytes() == one_by_one.tobytes()


@settings(max_examples=200)
@given(DOCUMENTS, st.data(), ORDERS)
def test_any_history(start: list[list[str]], data: st.DataObject, order: int) -> None:
    model, left = built(order, start), [list(d) for d in start]
    for _ in range(data.draw(st.integers(0, 15))):
        verb = data.draw(st.sampled_from(["learn", "unlearn", "unlearn", "merge", "step", "read"]))
        if verb == "learn":
            left.append(data.draw(st.lists(TOKENS, max_size=7)))
            model.learn([text(left[-1])])
        elif verb == "unlearn" and left:
            model.unlearn([text(left.pop(data.draw(st.integers(0, len(left) - 1))))])
        elif verb == "merge":
            model.merge()
            assert_same_arrays(model, left)
        elif verb == "step":
            for _ in range(data.draw(st.integers(1, 40))):
                model._known.merge_step()
        elif verb == "read":
            model._known.predictor.distribution(ids(model, ["<s>"]))
    assert_same(model, left)
    model.merge()
    assert_same_arrays(model, left)
    assert_same(model, left)


@pytest.mark.parametrize("seed", range(8))
def test_long_histories(seed: int) -> None:
    """100 random steps each, checked after every one: 800 histories, by extension."""
    rng = random.Random(seed)
    order = rng.randint(1, 6)
    words = [f"w{i}" for i in range(rng.choice([5, 30, 300]))]
    model, left = built(order, []), []
    steps = itertools.cycle(rng.choices(["learn", "unlearn", "step", "merge"], [9, 6, 4, 1], k=100))
    for verb in itertools.islice(steps, 100):
        if verb == "learn":
            size = rng.randint(0, 12)
            ranks = [int(rng.paretovariate(0.7)) for _ in range(size)]
            left.append([words[min(rank, len(words)) - 1] for rank in ranks])
            model.learn([text(left[-1])])
        elif verb == "unlearn" and left:
            model.unlearn([text(left.pop(rng.randrange(len(left))))])
        elif verb == "merge":
            model.merge()
        elif verb == "step":
            model._known.merge_step()
        assert_same(model, left)
    for document in left:
        model.unlearn([text(document)])
    model.merge()
    assert_same_arrays(model, [])
    assert model.vocabulary == ["</s>", "<unk>"]


@pytest.mark.parametrize("seed", range(12))
def test_documents_that_are_counted_together(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few or many, looked up one by one or at once: bursts of learning and unlearning, amid a merge or not."""
    rng = random.Random(seed)
    monkeypatch.setattr("engine.overlay._AT_ONCE", rng.choice([1, 30]))
    monkeypatch.setattr("engine.overlay._MOST_NOTED", rng.choice([100, 4096]))
    words = [f"w{i}" for i in range(rng.choice([4, 40, 400]))]
    documents = [[rng.choice(words) for _ in range(rng.randint(0, 9))] for _ in range(rng.choice([0, 60]))]
    left = documents.copy()
    model = built(rng.randint(1, 6), left)
    for _ in range(12):
        for _ in range(rng.randint(1, 40)):
            if left and rng.random() < 0.5:
                model.unlearn([text(left.pop(rng.randrange(len(left))))])
            else:
                left.append(rng.choice([*documents, [rng.choice(words) for _ in range(rng.randint(0, 9))]]))
                model.learn([text(left[-1])])
        for _ in range(rng.choice([0, 0, 3, 200])):
            model._known.merge_step()
        assert_same(model, left)
    model.merge()
    assert_same_arrays(model, left)


def strings_in(thing: object) -> set[str]:
    """Every string that can be reached from an object (not through modules or classes)."""
    seen, waiting, strings = set(), [thing], set()
    while waiting:
        now = waiting.pop()
        if id(now) in seen or isinstance(now, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(now))
        if isinstance(now, str):
            strings.add(now)
        waiting += gc.get_referents(now)
        waiting += [getattr(now, "__dict__", None)]
    return strings


@pytest.mark.parametrize("steps", [0, 1, 5, 30])
def test_forgotten_words_are_nowhere_in_memory(steps: int) -> None:
    """Before, after and in the midst of merging; the words are joined so that tests hold none."""
    model = built(3, [["a", "b"], ["a", "".join(["sec", "ret"])], ["b", "c"]])
    model.learn([text(["my", "".join(["pass", "word"]), "b"])])
    model.distribution("my")
    model.generate(np.random.default_rng(1))
    for _ in range(steps):
        model._known.merge_step()
    assert {"password", "secret"} <= strings_in(model)
    model.unlearn([text(["a", "".join(["sec", "ret"])])])
    model.unlearn([text(["my", "".join(["pass", "word"]), "b"])])
    if steps:  # a merge under way still has to end
        model.merge()
    assert {"password", "secret", "my"}.isdisjoint(strings_in(model))


@pytest.mark.parametrize("unit", ["words", "characters", "whitespace"])
@pytest.mark.parametrize("steps", [0, 5, 1000])
def test_they_are_in_nothing_that_was_worked_out_for_a_question(unit: str, steps: int) -> None:
    """Nor in what draws texts, watches over them, or met conditions, and was asked between two merges."""
    gone = Document(9, " ".join(["myq", "".join(["pass", "wordq"])]), 2)
    model = LanguageModel(3, unit)
    model.learn([*(Document(i, "a b c d", i) for i in range(1, 6)), gone])
    model.learn([Document(10, "a c", 3)])
    for _ in range(2):
        for _ in range(steps):
            model._known.merge_step()
        model.generate(np.random.default_rng(1), dials=Dials(originality=0.4, max_copy=3))
        if unit != "characters":
            model.steer(np.random.default_rng(2), model.read(""), Condition(containing=("c",)))
        rank(model, "a")
        model.sources("a b c d")
    for _ in range(steps):
        model._known.merge_step()
    model.unlearn([gone])
    if steps:
        model.merge()
    assert not [string for string in strings_in(model) if "passwordq" in string or string == "myq"]


@pytest.mark.parametrize("smoothing", ["mkn", "best"])
@pytest.mark.parametrize(("unit", "order"), [("words", 5), ("characters", 8)])
def test_a_model_that_is_dropped_is_gone_at_once(unit: str, order: int, smoothing: str) -> None:
    """Whatever it was asked: nothing in it leads back to it, so what was said in it waits for no collector."""
    model = LanguageModel(order, unit, smoothing)
    known = model._known
    gc.disable()
    try:
        for first in (1, 6):
            model.learn([Document(i, "a b c d", i) for i in range(first, first + 5)])
            model.generate(np.random.default_rng(1), dials=Dials(originality=0.4, max_copy=3))
            if unit == "words":
                model.steer(np.random.default_rng(2), model.read(""), Condition(containing=("c",)))
            rank(model, "a")
            model.sources("a b c d")
        parts = list(map(weakref.ref, (known, known.counts, known.counts.vocabulary, known.history, known.origins)))
        del model, known
        assert [part() for part in parts] == [None] * 5
    finally:
        gc.enable()


def test_merging_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learning and unlearning start and drive merges, and nobody notices."""
    monkeypatch.setattr("engine.knowledge._LEAST_CHANGES", 50)
    monkeypatch.setattr("engine.knowledge._PASSED", 1)  # a step of the merge with each document
    rng = random.Random(5)
    model, left, merges, merging = built(4, []), [], 0, False
    for _ in range(800):
        if left and rng.random() < 0.4:
            model.unlearn([text(left.pop(rng.randrange(len(left))))])
        else:
            left.append([f"w{int(rng.paretovariate(0.6)) % 99}" for _ in range(rng.randint(0, 9))])
            model.learn([text(left[-1])])
        merges += merging and not model._known.merging
        merging = model._known.merging
        if rng.random() < 0.05:
            assert_same(model, left)
    assert merges > 5
    assert_same(model, left)


def test_wide_vocabularies() -> None:
    """More than 65,536 ids take four bytes each."""
    documents = [[f"w{i}", f"w{i * 7 % 70_000}", "x"] for i in range(70_000)]
    model = built(3, documents[:-9])
    for document in documents[-9:]:
        model.learn([text(document)])
    model.merge()
    assert_same_arrays(model, documents)
    p = model._known.predictor.distribution(ids(model, ["w7", "w49"]))
    assert p.sum() == pytest.approx(1)
    assert p[model.vocabulary.index("x")] > 0.5
