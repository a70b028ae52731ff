"""How much the parts r count after every context of the last tokens, worked out for all contexts at once.

    E(u) = Σ exp(bias + own · (log(1 + C)/4, T/C)) over the windows in which u was followed

so the share of what followed u lately is E(u) exp(common · H) (see `gates`). The contexts stand in a trie: a
context's last token first, then the one before, and the one before that. All is as at the beginning of a
document; while it is said the windows slide along, and of a context that one of them leaves behind, or that the
document itself said, nothing is known here.
"""

from bisect import bisect_left
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.gates import FACTORS, FIRST_RECENT, SLOPES
from engine.recurrences import RECENT
from engine.windows import Windows

_NEVER = np.iinfo(np.int32).max
SLID = -1.0
"""Of a context that a window has left behind."""


class Recent:
    """The factors E of all contexts of 1 to 3 tokens in the windows of a history, as it stands."""

    def __init__(self, windows: Windows) -> None:
        places, tail = windows.places, windows.tail
        fresh = np.zeros(len(places.positions), np.bool_)
        fresh[:1] = True
        heads = []  # of each length, where the places of each context begin
        for tokens in places.back:
            fresh[1:] |= tokens[1:] != tokens[:-1]
            heads.append(np.flatnonzero(fresh))
        followers = tail.take(places.positions + 1) if len(tail) else tail
        levels = [_weigh(i, head, places.positions, followers, len(tail)) for i, head in enumerate(heads)]
        words = [tokens.take(head) for tokens, head in zip(places.back, heads, strict=True)]
        first = np.full(int(words[0].max(initial=-1)) + 1, -1, np.int32)
        first[words[0]] = np.arange(len(words[0]))
        starts = [
            np.searchsorted(longer, [*shorter, len(fresh)]).astype(np.int32) for shorter, longer in pairwise(heads)
        ]
        self._arrays = [first, *words[1:], *starts, *(array for level in levels for array in level)]
        self._first: memoryview[int] = first.data
        self._known = len(first)
        self._levels = [(factors.data, slides.data) for factors, slides in levels]
        self._longer = [(start.data, word.data) for start, word in zip(starts, words[1:], strict=True)]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(array.nbytes for array in self._arrays)

    def factors(self, said: list[int], reach: int) -> list[float]:
        """E of the last 1, 2, … `reach` tokens that were said, `<s>` first, as long as they are known; or SLID."""
        last = said[-1]
        node = self._first[last] if reach and last < self._known else -1
        if node < 0:
            return []
        now = len(said) - 1
        factors, slides = self._levels[0]
        found = [factors[node] if now <= slides[node] else SLID]
        for length in range(2, min(reach, len(said)) + 1):
            starts, words = self._longer[length - 2]
            end = starts[node + 1]
            node, token = bisect_left(words, said[-length], starts[node], end), said[-length]
            if node == end or words[node] != token:
                break
            factors, slides = self._levels[length - 1]
            found.append(factors[node] if now <= slides[node] else SLID)
        return found


def _weigh(
    length: int, heads: NDArray[np.intp], positions: NDArray[np.int32], followers: NDArray[np.int32], end: int
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Of each context of length + 1 tokens: E, and how many tokens may be said before a window leaves it behind.

    heads: where its places begin. positions: (N,) by context. followers: (N,) what stands after each place.
    """
    contexts = len(heads)
    context = np.repeat(np.arange(contexts), np.diff(heads, append=len(positions)))
    factors, slides = np.zeros(contexts), np.full(contexts, _NEVER, np.int32)
    for window, size in enumerate(RECENT):
        part = FIRST_RECENT + length * len(RECENT) + window
        inside = np.flatnonzero(positions >= end - size)
        where = context.take(inside)
        total = np.bincount(where, minlength=contexts)
        pairs = np.sort(where << 32 | followers.take(inside))
        new = np.ones(len(pairs), np.bool_)
        new[1:] = pairs[1:] != pairs[:-1]
        types = np.bincount(pairs[new] >> 32, minlength=contexts)
        seen = np.flatnonzero(total)
        c, t = total[seen], types[seen]
        by_count, by_types, *_ = SLOPES[part]
        factors[seen] += FACTORS[part] * np.exp(by_count * np.log1p(c) / 4 + by_types * (t / c))
        np.minimum.at(slides, where, positions.take(inside) - (end - size))
    return factors, slides
