"""How often each document was learned, by numbers that hold no text: eight bytes a document."""

from collections.abc import Sequence

import numpy as np


class Names:
    """A multiset of int64 numbers, of which single ones are added and taken out."""

    def __init__(self, names: Sequence[int] = ()) -> None:
        self._names = np.array(names, np.int64)  # ascending once `_is_sorted`
        self._is_sorted = False
        self._changes: dict[int, int] = {}  # how often more, or less, than in the array
        self._number = len(self._names)

    def __len__(self) -> int:
        """How many, each as often as it is there."""
        return self._number

    @property
    def nbytes(self) -> int:
        """Bytes of the array, and about those of the changes."""
        return self._names.nbytes + 140 * len(self._changes)

    def count(self, name: int) -> int:
        """How often a number is there."""
        self._sort()
        low, high = self._names.searchsorted(name), self._names.searchsorted(name, side="right")
        return int(high - low) + self._changes.get(name, 0)

    def change(self, name: int, step: int) -> None:
        """Add a number (step 1), or take out one that is there (step -1)."""
        self._number += step
        self._changes[name] = change = self._changes.get(name, 0) + step
        if not change:
            del self._changes[name]

    def merge(self) -> None:
        """Fold all changes into the array: a few milliseconds a million."""
        self._sort()
        names, steps = np.array(sorted(self._changes.items()), np.int64).reshape(-1, 2).T
        gone, more = np.maximum(-steps, 0), np.maximum(steps, 0)
        within = np.arange(gone.sum()) - np.repeat(np.cumsum(gone) - gone, gone)  # 0, 1, … of each
        left = np.delete(self._names, np.repeat(self._names.searchsorted(names), gone) + within)
        added = np.repeat(names, more)
        self._names = np.insert(left, left.searchsorted(added), added)
        self._changes = {}

    def _sort(self) -> None:
        if not self._is_sorted:
            self._names.sort()
            self._is_sorted = True
