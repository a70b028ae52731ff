"""Skip-grams: what followed a context with one of its last tokens left out.

n-grams with a hole (Goodman 2001, "skipping"): "see . again" knows "see you again" when
"see them" was never seen before "again". Three contexts, over all documents, by plain counts:

    s2   (w-2 . _)        s13  (w-3 . w-1 _)        s23  (w-3 w-2 . _)

The structure is that of `counts` and `overlay`: sorted immutable tables, each with the entries of the
one before as its contexts, and on top a dictionary of what is no longer as the tables say. All are
integers, learned and unlearned one by one. New tables are counted afresh from all documents, which
is as fast as merging would be, a step at a time.
"""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.counts import Table, ordinals, running_sums, sort_windows, type_of_words
from engine.followers import Followers, corrected
from engine.overlay import NOTHING, Context, Counts, Views
from engine.rows import DISCOUNT
from engine.vocabulary import END

Ids = NDArray[np.integer]
S2, S13, S23 = range(3)
SKIPS = (S2, S13, S23)
_ROOM = 150  # bytes a changed context takes, about

Range = tuple[Sequence[int], Sequence[int], int, int]
"""Words and the running sums of their counts, both from a place to a place."""
NONE: Range = ((), (0,), 0, 0)


class Changed:
    """A context that is not as its table says: its counts now where they differ, C and T."""

    __slots__ = ("now", "total", "types")

    def __init__(self, found: Range) -> None:
        _, sums, low, high = found
        self.now: dict[int, int] = {}
        self.total = sums[high] - sums[low]
        self.types = high - low


