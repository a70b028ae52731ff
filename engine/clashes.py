"""Whether a token may stand right after the one before, in a text that nobody wrote."""

from collections.abc import Sequence

from engine.gaps import GLUE
from engine.overlay import Counts
from engine.tokenizer import Tokenizer, melts

_POINTS = frozenset(",.!?;:…")


def clashes(tokenizer: Tokenizer, counts: Counts, tail: Sequence[str], pair: tuple[int, int]) -> bool:
    """Whether the last of these tokens would not be itself, read again (see `melts`), or is a point too many.

    Which it is right after another point, where nobody put these two side by side: backing off knows that both
    are frequent, and not that one of them is enough. pair: the ids of the last two tokens.
    """
    if melts(tokenizer, tail):
        return True
    are_points = len(tail) > 1 and all(map(_is_point, tail[-2:])) and tokenizer.unit != "whitespace"
    return are_points and not counts.has_pair(*pair)


def _is_point(token: str) -> bool:
    return _POINTS.issuperset(token.strip(GLUE))
