"""Drawing one text token by token from the mixture: the part first, then a token from it.

A part is taken with the probability of its gate; what it then says has the part's distribution: so a
token has g_1 P_1 + g_2 P_2 + …, and no distribution is worked out.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from numpy.random import Generator as Rng

from engine.drawing import Random
from engine.gates import BACKGROUND, FIRST_RECENT, FIRST_SKIP, FIRST_WORDS
from engine.mixture import Mixture
from engine.parts import Parts
from engine.rows import Row
from engine.rule import Rule
from engine.skips import S13
from engine.smoothing import Floats
from engine.stream import Stream
from engine.windows import Prefix


class MixedStream(Stream):
    """Draws texts one at a time from a mixture. Valid until the documents change."""

    in_tables = False

    def __init__(self, mixture: Mixture) -> None:
        super().__init__(mixture.mkn)
        self._mixture = mixture
        self._said: list[int] = []
        self._texts: Sequence[str] = ()
        self._prefix = mixture.prefix([])
        self._asked: tuple[int, float] | None = None  # after how many tokens, and with which originality:
        self._rows: dict[int, Row] = {}
        self._sums: list[float] = []  # of the parts' shares
        self._parts: Parts | None = None

    @property
    def nbytes(self) -> int:
        """About how many bytes were made for drawing."""
        return self._parts.nbytes if self._parts else 0

    def document(self, rng: Rng, start: list[int], length: int, rule: Rule, texts: Sequence[str] = ()) -> list[int]:
        """As `Stream` does it."""
        self._texts = texts
        if self._parts is None and self._mixture.in_tables:
            self._parts = Parts(self._mixture, self._unigrams)
        try:
            return super().document(rng, start, length, rule)
        finally:
            self._texts = ()  # what was asked is not kept

    def _draw(self, random: Random, said: list[int], entries: list[int], originality: float) -> tuple[int, bool]:
        """One token after all that was said, and whether it is new after the last one."""
        prefix, mixture = self._follow(said), self._mixture
        if self._parts:
            return self._parts.draw(random, prefix, entries, originality)
        if self._asked != (len(said), originality):  # else a token is drawn again
            rows = mixture.rows(prefix)
            self._sums = list(accumulate(mixture.shares(prefix, entries, rows, originality)))
            self._asked, self._rows = (len(said), originality), dict(rows)
        part = bisect_right(self._sums, random() * self._sums[-1])
        if part < FIRST_WORDS:
            return super()._draw(random, said, entries, originality)
        if part < FIRST_RECENT:
            return mixture.windows.draw_word(random, prefix, part - FIRST_WORDS), True
        if part == BACKGROUND:
            assert mixture.background  # noqa: S101 - its share is not 0
            return mixture.background.draw(random, mixture.background.context(prefix.tokens, prefix.heard)), True
        return self._rows[part].draw(random), part >= FIRST_SKIP and part != FIRST_SKIP + S13

    def _follow(self, said: list[int]) -> Prefix:
        if said is not self._said:
            self._prefix = self._mixture.follow(said, self._texts)
            self._said, self._asked = said, None
        return self._prefix

    def _distribution(self, said: list[int], originality: float) -> Floats:
        if said == self._prefix.tokens:
            return self._mixture.distribution_after(self._prefix, originality)
        return self._mixture.distribution(said, originality, self._texts)
