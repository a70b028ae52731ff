"""Which tokens of a text were asked for: its start and its ending, what it was to hold, what stood in a template.

Of a word that the text was to hold, and holds more than once, it is the first.
"""

from collections.abc import Sequence

from engine.conditions import BLANK, Condition
from engine.symbols import body, phrase
from engine.tokenizer import tokens as tokens_of

_WORD, _WORDS = "_", "…"
"""A blank for one token, and one for one or more."""


def asked(tokens: Sequence[str], begun: int, condition: Condition) -> tuple[int, ...]:
    """The places of these tokens, in order; the text began with `begun` that were given."""
    places = set(range(begun))
    ending = len(tokens_of(condition.ending))
    places.update(range(len(tokens) - ending, len(tokens)))
    for text in condition.containing:
        places.update(_held(tokens, text))
    if condition.template:
        places.update(_around_blanks(tokens, condition.template))
    return tuple(sorted(places))


def _held(tokens: Sequence[str], text: str) -> range:
    """Where a phrase stands first."""
    literals = phrase(tokens_of(text))
    for at in range(len(tokens) - len(literals) + 1):
        if all(literal.matches(token) for literal, token in zip(literals, tokens[at:], strict=False)):
            return range(at, at + len(literals))
    return range(0)


def _around_blanks(tokens: Sequence[str], template: str) -> list[int]:
    """Where the tokens of a template stand that are no blanks; each blank as short as can be, the first of all."""
    pieces = _pieces(template)
    rest = len(pieces)
    fits = [[False] * (len(tokens) + 1) for _ in range(rest + 1)]  # whether the pieces from i are the tokens from j
    fits[rest][len(tokens)] = True
    for i in reversed(range(rest)):
        for j in reversed(range(len(tokens))):
            goes_on = fits[i + 1][j + 1] or (pieces[i] == _WORDS and fits[i][j + 1])
            fits[i][j] = goes_on and (pieces[i] in (_WORD, _WORDS) or body(tokens[j]) == pieces[i])
    found: list[int] = []
    i = 0
    for j in range(len(tokens) if fits[0][0] else 0):
        if pieces[i] not in (_WORD, _WORDS):
            found.append(j)
        i += fits[i + 1][j + 1]
    return found


def _pieces(template: str) -> list[str]:
    pieces, at = [], 0
    for blank in BLANK.finditer(template):
        pieces += [*map(body, tokens_of(template[at : blank.start()])), _WORD if blank[0][0] == "_" else _WORDS]
        at = blank.end()
    return [*pieces, *map(body, tokens_of(template[at:]))]
