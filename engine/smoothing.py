"""From counts to probabilities: interpolated modified Kneser-Ney, and plain relative frequencies.

Chen & Goodman (1998), "An empirical study of smoothing techniques for language modeling", section 3.
With c the smoothing count (raw at the highest order, adjusted below), C(u) its sum over followers and
N1, N2, N3+ the numbers of followers with count 1, 2 and more:

    P(w|u) = max(c(uw) - D(c(uw)), 0) / C(u) + gamma(u) P(w|u')
    gamma(u) = (D1 N1(u) + D2 N2(u) + D3 N3+(u)) / C(u)

u' is u without its oldest token; an unseen context has P(w|u) = P(w|u'); below the unigrams stands
the uniform distribution over the vocabulary.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.counts import Context, Counts, Followers

Floats: TypeAlias = NDArray[np.float64]

SMOOTHINGS = ("mkn", "none")

_FALLBACK = (0.0, 0.5, 1.0, 1.5)
"""KenLM's discounts where the text is too small to estimate them."""


def discounts(counts_of_counts: list[int]) -> tuple[float, float, float, float]:
    """(0, D1, D2, D3+) from `[_, n1, n2, n3, n4]`, how many n-grams have count 1 to 4.

    Chen & Goodman's equation 26; `_FALLBACK` when it is undefined or a discount leaves [0, its count].
    """
    _, n1, n2, n3, n4 = counts_of_counts
    if not (n1 and n2 and n3):
        return _FALLBACK
    y = n1 / (n1 + 2 * n2)
    d = (0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return d if all(0 <= d[i] <= i for i in (1, 2, 3)) else _FALLBACK


def modified_kneser_ney(counts: Counts, context: Context, ids: dict[str, int], originality: float = 1.0) -> Floats:
    """P(w|context) for the whole vocabulary: float64 (V,), in the order of `ids`; sums to 1.

    `originality` below 1 leaves a seen context less often than the text warrants: gamma becomes
    originality * gamma, and the rest is given to the tokens that were seen there, in proportion.
    """
    p = np.full(len(ids), 1 / len(ids))
    for k in range(len(context) + 1):
        followers = counts.followers(context[len(context) - k :])
        if followers:
            p = _interpolate(p, followers, discounts(counts.counts_of_counts[k]), ids, originality if k else 1.0)
    return p


def _interpolate(
    shorter: Floats,
    followers: Followers,
    d: tuple[float, float, float, float],
    ids: dict[str, int],
    originality: float,
) -> Floats:
    total = sum(followers.values())
    n = [0, 0, 0, 0]
    for count in followers.values():
        n[min(count, 3)] += 1
    gamma = (d[1] * n[1] + d[2] * n[2] + d[3] * n[3]) / total
    if gamma == 1:  # every count is discounted away: nothing to give in proportion to
        return shorter
    p = shorter * (originality * gamma)
    scale = (1 - originality * gamma) / (1 - gamma) / total
    for token, count in followers.items():
        p[ids[token]] += (count - d[min(count, 3)]) * scale
    return p


def relative_frequencies(followers: Followers, ids: dict[str, int]) -> Floats:
    """c(uw) / C(u) for the whole vocabulary: float64 (V,), in the order of `ids`; sums to 1."""
    p = np.zeros(len(ids))
    total = sum(followers.values())
    for token, count in followers.items():
        p[ids[token]] = count / total
    return p
