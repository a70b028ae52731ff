"""The arithmetic of counts and Kneser-Ney, worked by hand."""

import numpy as np
import pytest

from engine.counts import counts_of_counts
from engine.occurrences import occurrences
from engine.overlay import Counts
from engine.smoothing import FALLBACK, KneserNey, discounts
from engine.vocabulary import BEGIN, END, Vocabulary

# "a b a b c" and "a c", as bigrams: <s>a 2, ab 2, ba 1, bc 1, ac 1, c</s> 2
DOCUMENTS = [list("ababc"), list("ac")]
A, B, C, ZEBRA = 3, 4, 5, 2


@pytest.fixture(params=["in bulk", "one by one"])
def counts(request: pytest.FixtureRequest) -> Counts:
    vocabulary = Vocabulary("abc" if request.param == "in bulk" else "")
    if request.param == "in bulk":
        text = [id for d in DOCUMENTS for id in (BEGIN, *map(vocabulary.id, d), END)]
        return Counts.of_text(np.array(text), vocabulary, 2)
    counts = Counts.of_text(np.array([], np.int64), vocabulary, 2)
    for document in DOCUMENTS:
        counts.learn(document)
    counts.settle()
    return counts


def p(counts: Counts, context: tuple[int, ...], originality: float = 1.0) -> dict[str, float]:
    tokens = counts.vocabulary.tokens
    return dict(zip(tokens, KneserNey(counts).distribution(context, originality).tolist(), strict=True))


def test_raw_counts(counts: Counts) -> None:
    """Raw counts are how often one token followed another, at every length of context."""
    assert occurrences(counts, (BEGIN,)).tolist() == [0, 0, 0, 2, 0, 0]
    assert occurrences(counts, (A,)).tolist() == [0, 0, 0, 0, 2, 1]
    assert occurrences(counts, (C,)).tolist() == [0, 2, 0, 0, 0, 0]
    assert occurrences(counts, ()).tolist() == [0, 2, 0, 3, 2, 2]


def test_adjusted_counts(counts: Counts) -> None:
    """Below the highest order a count is the number of different tokens seen on the left."""
    # a after <s>, b; b after a; c after b, a; </s> after c
    assert counts.unigrams.tolist() == [0, 1, 0, 2, 1, 2]
    assert [tally[1:] for tally in counts.tallies] == [[2, 2, 0, 0], [3, 3, 0, 0]]


def test_counts_of_counts_reach_to_four() -> None:
    """Larger counts matter to no discount."""
    assert counts_of_counts(np.array([1, 1, 2, 4, 4, 9]))[1:] == [2, 1, 0, 2]


def test_discounts_are_chen_and_goodmans() -> None:
    """Y = n1/(n1+2 n2); D1 = 1-2Y n2/n1, D2 = 2-3Y n3/n2, D3+ = 3-4Y n4/n3."""
    # n = 10, 5, 2, 1: Y = 10/20; D1 = 1-2*.5*.5; D2 = 2-3*.5*.4; D3 = 3-4*.5*.5
    assert discounts([0, 10, 5, 2, 1]) == pytest.approx((0, 0.5, 1.4, 2.0))


@pytest.mark.parametrize("n", [[0, 0, 5, 2, 1], [0, 10, 0, 2, 1], [0, 10, 5, 0, 1], [0, 2, 1, 9, 1]])
def test_discounts_that_cannot_be_estimated_fall_back(n: list[int]) -> None:
    """Where an n_i is zero or a discount would leave (0, its count], KenLM's 0.5, 1, 1.5 stand in."""
    assert discounts(n) == (0.0, 0.5, 1.0, 1.5)


def test_what_was_seen_three_times_counts_for_something() -> None:
    """With no n-gram of count 4, D3+ = 3 - 4Y·0/n3 = 3 as in lmplz; `best` takes 1.5 for it, and lets D1, D2 be."""
    # n = 10, 5, 2, 0: Y = 10/20; D1 = 1-2*.5*.5; D2 = 2-3*.5*.4
    assert discounts([0, 10, 5, 2, 0]) == pytest.approx((0, 0.5, 1.4, 3.0))
    assert discounts([0, 10, 5, 2, 0], as_lmplz=False) == pytest.approx((0, 0.5, 1.4, 1.5))


