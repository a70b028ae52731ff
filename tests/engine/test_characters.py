"""`--smoothing best` in characters: equal to its formulas, exact after any history, and drawn from as stated."""

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Document, LanguageModel, lately
from engine.character_constants import BIASES, DISCOUNTED, LAST_SLOPES, SLOPES, UNIGRAMS
from engine.character_gates import PARTS
from engine.characters import Characters
from engine.keys import KINDS, LENGTHS, Alphabet, Said, TextKeys
from engine.mixture import Mixture
from engine.rule import Rule
from engine.speaking import CharacterStream
from engine.vocabulary import BEGIN, END, Vocabulary
from tests.engine.reference import Reference
from tests.engine.test_exactness import strings_in
from tests.engine.test_sampling import assert_fits

Entry = tuple[int | None, str]
"""A document: its id, if it has one, and its text."""
TEXTS = st.text(st.sampled_from("aAb' .é🙂"), max_size=9)
ENTRIES = st.tuples(st.none() | st.integers(1, 9), TEXTS)
SIZES = {"r3": 14, "r5": 14, "rw": 5}  # the first two alike, as they are


@pytest.fixture(autouse=True, scope="module")
def small_windows() -> Iterator[None]:
    """Windows and rooms that small texts are larger than, so that every edge is met."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lately, "TAIL", 20)
        patch.setattr(lately, "_SIZES", list(SIZES.values()))
        patch.setattr(lately, "_MOST_NEW", 12)
        patch.setattr(lately, "_KEPT", 3)
        patch.setattr("engine.longer._KEPT", 3)
        patch.setattr("engine.longer._FEW", 2)
        patch.setattr("engine.characters._KEPT", 5)
        yield


def document(entry: Entry) -> str | Document:
    place, text = entry
    return text if place is None else Document(place, text)


def built(entries: list[Entry]) -> LanguageModel:
    model = LanguageModel(8, "characters", "best")
    model.learn(map(document, entries))
    return model


def mixture(model: LanguageModel) -> Characters:
    assert isinstance(model._known.mixture, Characters)
    return model._known.mixture


def contexts(entries: list[Entry]) -> list[str]:
    some = ["", "z", "za", "a b", "a' A.", "aAb' .aAb' .aAb' .aAb' .aAb' ."]
    for _, text in entries[:3]:
        some += [text[: j + 1] for j in range(len(text))]
    return some


def kinds_by_definition(said: list[str]) -> list[object]:
    """What each kind of context is after `<s>` and some characters; None where it is not."""
    folded = [token.lower() for token in said]
    words = [["", False]]  # what stands between words, and words: text, whether it is a word
    for token, low in zip(said, folded, strict=True):
        is_word = all(c.isalnum() or c == "'" for c in token)
        if is_word and words[-1][1]:
            words[-1] = [f"{words[-1][0]}{low}", True]
        else:
            words.append([low, is_word])
    now = words.pop()[0], said[-1].isupper()  # aloud, or not
    before = [text for text, is_word in words if is_word]
    first, second = (before[-n] if len(before) >= n else None for n in (1, 2))
    lengths = [tuple(said[-length:]) if length <= len(said) else None for length in LENGTHS]
    return [*lengths, now, (now, first), (now, first, second), (now, second)]


@lru_cache(maxsize=1)
def taught(documents: tuple[str, ...]) -> tuple[Reference, list[tuple[list[object], str]]]:
    """Kneser-Ney of these documents, and all their tokens in order, each after its contexts of each kind."""
    stream: list[tuple[list[object], str]] = []
    for text in documents:
        tokens = ["<s>", *text, "</s>"]
        stream.append(([None] * len(KINDS), "<s>"))
        stream += [(kinds_by_definition(tokens[:j]), tokens[j]) for j in range(1, len(tokens))]
    return Reference([list(text) for text in documents], 8, as_lmplz=False), stream


def parts_by_formula(documents: list[str], context: str, token: str) -> dict[str, float]:
    """What every part adds to P(token | context), straight from the formulas, with lists and no speed."""
    reference, stream = taught(tuple(documents))
    known_tokens = set(reference.tokens)
    said = ["<s>", *(token if token in known_tokens else "<unk>" for token in context)]
    now = kinds_by_definition(said)
    own = [(kinds_by_definition(said[:j]), said[j]) for j in range(1, len(said))]
    rows: dict[str, Counter[str]] = {}
    lasts: dict[str, str] = {}
    for kind, name in enumerate(KINDS):
        if now[kind] is None:
            continue
        if kind < 7:
            u = tuple(said[-kind - 1 :])
            rows[name] = Counter({g[-1]: c for g, c in reference.counts[kind + 1].items() if g[:-1] == u})
        else:
            rows[name] = Counter(w for kinds, w in stream if kinds[kind] == now[kind])
        late = [w for kinds, w in [*stream[-lately.TAIL :], *own] if kinds[kind] == now[kind]]
        if name in lately.LASTS and late:
            lasts[name] = late[-1]
    for name, (of, _) in lately.WINDOWS.items():
        kind = KINDS.index(of)
        if now[kind] is not None:
            rows[name] = Counter(w for kinds, w in [*stream[-SIZES[name] :], *own] if kinds[kind] == now[kind])
    rows = {name: row for name, row in rows.items() if row}
    known = sum(name in rows for name in KINDS[: len(LENGTHS)])
    chain = [*KINDS[: len(LENGTHS)]]
    longer = {**dict(itertools.pairwise(chain)), "w0": "w1", "w1": "w2", "r3": "r5"}
    z, p = {"unigrams": UNIGRAMS[known]}, {"unigrams": reference.probability((), token)}
    for name, row in rows.items():
        part = PARTS.index(name)
        total, types, n1, n2 = row.total(), len(row), *(list(row.values()).count(n) for n in (1, 2))
        d = (0.0, *DISCOUNTED[part])
        c, t, share, one = math.log(total), math.log(types), max(row.values()) / total, float(types == 1)
        top = math.log((share + 0.02) / (1.02 - share))
        ratio = unseen = 0.0
        if name in longer:
            after = rows[longer[name]].total() if longer[name] in rows else 0
            ratio, unseen = math.log((after + 0.3) / (total + 0.3)), float(not after)
        is_top = float(name in lasts and row[lasts[name]] == max(row.values()))
        looks = [1, c, c**2 / 10, t, 0.3 * t**2, one, one * c, one * c**2 / 10, top, 0.3 * top**2,
                 math.log((n1 + 0.5) / (types + 1)), ratio, unseen, is_top, is_top * top]  # fmt: skip
        z[name] = BIASES[known][part] + sum(a * b for a, b in zip(SLOPES[part], looks, strict=True))
        norm = total - d[1] * n1 - d[2] * n2 - d[3] * (types - n1 - n2)
        p[name] = max(row[token] - d[min(row[token], 3)], 0) / norm
        if name in lasts:
            y = sum(a * b for a, b in zip(LAST_SLOPES[part], looks, strict=True))
            stay = 1 / (1 + math.exp(-y))
            p[name] = (1 - stay) * p[name] + stay * (token == lasts[name])
    shares = {name: math.exp(value) for name, value in z.items()}
    return {name: shares[name] / sum(shares.values()) * p[name] for name in z}


def in_order(entries: list[Entry]) -> list[str]:
    return [text for _, text in sorted(entries, key=lambda entry: math.inf if entry[0] is None else entry[0])]


def assert_same(model: LanguageModel, left: list[Entry]) -> None:
    fresh = built(left)
    assert model.vocabulary == fresh.vocabulary
    for context in contexts(left):
        ours, theirs = ([m._known.counts.vocabulary.id(token) for token in context] for m in (model, fresh))
        for originality in (1.0, 0.4):
            p = mixture(model).distribution(ours, originality)
            assert p.tobytes() == mixture(fresh).distribution(theirs, originality).tobytes()
        for token in model.vocabulary[:3]:
            ids = (m._known.counts.vocabulary.id(token) for m in (model, fresh))
            assert mixture(model).parts(ours, next(ids)) == mixture(fresh).parts(theirs, next(ids))


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_key_is_the_same_said_character_by_character_and_read_in_a_text(texts: list[str]) -> None:
    """And two contexts have the same key if they are the same context (of so few, no two others ever do)."""
    vocabulary = Vocabulary("aAb' .é🙂")
    alphabet = Alphabet(vocabulary)
    text: list[int] = []
    met: list[dict[int, object]] = [{} for _ in KINDS]
    expected: list[dict[int, int]] = [{} for _ in KINDS]
    for characters in texts:
        tokens = ["<s>", *characters, "</s>"]
        said = Said(alphabet, [BEGIN])
        for j in range(1, len(tokens)):
            for kind, (key, context) in enumerate(zip(said.keys(), kinds_by_definition(tokens[:j]), strict=True)):
                assert (key < 0) == (context is None)
                if key >= 0:
                    assert met[kind].setdefault(key, context) == context
                    expected[kind][len(text) + j] = key
            said.push(vocabulary.id(tokens[j]))
        text += [BEGIN, *map(vocabulary.id, characters), END]
    for of_kind in met:
        assert len(set(of_kind.values())) == len(of_kind)
    keys = TextKeys.of_text(alphabet, np.array(text, np.int32))
    assert [dict(zip(*map(np.ndarray.tolist, keys.of(kind)), strict=True)) for kind in range(len(KINDS))] == expected


@settings(max_examples=15)
@given(st.lists(ENTRIES, min_size=1, max_size=8))
def test_equals_the_formulas(entries: list[Entry]) -> None:
    """Every part of every probability is what the formulas say, and all parts sum to the probability."""
    model, documents = built(entries), in_order(entries)
    for context in contexts(entries):
        prompt = model.read(context)
        p = model.distribution_after(prompt)
        assert p.probabilities.sum() == pytest.approx(1, abs=1e-12)
        assert (p.probabilities > 0).all()
        for token, probability in zip(p.tokens, p.probabilities, strict=True):
            parts = mixture(model).parts(prompt.ids, model._known.counts.vocabulary.id(token))
            assert [name for name, _ in parts] == list(PARTS)
            expected = parts_by_formula(documents, "".join(prompt.tokens), token)
            assert dict(parts) == pytest.approx({part: expected.get(part, 0.0) for part in PARTS}, abs=1e-13)
            for shares in (dict(parts).values(), (piece.probability for piece in model.pieces(prompt, token))):
                assert sum(shares) == pytest.approx(probability, abs=1e-14)


@settings(max_examples=40)
@given(st.lists(ENTRIES, max_size=10), st.data())
def test_any_history(start: list[Entry], data: st.DataObject) -> None:
    """After learning, unlearning, merging in any order, the mixture is that of what is left, to the last bit."""
    model, left = built(start), list(start)
    for _ in range(data.draw(st.integers(0, 15))):
        verb = data.draw(st.sampled_from(["learn", "learn", "unlearn", "unlearn", "merge", "step", "read", "measure"]))
        if verb == "learn":
            left.append(data.draw(ENTRIES))
            model.learn([document(left[-1])])
        elif verb == "unlearn" and left:
            entry = data.draw(st.sampled_from(left))
            left.remove(entry)  # the first of equals
            model.unlearn([document(entry)])
        elif verb == "merge":
            model.merge()
        elif verb == "step":
            for _ in range(data.draw(st.integers(1, 60))):
                model._known.merge_step()
        elif verb == "read" and any(text for _, text in left):
            for context in ("", "a", "a b", "b' Aa"):
                model.distribution(context)
            model.generate(np.random.default_rng(0), start="a")
        elif verb == "measure" and left:
            model.perplexity(["a b a b", "zebra", "a b"])
    assert_same(model, left)
    model.merge()
    assert_same(model, left)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_long_histories(seed: int) -> None:
    """100 random steps each, asked after every one and checked after some."""
    rng = random.Random(seed)
    model, left = built([]), list[Entry]()
    for step, verb in enumerate(rng.choices(["learn", "unlearn", "step", "merge"], [9, 6, 4, 1], k=100)):
        if verb == "learn":
            words = [rng.choice(["it's", "Otter", "a", "otter", "oh"]) for _ in range(rng.randint(0, 6))]
            left.append((rng.choice([None, None, step, rng.randint(0, step)]), " ".join(words)))
            model.learn([document(left[-1])])
        elif verb == "unlearn" and left:
            entry = rng.choice(left)
            left.remove(entry)
            model.unlearn([document(entry)])
        elif verb == "merge":
            model.merge()
        elif verb == "step":
            model._known.merge_step()
        if step % 5 == 0:
            assert_same(model, left)
        elif left:
            model.distribution("an otter")
    for entry in left:
        model.unlearn([document(entry)])
    model.merge()
    assert model.vocabulary == ["</s>", "<unk>"]
    assert len(mixture(model).history) == mixture(model).changed == 0


def test_recency_follows_the_ids() -> None:
    """Documents count as said in the order of their ids, however they arrive."""
    entries: list[Entry] = [(3, "an otter"), (1, "an eel"), (2, "an ape")]
    asked = {built(entries[i:] + entries[:i]).distribution("an ").probabilities.tobytes() for i in range(3)}
    assert len(asked) == 1
    as_arrived = built([(None, text) for _, text in entries]).distribution("an ").probabilities
    assert as_arrived.tobytes() not in asked


def test_what_was_forgotten_is_nowhere_in_memory() -> None:
    """No character that nobody wrote is left, whatever was asked before; nor its key among the rows at hand."""
    model = built([(1, "otters"), (2, "eels")])
    model.learn([Document(3, "Ω☃ eels")])
    model.distribution("Ω☃ ee")
    model.generate(np.random.default_rng(1))
    assert {"Ω", "☃"} <= strings_in(model)
    model.unlearn([Document(3, "Ω☃ eels")])
    assert {"Ω", "☃", "ω"}.isdisjoint(strings_in(model))


@pytest.mark.parametrize("order", [1, 4, 7])
def test_lower_orders_see_no_further_than_they_say(order: int) -> None:
    """They have the mixture of words, whose parts end at that order; only the highest has the long contexts."""
    model = LanguageModel(order, "characters", "best")
    model.learn(["an otter", "an eel"])
    assert isinstance(model._known.mixture, Mixture)


@pytest.mark.parametrize("originality", [1.0, 0.3])
@pytest.mark.parametrize("context", ["", "a b", "zz", "ba"])
def test_next_character(context: str, originality: float) -> None:
    """One character after a context follows the stated distribution."""
    model = built([(None, text) for text in ("ab ab", "ba. ab", "'ab", "b", "", "aba")])
    start = model.read(context).ids
    stream, rule, rng = (
        CharacterStream(mixture(model)),
        Rule(originality, beginning=originality),
        np.random.default_rng(8),
    )
    drawn: Counter[str] = Counter()
    for _ in range(6_000):
        told = stream.document(rng, start, len(start) + 1, rule)[len(start) :]
        drawn[model._known.counts.vocabulary.token(told[0]) if told else "</s>"] += 1
    p = dict(zip(model.vocabulary, model._known.probabilities(start, originality).tolist(), strict=True))
    assert sum(p.values()) == pytest.approx(1)
    possible = {token: q for token, q in p.items() if token not in ({"<unk>"} if start else {"<unk>", "</s>"})}
    assert_fits(drawn, {token: q / sum(possible.values()) for token, q in possible.items()})


def test_a_word_begun_softly_does_not_end_loud() -> None:
    """Words are known in either case, but what goes on with one that was shouted is shouted, and else it is not."""
    model = LanguageModel(8, "characters")
    model.learn([f"HEADS UP BOAT {number}" for number in range(30)] + ["the boats are here", "he heard them"])

    def loud(prompt: str) -> float:
        p = model.distribution(prompt)
        return sum(p.probabilities[i] for i, token in enumerate(p.tokens) if token.isupper())

    assert loud("my hea") < 0.05
    assert loud("MY HEA") > 0.9
