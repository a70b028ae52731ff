"""What followed one context each time it was said lately, in windows that slide along (see `windows`)."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.followers import Followers
from engine.rows import DISCOUNT

RECENT = (512, 2048, 32768)
"""How many of the last tokens each window holds."""
_FAR = 2**62
_MANY = 16  # words that are sooner counted all at once

Random = Callable[[], float]
Positions = NDArray[np.int32]


class RecentRow:
    """What followed a context lately, each time of it: the words from a place on, and those of this document."""

    __slots__ = ("_before", "_counts", "_own", "_start", "total", "types")

    def __init__(self, before: Sequence[int], start: int, counts: dict[int, int], own: list[int]) -> None:
        self._before = before
        self._start = start
        self._counts = counts  # of before[start:]
        self._own = own
        self.total = len(before) - start + len(own)
        self.types = len(counts) + (len(set(own).difference(counts)) if own else 0)

    def count(self, word: int) -> int:
        """How often this token followed."""
        return self._counts.get(word, 0) + (self._own.count(word) if self._own else 0)

    def followers(self) -> Followers:
        """All tokens that followed, with their counts."""
        counts = Counter(self._counts) + Counter(self._own) if self._own else self._counts
        return Followers(list(counts), list(counts.values()))

    def draw(self, random: Random) -> int:
        """One of the times it was followed, taken with probability (c - 0.6) / c."""
        earlier = len(self._before) - self._start
        while True:
            i = int(random() * self.total)
            word = self._before[self._start + i] if i < earlier else self._own[i - earlier]
            if random() * self.count(word) >= DISCOUNT:
                return word


class Recurrences:
    """The tail's part of the rows of one context: as windows slide along it, words leave and come back."""

    __slots__ = ("_counts", "_high", "_low", "_number", "_rows", "_starts", "_words", "at", "positions")

    def __init__(
        self, length: int, at: Sequence[int], words: Sequence[int], positions: Positions | None = None
    ) -> None:
        self.at = at  # where the context, of this length, ends in the tail
        self.positions = positions  # the same as an array, if many
        self._number = (length - 1) * len(RECENT)
        self._words = words  # what followed there
        self._starts = [len(words)] * len(RECENT)
        self._counts: list[dict[int, int]] = [{} for _ in RECENT]
        self._rows: list[tuple[int, RecentRow]] = []
        self._low, self._high = 1, 0

    def rows(self, end: int) -> list[tuple[int, RecentRow]]:
        """The numbered rows of all windows that end there, counted from the tail's beginning.

        To be used before the next are asked for.
        """
        if not self._low <= end < self._high:
            low, high, at, self._rows = 0, _FAR, self.at, []
            for window, size in enumerate(RECENT):
                start = bisect_left(at, end - size)
                if start != self._starts[window]:
                    self._slide(window, start)
                if start and at[start - 1] + size >= low:
                    low = at[start - 1] + size + 1
                if start < len(at):
                    if at[start] + size < high:
                        high = at[start] + size + 1
                    row = RecentRow(self._words, start, self._counts[window], [])
                    self._rows.append((self._number + window, row))
            self._low, self._high = low, high
        return self._rows

    def rows_with(self, end: int, own: Sequence[list[int]]) -> list[tuple[int, RecentRow]]:
        """The same, with what followed in this document besides, for every window."""
        self.rows(end)
        return [
            (self._number + window, RecentRow(self._words, start, counts, words))
            for window, (start, counts, words) in enumerate(zip(self._starts, self._counts, own, strict=True))
            if counts or words
        ]

    def _slide(self, window: int, start: int) -> None:
        words, counts, old = self._words, self._counts[window], self._starts[window]
        if old - start > _MANY and not counts:
            counts.update(Counter(words[start:]))
            old = start
        for word in words[start:old]:
            counts[word] = counts.get(word, 0) + 1
        for word in words[old:start]:
            counts[word] -= 1
            if not counts[word]:
                del counts[word]
        self._starts[window] = start


class Places:
    """Where every context of up to `reach` tokens ends in a text: looked up without going through it."""

    def __init__(self, text: NDArray[np.int32], reach: int) -> None:
        padded = np.concatenate([np.full(reach - 1, -1, np.int32), text[:-1]])  # nothing follows the last
        back = [padded[reach - 1 - i : len(padded) - i] for i in range(reach)]  # the token there, the one before, …
        order = np.lexsort(back[::-1])
        self.positions = order.astype(np.int32)
        """(N,) the places, by context: the last token first."""
        self.back = [tokens.take(order) for tokens in back]
        """(N,) each: the last token there, the one before, …; -1 before the beginning."""
        self._views = [tokens.data for tokens in self.back]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.positions.nbytes + sum(tokens.nbytes for tokens in self.back)

    def of(self, context: Sequence[int]) -> Positions:
        """The places at which a context ends, ascending."""
        low, high = 0, len(self.positions)
        for token, tokens in zip(reversed(context), self._views):  # noqa: B905 - as far as the context goes
            low = bisect_left(tokens, token, low, high)
            high = bisect_right(tokens, token, low, high)
        found = self.positions[low:high]
        if high - low > 1 and len(context) < len(self._views):  # sorted by the tokens before, too
            found = found.copy()
            found.sort()
        return found
