"""What follows one context."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.counts import find

FEW = 12  # up to so many followers, lists are faster than arrays


class Followers(NamedTuple):
    """What follows one context: lists if few, arrays if many.

    words:  (T,) token ids, in no particular order.
    counts: (T,) integers > 0.
    """

    words: list[int] | NDArray[np.integer]
    counts: list[int] | NDArray[np.integer]


def corrected(before: Followers, changed: dict[int, int]) -> Followers:
    """Followers in the tables, corrected by changes."""
    if len(before.words) + len(changed) <= FEW:
        now = {w: c for w, c in (dict(zip(*before, strict=True)) | changed).items() if c}
        return Followers(list(now), list(now.values()))
    old_words, old_counts = (np.array(numbers, np.int64) for numbers in before)
    words = np.fromiter(changed, np.int64, len(changed))
    counts = np.fromiter(changed.values(), np.int64, len(changed))
    kept = np.ones(len(old_words), np.bool_)
    at = find(old_words, words)
    kept[at[at >= 0]] = False
    present = counts > 0
    return Followers(
        np.concatenate([old_words[kept], words[present]]),
        np.concatenate([old_counts[kept], counts[present]]),
    )
