"""Drawing one token from the mixture, the part first, where all tables are without changes.

As `mixed` does it, in fewer steps. Where the bound on the background's share is drawn (see `shares`), the share
is worked out, and unless it was hit all is drawn again: which leaves each part with its share.
"""

from bisect import bisect_right
from itertools import accumulate

from engine.drawing import Random, Unigrams, stay
from engine.gates import FIRST_RECENT, row_share
from engine.mixture import Mixture
from engine.rows import DISCOUNT
from engine.shares import EACH_WORD, FIRST_GAP, FIRST_LENGTH, Shares
from engine.skips import S13, Range
from engine.windows import Prefix


class Parts:
    """Draws one token after another. Valid until the documents change."""

    def __init__(self, mixture: Mixture, unigrams: Unigrams) -> None:
        self._shares = Shares(mixture)
        self._background = mixture.background
        self._windows = mixture.windows
        self._unigrams = unigrams
        self._levels = list(zip(mixture.counts.views, mixture.mkn.discounts[1:], strict=True))
        self._told: Prefix | None = None
        self._asked = 0, 1.0  # after how many tokens of these, and with which originality

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        return self._shares.nbytes

    def draw(self, random: Random, told: Prefix, entries: list[int], originality: float) -> tuple[int, bool]:
        """One token after all that was said, and whether it is new after the last one.

        entries: where the end of what was said stands in the counts.
        """
        shares, asked = self._shares, (len(told.tokens), originality)
        if told is not self._told or asked != self._asked:  # else a token is drawn again
            shares.weigh(told, entries, originality)
            self._told, self._asked = told, asked
        while True:
            x = random() * shares.total - 1
            if x < 0:
                return self._draw_counted(random, entries, originality)
            for part, share in enumerate(shares.of):
                if x < share:
                    return self._draw_from(part, x / share, random, told)
                x -= share
            if self._background and x < shares.background(told, entries):
                return self._background.draw(random, self._background.context(told.tokens, told.heard)), True

    def _draw_counted(self, random: Random, entries: list[int], originality: float) -> tuple[int, bool]:
        """From Kneser-Ney, as in `stream`."""
        for length in range(len(entries), 0, -1):
            (starts, words, sums), d = self._levels[length - 1]
            entry = entries[length - 1]
            low, high = starts[entry], starts[entry + 1]
            if low == high:
                continue
            x = sums[low] + random() * (sums[high] - sums[low])
            at = bisect_right(sums, int(x), low + 1, high) - 1
            end = sums[at + 1]
            if end - x > d[min(end - sums[at], 3)]:
                return words[at], False
            if originality < 1 and random() >= originality:
                at = stay(random, (words, sums, low, high, d))
                if at >= 0:
                    return words[at], False
        return self._unigrams.draw(random(), random), True

    def _draw_from(self, part: int, place: float, random: Random, told: Prefix) -> tuple[int, bool]:
        """From one of `Shares.of`; where that is of several parts, from the one at a place in [0, 1)."""
        if part >= FIRST_GAP:
            return _draw_skip(random, self._shares.ranges[part - FIRST_GAP]), part != FIRST_GAP + S13
        if part < FIRST_LENGTH:
            window = bisect_right(EACH_WORD, place * EACH_WORD[-1])
            return self._windows.draw_word(random, told, window), True
        own: list[int] = []
        for length in range(1, part - FIRST_LENGTH + 2):
            own = told.again(length, own)
        rows = self._windows.rows_of(told, length, own) or []
        sums = list(accumulate([row_share(FIRST_RECENT + number, row) for number, row in rows]))
        return rows[bisect_right(sums, place * sums[-1])][1].draw(random), False


def _draw_skip(random: Random, found: Range) -> int:
    """As `SkipRow.draw`."""
    words, sums, low, high = found
    floor = sums[low]
    total = sums[high] - floor
    while True:
        x = floor + random() * total
        at = bisect_right(sums, int(x), low + 1, high)
        if sums[at] - x > DISCOUNT:
            return words[at - 1]
