"""Skip-grams of one context, found by leafing through all documents: 0.5 ms a million tokens.

For the first few that are asked for, as after a restart: counting all of them (see `skips`) takes as long as
hundreds of these.
"""

from collections.abc import Sequence

import numpy as np

from engine.history import History
from engine.overlay import NOTHING
from engine.skips import S2, S13, SkipRow
from engine.vocabulary import END


def leaf_through(history: History, skip: int, context: Sequence[int]) -> SkipRow | None:
    """What followed a context, if anything did: the row that counting all would give."""
    places = history.places_of(context[0])
    hole = places + 1
    if skip != S2:
        second = hole + (skip == S13)
        places = places[history.tokens_at(second) == context[1]]
        hole = places + (1 if skip == S13 else 2)
    hole = hole[history.tokens_at(hole) != END]  # no document ends in it
    words = np.sort(history.tokens_at(hole + (2 if skip == S13 else 1)))
    if not len(words):
        return None
    heads = np.flatnonzero(np.diff(words, prepend=-1))
    found = words[heads].tolist(), [*heads.tolist(), len(words)], 0, len(heads)
    return SkipRow(found, NOTHING, len(words), len(heads))
