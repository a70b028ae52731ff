"""The arithmetic of counts and Kneser-Ney, worked by hand."""

import numpy as np
import pytest

from engine.counts import Counts
from engine.smoothing import discounts, modified_kneser_ney, relative_frequencies

# "a b a b c" and "a c", as bigrams: <s>a 2, ab 2, ba 1, bc 1, ac 1, c</s> 2
DOCUMENTS = [["<s>", "a", "b", "a", "b", "c", "</s>"], ["<s>", "a", "c", "</s>"]]
IDS = {"</s>": 0, "<unk>": 1, "a": 2, "b": 3, "c": 4}


@pytest.fixture
def counts() -> Counts:
    counts = Counts(2)
    for document in DOCUMENTS:
        counts.learn(document)
    return counts


def test_raw_counts(counts: Counts) -> None:
    """Raw bigram counts are how often one token followed another; <s> is context only."""
    assert counts.raw[1] == {
        ("<s>",): {"a": 2}, ("a",): {"b": 2, "c": 1}, ("b",): {"a": 1, "c": 1}, ("c",): {"</s>": 2},
    }  # fmt: skip
    assert counts.raw[0] == {(): {"a": 3, "b": 2, "c": 2, "</s>": 2}}


def test_adjusted_counts(counts: Counts) -> None:
    """Below the highest order a count is the number of different tokens seen on the left."""
    # a after <s>, b; b after a; c after b, a; </s> after c
    assert counts.adjusted[0] == {(): {"a": 2, "b": 1, "c": 2, "</s>": 1}}


def test_discounts_are_chen_and_goodmans() -> None:
    """Y = n1/(n1+2 n2); D1 = 1-2Y n2/n1, D2 = 2-3Y n3/n2, D3+ = 3-4Y n4/n3."""
    # n = 10, 5, 2, 1: Y = 10/20; D1 = 1-2*.5*.5; D2 = 2-3*.5*.4; D3 = 3-4*.5*.5
    assert discounts([0, 10, 5, 2, 1]) == pytest.approx((0, 0.5, 1.4, 2.0))


@pytest.mark.parametrize("n", [[0, 0, 5, 2, 1], [0, 10, 0, 2, 1], [0, 10, 5, 0, 1], [0, 2, 1, 9, 1]])
def test_discounts_that_cannot_be_estimated_fall_back(n: list[int]) -> None:
    """Where an n_i is zero or a discount would leave [0, its count], KenLM's 0.5, 1, 1.5 stand in."""
    assert discounts(n) == (0.0, 0.5, 1.0, 1.5)


def test_interpolated_probability_by_hand(counts: Counts) -> None:
    """P(w|a) at order 2, each step visible; the fallback discounts hold, as n3 = 0."""
    # order 0: 1/5 each. Unigrams: counts a 2, b 1, c 2, </s> 1, total 6; gamma = (2*0.5 + 2*1)/6 = 0.5
    # P(a) = (2-1)/6 + 0.1 = 4/15; P(b) = (1-0.5)/6 + 0.1 = 11/60; P(<unk>) = 0.1
    # after a: b 2, c 1, total 3; gamma = (1*0.5 + 1*1)/3 = 0.5
    # P(b|a) = (2-1)/3 + 0.5*11/60 = 51/120; P(c|a) = 0.5/3 + 0.5*4/15 = 0.3; P(a|a) = 0.5*4/15
    p = modified_kneser_ney(counts, ("a",), IDS)
    assert p[IDS["b"]] == pytest.approx(51 / 120, abs=1e-15)
    assert p[IDS["c"]] == pytest.approx(0.3, abs=1e-15)
    assert p[IDS["a"]] == pytest.approx(2 / 15, abs=1e-15)
    assert p[IDS["<unk>"]] == pytest.approx(0.05, abs=1e-15)
    assert p.sum() == pytest.approx(1, abs=1e-15)


def test_an_unseen_context_answers_as_the_shorter_one(counts: Counts) -> None:
    """P(w|u) = P(w|u') where u was never seen."""
    assert np.array_equal(modified_kneser_ney(counts, ("zebra",), IDS), modified_kneser_ney(counts, (), IDS))


def test_relative_frequencies_are_counts_over_their_sum(counts: Counts) -> None:
    """Smoothing none is c(uw)/C(u), nothing else."""
    assert relative_frequencies(counts.raw[1][("a",)], IDS).tolist() == [0, 0, 0, 2 / 3, 1 / 3]


def test_less_originality_gives_more_to_what_was_seen(counts: Counts) -> None:
    """gamma becomes originality * gamma, and what that frees goes to the seen followers in proportion."""
    # after a, gamma 0.5 -> 0.2; seen followers had 1/3 and 1/6 of their own, now times 0.8/0.5
    p = modified_kneser_ney(counts, ("a",), IDS, originality=0.4)
    assert p[IDS["b"]] == pytest.approx(1 / 3 * 1.6 + 0.2 * 11 / 60, abs=1e-15)
    assert p[IDS["c"]] == pytest.approx(1 / 6 * 1.6 + 0.2 * 4 / 15, abs=1e-15)
    assert p.sum() == pytest.approx(1, abs=1e-15)
