"""How much each part of the mixture of characters counts after one context.

    P(w|h) = Σ_i g_i P_i(w)      g_i = exp(z_i) / Σ exp(z_j) over the parts that know the context, and unigrams

z_i is a bias, which depends on how many of the character contexts o1, o2, … are known, plus a product of
slopes with what the counts of the context look like; l_i, the share of what followed last, is the logistic
function of another such product. With C, T and n1 the sum, the number and the ones of a context's counts,
p the largest of them by C, and C' the same of the next longer context (`_NEXT`), they look at

    1, log C, log² C / 10, log T, 3/10 log² T, and where T = 1 again 1, log C, log² C / 10
    t = log (p + .02) / (1.02 - p), 3/10 t², log (n1 + 1/2) / (T + 1)
    where there is a next longer context: log (C' + .3) / (C + .3), and whether C' = 0
    whether what followed last has the largest count, and then t once more

So a gate looks at contexts alone, never at the token, and the mixture sums to 1. The constants were fitted
once, by maximum likelihood (Adam), on public text: technical chat, conversations about topics, encyclopaedia
articles; with 4,000 to 1,000,000 characters learned. They ship with the code and are no function of
anybody's documents.
"""

from functools import lru_cache
from itertools import pairwise
from math import exp, log
from operator import mul

from engine.character_constants import BIASES, DISCOUNTED, LAST_SLOPES, SLOPES, UNIGRAMS
from engine.followed import Followed
from engine.keys import KINDS, LENGTHS
from engine.lately import KINDS_OF_LASTS, WINDOWS

PARTS = (*KINDS, *WINDOWS, "unigrams")
_NEXT = {**dict(pairwise(KINDS[: len(LENGTHS)])), "w0": "w1", "w1": "w2", "r3": "r5"}
NEXT = [PARTS.index(_NEXT.get(part, PARTS[-1])) for part in PARTS[:-1]]
"""The part of the next longer context, of each part; of those that have none, the unigrams."""
SHORTER = [next((PARTS.index(kind) for kind, longer in _NEXT.items() if longer == part), -1) for part in PARTS]
SHORTER[PARTS.index("w3")] = PARTS.index("w0")
"""The part of a context that is known wherever that of this one is; -1: none is."""
_CHAINED = [part in _NEXT for part in PARTS[:-1]]
MANY = 3
"""Counts above have the discount of this one."""
DISCOUNTS = [(0.0, *discounts) for discounts in DISCOUNTED]
_FACTORS = [[exp(bias) for bias in of_known] for of_known in BIASES]
_UNIGRAMS = [exp(bias) for bias in UNIGRAMS]
_OWN = 11  # of the slopes are about a context's own counts; the memo of a row is what they come to
_REST = [(of_z[_OWN:], of_last[_OWN:]) for of_z, of_last in zip(SLOPES, LAST_SLOPES, strict=True)]


def unigram_share(known: int) -> float:
    """exp(z) of the unigrams, where so many of the character contexts are known."""
    return _UNIGRAMS[known]


def weigh(part: int, known: int, row: Followed, longer: Followed | None, last: int) -> tuple[float, float, float]:
    """exp(z) of a part, its l, and 1/Z.

    known: of the character contexts. longer: what followed the next longer context. last: the token
    that followed last; -1 if nobody knows it, and l is 0 then.
    """
    memo = row.memo
    if memo is None:
        memo = row.memo = _memo(part, row.total, len(row.counts), row.ones, row.twos, row.most)
    z, y, top, scale = memo
    slopes, slopes_of_last = _REST[part]
    if _CHAINED[part]:
        if longer is None:
            ratio = log(0.3 / (row.total + 0.3))
            z += slopes[0] * ratio + slopes[1]
            y += slopes_of_last[0] * ratio + slopes_of_last[1]
        else:
            ratio = log((longer.total + 0.3) / (row.total + 0.3))
            z += slopes[0] * ratio
            y += slopes_of_last[0] * ratio
    if last < 0:
        return exp(z) * _FACTORS[known][part], 0.0, scale
    if row.counts.get(last) == row.most:
        z += slopes[2] + slopes[3] * top
        y += slopes_of_last[2] + slopes_of_last[3] * top
    return exp(z) * _FACTORS[known][part], 1 / (1 + exp(-y)), scale


@lru_cache(maxsize=1 << 16)
def _memo(part: int, total: int, types: int, ones: int, twos: int, most: int) -> tuple[float, float, float, float]:
    """What z and l's argument have from a context's own counts, t, and 1/Z."""
    _, d1, d2, d3 = DISCOUNTS[part]
    c, t, share = log(total), log(types), most / total
    top = log((share + 0.02) / (1.02 - share))
    own = (1.0, c, c * c / 10, t, 0.3 * t * t, *((1.0, c, c * c / 10) if types == 1 else (0.0, 0.0, 0.0)),
           top, 0.3 * top * top, log((ones + 0.5) / (types + 1)))  # fmt: skip
    z = sum(map(mul, SLOPES[part], own))
    y = sum(map(mul, LAST_SLOPES[part], own)) if part in KINDS_OF_LASTS else 0.0
    return z, y, top, 1 / (total - d1 * ones - d2 * twos - d3 * (types - ones - twos))
