"""Text in a fixed number of columns, for code blocks. Pure.

Lines stay within `WIDTH` columns, which a phone and a page 500 pixels wide show whole. Columns are those of a
fixed-width font: an emoji or a Chinese character takes two, a combining mark none.
"""

import unicodedata

from wcwidth import wcswidth, wcwidth

from bot.language import _, later
from engine import show

WIDTH = 39
_ROUNDS_TO_ALL, _SMALLEST = 99.95, 0.05
"""Percentages from which one decimal would say 100.0, and below which it would say 0.0."""
_MARKS = 24
"""Most code points of a token: marks that take no column could fill a message."""
_NAMED = frozenset(
    (
        later("⏎ end"),
        later("(a new word)"),
        later("(a new one)"),
        later("↵ line"),
        later("↵ lines"),
        later("⇥ tab"),
    )
)
"""What stands for tokens that have no text of their own."""
_FIRST_STRONG, _POP = "\u2068", "\u2069"
"""Isolate right-to-left text, which would turn the rest of its line around."""


def chance(probability: float) -> str:
    """A probability as people read it: 41.2 %, and never 0 % for what is possible."""
    percent = 100 * probability
    if percent >= _ROUNDS_TO_ALL:
        return "100 %"
    if 0 < percent < _SMALLEST:
        return _("<{percent:g} %", percent=2 * _SMALLEST)
    return _("{percent:.1f} %", percent=percent)


def plain(token: str, unit: str = "words") -> str:
    """A token that can stand in a code block: no backtick, no control; blanks and line ends by name."""
    text = show(token, unit)
    text = (_(text) if text in _NAMED else text).replace("`", "ˋ").replace("\n", "↵")
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs", "Cf") or c == "\u200d")
    text = text or _("(invisible)")
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        text = f"{_FIRST_STRONG}{text}{_POP}"
    return text


def columns(text: str) -> int:
    """How many columns a text takes."""
    return max(wcswidth(text), 0)


def pad(text: str, width: int) -> str:
    """The text, with blanks up to a width."""
    return text + " " * (width - columns(text))


def begin(text: str, width: int) -> str:
    """The text, or as much of its beginning as fits, with an ellipsis."""
    if columns(text) <= width and len(text) <= _MARKS:
        return text
    kept = ""
    for c in text:
        if columns(kept + c) > width - 1 or len(kept) >= _MARKS - 2:
            break
        kept += c
    closing = _POP if kept.startswith(_FIRST_STRONG) else ""
    return f"{kept}{closing}…"


def end(text: str, width: int) -> str:
    """The text, or as much of its end as fits: what comes next depends on the end."""
    text = text.replace("`", "ˋ")
    if columns(text) <= width and len(text) <= 3 * width:
        return text
    kept: list[str] = []
    room = width - 1
    for c in reversed(text[-3 * width :]):
        room -= max(wcwidth(c), 0)
        if room < 0:
            break
        kept.append(c)
    return "…" + "".join(reversed(kept))
