"""Drawing one text character by character from the mixture: each from the whole distribution, which is short."""

import numpy as np

from engine.characters import Characters
from engine.drawing import Random
from engine.smoothing import Floats
from engine.stream import Stream


class CharacterStream(Stream):
    """Draws texts one at a time. Valid until the documents change."""

    in_tables = False

    def __init__(self, mixture: Characters) -> None:
        super().__init__(mixture.mkn)
        self._mixture = mixture
        self._prefix = mixture.prefix([])
        self._said: list[int] = []
        self._asked: tuple[int, float] | None = None  # after how many tokens, and with which originality:
        self._edges: Floats = np.empty(0)  # the running sums of their distribution

    def _draw(self, random: Random, said: list[int], entries: list[int], originality: float) -> tuple[int, bool]:
        """One token after all that was said; whether it is new after the last one is not looked up: it may be."""
        if said is not self._said:
            self._said, self._prefix, self._asked = said, self._mixture.prefix(said), None
        while len(self._prefix.tokens) < len(said):
            self._prefix.push(said[len(self._prefix.tokens)])
        if self._asked != (len(said), originality):  # else a token is drawn again
            self._edges = self._mixture.distribution_after(self._prefix, entries, originality).cumsum()
            self._asked = len(said), originality
        place = int(self._edges.searchsorted(random() * self._edges[-1], side="right"))
        return self._counts.vocabulary.id_at(place), True

    def _distribution(self, said: list[int], originality: float) -> Floats:
        return self._mixture.distribution(said, originality)
