"""Counts that learn and unlearn single documents.

`Counts` = immutable tables (see `counts`) + `changes`, a dictionary of the n-grams whose count
is no longer what the tables say:

    changes[length - 1][context][word] = the count now (not a difference; 0 for one that is gone)

Single tokens need no dictionary: their counts are one array, changed in place.

A document changes adjusted counts like this (n-grams ending at each of its tokens, longest first):
the longest, of the highest order or beginning with `<s>`, occurs once more. If it is new, the next
shorter one has been seen after one more token: its adjusted count rises too; and so on, until one
was not new. Unlearning lowers instead, and goes on where a count fell to zero. Each step undoes the
other exactly, and everything here is an integer, so no history leaves a trace.

Documents are noted first, and counted when somebody asks or when they are many: `settle`. Many at once
take two thirds of the time, as numpy looks for their n-grams in the tables, and most of what is learned
nobody asks about before much more is.

While changes are merged into new tables (see `merging`) they are `frozen`: read, but no longer
written; what happens meanwhile goes to fresh dictionaries that are asked first.

The number of n-grams with count 1 … 4 is kept for every order, as discounts depend on it.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from engine.counts import Table, count, counts_of_counts, entries_of_text
from engine.followers import FEW, Followers, corrected
from engine.vocabulary import BEGIN, END, UNKNOWN, Vocabulary

Context = tuple[int, ...]
Views = tuple["memoryview[int]", "memoryview[int]", "memoryview[int]"]
Changes = dict[Context, dict[int, int]]
NO_ENTRY = -1
_ROOM = 360  # bytes a changed context takes, measured
_MOST_NOTED = 4096  # tokens of documents that are noted before they are counted, which takes some 8 ms
_AT_ONCE = 400  # tokens from which on numpy finds their entries faster
_FREED = 100  # merged changes let go of in one step: some 10 µs
NOTHING: dict[int, int] = {}


class Counts:
    """The n-gram counts of a set of documents, up to one order.

    tables[n - 2] is the table of order n. views[n - 2] is the same as three memoryviews (starts,
    words, sums): reading one number from them is twice as fast as from an array.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        unigrams: NDArray[np.int64],
        tables: list[Table],
        tallies: list[list[int]] | None = None,
        merged: list[Changes] | None = None,
    ) -> None:
        """Take over counted arrays.

        tallies: counts of counts by order, if already known. merged: changes that are in the tables by
        now; freeing them all at once would be a pause of its own, so every `learn` frees some.
        """
        self.order = len(tables) + 1
        self.vocabulary = vocabulary
        self.tables = tables
        self.views: list[Views] = [(t.starts.data, t.words.data, t.sums.data) for t in tables]
        self.known = len(unigrams)  # ids from here on are in no table
        self.changes: list[Changes] = [{} for _ in tables]
        self.frozen: list[Changes] = []
        self.tallies = tallies or [counts_of_counts(unigrams), *(counts_of_counts(t.counts) for t in tables)]
        self.total = int(unigrams.sum())
        self.types = int(np.count_nonzero(unigrams))
        self._unigrams = unigrams
        self._unigram_view = unigrams.data
        self._merged: dict[Context, Followers] = {}
        self._remains = merged or []
        self._noted: list[tuple[Context, int]] = []  # documents to count, each with a step: see `_fold`
        self._tokens_noted = 0
        self.tallied: dict[Context, list[int]] = {}  # see `tallies`, which fills it

    @classmethod
    def of_text(cls, text: NDArray[np.integer], vocabulary: Vocabulary, order: int) -> "Counts":
        """Count documents of canonical token ids, each `<s> … </s>`, one after the other."""
        return cls(vocabulary, *count(text, order, vocabulary.ids))

    @property
    def unigrams(self) -> NDArray[np.int64]:
        """(vocabulary.ids,) int64: counts of single tokens by id (adjusted if order > 1)."""
        return self._unigrams[: self.vocabulary.ids]

    def unigram(self, word: int) -> int:
        """The count of one token."""
        return self._unigram_view[word]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, and about those of the dictionaries."""
        tables = sum(table.nbytes for table in self.tables) + self._unigrams.nbytes
        changed = self.changed + sum(map(len, self._remains))
        return tables + _ROOM * changed + 250 * len(self.tallied) + 20 * self._tokens_noted

    @property
    def changed(self) -> int:
        """How many contexts have changes."""
        return sum(map(len, self.changes)) + (sum(map(len, self.frozen)) if self.frozen else 0)

    def freeze(self) -> list[Changes]:
        """The changes so far, by the length of their contexts; they will not change any more."""
        self.frozen, self.changes = self.changes, [{} for _ in self.tables]
        return self.frozen

    def changes_after(self, context: Context) -> dict[int, int] | None:
        """The changed counts of what follows a context of ≥ 1 tokens, if any."""
        changed = self.changes[len(context) - 1].get(context)
        if self.frozen:
            before = self.frozen[len(context) - 1].get(context)
            if before is not None:
                return before if changed is None else before | changed
        return changed

    def __len__(self) -> int:
        """How many n-grams the arrays hold, all orders together."""
        return len(self._unigrams) + sum(len(table) for table in self.tables)

    # -- documents ---------------------------------------------------------------------------

    def learn(self, document: Sequence[str]) -> Context:
        """Note one more document, which must not contain `<s>` or `</s>`; returns its ids, with both."""
        index = self.vocabulary.index
        try:
            ids = (BEGIN, *map(index.__getitem__, document), END)
        except KeyError:
            ids = self._ids_of_new(document)
        self._note(ids, 1)
        return ids

    def unlearn(self, document: Sequence[str]) -> Context:
        """Note one document less; returns its ids. That it was learned is the caller's to know."""
        ids = (BEGIN, *map(self.vocabulary.index.__getitem__, document), END)
        self._note(ids, -1)
        return ids

    def _ids_of_new(self, document: Sequence[str]) -> Context:
        vocabulary = self.vocabulary
        ids = [vocabulary.index.get(token, NO_ENTRY) for token in document]
        for j, id in enumerate(ids):
            if id == NO_ENTRY:  # may have been added a moment ago
                ids[j] = vocabulary.index.get(document[j]) or vocabulary.add(document[j])
        if vocabulary.ids > len(self._unigrams):
            room = np.zeros(vocabulary.ids + vocabulary.ids // 16 + 64, np.int64)
            room[: len(self._unigrams)] = self._unigrams
            self._unigrams, self._unigram_view = room, room.data
        return (BEGIN, *ids, END)

    def _note(self, ids: Context, step: int) -> None:
        self._noted.append((ids, step))
        self._tokens_noted += len(ids)
        if self._remains:
            self._free_some()
        if self._tokens_noted >= _MOST_NOTED:
            self.settle()

    def settle(self) -> None:
        """Count the documents that were noted; what is read here knows of none of them before."""
        if not self._noted:
            return
        noted, self._noted, self._tokens_noted = self._noted, [], 0
        self._fold(noted)
        for word in {word for ids, step in noted if step < 0 for word in ids}:
            if word > UNKNOWN and not self._unigram_view[word]:
                self.vocabulary.discard(word)

    def _fold(self, documents: Sequence[tuple[Context, int]]) -> None:  # noqa: C901 - the innermost loop of learning, in one piece
        """Change the counts by documents `<s> … </s>`; each with a step, 1 to learn it and -1 to unlearn it."""
        self._merged.clear()
        order, frozen, tallied, views = self.order, self.frozen, self.tallied, self.views
        by_length = [(n, self.changes[n - 1], self.tallies[n], views[n - 1][2]) for n in range(order - 1, 0, -1)]
        entries, at = self._entries_of(documents), 0
        for ids, step in documents:
            at += order  # of `<s>`
            for j in range(1, len(ids)):
                word = ids[j]
                for length, changes, tally, sums in by_length if j >= order - 1 else by_length[-j:]:
                    context = ids[j - length : j]
                    followers = changes.get(context)
                    old = None if followers is None else followers.get(word)
                    if old is None and frozen:
                        old = frozen[length - 1].get(context, NOTHING).get(word)
                    if old is None:
                        entry = entries[at + length]
                        old = sums[entry + 1] - sums[entry] if entry >= 0 else 0
                    new = old + step
                    if followers is None:
                        changes[context] = {word: new}
                    else:
                        followers[word] = new
                    if 0 < old < 5:
                        tally[old] -= 1
                    if 0 < new < 5:
                        tally[new] += 1
                    if tallied and context in tallied:
                        _retally(tallied[context], old, new)
                    if old and new:
                        break
                else:
                    self._fold_unigram(word, step)
                at += order

    def _entries_of(self, documents: Sequence[tuple[Context, int]]) -> list[int]:
        """For each token `order` numbers: where the 1-, 2-, … gram that ends with it stands; -1 for in no table."""
        tokens = sum(len(ids) for ids, _ in documents)
        if tokens >= _AT_ONCE:
            text = np.fromiter(chain.from_iterable(ids for ids, _ in documents), np.int64, tokens)
            return entries_of_text(text, self.tables, self.known).ravel().tolist()
        entries: list[int] = []
        nowhere = [NO_ENTRY] * self.order
        for ids, _ in documents:
            found = [BEGIN]
            entries += nowhere
            for word in ids[1:]:
                found = self.extended(found, word, self.views)
                entries += found
                entries += nowhere[len(found) :]
        return entries

    def _free_some(self) -> None:
        """Let go of some changes that were merged."""
        largest = self._remains[-1]
        for _ in range(min(_FREED, len(largest))):
            largest.popitem()
        if not largest:
            self._remains.pop()

    def _fold_unigram(self, word: int, step: int) -> None:
        old = self._unigram_view[word]
        self._unigram_view[word] = new = old + step
        self.total += step
        self.types += (not old) - (not new)
        if 0 < old < 5:
            self.tallies[0][old] -= 1
        if 0 < new < 5:
            self.tallies[0][new] += 1

    # -- reading -----------------------------------------------------------------------------

    def entries(self, context: Sequence[int]) -> list[int]:
        """Where the last 1, 2, … order - 1 tokens of a context stand, as far as in the tables."""
        entries: list[int] = []
        for word in context[-self.order + 1 :] if self.order > 1 else ():
            entries = self.extended(entries, word, self.views[:-1])
        return entries

    def extended(self, entries: list[int], word: int, views: list[Views]) -> list[int]:
        """The `entries` of a context after one more token; the longest is that of views[-1]."""
        if word >= self.known:
            return []
        found = [word]
        for parent, (starts, words, _) in zip(entries, views):  # noqa: B905
            end = starts[parent + 1]
            entry = bisect_left(words, word, starts[parent], end)
            if entry == end or words[entry] != word:
                break
            found.append(entry)
        return found

    def has_pair(self, first: int, second: int) -> bool:
        """Whether two tokens stood side by side; where no n-gram is so long, they may have."""
        if self.order == 1:
            return True
        followers = self.followers((first,), first if first < self.known else NO_ENTRY)
        return followers is not None and second in followers.words

    def backoff(self, context: Sequence[int]) -> Iterator[tuple[int, Followers]]:
        """(order, what follows) for each suffix of a context that has followers, longest first.

        Down to order 2: single tokens are `unigrams`. Looks at the last `order - 1` tokens.
        """
        context = tuple(context[-self.order + 1 :]) if self.order > 1 else ()
        entries = self.entries(context)
        for length in range(len(context), 0, -1):
            suffix = context[-length:]
            entry = entries[length - 1] if length <= len(entries) else NO_ENTRY
            followers = self.followers(suffix, entry)
            if followers is not None:
                yield length + 1, followers

    def followers(self, context: Context, entry: int) -> Followers | None:
        """What follows a context of ≥ 1 tokens that stands at `entry` of its table, if anything."""
        followers = self._merged.get(context)
        if followers is None:
            followers = self._in_table(len(context), entry)
            changed = self.changes_after(context)
            if changed is not None:
                followers = self._merged[context] = corrected(followers, changed)
        return followers if len(followers.words) else None

    def _in_table(self, length: int, entry: int) -> Followers:
        if entry == NO_ENTRY:
            return Followers([], [])
        starts, words, sums = self.views[length - 1]
        low, high = starts[entry], starts[entry + 1]
        if high - low <= FEW:
            ends = sums[low : high + 1].tolist()
            return Followers(words[low:high].tolist(), [b - a for a, b in pairwise(ends)])
        table = self.tables[length - 1]
        return Followers(table.words[low:high], table.sums[low + 1 : high + 1] - table.sums[low:high])


def _retally(tally: list[int], old: int, new: int) -> None:
    """Keep a context's tally (see `tallies`) up to date when one of its counts changes."""
    tally[0] += new - old
    if old:
        tally[min(old, 3)] -= 1
    if new:
        tally[min(new, 3)] += 1
