"""`--smoothing best`: equal to its formulas, exact after any history, and drawn from as stated."""

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Document, LanguageModel, NotLearned, gates, recent, recurrences, windows
from engine.gates import PARTS
from engine.mixed import MixedStream
from engine.mixture import Mixture
from engine.rule import Rule
from engine.shares import Shares
from engine.vocabulary import BEGIN, UNKNOWN
from tests.engine.reference import Reference
from tests.engine.test_exactness import strings_in
from tests.engine.test_sampling import assert_fits

Tokens = list[str]
Entry = tuple[int | None, Tokens]
"""A document: its id, if it has one, and its tokens."""
TOKENS = st.sampled_from(["a", "b", "c", "d", "é", "🙂", "<unk>", "Z"])
ENTRIES = st.tuples(st.none() | st.integers(1, 9), st.lists(TOKENS, max_size=7))
ORDERS = st.integers(1, 6)


@pytest.fixture(autouse=True, scope="module")
def small_windows() -> Iterator[None]:
    """Windows that small texts are larger than, so that every edge is met."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "CACHES", (1, 2, 5, 9, 14))
        patch.setattr(windows, "RECENT", (4, 9, 20))
        patch.setattr(recurrences, "RECENT", (4, 9, 20))
        patch.setattr(recent, "RECENT", (4, 9, 20))
        patch.setattr(windows, "_FEW", 2)
        patch.setattr(recurrences, "_MANY", 2)
        patch.setattr(windows, "_OFTEN", 3)
        yield


def document(entry: Entry) -> str | Document:
    place, tokens = entry
    return " ".join(tokens) if place is None else Document(place, " ".join(tokens))


def in_order(entries: list[Entry]) -> list[Tokens]:
    return [tokens for _, tokens in sorted(entries, key=lambda entry: math.inf if entry[0] is None else entry[0])]


def built(order: int, entries: list[Entry]) -> LanguageModel:
    model = LanguageModel(order, "whitespace", "best")
    model.learn(map(document, entries))
    return model


def ids(model: LanguageModel, tokens: Tokens) -> list[int]:
    index = model._known.counts.vocabulary.index
    return [index.get(token, UNKNOWN) for token in tokens]


def contexts(entries: list[Entry]) -> list[Tokens]:
    some = [[], ["zebra"], ["zebra", "a"], ["a", "b", "a", "b", "a"], ["<unk>"], ["a", "b", "c", "a", "b"] * 5]
    for _, tokens in entries[:4]:
        some += [tokens[: j + 1] for j in range(len(tokens))]
    return some


def parts_by_formula(  # noqa: C901 - the whole model at a glance
    documents: list[Tokens], order: int, context: Tokens, token: str
) -> dict[str, float]:
    """g_j P_j(token) of every part, straight from the formulas, with lists and no speed."""
    reference = Reference(documents, order, as_lmplz=False)
    known = set(reference.tokens)
    said = ["<s>", *(token if token in known else "<unk>" for token in context)]
    learned = [["<s>", *document, "</s>"] for document in documents]
    stream = [(text, j) for text in [*learned, said] for j in range(len(text))]
    count = Counter(text[j] for text, j in stream[: -len(said)])
    total = count.total()
    sizes = []
    for length in range(1, 5):
        u = tuple(said[-length:]) if length <= min(len(said), order - 1) else None
        counts = [c for g, c in reference.counts[length].items() if g[:-1] == u] if u else []
        sizes.append((sum(counts), len(counts)))
    h = [math.log1p(c) / 4 for c, _ in sizes] + [t / c if c else 1 for c, t in sizes]
    z = {"mkn": 0.0}
    p = {"mkn": reference.probability(tuple(said[-order + 1 :] if order > 1 else ()), token)}
    bias = dict(zip(PARTS[: gates.BACKGROUND], gates._BIAS, strict=True))

    def slope(slopes: tuple[float, ...]) -> float:
        return sum(a * b for a, b in zip(slopes, h, strict=True))

    latest = [text[j] for text, j in stream[-windows.RECENT[-1] - len(said) :]]
    words = [w for w in latest if w not in ("<s>", "</s>")]
    for size, part in zip(windows.CACHES, PARTS[1:6], strict=True):
        weights = [(w, (total << 16) // (total + 1000 * count[w])) for w in words[-size:]]
        if weights:
            z[part] = bias[part] + slope(gates.WORDS)
            p[part] = sum(b for w, b in weights if w == token) / sum(b for _, b in weights)

    def row(part: str, followers: list[str], slopes: tuple[float, ...]) -> None:
        if followers:
            c, t = len(followers), len(set(followers))
            z[part] = bias[part] + slopes[0] * math.log1p(c) / 4 + slopes[1] * t / c + slope(slopes[2:])
            p[part] = max(followers.count(token) - 0.6, 0) / (c - 0.6 * t)

    places = iter(PARTS[6:15])
    for length in (1, 2, 3):
        for size in windows.RECENT:
            part = next(places)
            if length < min(order, len(said) + 1):
                followers = [
                    text[j] for text, j in stream[-size:] if j >= length and text[j - length : j] == said[-length:]
                ]
                row(part, followers, gates._RECENT[length - 1])
    for part, behind in (("s2", [2]), ("s13", [3, 1]), ("s23", [3, 2])):
        if max(behind) <= min(len(said), order - 1):
            followers = [
                text[j] for text in learned for j in range(max(behind), len(text))
                if all(text[j - b] == said[-b] for b in behind)
            ]  # fmt: skip
            row(part, followers, gates._SKIP)
    weight = {part: math.exp(value) for part, value in z.items()}
    return {part: weight[part] / sum(weight.values()) * p[part] for part in weight}


def assert_same(model: LanguageModel, left: list[Entry]) -> None:
    fresh = built(model.order, left)
    assert model.vocabulary == fresh.vocabulary
    assert model.documents == fresh.documents
    assert model._known.mixture
    assert fresh._known.mixture
    for context in contexts(left):
        for originality in (1.0, 0.4):
            ours, theirs = (m._known.mixture.distribution(ids(m, context), originality) for m in (model, fresh))
            assert ours.tobytes() == theirs.tobytes()
        for token in model.vocabulary[:3]:
            ours_, theirs_ = (m._known.mixture.parts(ids(m, context), *ids(m, [token])) for m in (model, fresh))
            assert ours_ == theirs_


@settings(max_examples=20)
@given(st.lists(ENTRIES, min_size=1, max_size=12), ORDERS)
def test_equals_the_formulas(entries: list[Entry], order: int) -> None:
    """Every part of every probability is what the formulas say, and all parts sum to the probability."""
    model, documents = built(order, entries), in_order(entries)
    assert model._known.mixture
    for context in contexts(entries):
        p = model.distribution_after(model.read(" ".join(context)))
        assert p.probabilities.sum() == pytest.approx(1, abs=1e-12)
        assert (p.probabilities > 0).all()
        for token, probability in zip(p.tokens[:5], p.probabilities, strict=False):
            parts = model._known.mixture.parts(ids(model, context), *ids(model, [token]))
            assert [name for name, _ in parts] == list(PARTS)
            expected = parts_by_formula(documents, order, context, token)
            assert dict(parts) == pytest.approx({part: expected.get(part, 0.0) for part in PARTS}, abs=1e-13)
            assert sum(share for _, share in parts) == pytest.approx(probability, abs=1e-14)


@settings(max_examples=75)
@given(st.lists(ENTRIES, max_size=12), st.data(), ORDERS)
def test_any_history(start: list[Entry], data: st.DataObject, order: int) -> None:  # noqa: C901 - a branch a verb
    """After learning, unlearning, merging in any order, the mixture is that of what is left, to the last bit."""
    model, left = built(order, start), list(start)
    for _ in range(data.draw(st.integers(0, 15))):
        verbs = ["learn", "unlearn", "unlearn", "edit", "merge", "step", "read", "measure", "count"]
        verb = data.draw(st.sampled_from(verbs))
        if verb == "learn":
            left.append(data.draw(ENTRIES))
            model.learn([document(left[-1])])
        elif verb == "unlearn" and left:
            entry = data.draw(st.sampled_from(left))
            left.remove(entry)  # the first of equals
            model.unlearn([document(entry)])
        elif verb == "edit" and left:
            entry = data.draw(st.sampled_from(left))
            left.remove(entry)
            left.append((entry[0], data.draw(st.lists(TOKENS, max_size=7))))
            model.unlearn([document(entry)])
            model.learn([document(left[-1])])
        elif verb == "merge":
            model.merge()
        elif verb == "step":
            for _ in range(data.draw(st.integers(1, 60))):
                model._known.merge_step()
        elif verb == "read" and any(set(tokens) - {"<unk>"} for _, tokens in left):
            model.distribution("a b")
            model.generate(np.random.default_rng(0), start="a")
        elif verb == "measure" and left:
            model.perplexity(["a b a b", "zebra", "a b"])
        elif verb == "count":
            model.prepare()
    assert_same(model, left)
    model.merge()
    assert_same(model, left)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_long_histories(seed: int) -> None:
    """100 random steps each, checked after every one: 800 histories, by extension."""
    rng = random.Random(seed)
    order = rng.randint(2, 5)
    model, left = built(order, []), []
    for step, verb in enumerate(rng.choices(["learn", "unlearn", "step", "merge"], [9, 6, 4, 1], k=100)):
        if verb == "learn":
            tokens = [f"w{min(int(rng.paretovariate(0.7)), 30)}" for _ in range(rng.randint(0, 12))]
            left.append((rng.choice([None, step, rng.randint(0, step)]), tokens))
            model.learn([document(left[-1])])
        elif verb == "unlearn" and left:
            entry = rng.choice(left)
            left.remove(entry)
            model.unlearn([document(entry)])
        elif verb == "merge":
            model.merge()
        elif verb == "step":
            model._known.merge_step()
        assert_same(model, left)
    for entry in left:
        model.unlearn([document(entry)])
    model.merge()
    assert model.vocabulary == ["</s>", "<unk>"]
    assert model._known.mixture
    assert len(model._known.mixture.history) == model._known.mixture.changed == 0


@settings(max_examples=75)
@given(st.lists(ENTRIES, min_size=1, max_size=12), st.lists(ENTRIES, max_size=3), ORDERS)
def test_skip_grams_that_are_looked_up_are_those_that_are_counted(
    start: list[Entry], later: list[Entry], order: int
) -> None:
    """First answers leaf through all documents, others ask counts of them: they are the same, to the last bit."""
    model = built(order, start)
    model.learn(map(document, later))
    asked = [ids(model, [*tokens[:j], *more]) for _, tokens in start for j in range(3) for more in ([], ["a"], ["b"])]
    mixture = model._known.mixture
    assert isinstance(mixture, Mixture)

    def looked_up() -> list[bytes]:
        mixture._looked_up = 0
        return [mixture.distribution(context).tobytes() for context in asked[:10]]

    before = looked_up()
    assert mixture.changed == 0
    mixture.count_skips()
    assert before == looked_up()


def test_recency_follows_the_ids() -> None:
    """Documents count as said in the order of their ids, however they arrive; texts without one come after."""
    entries: list[Entry] = [(3, ["a", "b"]), (1, ["a", "c"]), (None, ["a", "d"]), (2, ["a", "b", "c"])]
    asked = [built(3, list(some)).distribution("a").probabilities for some in itertools.permutations(entries)]
    assert len({p.tobytes() for p in asked}) == 1
    as_arrived = built(3, [(None, tokens) for _, tokens in entries]).distribution("a").probabilities
    assert asked[0].tobytes() != as_arrived.tobytes()


def test_a_document_is_unlearned_by_its_id_and_text() -> None:
    """Another id, or none, is another document."""
    model = built(3, [(1, ["a"]), (None, ["b"])])
    for wrong in (Document(2, "a"), "a", Document(1, "b"), Document(1, "a b")):
        with pytest.raises(NotLearned):
            model.unlearn([wrong])
    model.unlearn([Document(1, "a"), "b"])
    assert model.documents == 0


@pytest.mark.parametrize("smoothing", ["best", "mkn"])
def test_the_pieces_of_a_probability_sum_to_it(smoothing: str) -> None:
    """For every token of the vocabulary, named by part or by order."""
    model = LanguageModel(4, "words", smoothing)
    model.learn(["the cat sat on the mat", "the dog sat", "a cat"])
    prompt = model.read("the cat sat on the")
    p = model.distribution_after(prompt)
    for token, probability in zip(p.tokens, p.probabilities, strict=True):
        assert sum(piece.probability for piece in model.pieces(prompt, token)) == pytest.approx(probability, abs=1e-14)


def test_forgotten_words_are_nowhere_in_memory() -> None:
    """Neither in the history, the windows and skip-grams, nor in what drawing keeps at hand."""
    model = built(4, [(1, ["a", "b"]), (2, ["a", "".join(["sec", "ret"]), "b", "a"])])
    model.learn([" ".join(["my", "".join(["pass", "word"]), "b"])])
    model.distribution("my")
    model.generate(np.random.default_rng(1))
    assert {"password", "secret"} <= strings_in(model)
    model.unlearn([Document(2, " ".join(["a", "".join(["sec", "ret"]), "b", "a"]))])
    model.unlearn([" ".join(["my", "".join(["pass", "word"]), "b"])])
    assert {"password", "secret", "my"}.isdisjoint(strings_in(model))


@pytest.mark.parametrize("smoothing", ["mkn", "best"])
def test_measuring_a_text_leaves_no_trace(smoothing: str) -> None:
    """A seed says afterwards what it said before, though new words were learned for a while."""
    model = LanguageModel(3, smoothing=smoothing)
    model.learn(["the cat sat on the mat", "the dog sat on the log", "a bird sat in the tree", "the cat saw the dog"])
    said = [model.generate(np.random.default_rng(seed)) for seed in range(20)]
    model.perplexity(["an aardvark sat on the zebra", "the zebra saw an aardvark"])
    assert [model.generate(np.random.default_rng(seed)) for seed in range(20)] == said


def test_perplexity_learns_each_document_once_it_was_predicted() -> None:
    """The same as predicting and learning by hand; afterwards nothing is left of it."""
    documents, test = ["a b c a", "b c", "c a b b"], ["a b", "zebra a b zebra", "a b", "b c"]
    model, by_hand = (built(4, [(None, d.split()) for d in documents]) for _ in range(2))
    bits = 0.0
    for text in test:
        tokens = [*text.split(), "</s>"]
        for j, token in enumerate(tokens):
            p = by_hand.distribution(" ".join(tokens[:j]))
            known = token if token in p.tokens else "<unk>"
            bits -= math.log2(p.probabilities[p.tokens.index(known)])
        by_hand.learn([text])
    surprise = model.surprise(test)
    assert (surprise.tokens, surprise.unknown) == (14, 2)
    assert surprise.bits == pytest.approx(bits, rel=1e-12)
    assert_same(model, [(None, d.split()) for d in documents])


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("context", ["", "a b", "zebra", "b d", "a b a", "a b c a b a b a b"])
@pytest.mark.parametrize("originality", [1.0, 0.3])
def test_next_token(context: str, changed: bool, order: int, originality: float) -> None:
    """One token after a context, drawn part first, follows the stated distribution."""
    model = LanguageModel(order, "whitespace", "best")
    model.learn(["a b c a b d", "a b", "c a b a", "a x b", "b c"] if changed else ["a b c a b d", "a b", "c a b a"])
    model.learn(["b", "d d d a", "", "a b c"])
    if changed:
        model._known.merge_step()  # some changes are frozen, some not
        model.unlearn(["a x b", "b c"])
    else:
        model.merge()
    assert model._known.mixture
    rng, start = np.random.default_rng(8), model.read(context).ids
    stream, rule = MixedStream(model._known.mixture), Rule(originality, beginning=originality)
    drawn: Counter[str] = Counter()
    for _ in range(6_000):
        told = stream.document(rng, start, len(start) + 1, rule)[len(start) :]
        drawn[model._known.counts.vocabulary.token(told[0]) if told else "</s>"] += 1
    p = dict(zip(model.vocabulary, model._known.probabilities(start, originality).tolist(), strict=True))
    never = {"<unk>"} if start else {"<unk>", "</s>"}
    possible = 1 - sum(p[token] for token in never)
    assert sum(p.values()) == pytest.approx(1)
    assert_fits(drawn, {token: q / possible for token, q in p.items() if token not in never})


@pytest.mark.parametrize("order", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("unit", ["whitespace", "words"])
@pytest.mark.parametrize("originality", [1.0, 0.3])
def test_shares_are_those_of_the_gates(unit: str, order: int, originality: float) -> None:
    """Whether looked up one by one or all at once, with windows sliding along and a text that repeats itself."""
    model = LanguageModel(order, unit, "best")
    model.learn(["a b c a b d", "a b", "c a b a", "b", "d d d a", "", "a b c", "the cat b d", "a c a d b"])
    model.learn(["a b a b c d"])
    model.merge()
    mixture = model._known.mixture
    assert isinstance(mixture, Mixture)
    shares = Shares(mixture)
    for seen in range(400):  # by the end all contexts were looked up at once
        said = [BEGIN, *model.read(" ".join(random.Random(seen).choices("aabbcd", k=seen % 13))).ids]
        prefix, entries = mixture.follow(said), mixture.counts.entries(said)
        expected = mixture.shares(prefix, entries, mixture.rows(prefix), originality)
        u, r, s = expected[1:6], expected[6:15], expected[15:18]
        shares.weigh(prefix, entries, originality)
        assert shares.of == pytest.approx([sum(u), sum(r[:3]), sum(r[3:6]), sum(r[6:]), *s], rel=1e-12)
        assert shares.total >= sum(expected) * (1 - 1e-12)  # the bound on the background's
        assert shares.background(prefix, entries) == pytest.approx(expected[-1], rel=1e-12)
        assert shares.total == pytest.approx(sum(expected), rel=1e-12)
    assert shares._recent


@pytest.mark.parametrize("order", [2, 4])
@pytest.mark.parametrize("unit", ["whitespace", "words"])
@pytest.mark.parametrize("originality", [1.0, 0.5])
def test_one_text_after_another(order: int, unit: str, originality: float) -> None:
    """Each token of texts drawn one after another follows the distribution given all before it in its text."""
    model, rng = LanguageModel(order, unit, "best"), np.random.default_rng(11)
    model.learn(["the cat sat", "the dog sat on the cat", "a cat", "the dog", "sat on sat", "the cat on a"])
    stream, rule = MixedStream(model._known.mixture), Rule(originality, beginning=originality)
    seen: dict[tuple[int, ...], Counter[str]] = {}
    for _ in range(4_000):
        said = stream.document(rng, [], 7, rule)
        drawn = [*model._known.counts.vocabulary.texts(said), "</s>"][:7]
        for j, token in enumerate(drawn):
            seen.setdefault(tuple(said[:j]), Counter())[token] += 1
    tested = 0
    for begun, of_context in seen.items():
        if of_context.total() > 250:
            p = dict(zip(model.vocabulary, model._known.probabilities(begun, originality).tolist(), strict=True))
            never = {"<unk>"} if begun else {"<unk>", "</s>"}
            possible = 1 - sum(p[token] for token in never)
            assert_fits(of_context, {token: q / possible for token, q in p.items() if token not in never})
            tested += 1
    assert tested > 5
