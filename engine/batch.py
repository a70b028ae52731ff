"""Drawing the tokens of many documents at once, in numpy, from exactly the smoothed distribution.

The recipe of `stream`, for thousands of documents side by side: what one document costs in
Python is shared by all of them.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from engine.counts import find_in_ranges, running_sums
from engine.links import ends
from engine.overlay import NO_ENTRY, Counts
from engine.smoothing import Discounts
from engine.vocabulary import BEGIN, END


def sample_many(
    counts: Counts,
    discounts: Sequence[Discounts],
    rng: Rng,
    documents: int,
    length: int,
    width: int = 16384,
) -> Iterator[list[int]]:
    """Draw many documents from `<s>` on, `width` of them at a time. No changes may be pending."""
    if counts.changed:
        raise ValueError("merge the changes first")
    return Batch(counts, discounts, rng).documents(documents, length, width)


class Batch:
    """Draws the next token of many streams at once, in numpy."""

    def __init__(self, counts: Counts, discounts: Sequence[Discounts], rng: Rng) -> None:
        self._counts = counts
        self._discounts = [np.array(d) for d in discounts]
        self._rng = rng
        self._ends = ends(counts)
        self._live = counts.vocabulary.live.astype(np.int64)

    def documents(self, documents: int, length: int, width: int) -> Iterator[list[int]]:
        """Each document's ids without `</s>`, at most `length`."""
        started = width = min(width, documents)
        owner = np.arange(width, dtype=np.int32)  # which document each stream is drawing
        age = np.zeros(width, np.int32)
        entries = self._start(width)
        owners, words = [owner[:0]], [owner[:0]]
        while len(owner) and length > 0:
            word = self._draw(entries)
            owners.append(owner.copy())
            words.append(word.astype(np.int32))
            age += 1
            done = np.flatnonzero((word == END) | (age >= length))
            entries = self._extend(entries, word)
            if len(done):
                again, stop = np.split(done, [documents - started])
                owner[again] = np.arange(started, started + len(again))
                age[again] = 0
                for now, first in zip(entries, self._start(1), strict=True):
                    now[again] = first
                started += len(again)
                if len(stop):
                    owner, age = np.delete(owner, stop), np.delete(age, stop)
                    entries = [np.delete(e, stop) for e in entries]
        return _by_owner(np.concatenate(owners), np.concatenate(words), documents)

    def _start(self, width: int) -> list[NDArray[np.int64]]:
        """Entries of the last 1, 2, … order - 1 tokens of each stream, -1 if none: after `<s>`."""
        lengths = max(self._counts.order - 1, 1)
        return [np.full(width, BEGIN if k == 0 else NO_ENTRY) for k in range(lengths)]

    def _extend(self, entries: list[NDArray[np.int64]], word: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The entries after one more token."""
        extended = [word]
        for table, entry in zip(self._counts.tables[:-1], entries, strict=False):
            found = np.full(len(word), NO_ENTRY)
            rows = np.flatnonzero(entry >= 0)
            parent, wanted = entry[rows], word[rows]
            low = table.starts.take(parent).astype(np.int64)
            high = table.starts.take(parent + 1).astype(np.int64)
            at = find_in_ranges(table.words, low, high, wanted)
            here = (table.words.take(at, mode="clip") == wanted) & (low < high)
            found[rows[here]] = at[here]
            extended.append(found)
        return extended

    def _draw(self, entries: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        """(streams,) int64: one token each. Longest contexts first, the rest back off."""
        word = np.full(len(entries[0]), -1, np.int64)
        waiting = np.arange(len(word))
        for table, d, entry in zip(
            reversed(self._counts.tables),
            reversed(self._discounts),
            reversed(entries),
            strict=False,
        ):
            at = entry[waiting]
            here = at >= 0
            rows, at = waiting[here], at[here]
            low = table.starts.take(at).astype(np.int64)
            high = table.starts.take(at + 1).astype(np.int64)
            chosen, accepted = self._fall(table.sums, low, high, d)
            word[rows[accepted]] = table.words[chosen[accepted]]
            waiting = np.flatnonzero(word < 0)
        if len(waiting):
            word[waiting] = self._draw_unigrams(len(waiting))
        return word

    def _fall(
        self,
        sums: NDArray[np.uint32],
        low: NDArray[np.int64],
        high: NDArray[np.int64],
        d: NDArray[np.float64],
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where a uniform draw from each range of followers falls, and if it says that token."""
        floor = sums.take(low)
        x = self._rng.random(len(low)) * (sums.take(high) - floor)
        chosen = find_in_ranges(sums, low, high, floor + x.astype(np.uint32))
        return chosen, self._says(sums, chosen, x + floor, d)

    @staticmethod
    def _says(
        sums: NDArray[np.integer],
        chosen: NDArray[np.int64],
        x: NDArray[np.float64],
        d: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Whether x falls on the chosen follower's count less its discount."""
        start = sums.take(chosen)
        count = sums.take(chosen + 1) - start
        return x - start < count - d.take(np.minimum(count, 3))

    def _draw_unigrams(self, size: int) -> NDArray[np.int64]:
        word = self._live[(self._rng.random(size) * len(self._live)).astype(np.int64)]
        if self._counts.total:
            x = self._rng.random(size) * self._counts.total
            place = x.astype(np.int64)
            chosen = self._ends.take(place)
            count = self._counts.unigrams.take(chosen)
            accepted = (x - place) * count >= self._discounts[0].take(np.minimum(count, 3))
            word[accepted] = chosen[accepted]
        return word


def _by_owner(owners: NDArray[np.int32], words: NDArray[np.int32], documents: int) -> Iterator[list[int]]:
    """Sort what all streams drew into documents."""
    kept = words != END
    owners, words = owners[kept], words[kept]
    order = np.argsort(owners, kind="stable")
    ends = running_sums(np.bincount(owners, minlength=documents)).tolist()
    flat = words[order].tolist()
    return (flat[low:high] for low, high in pairwise(ends))
