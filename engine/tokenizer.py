"""Text <-> tokens, in three units. For any text, `decode(encode(text)) == normalise(text)`.

    words        made for chat: words, numbers, punctuation, emoji; links, mentions, custom emoji
                 and code stay whole; scripts written without spaces are cut into characters
    characters   what a reader sees as one character (a grapheme cluster, UAX #29): the article's unit
    whitespace   the blank-separated strings as they stand, for text that is already tokenised

How `words` keeps the blanks is told in `gaps`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import regex

from engine.errors import InvalidArgument, shortened
from engine.gaps import GLUE, cut_plain, encode_plain, glues_left, glues_right, is_word

_SOLID = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_PROTECTED = r"""
    ```.*?``` | `[^`\n]+`                                    # code
  | https?://[^\s<>]*[^\s<>.,!?;:'"()\[\]{}*_~]              # links
  | <@[!&]?\d+> | <\#\d+> | <a?:\w+:\d+>                     # mentions, custom emoji
  | </[^<>\n:]+:\d+> | <t:-?\d+(?::[tTdDfFR])?>              # command mentions, timestamps
"""
_WORD_CHARACTER = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{_SOLID}]]"
_WORD_START = rf"[[\p{{L}}\p{{N}}]--[{_SOLID}]]"
_WORD = rf"{_WORD_START}(?:(?:{_WORD_CHARACTER}|_)*{_WORD_CHARACTER})?"
_FLAGS = regex.VERBOSE | regex.DOTALL | regex.VERSION1

PROTECTED = regex.compile(rf"({_PROTECTED})", _FLAGS)
PIECE = regex.compile(
    rf"""\ ?(?:{_PROTECTED}
  | \n+
  | (?<!\w)(?:[:;=]['^o-]?[()\[\]DPpOoSs3/\\|*]+ | [xX]D+ | </?3+ | \^_*\^ | -_+- | [oO]_+[oO])(?!\w)
  | [@\#]{_WORD}                                             # @name, #topic
  | \d+(?:[.,:]\d+)+(?![\p{{L}}\p{{N}}_])                    # 3.50, 10:30, 1,000
  | {_WORD}(?:['’]{_WORD})*
  | (?=[{_SOLID}\p{{Extended_Pictographic}}\p{{Regional_Indicator}}])\X
  | [!?]+ | ([^\w\s])\1+ | \X)""",
    _FLAGS,
)
"""One token's body, after the blank that may stand before it."""

_CHARACTER = regex.compile(r"\X")
_SOLID_START = regex.compile(rf"[{_SOLID}]")
_DROPPED = regex.compile(  # controls but line ends and tabs, zero-width and bidirectional controls
    r"[\p{Cc}--[\n\t]]|[\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]"
    r"|(?<![\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F\p{Arabic}\p{Lo}])[\u200C\u200D]"
    r"|[\u200C\u200D](?![\p{Extended_Pictographic}\p{Arabic}\p{Lo}\p{M}])",
    regex.VERSION1,
)
_SURROGATE = regex.compile(r"[\uD800-\uDFFF]")
_BLANKS = regex.compile(r"[^\S\n]+")
_AROUND_LINE_END = regex.compile(r" ?\n ?")
_LINE_ENDS = regex.compile(r"\n{3,}")
_POINTS = frozenset(",.!?;:")
_CONTRACTION = re.compile(r"(?![xX]D+')[A-Za-z]+(?:'[A-Za-z]+)+")
WORD, POINT, CONTRACTION, DEPENDS = 1, 2, 3, 4
"""What a token can be, for `surely` and `stay_two`."""
_LONG_RUN = regex.compile(  # from character to character: one of 4,000 marks is not read again from each of them
    r"((?![\p{N}\s`<>])\X)\1{3,}|\X(*SKIP)(*FAIL)"
)


