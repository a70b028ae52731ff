"""Which of several texts is said: the one that is shaped most like something that was learned.

Drawn token by token, a text is right from each token to the next, and wrong as a whole: too many are very
short or very long, and too few come back to a word. So several are drawn, and one is said whose shape is
nearest to that of a document taken at random: how many tokens it has, and how many of these are repetitions.
Nothing else of the document is looked at, and nothing of it is kept. First come those texts that have no
flaw: whose quotes and brackets come in pairs (see `pairs`), and that are not, word for word, a document or a
piece of one. A text that grows too long to be the nearest is left unfinished. Where what was said before is to
count too, a text that repeats it is as far off as its excess says (see `sayings`).

(Features of whole texts beside an n-gram model: Rosenfeld, Chen & Zhu 2001. They reweigh texts by the
features' expectations; taking the nearest to a drawn one does so without constants to be fitted.)
"""

import sys
from collections.abc import Callable, Sequence
from math import exp, inf, log
from typing import NamedTuple

import numpy as np

from engine.history import History

_TENTHS = 10.0  # a tenth more or fewer tokens are as far off as one repetition
_TRIES = 16  # documents looked at for one that is longer than the start


class Shape(NamedTuple):
    """What a text is like as a whole."""

    length: int
    """How many tokens, `<s>` and `</s>` aside; at least 1."""
    repetitions: int
    """How many of them are among those before."""

    @classmethod
    def of(cls, tokens: Sequence[int]) -> "Shape":
        """The shape of a text's ids, `<s>` and `</s>` aside."""
        return cls(max(len(tokens), 1), len(tokens) - len(set(tokens)))

    def distance(self, other: "Shape") -> float:
        """How different two shapes are: 0 if not at all."""
        return _TENTHS * abs(log(self.length / other.length)) + abs(self.repetitions - other.repetitions)


def draw_shape(rng: np.random.Generator, history: History, start: int) -> Shape | None:
    """The shape of a document drawn from those with more than `start` tokens; None where chance finds none."""
    for _ in range(_TRIES):
        tokens = history.document(int(rng.integers(history.documents)))[1:-1]
        if len(tokens) > start:
            return Shape.of(tokens)
    return None


class Choice:
    """Of texts offered one after another, the one nearest to a shape; of equals the first."""

    def __init__(
        self, shape: Shape, flaws: Callable[[list[int]], int], excess: Callable[[list[int]], float] | None = None
    ) -> None:
        """flaws: how much is wrong with a text as such; those of the fewest come first.

        excess: how much further off a text is than its shape; any number.
        """
        self._shape = shape
        self._flaws_of = flaws
        self._excess = excess
        self._distance, self._flaws = inf, sys.maxsize
        self.text: list[int] = []
        """The ids of the nearest, its start's included."""

    @property
    def most(self) -> float:
        """How many tokens are so many that a text of them is not chosen, however it goes on."""
        if self._excess or self._flaws:
            return inf
        return self._shape.length * exp(self._distance / _TENTHS) + 1

    def offer(self, text: list[int]) -> bool:
        """Choose this text if it is nearer than all before; returns whether it is."""
        distance = Shape.of(text).distance(self._shape)
        if self._excess:
            distance += self._excess(text)
        if not self._flaws and distance >= self._distance:
            return False
        flaws = self._flaws_of(text)
        if (flaws, distance) >= (self._flaws, self._distance):
            return False
        self._flaws, self._distance, self.text = flaws, distance, text
        return True
