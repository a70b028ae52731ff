"""What was said lately: the last tokens of all documents, and of the document being said.

People repeat themselves and each other. Two kinds of parts of the mixture say so:

u   How often each word was said among the last 32, 128, … 8,192, the rarer the more it counts:
    P(w) = n(w) b(w) / Σ n(v) b(v), with b(w) = ⌊2^16 N / (N + 1000 c(w))⌋ for a word said c(w) times
    in all N tokens: a name said twice in an hour will be said again; "the" will be anyway.
    (A unigram cache, Kuhn & De Mori 1990; the weight is an inverse document frequency of sorts.)

r   What followed the last 1, 2, 3 tokens within the last 512, 2,048, 32,768 tokens, a `Row` each.

Nothing is kept up to date here, and so nothing can drift: all of it is read off the last tokens of
the documents in order, and dropped when these change.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.followers import Followers
from engine.history import History
from engine.rows import DISCOUNT, Floats
from engine.vocabulary import END

CACHES = (32, 128, 512, 2048, 8192)
RECENT = (512, 2048, 32768)
REACH = 3
"""The longest context of r."""
_RARITY = 1000
_CACHED = 20_000  # contexts whose rows are kept at hand
_ROOM = 1000  # bytes one takes, about

Random = Callable[[], float]


class Prefix:
    """A document as far as it has been said, from `<s>` on."""

    def __init__(self, windows: "Windows", tokens: Sequence[int]) -> None:
        self._windows = windows
        self.tokens = [tokens[0]]
        self.sums = [0]  # of b(w) over the words so far
        for word in tokens[1:]:
            self.push(word)

    def push(self, word: int) -> None:
        """Say one more token."""
        self.tokens.append(word)
        self.sums.append(self.sums[-1] + self._windows.rarity(word))


class RecentRow:
    """What followed a context lately, each time of it."""

    __slots__ = ("counts", "total", "types", "words")

    def __init__(self, words: list[int]) -> None:
        self.words = words
        self.counts = Counter(words)
        self.total = len(words)
        self.types = len(self.counts)

    def count(self, word: int) -> int:
        """How often this token followed."""
        return self.counts[word]

    def followers(self) -> Followers:
        """All tokens that followed, with their counts."""
        return Followers(list(self.counts), list(self.counts.values()))

    def draw(self, random: Random) -> int:
        """One of the times it was followed, taken with probability (c - 0.6) / c."""
        while True:
            word = self.words[int(random() * self.total)]
            if random() * self.counts[word] >= DISCOUNT:
                return word


class Windows:
    """The last tokens of a history, as it stands."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._tail = history.tail(RECENT[-1] + REACH)
        latest = self._tail[-RECENT[-1] :]
        self._words = latest[latest > END][-CACHES[-1] :]
        n = len(history)
        self._rarities = (n << 16) // (n + _RARITY * history.frequencies(self._words)) if n else self._words
        self._sums = np.concatenate([[0], np.cumsum(self._rarities, dtype=np.int64)]).data
        self._positions: dict[tuple[int, ...], NDArray[np.int64]] = {}
        self._known: dict[tuple[int, ...], tuple[memoryview[int], list[int], list[RecentRow | None]]] = {}

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        arrays = self._tail.nbytes + self._words.nbytes + 2 * self._rarities.nbytes
        return arrays + _ROOM * len(self._known)

    def rarity(self, word: int) -> int:
        """b(w)."""
        n = len(self._history)
        return (n << 16) // (n + _RARITY * self._history.frequency(word)) if n else 1 << 16

    # Words said lately

    @property
    def has_words(self) -> bool:
        """Whether any word was said in these."""
        return len(self._words) > 0

    def totals(self, prefix: Prefix) -> list[int]:
        """Σ n(v) b(v) in each window; all 0 where no word was said."""
        own, sums, base = len(prefix.sums) - 1, prefix.sums, self._sums
        before = len(base) - 1
        return [
            sums[own] - sums[own - size] if own >= size
            else sums[own] + base[before] - base[max(0, before - size + own)]
            for size in CACHES
        ]  # fmt: skip

    def recurrences(self, prefix: Prefix, word: int) -> list[int]:
        """n(word) b(word) in each window."""
        tokens, own = prefix.tokens, len(prefix.tokens) - 1
        before = len(self._words)
        at = np.flatnonzero(self._words == word).tolist()
        at += [before + i - 1 for i in range(1, own + 1) if tokens[i] == word] if word in tokens else []
        rarity = self.rarity(word)
        return [(len(at) - bisect_left(at, before + own - size)) * rarity for size in CACHES]

    def add_words(self, p: Floats, places: NDArray[np.int64], prefix: Prefix, weights: Sequence[float]) -> None:
        """Add Σ weight * P(w) over the windows."""
        own = prefix.tokens[1:]
        words = np.concatenate([self._words, np.array(own, np.int32)])
        each = np.zeros(len(words))
        for size, weight, total in zip(CACHES, weights, self.totals(prefix), strict=True):
            each[-size:] += weight / total
        each *= np.concatenate([self._rarities, np.diff(prefix.sums)])
        p += np.bincount(places[words], weights=each, minlength=len(p))

    def draw_word(self, random: Random, prefix: Prefix, window: int) -> int:
        """A word from one window, drawn from P."""
        own, size, sums, base = len(prefix.sums) - 1, CACHES[window], prefix.sums, self._sums
        if own >= size:
            x = sums[own - size] + int(random() * (sums[own] - sums[own - size]))
            return prefix.tokens[bisect_right(sums, x)]
        before = len(base) - 1
        low = max(0, before - size + own)
        earlier = base[before] - base[low]
        x = int(random() * (earlier + sums[own]))
        if x < earlier:
            return int(self._words[bisect_right(base, base[low] + x) - 1])
        return prefix.tokens[bisect_right(sums, x - earlier)]

    # What followed lately

    def rows(self, prefix: Prefix, reach: int) -> list[RecentRow | None]:
        """The rows of contexts of 1, 2, … `reach` tokens, the windows of each in turn; None if never seen."""
        tokens = prefix.tokens
        again = tokens.count(tokens[-1]) > 1
        rows: list[RecentRow | None] = []
        for length in range(1, reach + 1):
            if length > len(tokens):
                rows += [None] * len(RECENT)
                continue
            before = self._rows_before(tuple(tokens[-length:]), len(tokens))
            own = _followed_within(tokens, length) if again else []
            if not own:
                rows += before
                continue
            for row, size in zip(before, RECENT, strict=True):
                words = [tokens[i] for i in own if i >= len(tokens) - size]
                rows.append(RecentRow((row.words if row else []) + words) if words else row)
        return rows

    def _rows_before(self, context: tuple[int, ...], own: int) -> list[RecentRow | None]:
        """Rows of the tail alone, whose windows reach `own` tokens less far back."""
        known = self._known.get(context)
        if known is None:
            if len(self._known) >= _CACHED:
                self._known.clear()
                self._positions.clear()
            at = self._followed(context)
            known = self._known[context] = (at.data, self._tail.take(at + 1).tolist(), [None] * len(RECENT))
        at, words, rows = known
        for i, size in enumerate(RECENT):
            inside = len(words) - bisect_left(at, len(self._tail) + own - size - 1)
            row = rows[i]
            if inside != (row.total if row else 0):
                rows[i] = RecentRow(words[-inside:]) if inside else None
        return rows.copy()

    def _followed(self, context: tuple[int, ...]) -> NDArray[np.int64]:
        """Where in the tail the last token of a context stands, ascending."""
        at = self._positions.get(context)
        if at is None:
            if len(context) == 1:
                at = np.flatnonzero(self._tail == context[0])
            else:
                at = self._followed(context[1:])
                at = at[self._tail.take(at - len(context) + 1, mode="wrap") == context[0]] if len(at) else at
            self._positions[context] = at
        return at


def _followed_within(tokens: list[int], length: int) -> list[int]:
    """Where in these tokens stands what followed the last `length` of them before."""
    context = tokens[-length:]
    return [i for i in range(length, len(tokens)) if tokens[i - 1] == context[-1] and tokens[i - length : i] == context]
