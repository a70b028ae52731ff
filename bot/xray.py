"""Where a probability comes from, in words, and what the marks of its bar stand for. Pure."""

from collections.abc import Sequence

from bot.columns import WIDTH, begin, columns, end, plain
from bot.language import _, later
from engine import Kind, Piece, join, kind, kinds

Marks = dict[Kind, str]
BEGIN = "<s>"
_NAMES = {
    "word": later("the words it is in"),
    "lately": later("said lately"),
    "gap": later("with a gap between"),
    "background": later("said anywhere"),
    "other": later("something else"),
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
        return begin(_(_NAMES[piece.source]), width)
    said = [token for token in piece.context if token != BEGIN]
    if unit == "characters":
        text = "".join(plain(character) if character != " " else "␣" for character in said)
    else:
        text = " ".join(join(said, unit).split())
    begins = len(said) < len(piece.context)
    if not text:
        return _("the beginning") if begins else _("no context")
    sentence = later("begun with “{text}”") if begins else later("after “{text}”")
    room = width - columns(_(sentence, text=""))
    return _(sentence, text=end(text, room))
