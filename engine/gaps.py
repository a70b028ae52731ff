"""Where people leave a blank between two tokens, and how a token says that they did not.

In the unit `words` a blank between two tokens is the default and needs no mark; punctuation has a
usual side it clings to ("hello, (world)"), which needs none either. Only where a text departs from
that does the token carry a mark (`GLUE`, a character no text keeps): before the body it turns the
usual gap on the left, after the body the usual gap on the right. So "," in "yes, no" and the rarer
one in "yes ,no" are different tokens, and a word stays one token wherever it stands.

`encode_plain` does this for plain text, which most chat is, several times faster than
`Tokenizer.encode`, with the same result.
"""

import re

GLUE = "\u2060"
"""Marks an unusual gap; the word joiner, which `clean` strips from every text."""

_CLOSING = frozenset(",.!?;:)]}%…”»’")
_OPENING = frozenset("([{«“‘$€£¡¿")
_JOINING = frozenset("-/_\\~+*")

_WORD = "[A-Za-z0-9](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_RUNS = "|".join(re.escape(c) + "+" for c in "\"#$%&'()*+-/:;=>@[\\]^{|}~")
PLAIN_PIECE = re.compile(  # `tokenizer.PIECE` for what stands between two blanks of a plain text, commonest first
    rf"""[A-Za-z]++(?![0-9_'])|(?<!\w)(?:[xX]D+|[oO]_+[oO])(?=')|[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?(?:'{_WORD})*|\.+|,+"""
    r"""|(?<!\w)(?:[:;=]['^o-]?[()\[\]DPpOoSs3/\\|*]+|\^_*\^|-_+-)(?!\w)"""
    rf"""|[@#]{_WORD}|\d+(?:[.,:]\d+)+(?!\w)|{_WORD}(?:'{_WORD})*|[!?]+|{_RUNS}|_""",
    re.ASCII,
)
_NOT_PLAIN = re.compile(r"[`<]|://|([^0-9 ])\1\1\1")


def is_word(body: str) -> bool:
    """Words, numbers, links, code, mentions and names: what stands between blanks. Not punctuation or emoji."""
    first = body[0]
    return first.isalnum() or (len(body) > 1 and (first in "<`" or (first in "@#" and body[1].isalnum())))


def glues_left(body: str) -> bool:
    """Whether it usually stands close to what is before it: closing punctuation, hyphens and the like."""
    return body[0] in _JOINING or (body[0] in _CLOSING and (len(set(body)) == 1 or set(body) == {"!", "?"}))


def glues_right(body: str) -> bool:
    """Whether what follows usually stands close to it: opening brackets, hyphens and the like."""
    return body[0] in _OPENING or body[0] in _JOINING


def cut_plain(chunk: str) -> list[str] | None:
    """The bodies of what stands between two blanks, if it is plain; None if it is not."""
    if not (chunk.isascii() and chunk.isprintable()) or _NOT_PLAIN.search(chunk):
        return None
    return [chunk] if chunk.isalnum() else PLAIN_PIECE.findall(chunk)


def encode_plain(text: str) -> list[str] | None:
    """The tokens of a plain text in `words`; None for one that is not plain (see `reading`)."""
    if not (text.isascii() and text.isprintable()) or _NOT_PLAIN.search(text):
        return None
    tokens: list[str] = []
    after_word = clings = False  # whether the last body is a word, or usually has what follows close to it
    for chunk in text.split():
        gap = bool(tokens)
        for body in (chunk,) if chunk.isalnum() else PLAIN_PIECE.findall(chunk):
            if tokens and gap == (clings or glues_left(body)):
                if after_word:
                    tokens.append(GLUE + body)
                else:
                    tokens[-1] += GLUE
                    tokens.append(body)
            else:
                tokens.append(body)
            after_word, clings, gap = is_word(body), glues_right(body), False
    return tokens
