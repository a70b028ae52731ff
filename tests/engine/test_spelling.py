"""Spelling: every word has a probability, whoever said it or not."""

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import LanguageModel
from engine.background import shipped
from engine.spelling import Spelling, shipped_spelling
from engine.vocabulary import UNKNOWN


@settings(max_examples=40)
@given(word=st.text(min_size=1, max_size=30))
def test_any_text_has_a_spelling(word: str) -> None:
    """Any characters of Unicode, in any number, cost a finite number of bits, and more than none."""
    assert 0 < shipped_spelling().bits(word) < 32 * (len(word) + 1)


def test_all_spellings_together_have_at_most_one() -> None:
    """Over all words of two letters up to length 9 the sum stays below 1."""
    spelling = Spelling(["a", "ab", "aba", "bb"])
    total = sum(2 ** -spelling.bits("".join(w)) for n in range(1, 10) for w in product("ab", repeat=n))
    assert 0.5 < total < 1


def test_what_is_known_is_summed_in_bulk() -> None:
    """`known` is what `bits` gives the words it learned from, summed."""
    words = ["abc", "abd", "xyz"]
    spelling = Spelling(words)
    assert spelling.known == pytest.approx(sum(2 ** -spelling.bits(word) for word in words), rel=1e-6)
    assert Spelling([]).known == 0


def test_likely_words_cost_less() -> None:
    """What looks like a word costs less than what does not; another script costs its block once."""
    bits = shipped_spelling().bits
    assert bits("talking") < bits("gniklat")
    assert bits("привет") < 2 * 20 + 6 * 8


def test_bits_per_character_are_finite_and_open() -> None:
    """A text of unknown words has finite bits per character; the stranger the word, the more."""
    for smoothing in ("best", "mkn"):
        model = LanguageModel(smoothing=smoothing)
        model.learn(["the cat sat", "the dog sat"])
        usual, strange = (model.surprise([text]) for text in ("the talking", "the gniklat"))
        assert (usual.unknown, usual.bits) == (strange.unknown, strange.bits) or smoothing == "best"
        assert 0 < usual.spelling_bits < strange.spelling_bits < math.inf


@pytest.mark.parametrize("smoothing", ["best", "mkn"])
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_no_text_is_impossible(unit: str, smoothing: str) -> None:
    """A very long word, other scripts, emoji: all have finite bits."""
    model = LanguageModel(unit=unit, smoothing=smoothing)
    model.learn(["the cat sat", "the dog sat"])
    surprise = model.surprise(["https://example.org/" + "qz" * 150, "привет 🧑‍🚀 日本語", ""])
    assert 0 < surprise.bits < surprise.spelling_bits < math.inf


def test_unknown_is_shared_out_whole() -> None:
    """What the background gives `<unk>` is what it gives the words it knows and the corpus does not, and all others."""
    model = LanguageModel()
    model.learn(["the cat sat", "the dog sat"])
    mixture = model._known.mixture
    assert mixture
    prefix = mixture.prefix(model.read("the").ids)
    entries = mixture.counts.entries(prefix.tokens)
    words = [word for word in shipped().words if word not in set(model.vocabulary)]
    own, others, known = mixture.unseen(prefix, entries, "a word nobody knows")
    assert not known
    theirs = sum(mixture.unseen(prefix, entries, word)[1] for word in words)
    assert own + theirs + others == pytest.approx(mixture.probability(prefix.tokens, UNKNOWN), rel=1e-9)


def test_a_closed_vocabulary_is_not_spelt() -> None:
    """In `whitespace`, `<unk>` is a token as it stands, and costs nothing beyond itself."""
    model = LanguageModel(unit="whitespace")
    model.learn(["the cat sat"])
    assert model.surprise(["a dog"]).spelling_bits == 0
