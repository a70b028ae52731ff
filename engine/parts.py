"""Which part of the mixture says the next token of a text, and which token, where all tables are without changes.

The shares are those of `gates`, by fewer steps: what a gate looks at stands in the tables, and what it makes of
what was said lately is known beforehand (see `recent`). Parts that look at the same tokens are drawn together,
and told apart once one of them is to speak. The background's share takes the most to work out and is small: an
upper bound stands for it. Where that is drawn, the share is worked out, and unless it was hit all is drawn
again; which leaves each part with its share.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from math import exp, log1p

from engine.drawing import Random, Unigrams, stay
from engine.gates import FACTORS, FIRST_RECENT, FIRST_SKIP, FIRST_WORDS, LENGTHS, LOGS, SLOPES, WORDS, dot, own
from engine.mixture import Mixture
from engine.recent import SLID, Recent
from engine.recurrences import RECENT
from engine.rows import DISCOUNT
from engine.skips import S2, S13, S23, SKIPS, Range
from engine.tallies import tallies
from engine.windows import REACH, Prefix

Follow = Callable[[list[int]], Prefix]

_SOON = 256  # tokens drawn before what was said lately is looked through once for all
_LOGGED = len(LOGS)
_EACH_WORD = list(accumulate(FACTORS[FIRST_WORDS:FIRST_RECENT]))
_BY_LENGTH = [SLOPES[FIRST_RECENT + length * len(RECENT)][2:] for length in range(REACH)]
_BY_COUNT, _BY_TYPES, *_SKIP = SLOPES[FIRST_SKIP]
_SKIP_FACTORS = FACTORS[FIRST_SKIP : FIRST_SKIP + len(SKIPS)]

_FIRST_LENGTH, _FIRST_GAP = 1, 1 + REACH
_NONE = [0.0] * (_FIRST_GAP + len(SKIPS))
"""The shares of u, of r by length, and of s."""
_LOOKS = (0, *range(1, REACH + 1), 0, 1, 0)
"""At how many tokens right before each of them looks (see `mixture`)."""


class Parts:
    """Draws one token after another, the part first. Valid until the documents change."""

    def __init__(self, mixture: Mixture, unigrams: Unigrams) -> None:
        self._mixture = mixture
        self._windows = mixture.windows
        self._counts, self._skips = mixture.counts, mixture.skips
        self._unigrams = unigrams
        discounts = mixture.mkn.discounts[1:]
        self._levels = list(zip(mixture.counts.views, discounts, strict=True))
        self._contexts = [(starts, sums, max(d)) for (starts, _, sums), d in self._levels]
        self._reach = min(mixture.counts.order - 1, REACH)
        self._odds = mixture.background.odds(mixture.mkn.rest([])) if mixture.background else 0.0
        self._recent: Recent | None = None
        self._drawn = 0
        # After the last token that was said:
        self._said: list[int] = []
        self._asked = 0, 1.0  # of how many tokens, and with which originality
        self._shares = _NONE
        self._ranges: list[Range] = []
        self._per_odds = self._most = 0.0  # the background's share for each of its odds, and its bound
        self._total = 0.0

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self._recent.nbytes if self._recent else 0

    def draw(
        self, random: Random, said: list[int], entries: list[int], originality: float, follow: Follow
    ) -> tuple[int, bool]:
        """One token after all that was said, and whether it is new after the last one.

        entries: of the end of what was said. follow: makes of what was said what a mixture asks.
        """
        if said is not self._said or self._asked != (len(said), originality):  # else a token is drawn again
            self._weigh(said, entries, originality, follow)
            self._said, self._asked = said, (len(said), originality)
        while True:
            x = random() * self._total - 1
            if x < 0:
                return self._draw_counted(random, entries, originality)
            for group, share in enumerate(self._shares):
                if x < share:
                    return self._draw_from(group, x / share, random, said, follow)
                x -= share
            background = self._mixture.background
            if background and x < self._background(said, entries):
                told = follow(said)
                return background.draw(random, background.context(told.tokens, told.heard)), True

    # Shares

    def _weigh(self, said: list[int], entries: list[int], originality: float, follow: Follow) -> None:
        """Work out the shares, against 1 for Kneser-Ney."""
        h = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
        longest, odds = 0, self._odds
        for entry, (starts, sums, most) in zip(entries, self._contexts):  # noqa: B905 - as far as known
            low, high = starts[entry], starts[entry + 1]
            if low == high:
                break
            total = sums[high] - sums[low]
            ratio = (high - low) / total
            if longest < LENGTHS:
                h[longest] = LOGS[total] if total < _LOGGED else log1p(total) / 4
                h[LENGTHS + longest] = ratio
            odds *= most * ratio
            longest += 1
        shares = _NONE.copy()
        if len(said) > 1 or self._windows.has_words:
            shares[0] = _EACH_WORD[-1] * exp(dot(WORDS, h))
        for length, factor in enumerate(self._recently(said, follow)):
            if factor:
                shares[_FIRST_LENGTH + length] = factor * exp(dot(_BY_LENGTH[length], h))
        self._ranges = self._with_a_gap(said)
        common = 0.0
        for skip, (_, sums, low, high) in enumerate(self._ranges):
            if low < high:
                common = common or exp(dot(_SKIP, h))
                total = sums[high] - sums[low]
                log = LOGS[total] if total < _LOGGED else log1p(total) / 4
                by_own = exp(_BY_COUNT * log + _BY_TYPES * ((high - low) / total))
                shares[_FIRST_GAP + skip] = _SKIP_FACTORS[skip] * common * by_own
        self._per_odds = self._total = 1 + sum(shares)
        if originality < 1:
            left = _left(originality, longest)
            shares = [share * rest for share, rest in zip(shares, left, strict=True)]
            self._total = 1 + sum(shares)
            self._per_odds *= left[0]
        self._shares = shares
        self._most = odds * self._per_odds
        self._total += self._most

    def _recently(self, said: list[int], follow: Follow) -> list[float]:
        """What the last 1, 2, … tokens add to the shares of r, as far as they are known (see `recent`)."""
        self._drawn += 1
        if self._recent is None and self._drawn > _SOON:
            self._recent = Recent(self._windows)
        if self._recent and said.index(said[-1]) == len(said) - 1:  # else this document says something, too
            factors = self._recent.factors(said, self._reach)
            if SLID not in factors:
                return factors
        factors = [0.0] * self._reach
        for number, row in self._windows.rows(follow(said), self._reach):
            factors[number // len(RECENT)] += own(FIRST_RECENT + number, row)
        return factors

    def _with_a_gap(self, said: list[int]) -> list[Range]:
        """What followed the last tokens with one of them left out: of each of SKIPS that has so many tokens."""
        seen, find = min(self._reach, len(said)), self._skips.range
        if seen < 2:  # noqa: PLR2004 - the last token, and one before
            return []
        if seen < REACH:
            return [find(S2, (said[-2],))]
        third, second, last = said[-3:]
        return [find(S2, (second,)), find(S13, (third, last)), find(S23, (third, second))]

    def _background(self, said: list[int], entries: list[int]) -> float:
        """The share of the background, now that its bound was hit."""
        mixture = self._mixture
        assert mixture.background  # noqa: S101 - its bound is not 0
        context = said[-len(self._levels) :] if self._levels else []
        rest = mixture.mkn.rest(tallies(mixture.counts, tuple(context), entries))
        share = mixture.background.odds(rest) * self._per_odds
        self._total += share - self._most
        self._most = share
        return share

    # Tokens

    def _draw_counted(self, random: Random, entries: list[int], originality: float) -> tuple[int, bool]:
        """From Kneser-Ney, as in `stream`."""
        for length in range(len(entries), 0, -1):
            (starts, words, sums), d = self._levels[length - 1]
            low, high = starts[entries[length - 1]], starts[entries[length - 1] + 1]
            if low == high:
                continue
            floor = sums[low]
            x = random() * (sums[high] - floor) + floor
            at = bisect_right(sums, int(x), low + 1, high) - 1
            end = sums[at + 1]
            count = end - sums[at]
            if end - x > d[count if count < 3 else 3]:  # noqa: PLR2004 - as discounts are numbered
                return words[at], False
            if originality < 1 and random() >= originality:
                at = stay(random, (words, sums, low, high, d))
                if at >= 0:
                    return words[at], False
        return self._unigrams.draw(random(), random), True

    def _draw_from(
        self, group: int, place: float, random: Random, said: list[int], follow: Follow
    ) -> tuple[int, bool]:
        """From one of the other parts: of those that look at the same tokens, the one at a place in [0, 1)."""
        if group >= _FIRST_GAP:
            skip = group - _FIRST_GAP
            return _draw_skip(random, self._ranges[skip]), skip != S13
        told = follow(said)
        if group < _FIRST_LENGTH:
            window = bisect_right(_EACH_WORD, place * _EACH_WORD[-1])
            return self._windows.draw_word(random, told, window), True
        length = group - _FIRST_LENGTH
        rows = [
            (number, row)
            for number, row in self._windows.rows(told, self._reach)
            if number // len(RECENT) == length
        ]
        sums = list(accumulate(own(FIRST_RECENT + number, row) for number, row in rows))
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


@lru_cache(maxsize=256)
def _left(originality: float, longest: int) -> tuple[float, ...]:
    """What an originality leaves of each of these shares where the longest known context has so many tokens."""
    return tuple(originality ** max(longest - looks, 0) for looks in _LOOKS)
