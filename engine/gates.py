"""How much each part of the mixture counts after one context.

    P(w|h) = Σ_j g_j(h) P_j(w|h)        g_j = exp(z_j) / Σ exp(z_i) over the parts that know the context
    z_j = bias_j + own_j · (log(1 + C)/4, T/C) + common_j · H

C and T are the counts and the distinct followers of a part's own row; H is (log(1 + C)/4 for the n-gram
contexts of 1, 2, 3, 4 tokens, then T/C of the same; 0 and 1 where unseen). The model itself, Kneser-Ney,
has z = 0. So a gate looks at the context alone, never at the word, and the mixture sums to 1.

The constants were fitted once, by maximum likelihood (L-BFGS), on public text: chat about topics, technical
chat, news, encyclopaedia articles, and the same articles in lower case without punctuation, in order and
shuffled. They ship with the code and are no function of anybody's documents. Weights by the counts of the
context are Jelinek & Mercer's (1980); the softmax over parts is a mixture of experts (Jacobs et al. 1991).
"""

from collections.abc import Iterable, Sequence
from math import exp, log1p

from engine.recurrences import RECENT
from engine.rows import Row
from engine.skips import SKIPS
from engine.windows import CACHES, REACH

PARTS = (
    "mkn",
    *(f"u {size}" for size in CACHES),
    *(f"r{length} {size}" for length in range(1, REACH + 1) for size in RECENT),
    "s2", "s13", "s23",
    "background",
)  # fmt: skip
"""The names of the parts, as `windows`, `skips` and `background` explain them."""

FIRST_WORDS = 1
FIRST_RECENT = FIRST_WORDS + len(CACHES)
FIRST_SKIP = FIRST_RECENT + REACH * len(RECENT)
BACKGROUND = FIRST_SKIP + len(SKIPS)

_BIAS = (
    0.0,
    -11.1, -10.6, -10.78, -11.05, -11.56,
    -4.51, -5.41, -6.59,
    -1.75, -2.51, -3.87,
    -3.01, 0.15, -0.72,
    -4.26, -2.86, -3.74,
)  # fmt: skip

WORDS = (1.05, 0.7, 0.19, -0.09, 2.98, 2.01, 1.04, 0.89)
"""The slopes on H of all u; below, first those on a row's own C and T/C."""
_RECENT = (
    (0.53, -4.08, -0.31, 0.08, -0.08, -0.07, 0.18, 1.78, 1.85, 2.43),
    (0.77, -3.46, 1.55, -1.87, -0.31, 0.18, 3.27, -2.33, 0.02, 1.72),
    (-1.51, -3.01, 0.95, 0.23, -4.22, 1.85, 2.27, 0.97, -0.87, 0.27),
)
_SKIP = (-0.51, -4.13, -0.32, -0.11, -0.02, -0.16, 1.77, 1.64, 1.34, 0.94)
SLOPES = (*[()] * FIRST_RECENT, *(slopes for slopes in _RECENT for _ in RECENT), *(_SKIP for _ in SKIPS))
LENGTHS = 4
"""Of the contexts in H."""
FACTORS = [exp(bias) for bias in _BIAS]
_LOGGED = 4096
LOGS = [log1p(total) / 4 for total in range(_LOGGED)]
"""log(1 + C)/4 of small C."""

Slopes = tuple[float, ...]


def shares(contexts: Sequence[Sequence[int]], words: bool, rows: Iterable[tuple[int, Row]]) -> list[float]:
    """exp(z) of every part, in the order of PARTS; 0 for one that is absent, and for the background.

    contexts: the tallies of the last 1, 2, … tokens. words: whether u is there. rows: of r
    and s, each with the number of its part.
    """
    h = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    for i, (total, ones, twos, more) in enumerate(contexts[:LENGTHS]):
        if total:
            h[i] = LOGS[total] if total < _LOGGED else log1p(total) / 4
            h[LENGTHS + i] = (ones + twos + more) / total
    out = [0.0] * len(PARTS)
    out[0] = 1.0
    if words:
        share = exp(dot(WORDS, h))
        out[FIRST_WORDS:FIRST_RECENT] = [factor * share for factor in FACTORS[FIRST_WORDS:FIRST_RECENT]]
    before: Slopes = ()
    for part, row in rows:
        slopes, total = SLOPES[part], row.total
        if slopes is not before:
            z, before = dot(slopes[2:], h), slopes
        log = LOGS[total] if total < _LOGGED else log1p(total) / 4
        out[part] = FACTORS[part] * exp(z + slopes[0] * log + slopes[1] * (row.types / total))
    return out


def row_share(part: int, row: Row) -> float:
    """What a row alone makes of the share of its part: exp(z) but for H."""
    slopes, total = SLOPES[part], row.total
    log = LOGS[total] if total < _LOGGED else log1p(total) / 4
    return FACTORS[part] * exp(slopes[0] * log + slopes[1] * (row.types / total))


def dot(slopes: Sequence[float], h: list[float]) -> float:
    """The sum of the products of eight slopes and H."""
    a, b, c, d, e, f, g, i = h
    k, l, m, n, o, p, q, r = slopes  # noqa: E741
    return k * a + l * b + m * c + n * d + o * e + p * f + q * g + r * i
