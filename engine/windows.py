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
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.history import History
from engine.recurrences import RECENT, Places, Random, RecentRow, Recurrences
from engine.rows import Floats
from engine.vocabulary import END

CACHES = (32, 128, 512, 2048, 8192)
REACH = 3
"""The longest context of r."""
_RARITY = 1000
_MOST_BYTES = 8 * 2**20  # of rows kept at hand
_ROOM, _ROOM_EACH, _ROOM_EACH_LISTED = 1000, 60, 160  # bytes a context takes, about, and each time it was seen

_OFTEN = 100  # times the tail is looked through before it gets an index
_FEW = 32  # positions of which a list is faster than an array


class Prefix:
    """A document as far as it has been said, from `<s>` on.

    heard: the background's ids of its first tokens and perhaps of some to come, where their texts are
    known: of a word the corpus never said, the id in the corpus does not tell.
    """

    def __init__(self, windows: "Windows", tokens: list[int]) -> None:
        """Take over the tokens, `<s>` first; more may be said by `push`, or put at their end."""
        self.tokens = tokens
        self.heard: Sequence[int] = ()
        self._rarity = windows.rarity
        self._sums = [0]
        self._after: dict[int, list[int]] = {}  # the places after each token, of those tokens that were looked at:
        self._seen = 0

    def push(self, word: int) -> None:
        """Say one more token."""
        self.tokens.append(word)

    @property
    def sums(self) -> list[int]:
        """Running sums of b(w) over the words so far."""
        sums = self._sums
        for word in self.tokens[len(sums) :]:
            sums.append(sums[-1] + self._rarity(word))
        return sums

    def again(self, length: int, shorter: list[int]) -> list[int]:
        """The places after the last tokens' earlier occurrences, ascending.

        shorter: the same of one token less, where that is not none.
        """
        tokens = self.tokens
        if length > 1:
            return shorter and [i for i in shorter if i >= length and tokens[i - length] == tokens[-length]]
        for token in tokens[self._seen :]:
            self._seen += 1
            self._after.setdefault(token, []).append(self._seen)
        return self._after[tokens[-1]][:-1]


class Windows:
    """The last tokens of a history, as it stands."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._tail = history.tail(RECENT[-1] + REACH)
        latest = self._tail[-RECENT[-1] :]
        self._words = latest[latest > END][-CACHES[-1] :].copy()
        n = len(history)
        self._rarities = (n << 16) // (n + _RARITY * history.frequencies(self._words)) if n else self._words
        self._sums = np.concatenate([[0], np.cumsum(self._rarities, dtype=np.int64)]).data
        self._ids = self._tail.data
        self._asked = 0
        self._places: Places | None = None
        self._known: dict[tuple[int, ...], Recurrences | None] = {}
        self._room = 0  # bytes these take

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        arrays = self._tail.nbytes + self._words.nbytes + 2 * self._rarities.nbytes
        return arrays + (self._places.nbytes if self._places else 0) + self._room

    def rarity(self, word: int) -> int:
        """b(w)."""
        n = len(self._history)
        return (n << 16) // (n + _RARITY * self._history.frequency(word)) if n else 1 << 16

    @property
    def tail(self) -> NDArray[np.int32]:
        """The last tokens of the history. Not to be changed."""
        return self._tail

    @property
    def places(self) -> Places:
        """Where every context ends in these."""
        self._places = self._places or Places(self._tail, REACH)
        return self._places

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
        rows: list[tuple[int, RecentRow]] = []
        own: list[int] = []
        for length in range(1, min(reach, len(prefix.tokens)) + 1):
            own = prefix.again(length, own)
            found = self.rows_of(prefix, length, own)
            if found is None:
                break  # nor was a longer context
            rows += found
        return rows

    def rows_of(self, prefix: Prefix, length: int, own: list[int]) -> list[tuple[int, RecentRow]] | None:
        """The rows of the context of one length; None if it was never seen.

        own: the places after it in this document, as `Prefix.again` gives them.
        """
        tokens = prefix.tokens
        end = len(self._tail) + len(tokens) - 1
        recurrences = self._recurrences(tuple(tokens[-length:]))
        if own:
            recurrences = recurrences or Recurrences(length, [], [])
            again = [[tokens[i] for i in own[bisect_left(own, len(tokens) - size) :]] for size in RECENT]
            return recurrences.rows_with(end, again)
        return recurrences.rows(end) if recurrences is not None else None

    def _recurrences(self, context: tuple[int, ...]) -> Recurrences | None:
        """Where a context stands in the tail, if it does."""
        known = self._known
        if context not in known:
            if self._room > _MOST_BYTES:
                known.clear()
                self._room = 0
            found = known[context] = self._find(context)
            each = _ROOM_EACH if found and found.positions is not None else _ROOM_EACH_LISTED
            self._room += _ROOM + each * len(found.at) if found else _ROOM // 4
        return known[context]

    def _find(self, context: tuple[int, ...]) -> Recurrences | None:
        """By looking through the tail, narrowing down what a shorter context found, or, asked often, in an index."""
        tail, back = self._tail, len(context) - 1
        if self._asked >= _OFTEN:
            positions = self.places.of(context)
        elif not back:
            self._asked += 1
            positions = np.flatnonzero(tail == context[0]).astype(np.int32)
        else:
            shorter = self._recurrences(context[1:])
            if shorter is None:
                return None
            positions = np.array(shorter.at, np.int32) if shorter.positions is None else shorter.positions
            positions = positions[tail.take(positions - back, mode="wrap") == context[0]]
        if not len(positions):
            return None
        if len(positions) <= _FEW:
            at, ids = positions.tolist(), self._ids
            return Recurrences(back + 1, at, [ids[i + 1] for i in at])
        return Recurrences(back + 1, positions.data, tail.take(positions + 1).data, positions)
