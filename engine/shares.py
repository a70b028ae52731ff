"""How much each part of the mixture counts after what was said, where all tables are without changes.

The shares are those of `gates`, by fewer steps: what a gate looks at stands in the tables, and what it makes of
what was said lately is known beforehand (see `recent`). Parts that look at the same tokens have one share
together: u, r by the length of its contexts, and each of s. That of Kneser-Ney is 1. The background's takes the
most to work out and is small: an upper bound stands for it until somebody wants to know.
"""

from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate
from math import exp, log1p

from engine.gates import FACTORS, FIRST_RECENT, FIRST_SKIP, FIRST_WORDS, LENGTHS, LOGS, SLOPES, WORDS, dot, row_share
from engine.mixture import Mixture
from engine.recent import SLID, Recent
from engine.recurrences import RECENT
from engine.skips import NONE, SKIPS, Range
from engine.tallies import tallies
from engine.windows import REACH, Prefix

FIRST_LENGTH, FIRST_GAP = 1, 1 + REACH
"""Where r and s begin among the shares; u is the first."""
EACH_WORD = list(accumulate(FACTORS[FIRST_WORDS:FIRST_RECENT]))
"""Running sums of what each u has of their share."""

_NOTHING = [0.0] * (FIRST_GAP + len(SKIPS))
_LOOKS = (0, *range(1, REACH + 1), 0, 1, 0)  # at how many tokens right before each looks: see `mixture`
_BY_LENGTH = [SLOPES[FIRST_RECENT + length * len(RECENT)][2:] for length in range(REACH)]
_BY_COUNT, _BY_TYPES, *_SKIP = SLOPES[FIRST_SKIP]
_SKIP_FACTORS = FACTORS[FIRST_SKIP : FIRST_SKIP + len(SKIPS)]
_LOGGED = len(LOGS)
_SOON = 256  # tokens that were drawn before all contexts of what was said lately are looked up at once
_KEPT = 20_000  # contexts looked up one by one that are kept at hand
_ROOM = 200  # bytes one takes, about


