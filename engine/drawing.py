"""Drawing from what follows one context: a token, or the advice to ask a shorter one (see `stream`)."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, repeat
from operator import sub

import numpy as np
from numpy.random import Generator as Rng

from engine.smoothing import Discounts, KneserNey
from engine.vocabulary import UNKNOWN

Random = Callable[[], float]
Range = tuple[Sequence[int], Sequence[int], int, int, Discounts]
"""Followers and the running sums of their counts, both from a place to a place, and discounts."""

_BLOCKS = (32, 64, 128)  # random numbers drawn at a time, as few do for most texts; and from then on:
_LAST_BLOCK = 256
_FEW = 8  # followers that are sooner added up than drawn from again and again
_PATIENCE = 64  # draws at a context of more followers before they are added up after all


def uniforms(rng: Rng) -> Iterator[float]:
    """Random numbers from [0, 1), without end."""
    blocks: Iterator[list[float]] = (rng.random(n).tolist() for n in chain(_BLOCKS, repeat(_LAST_BLOCK)))
    return chain.from_iterable(blocks)


def attempt(random: Random, followers: Range) -> int:
    """The place of a token with probability α each, -1 with probability γ."""
    _, sums, low, high, d = followers
    floor = sums[low]
    x = random() * (sums[high] - floor)
    at = bisect_right(sums, floor + int(x), low + 1, high) - 1
    count = sums[at + 1] - sums[at]
    return at if x - (sums[at] - floor) < count - d[min(count, 3)] else -1


def stay(random: Random, followers: Range) -> int:
    """The place of a token that follows here, with probability α / (1 - γ); -1 if γ is 1."""
    _, sums, low, high, d = followers
    if high - low > _FEW:  # most of these say a token before long
        for _ in range(_PATIENCE):
            at = attempt(random, followers)
            if at >= 0:
                return at
    ends = [sums[i] for i in range(low, high + 1)]
    kept = list(accumulate(c - d[c if c < 3 else 3] for c in map(sub, ends[1:], ends)))
    return low + bisect_right(kept, random() * kept[-1], 0, high - low - 1) if kept[-1] > 0 else -1


class Unigrams:
    """Draws single tokens, where every context backs off. Valid until the counts change."""

    def __init__(self, mkn: KneserNey) -> None:
        self._counts = mkn.counts
        self._discounts = mkn.discounts[0]
        self._others = len(mkn.counts.vocabulary) - 1  # all but `<unk>`, which stands for this many:
        self._unknown = mkn.unknown
        self._sums: memoryview[int] | None = None  # running sums of the tokens' counts

    def draw(self, number: float, random: Random) -> int:
        """A token: with one number from its counts, else (with one more) any."""
        counts = self._counts
        if counts.total:
            if self._sums is None:
                self._sums = np.concatenate([[0], np.cumsum(counts.unigrams)]).data
            sums = self._sums
            x = number * counts.total
            word = bisect_right(sums, int(x)) - 1
            count = sums[word + 1] - sums[word]
            if x - sums[word] < count - self._discounts[min(count, 3)]:
                return word
        return self.any(random())

    def any(self, number: float) -> int:
        """A token, all equally likely; of `<unk>`, all that it stands for."""
        place = int(number * (self._others + self._unknown))
        return self._counts.vocabulary.id_at(place) if place <= self._others else UNKNOWN
