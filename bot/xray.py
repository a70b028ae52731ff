"""Where a probability comes from, in words, and what the marks of its bar stand for. Pure."""

from collections.abc import Sequence

from bot.columns import WIDTH, end, plain
from engine import Kind, Piece, join, kind, kinds

Marks = dict[Kind, str]
BEGIN = "<s>"
_NAMES = {
    "word": "the words it stands in",
    "lately": "said lately",
    "gap": "with a gap between",
    "background": "what people say anywhere",
}


def legend(shown: Sequence[Sequence[Piece]], bars: Sequence[str], unit: str, marked: Marks) -> list[str]:
    """What each mark in these bars stands for, a line each; none for plain bars."""
    examples = {kind(piece): piece for pieces in shown for piece in pieces}
    seen = {mark for bar in bars for mark in bar}
    names = [f"{marked[one]} {source(examples[one], unit, WIDTH - 2)}" for one in kinds(shown) if marked[one] in seen]
    return ["", *names] if names else []


def source(piece: Piece, unit: str, width: int) -> str:
    """What a piece of a probability comes from, in so many columns."""
    if piece.source != "context":
        return _NAMES.get(piece.source, "other")
    said = [token for token in piece.context if token != BEGIN]
    if unit == "characters":
        text = "".join(plain(character) if character != " " else "␣" for character in said)
    else:
        text = " ".join(join(said, unit).split())
    begins = len(said) < len(piece.context)
    if not text:
        return "beginning" if begins else "no context"
    where = "begun with" if begins else "after"
    return f"{where} “{end(text, width - len(where) - 3)}”"