class Skips:
    """The skip-gram counts of a set of documents.

    _late: by context, the words that followed it in documents learned, ~word in those unlearned, in turn.
    """

    def __init__(self, tables: Sequence[Table], order: int) -> None:
        """Take over the tables of (x . w), (x . y w), (x y) and (x y . w), of what an n-gram order sees.

        views: the same as memoryviews, as in `overlay`.
        """
        self._order = order
        self._tables = tables
        self.views: list[Views] = [(t.starts.data, t.words.data, t.sums.data) for t in tables]
        self._changes: list[dict[Context, Changed]] = [{} for _ in SKIPS]
        self._late: list[dict[Context, list[int]]] = [{} for _ in SKIPS]

    @classmethod
    def of_text(cls, text: Ids, counts: Counts) -> "Skips":
        """Count the documents that `counts` counts, of its ids, each `<s> … </s>`, one after the other."""
        steps = build(text, counts.vocabulary.ids, counts.order)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                skips: Skips = done.value
                return skips

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, and about those of the changes."""
        changes = sum(map(sys.getsizeof, [*self._changes, *self._late])) + _ROOM * self.changed
        return sum(table.nbytes for table in self._tables) + changes

    @property
    def changed(self) -> int:
        """How many contexts have changes."""
        return sum(map(len, self._changes)) + sum(map(len, self._late))

    def fold(self, ids: Context, step: int) -> None:
        """Change the counts by one document `<s> … </s>`; step is 1 to learn, -1 to unlearn.

        What becomes of a context is worked out when it is asked for: most never are before the tables are new.
        """
        s2, s13, s23 = self._late
        for j in range(2, len(ids) if self._order > 2 else 0):
            word = ids[j] if step > 0 else ~ids[j]
            _note(s2, (ids[j - 2],), word)
            if j > 2 and self._order > 3:
                _note(s13, (ids[j - 3], ids[j - 1]), word)
                _note(s23, (ids[j - 3], ids[j - 2]), word)

    def _catch_up(self, skip: int, context: Context) -> None:
        """Change the counts of a context by what was learned and unlearned since it was last asked for."""
        for word in self._late[skip].pop(context):
            if word < 0:
                self._fold(skip, context, ~word, -1)
            else:
                self._fold(skip, context, word, 1)

    def _fold(self, skip: int, context: Context, word: int, step: int) -> None:
        changed = self._changes[skip].get(context)
        if changed is None:
            found = self._range(skip, context)
            changed = self._changes[skip][context] = Changed(found)
            old = _count(found, word)
        else:
            old = changed.now.get(word, -1)
            if old < 0:
                old = _count(self._range(skip, context), word)
        changed.now[word] = new = old + step
        changed.total += step
        changed.types += (not old) - (not new)

    def _range(self, skip: int, context: Context) -> Range:
        """What follows a context in its table."""
        entry = context[0]
        table = (0, 1, 3)[skip]
        if entry >= len(self._tables[0].starts) - 1:
            return NONE
        if skip != S2:
            starts, words, _ = self.views[table - 1]
            end = starts[entry + 1]
            entry = bisect_left(words, context[1], starts[entry], end)
            if entry == end or words[entry] != context[1]:
                return NONE
        starts, words, sums = self.views[table]
        return words, sums, starts[entry], starts[entry + 1]

    def row(self, skip: int, context: Context) -> "SkipRow | None":
        """What followed a context, if anything did."""
        if context in self._late[skip]:
            self._catch_up(skip, context)
        found = self._range(skip, context)
        if changes := self._changes[skip]:
            changed = changes.get(context)
            if changed is not None:
                return SkipRow(found, changed.now, changed.total, changed.types) if changed.total else None
        _, sums, low, high = found
        return SkipRow(found, NOTHING, sums[high] - sums[low], high - low) if low < high else None


class SkipRow:
    """What followed one context, in its table or changed since."""

    __slots__ = ("_changed", "_found", "total", "types")

    def __init__(self, found: Range, changed: dict[int, int], total: int, types: int) -> None:
        self._found = found
        self._changed = changed
        self.total = total
        self.types = types

    def count(self, word: int) -> int:
        """How often this token followed."""
        now = self._changed.get(word)
        return _count(self._found, word) if now is None else now

    def followers(self) -> Followers:
        """All tokens that followed, with their counts."""
        words, sums, low, high = self._found
        ends = np.asarray(sums[low : high + 1], np.int64)
        before = Followers(np.asarray(words[low:high], np.int64), ends[1:] - ends[:-1])
        return corrected(before, self._changed) if self._changed else before

    def draw(self, random: Callable[[], float]) -> int:
        """Counts laid end to end, of each the last 0.6 drawn again: as in `stream`."""
        words, sums, low, high = self._found
        if self._changed:
            changed_words, counts = self.followers()
            words, low, high = np.asarray(changed_words).tolist(), 0, len(counts)
            sums = [0, *np.cumsum(counts).tolist()]
        while True:
            x = random() * self.total
            at = bisect_right(sums, sums[low] + int(x), low + 1, high) - 1
            if x - (sums[at] - sums[low]) < sums[at + 1] - sums[at] - DISCOUNT:
                return words[at]


def _note(late: dict[Context, list[int]], context: Context, word: int) -> None:
    words = late.get(context)
    if words is None:
        late[context] = [word]
    else:
        words.append(word)


def _count(found: Range, word: int) -> int:
    words, sums, low, high = found
    at = bisect_left(words, word, low, high)
    return sums[at + 1] - sums[at] if at < high and words[at] == word else 0


def build(text: Ids, ids: int, order: int) -> Generator[int, None, Skips]:
    """Count a text's skip-grams, step by step as in `merging`: 0.2 s in all for a million tokens.

    text: (M,) token ids below `ids`: documents one after the other, each `<s> … </s>`.
    """
    narrow: NDArray[np.unsignedinteger] = text.astype(type_of_words(ids), copy=False)
    yield len(text)
    outer = yield from _pairs_and_after(narrow if order > 2 else narrow[:0], ids, hole=1)
    inner = yield from _pairs_and_after(narrow if order > 3 else narrow[:0], ids, hole=2)
    return Skips([*outer, *inner], order)


def _pairs_and_after(
    text: NDArray[np.unsignedinteger], ids: int, hole: int
) -> Generator[int, None, tuple[Table, Table]]:
    """The tables of (x . y) and (x . y w) with hole 1, of (x y) and (x y . w) with hole 2."""
    second = 3 - hole
    padded = np.concatenate([text, np.zeros(3, text.dtype)])
    inside = (text[:-2] != END) & (text[1:-1] != END)
    if hole == 2:  # what comes after the hole is to be there
        inside &= text[2:] != END
    rows = np.flatnonzero(inside).astype(np.int32)
    yield len(text)
    for offset in (3, second, 0):
        rows = sort_windows(padded, rows, [offset])
        yield 5 * len(text)
    first, last = padded.take(rows), padded[second:].take(rows)
    fresh = _fresh(first) | _fresh(last)
    heads = np.flatnonzero(fresh)
    pairs = _table(first[heads], ids, last[heads], np.diff(heads, append=len(rows)))
    yield 5 * len(text)
    entries = ordinals(fresh)
    inside = last != END
    entries, last = entries[inside], padded[3:].take(rows[inside])
    heads = np.flatnonzero(_fresh(entries) | _fresh(last))
    yield len(text)
    return pairs, _table(entries[heads], len(pairs), last[heads], np.diff(heads, append=len(last)))


def _fresh(sorted_ids: Ids) -> NDArray[np.bool_]:
    """Where a value differs from the one before."""
    fresh = np.ones(len(sorted_ids), np.bool_)
    fresh[1:] = sorted_ids[1:] != sorted_ids[:-1]
    return fresh


def _table(contexts: Ids, size: int, words: NDArray[np.unsignedinteger], counts: Ids) -> Table:
    starts = running_sums(np.bincount(contexts, minlength=size))
    return Table(starts, words, running_sums(counts))