class Shares:
    """The shares after the end of one text. Valid until the documents change.

    Attributes:
        of: of u, r by length, and s
        total: the sum of these, of 1, and of the bound on the background's
        ranges: what followed with a gap, for each s that has so many tokens before it
    """

    def __init__(self, mixture: Mixture) -> None:
        self.of = _NOTHING
        self.total = 0.0
        self.ranges: list[Range] = []
        self._mixture = mixture
        self._windows, self._skips = mixture.windows, mixture.count_skips().views
        self._reach = min(mixture.counts.order - 1, REACH)
        discounts = mixture.mkn.discounts[1:]
        self._contexts = [
            (starts, sums, max(d)) for (starts, _, sums), d in zip(mixture.counts.views, discounts, strict=True)
        ]
        self._odds = mixture.background.odds(mixture.mkn.rest([])) if mixture.background else 0.0
        self._per_odds = self._most = 0.0  # the background's share by its odds, and its bound
        self._weighed = 0
        self._recent: Recent | None = None
        self._looked_up: dict[tuple[int, ...], float] = {}  # by context, and by how many tokens were said

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        return (self._recent.nbytes if self._recent else 0) + _ROOM * len(self._looked_up)

    def weigh(self, told: Prefix, entries: list[int], originality: float) -> None:
        """Work out the shares after what was said, whose end has these `entries` among the counts."""
        h = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
        longest, odds = 0, self._odds
        for entry, (starts, sums, most) in zip(entries, self._contexts):  # noqa: B905 - as far as they are known
            low, high = starts[entry], starts[entry + 1]
            if low == high:
                break
            total = sums[high] - sums[low]
            ratio = (high - low) / total
            if longest < LENGTHS:
                h[longest] = LOGS[total] if total < _LOGGED else log1p(total) / 4
                h[LENGTHS + longest] = ratio
            odds *= most * ratio  # γ = Σ d / C <= max(d) T / C
            longest += 1
        shares = _NOTHING.copy()
        if len(told.tokens) > 1 or self._windows.has_words:
            shares[0] = EACH_WORD[-1] * exp(dot(WORDS, h))
        for length, factor in enumerate(self._lately(told)):
            if factor:
                shares[FIRST_LENGTH + length] = factor * exp(dot(_BY_LENGTH[length], h))
        self.ranges = self._with_a_gap(told.tokens)
        common = 0.0
        for skip, (_, sums_after, low, high) in enumerate(self.ranges):
            if low < high:
                common = common or exp(dot(_SKIP, h))
                total = sums_after[high] - sums_after[low]
                log = LOGS[total] if total < _LOGGED else log1p(total) / 4
                own = exp(_BY_COUNT * log + _BY_TYPES * ((high - low) / total))
                shares[FIRST_GAP + skip] = _SKIP_FACTORS[skip] * common * own
        self._per_odds = all_others = 1 + sum(shares)
        if originality < 1:
            left = _left(originality, longest)
            shares = [share * rest for share, rest in zip(shares, left, strict=True)]
            self._per_odds *= left[0]
            all_others = 1 + sum(shares)
        self.of = shares
        self._most = odds * self._per_odds
        self.total = all_others + self._most

    def background(self, told: Prefix, entries: list[int]) -> float:
        """The share of the background, which from now on stands for its bound."""
        mixture = self._mixture
        if not mixture.background:
            return 0.0
        of_contexts = tallies(mixture.counts, tuple(told.tokens[-len(self._contexts) :]), entries)
        share = mixture.background.odds(mixture.mkn.rest(of_contexts)) * self._per_odds
        self.total += share - self._most
        self._most = share
        return share

    def _lately(self, told: Prefix) -> list[float]:
        """What the last 1, 2, … tokens say of the shares of r, as far as they are known: E of `recent`."""
        self._weighed += 1
        if self._recent is None and self._weighed > _SOON:
            self._recent = Recent(self._windows)
        own = told.again(1, [])
        if self._recent is None:
            return self._look_up(told, own, [SLID] * min(self._reach, len(told.tokens)))
        factors = self._recent.factors(told.tokens, self._reach)
        return self._look_up(told, own, factors) if own or SLID in factors else factors

    def _look_up(self, told: Prefix, own: list[int], factors: list[float]) -> list[float]:
        """The same, one by one where this document says something too, or where SLID stands.

        own: the places in this document after the last token.
        """
        tokens = told.tokens
        for length in range(1, min(self._reach, len(tokens)) + 1):
            if length > 1:
                own = told.again(length, own)
            if length > len(factors):
                if not own:
                    break
                factors.append(SLID)
            if own or factors[length - 1] == SLID:
                factors[length - 1] = self._factor(told, length, own)
        return factors

    def _factor(self, told: Prefix, length: int, own: list[int]) -> float:
        known, place = self._looked_up, (*told.tokens[-length:], -len(told.tokens))
        if not own and place in known:
            return known[place]
        rows = self._windows.rows_of(told, length, own) or []
        factor = sum([row_share(FIRST_RECENT + number, row) for number, row in rows])
        if not own:
            if len(known) >= _KEPT:
                known.clear()
            known[place] = factor
        return factor

    def _with_a_gap(self, said: list[int]) -> list[Range]:
        seen = min(self._reach, len(said))
        if seen < 2:  # noqa: PLR2004 - the last token is skipped
            return []
        (starts, words, sums), after, pairs, after_pairs = self._skips
        second = said[-2]
        found: list[Range] = [(words, sums, starts[second], starts[second + 1])]
        if seen == REACH:
            first = said[-3]
            for (starts, words, _), (lows, then, sums), token in (
                (self._skips[0], after, said[-1]),
                (pairs, after_pairs, second),
            ):
                high = starts[first + 1]
                at = bisect_left(words, token, starts[first], high)
                is_known = at < high and words[at] == token
                found.append((then, sums, lows[at], lows[at + 1]) if is_known else NONE)
        return found


@lru_cache(maxsize=256)
def _left(originality: float, longest: int) -> tuple[float, ...]:
    """What an originality leaves of each share where the longest known context has so many tokens."""
    return tuple(originality ** max(longest - looks, 0) for looks in _LOOKS)