def clean(text: str) -> str:
    """NFC text without controls, zero-width marks and lone surrogates (which become U+FFFD).

    Zero-width joiners stay where a script or an emoji needs them.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    text = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text))
    while (stripped := _DROPPED.sub("", text)) != text:  # what it removes can bring marks together
        text = unicodedata.normalize("NFC", stripped)
    return text


def _normalise_words(text: str) -> str:
    """Single blanks, none at line ends, at most two line ends and three equal characters in a row."""
    text = clean(text)
    while True:  # a mended text can show a new run or a new protected piece; it only ever shrinks
        parts = PROTECTED.split(text)
        for i in range(0, len(parts), 2):
            part = _AROUND_LINE_END.sub("\n", _BLANKS.sub(" ", parts[i]))
            parts[i] = _LONG_RUN.sub(r"\1\1\1", _LINE_ENDS.sub("\n\n", part))
        mended = "".join(parts).strip(" \n")
        if mended == text:
            return text
        text = mended


def bodies_of_chunk(chunk: str) -> list[str] | None:
    """What a text without blanks is cut into, wherever it stands; None if what stands around it may matter."""
    cleaned = clean(chunk)
    if "`" in cleaned or "</" in cleaned or cleaned.split() != [cleaned]:
        return None
    if "<" in cleaned or "://" in cleaned or _LONG_RUN.search(cleaned):
        cleaned = _normalise_words(cleaned)  # else it is normal as it stands
    return [piece[0] for piece in PIECE.finditer(cleaned)]


def is_solid(body: str) -> bool:
    """Whether it begins in a script that is written without blanks."""
    return _SOLID_START.match(body) is not None


def _usual_gap(left: str, right: str) -> bool:
    """Whether people usually leave a blank between these two bodies."""
    if is_word(left) and is_word(right):
        return not (is_solid(left) and is_solid(right))
    return not (glues_right(left) or glues_left(right))


def _encode_words(text: str) -> list[str]:
    plain = encode_plain(text)
    if plain is not None:
        return plain
    bodies = _bodies_by_chunks(text)
    return _encode_any(text) if bodies is None else _marked(bodies)


def _encode_any(text: str) -> list[str]:
    return _marked(_bodies(text))


def _bodies_by_chunks(text: str) -> list[tuple[str, bool]] | None:
    """As `_bodies`, several times faster where most chunks are plain; None where one cannot be cut alone."""
    bodies: list[tuple[str, bool]] = []
    for chunk in text.split(" "):
        cut = cut_plain(chunk)
        if cut is None:
            cut = bodies_of_chunk(chunk)
        if cut is None:
            return None
        bodies += [(body, not i) for i, body in enumerate(cut)]
    return bodies


def _bodies(text: str) -> list[tuple[str, bool]]:
    """What a text is cut into, and whether a blank stands before it."""
    pieces = [piece[0] for piece in PIECE.finditer(_normalise_words(text))]
    return [(piece.removeprefix(" "), piece[0] == " ") for piece in pieces]


def _marked(bodies: Iterable[tuple[str, bool]]) -> list[str]:
    tokens: list[str] = []
    previous = ""
    simple = False
    for body, gap in bodies:
        was_simple, simple = simple, _is_plain(body)
        token = body
        if gap and simple and was_simple:
            pass  # the commonest case by far
        elif previous and "\n" not in (previous[0], body[0]) and gap != _usual_gap(previous, body):
            if is_word(previous):
                token = GLUE + body
            else:
                tokens[-1] += GLUE
        tokens.append(token)
        previous = body
    return tokens


def _decode_words(tokens: Iterable[str]) -> str:
    parts: list[str] = []
    previous = ""
    simple = turned_after = False
    for token in tokens:
        was_simple, simple = simple, token.isalnum() and token.isascii()
        if simple and was_simple:  # the commonest case by far
            parts.append(f" {token}")
            previous = token
            continue
        body = token.strip(GLUE)
        if previous and "\n" not in (previous[0], body[0]):
            turned = token[0] == GLUE if is_word(previous) else turned_after
            if _usual_gap(previous, body) != turned:
                parts.append(" ")
        parts.append(body)
        previous = body
        turned_after = token[-1] == GLUE
    return "".join(parts)


def _encode_characters(text: str) -> list[str]:
    text = clean(text)
    return list(text) if text.isascii() else _CHARACTER.findall(text)


def _normalise_whitespace(text: str) -> str:
    return " ".join(_encode_whitespace(text))


def _encode_whitespace(text: str) -> list[str]:
    tokens = text.replace("\t", " ").replace("\n", " ").split(" ")
    return [token for token in tokens if token] if "" in tokens else tokens


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """One unit's way between text and tokens."""

    unit: str
    normalise: Callable[[str], str]
    """What `decode(encode(text))` gives back; idempotent."""
    encode: Callable[[str], list[str]]
    decode: Callable[[Iterable[str]], str]
    default_order: int
    """The n-gram order to take when nobody asks for one."""


