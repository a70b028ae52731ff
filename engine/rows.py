"""A row: what followed one context somewhere, by plain counts less a little.

    P(w) = (c(w) - 0.6) / (C - 0.6 T)      for the T tokens that followed it, C times in all; 0 for all others

Absolute discounting without backing off: in a mixture, the other parts do that.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.followers import Followers

DISCOUNT = 0.6
Floats = NDArray[np.float64]


class Row(Protocol):
    """What followed a context, at least once."""

    total: int
    """C"""
    types: int
    """T"""

    def count(self, word: int) -> int:
        """How often this token followed: c(w)."""

    def followers(self) -> Followers:
        """All tokens that followed, with their counts."""

    def draw(self, random: Callable[[], float]) -> int:
        """A token, drawn from P."""


def probability(row: Row, word: int) -> float:
    """P(word)."""
    count = row.count(word)
    return (count - DISCOUNT) / (row.total - DISCOUNT * row.types) if count else 0.0


def add_to(row: Row, p: Floats, places: NDArray[np.int64], weight: float) -> None:
    """Add weight * P(w) to p at the place of each token that followed."""
    words, counts = row.followers()
    scale = weight / (row.total - DISCOUNT * row.types)
    p[places[words]] += (np.asarray(counts) - DISCOUNT) * scale