def test_unknown_may_stand_for_many_words(counts: Counts) -> None:
    """For K = 6 words: 1/10 of what the root leaves for each of 4 others, 6/10 for `<unk>`; all sums to 1."""
    # as by hand below: root gamma = 0.5; P(a) = (2-1)/6 + 0.5/10; P(<unk>) = 0.5*6/10
    model = KneserNey(counts, unknown=6)
    unigrams = dict(zip(counts.vocabulary.tokens, model.unigrams().tolist(), strict=True))
    expected = {"</s>": 0.5 / 6 + 0.05, "<unk>": 0.3, "a": 1 / 6 + 0.05, "b": 0.5 / 6 + 0.05, "c": 1 / 6 + 0.05}
    assert unigrams == pytest.approx(expected, abs=1e-15)
    assert sum(unigrams.values()) == pytest.approx(1, abs=1e-15)
    assert [model.probability((), id) for id in counts.vocabulary.live.tolist()] == list(unigrams.values())


def test_interpolated_probability_by_hand(counts: Counts) -> None:
    """P(w|a) at order 2, each step visible; the fallback discounts hold, as n3 = 0."""
    # order 0: 1/5 each. Unigrams: counts a 2, b 1, c 2, </s> 1, total 6; gamma = (2*0.5 + 2*1)/6 = 0.5
    # P(a) = (2-1)/6 + 0.1 = 4/15; P(b) = (1-0.5)/6 + 0.1 = 11/60; P(<unk>) = 0.1
    # after a: b 2, c 1, total 3; gamma = (1*0.5 + 1*1)/3 = 0.5
    # P(b|a) = (2-1)/3 + 0.5*11/60 = 51/120; P(c|a) = 0.5/3 + 0.5*4/15 = 0.3; P(a|a) = 0.5*4/15
    after_a = p(counts, (A,))
    assert after_a == pytest.approx({"</s>": 11 / 120, "<unk>": 0.05, "a": 2 / 15, "b": 51 / 120, "c": 0.3}, abs=1e-15)
    assert sum(after_a.values()) == pytest.approx(1, abs=1e-15)


def test_the_parts_of_a_probability_sum_to_it(counts: Counts) -> None:
    """The terms are what the uniform order 0, the unigrams and the context each contribute."""
    # P(b|a) = 0.5*0.1 + 0.5*(0.5/6) + 1/3
    assert KneserNey(counts).terms((A,), B) == pytest.approx([0.05, 0.25 / 6, 1 / 3], abs=1e-15)
    assert KneserNey(counts).probability((A,), B) == pytest.approx(51 / 120, abs=1e-15)


def test_an_unseen_context_answers_as_the_shorter_one(counts: Counts) -> None:
    """P(w|u) = P(w|u') where u was never seen."""
    assert p(counts, (ZEBRA,)) == p(counts, ())


def test_relative_frequencies_are_counts_over_their_sum(counts: Counts) -> None:
    """Smoothing none is c(uw)/C(u), nothing else; nothing at all where u was never seen."""
    frequencies = KneserNey(counts).relative_frequencies
    after_a = frequencies((A,))
    assert after_a is not None
    assert after_a.tolist() == [0, 0, 0, 2 / 3, 1 / 3]
    assert frequencies((ZEBRA,)) is None


def test_less_originality_gives_more_to_what_was_seen(counts: Counts) -> None:
    """gamma becomes originality * gamma, and what that frees goes to the seen followers in proportion."""
    # after a, gamma 0.5 -> 0.2; seen followers had 1/3 and 1/6 of their own, now times 0.8/0.5
    after_a = p(counts, (A,), originality=0.4)
    assert after_a["b"] == pytest.approx(1 / 3 * 1.6 + 0.2 * 11 / 60, abs=1e-15)
    assert after_a["c"] == pytest.approx(1 / 6 * 1.6 + 0.2 * 4 / 15, abs=1e-15)
    assert sum(after_a.values()) == pytest.approx(1, abs=1e-15)


def test_a_discount_of_nothing_falls_back() -> None:
    """n = 4, 1, 2/3·… such that D2 = 2 - 3 · 2/3 · 1/1 = 0: no token would be left for what was not seen."""
    # Y = 4 / (4 + 2 · 1) = 2/3
    assert discounts([0, 4, 1, 1, 0]) == FALLBACK
