"""What may be drawn token by token, and what is drawn where nearly nothing may be (see `stream`)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.drawing import Random
from engine.errors import EmptyCorpus
from engine.sampling import NOTHING_TO_SAY
from engine.smoothing import Floats
from engine.vocabulary import BEGIN, END, UNKNOWN, Vocabulary


class Rule(NamedTuple):
    """What may be drawn; `<unk>` never is."""

    originality: float = 1.0
    beginning: float = 1.0
    """The originality of the first token of an empty text."""
    least: int = 1
    """How many tokens a text has at least before `</s>` may end it."""
    clashes: Callable[[list[int], int], bool] | None = None
    """Whether a token does not go with the one before (see `clashes`); asked of new pairs only."""
    forbids: Callable[[list[int], int], bool] | None = None
    """Whether a token may not be said after those before; asked of every token."""
    withheld: Callable[[], NDArray[np.bool_] | None] | None = None
    """(V,) the tokens that are forbidden anywhere."""

    def refuses(self, tokens: list[int], word: int, *, is_new_pair: bool = True) -> bool:
        """Whether a token other than `</s>` may not be said after these."""
        return bool(
            (is_new_pair and self.clashes and self.clashes(tokens, word))
            or (self.forbids and self.forbids(tokens, word))
        )


def sayable(
    random: Random,
    tokens: list[int],
    begin: int,
    originality: float,
    rule: Rule,
    distribution: Callable[[list[int], float], Floats],
    vocabulary: Vocabulary,
) -> tuple[int, int]:
    """A token that may be said after these, of which the text being told began at `begin`; and where it begins now.

    distribution: (V,) from all that was said, `<s>` first, and an originality.

    Where none is left (where some are forbidden, not even as original as can be), one that a new text
    would begin with, as likely as there; if need be, one that clashes. Where all are forbidden the text
    ends; raises EmptyCorpus if it has not begun.
    """
    now = len(tokens)
    ways = [
        (begin, originality, rule),
        (now, originality, rule),
        (now, 1.0, rule),
        (now, 1.0, rule._replace(clashes=None)),
    ]
    if rule.forbids:
        ways.insert(1, (begin, 1.0, rule))
    withheld = rule.withheld() if rule.withheld else None
    for start, left, under in ways:
        p = distribution([BEGIN, *tokens[start:]], left).copy()
        p[UNKNOWN - 1] = 0
        if now < rule.least:
            p[END - 1] = 0
        if withheld is not None:
            p[withheld] = 0
        while (edges := p.cumsum())[-1] > 0:
            place = int(edges.searchsorted(random() * edges[-1], side="right"))
            word = vocabulary.id_at(place)
            if word == END or not under.refuses(tokens, word):
                return word, start
            p[place] = 0
    if not tokens:
        raise EmptyCorpus(NOTHING_TO_SAY)
    return END, now