TOKENIZERS = {
    tokenizer.unit: tokenizer
    for tokenizer in (
        Tokenizer("words", _normalise_words, _encode_words, _decode_words, 5),
        Tokenizer("characters", clean, _encode_characters, "".join, 8),
        Tokenizer("whitespace", _normalise_whitespace, _encode_whitespace, " ".join, 5),
    )
}
UNITS = tuple(TOKENIZERS)


def tokenizer(unit: str) -> Tokenizer:
    """The tokenizer of a unit.

    Raises InvalidArgument for a unit that does not exist.
    """
    if unit not in TOKENIZERS:
        raise InvalidArgument(f"The unit is {shortened(repr(unit))}; it must be one of {', '.join(UNITS)}.")
    return TOKENIZERS[unit]


def tokens(text: str, unit: str = "words") -> list[str]:
    """A text's tokens in a unit."""
    return tokenizer(unit).encode(text)


def join(tokens: Iterable[str], unit: str = "words") -> str:
    """The text of these tokens: the inverse of `tokens`."""
    return tokenizer(unit).decode(tokens)


_SHOWN = {"</s>": "⏎ end", "<unk>": "(a new word)", "\n": "↵ line", "\n\n": "↵ lines", " ": "␣", "\t": "⇥ tab"}


def show(token: str, unit: str = "words") -> str:
    """A token as people may see it: no marks, and a name for what is invisible, or stands for any that is new."""
    body = token.strip(GLUE) or token
    return "(a new one)" if body == "<unk>" and unit == "characters" else _SHOWN.get(body, body)


def melts(tokenizer: Tokenizer, tail: Sequence[str]) -> bool:
    """Whether these tokens, written down and read again, would not be themselves.

    Two tokens that no text had side by side can melt into one ("!" and "!!"); a text with them would
    then not have the tokens, nor the number of tokens, that it was put together from.
    """
    if tokenizer.unit == "whitespace" or stay_two(surely(tail[-2] if len(tail) > 1 else "."), surely(tail[-1])):
        return False
    if tail[-1][0] == "\n":  # at the end of a text it would be taken for nothing
        return len(tail) > 1 and tail[-2][0] == "\n"
    return not reads_back(tokenizer, tail[1:] if tail[0][0] == "\n" else tail)


def surely(token: str) -> int:
    """What a token is wherever it stands: a WORD, a POINT, a CONTRACTION (which is no face); or that it DEPENDS."""
    if _is_plain(token):
        return WORD
    if token in _POINTS:
        return POINT
    return CONTRACTION if _CONTRACTION.fullmatch(token) else DEPENDS


def stay_two(token: int, after: int) -> bool:
    """Whether two tokens, by what they surely are, stay two side by side: words and points, one of them a word."""
    return after < DEPENDS if token == WORD else after == WORD and token < DEPENDS


def _is_plain(token: str) -> bool:
    return token.isalnum() and token.isascii()


def reads_back(tokenizer: Tokenizer, tokens: Sequence[str]) -> bool:
    """Whether these tokens, written down and read again, are themselves."""
    read_again = tokenizer.encode(tokenizer.decode(tokens))
    return [token.strip(GLUE) for token in read_again] == [token.strip(GLUE) for token in tokens]
