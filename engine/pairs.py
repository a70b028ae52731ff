"""Whether quotes and brackets of a text come in pairs, as people write them.

A model that looks a few tokens back forgets what it opened. So of a text that is drawn one looks whether each
pair is whole, what was opened last closed first; smileys, code and links are no brackets. A straight quote
opens where a blank stands before it and none after it, closes where it is the other way round, and does what
is needed elsewhere.
"""

from engine.tokenizer import PIECE

_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "“": "”", "„": "“”", "«": "»", "»": "«", "‹": "›", "›": "‹", '"': '"'}
_CLOSING = frozenset("".join(_CLOSED_BY.values()))
_AROUND = ("**", "__", "~~", "||")  # what chats take for bold, underlined, struck out and hidden
_SINGLE = frozenset([*_CLOSED_BY, *_CLOSING])
_ANY = _SINGLE | frozenset("".join(_AROUND))


def is_paired(text: str) -> bool:
    """Whether all that is opened in a text is closed, and nothing is closed that was not opened."""
    if _ANY.isdisjoint(text):
        return True
    pieces = [piece[0] for piece in PIECE.finditer(text)]
    opened: list[str] = []
    for before, piece, after in zip(["\n", *pieces], pieces, [*pieces[1:], "\n"], strict=False):
        body = piece.strip(" ")
        if body in _AROUND:
            _turn(opened, body)
        elif _SINGLE.issuperset(body):
            clings_left = piece[0] != " " and before[-1] != "\n"
            clings_right = after[0] not in " \n"
            if not all(_pair(opened, mark, clings_left, clings_right) for mark in body):
                return False
    return not opened


def _turn(opened: list[str], mark: str) -> None:
    """Open or close what is around a text with the same mark on both sides."""
    if opened and opened[-1] == mark:
        opened.pop()
    else:
        opened.append(mark)


def _pair(opened: list[str], mark: str, clings_left: bool, clings_right: bool) -> bool:
    """Open or close what a mark does that has no blank on these sides; False when it can do neither."""
    straight = mark == '"'
    if opened and mark in _CLOSED_BY.get(opened[-1], "") and not (straight and clings_right and not clings_left):
        opened.pop()
        return True
    if mark in _CLOSED_BY and not (straight and clings_left and not clings_right):
        opened.append(mark)
        return True
    return False
