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

_FEW = 32  # positions of which a list is faster than an array

Random = Callable[[], float]
Positions = NDArray[np.int64]


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
    """What followed a context lately, each time of it: the words from a place on, and those of this document."""

    __slots__ = ("_before", "_counts", "_own", "_start", "total", "types")

    def __init__(self, before: list[int], start: int, counts: dict[int, int], own: list[int]) -> None:
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

    __slots__ = ("_counts", "_rows", "_starts", "_words", "at", "positions")

    def __init__(self, at: list[int], words: list[int], positions: Positions | None = None) -> None:
        self.at = at  # where the context ends in the tail
        self.positions = positions  # the same as an array, if many
        self._words = words  # what followed there
        self._starts = [len(words)] * len(RECENT)
        self._counts: list[dict[int, int]] = [{} for _ in RECENT]
        self._rows: list[RecentRow | None] = [None] * len(RECENT)

    def row(self, window: int, first: int, own: list[int]) -> RecentRow | None:
        """The row of a window that begins `first` in the tail, with what followed in this document besides.

        To be used before the next is asked for.
        """
        start = bisect_left(self.at, first)
        if start != self._starts[window]:
            self._slide(window, start)
        return RecentRow(self._words, start, self._counts[window], own) if own else self._rows[window]

    def _slide(self, window: int, start: int) -> None:
        words, counts, old = self._words, self._counts[window], self._starts[window]
        for word in words[start:old]:
            counts[word] = counts.get(word, 0) + 1
        for word in words[old:start]:
            counts[word] -= 1
            if not counts[word]:
                del counts[word]
        self._starts[window] = start
        self._rows[window] = RecentRow(words, start, counts, []) if start < len(words) else None


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
        self._ids = self._tail.data
        self._known: dict[tuple[int, ...], Recurrences | None] = {}

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

    def probabilities(self, prefix: Prefix, word: int) -> list[float]:
        """P(word) in each window."""
        tokens, own = prefix.tokens, len(prefix.tokens) - 1
        before = len(self._words)
        at = np.flatnonzero(self._words == word).tolist()
        at += [before + i - 1 for i in range(1, own + 1) if tokens[i] == word] if word in tokens else []
        if not at:
            return [0.0] * len(CACHES)
        rarity, end = self.rarity(word), before + own
        return [
            (len(at) - bisect_left(at, end - size)) * rarity / total
            for size, total in zip(CACHES, self.totals(prefix), strict=True)
        ]

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

    def rows(self, prefix: Prefix, reach: int) -> list[tuple[int, RecentRow]]:
        """The rows of contexts of 1, 2, … `reach` tokens, the windows of each in turn, numbered; none if never seen."""
        tokens = prefix.tokens
        last, said = tokens[-1], len(tokens)
        before_said = len(self._tail) + said - 1
        own = [i + 1 for i, token in enumerate(tokens) if token == last][:-1] if tokens.count(last) > 1 else []
        rows: list[tuple[int, RecentRow]] = []
        for length in range(1, min(reach, said) + 1):
            if length > 1 and own:
                own = [i for i in own if i >= length and tokens[i - length] == tokens[-length]]
            before = self._recurrences(tuple(tokens[-length:]))
            if before is None:
                if not own:
                    break  # nor was a longer context
                before = Recurrences([], [])
            for window, size in enumerate(RECENT):
                words = [tokens[i] for i in own if i >= said - size] if own else own
                row = before.row(window, before_said - size, words)
                if row is not None:
                    rows.append(((length - 1) * len(RECENT) + window, row))
        return rows

    def _recurrences(self, context: tuple[int, ...]) -> Recurrences | None:
        """Where a context stands in the tail, if it does."""
        known = self._known
        if context not in known:
            if len(known) >= _CACHED:
                known.clear()
            known[context] = self._find(context)
        return known[context]

    def _find(self, context: tuple[int, ...]) -> Recurrences | None:
        tail, back = self._tail, len(context) - 1
        if not back:
            positions = np.flatnonzero(tail == context[0])
        else:
            shorter = self._recurrences(context[1:])
            if shorter is None:
                return None
            if shorter.positions is None:
                ids, first = self._ids, context[0]
                at = [i for i in shorter.at if ids[i - back] == first]
                return Recurrences(at, [ids[i + 1] for i in at]) if at else None
            positions = shorter.positions
            positions = positions[tail.take(positions - back, mode="wrap") == context[0]]
        if not len(positions):
            return None
        return Recurrences(
            positions.tolist(), tail.take(positions + 1).tolist(), positions if len(positions) > _FEW else None
        )
