"""Many texts turned into one array of token numbers, fast: half the cost of building a model.

Token by token Python needs microseconds; here the work per token is one regular expression match
and one dictionary look-up, and all the rest is arrays. `words` splits all plain messages of a
chunk at once into *pieces* (a body with the blank before it, if any), numbers the distinct pieces,
and works out the glue marks of `tokenizer` on arrays of those numbers. A message that is not plain
(beyond ASCII, code, links, mentions, long runs) goes through `Tokenizer.encode`; for plain ones the
result is the same, which a test holds to.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from engine.gaps import GLUE, PLAIN_PIECE, glues_left, glues_right, is_word
from engine.tokenizer import Tokenizer
from engine.vocabulary import BEGIN, BEGIN_TOKEN, END, END_TOKEN, UNKNOWN, UNKNOWN_TOKEN

Ids = NDArray[np.int32]

_CHUNK = 5_000  # documents at a time, some hundred kilobytes: what stays in the processor's cache is fast

_LINE_END = ord("\n")
_CAREFUL = np.ones(256, np.bool_)
"""Bytes that make a message not plain."""
_CAREFUL[32:127] = False
_CAREFUL[list(b"\n")] = False
_CAREFUL[list(b"`<")] = True
_MAY_REPEAT = np.zeros(256, np.bool_)
"""Bytes that may stand four in a row in a plain message."""
_MAY_REPEAT[list(b" \n0123456789")] = True


class _Numbers(defaultdict[Hashable, int]):
    """A dictionary that gives each new key the next number."""

    def __missing__(self, key: Hashable) -> int:
        self[key] = number = len(self)
        return number

    def of(self, keys: list[str]) -> Ids:
        """(len(keys),) int32."""
        return np.fromiter(map(self.__getitem__, keys), np.int32, len(keys))


def read(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[list[str], Ids]:
    """Number the tokens of documents.

    Returns the tokens by number (`<s>`, `</s>` and `<unk>` first, then as they first come) and (M,)
    int32, all documents one after the other, each as `<s> … </s>`. A token written like a reserved
    one counts as `<unk>`.
    """
    words = _Words() if tokenizer.unit == "words" else None
    tokens = words.tokens if words else _Numbers()
    tokens.update({BEGIN_TOKEN: BEGIN, END_TOKEN: END, UNKNOWN_TOKEN: UNKNOWN})
    source = iter(texts)
    parts: list[Ids] = [np.empty(0, np.int32)]
    while documents := list(islice(source, _CHUNK)):
        parts.append(words.read(tokenizer, documents) if words else _read_each(tokenizer, tokens, documents))
    return list(tokens), np.concatenate(parts)  # type: ignore[arg-type]  # the keys of `tokens` are strings


def _read_each(tokenizer: Tokenizer, tokens: _Numbers, documents: Iterable[str]) -> Ids:
    """Documents by way of `Tokenizer.encode`."""
    encoded = [tokenizer.encode(text) for text in documents]
    ids = tokens.of(list(chain.from_iterable(encoded)))
    ids[ids < UNKNOWN] = UNKNOWN
    ends = np.cumsum([len(document) for document in encoded], dtype=np.int64)
    return _framed(ids, ends)


def _framed(ids: Ids, ends: NDArray[np.integer]) -> Ids:
    """Put `<s>` and `</s>` round documents that end at `ends` (exclusive)."""
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    places = np.column_stack([starts, ends]).ravel()
    return np.insert(ids, places, np.tile(np.array([BEGIN, END], np.int32), len(ends)))


class _Words:
    """Reads plain messages in bulk, remembering every distinct piece it has met."""

    def __init__(self) -> None:
        self.tokens = _Numbers()
        self._pieces = _Numbers()
        self._bodies = _Numbers()
        self._pieces["\n"]  # gets number 0
        # by piece number: its body's number, and whether a blank stood before it
        self._body = np.zeros(0, np.int32)
        self._spaced = np.zeros(0, np.bool_)
        # by body number
        self._is_word = np.zeros(0, np.bool_)
        self._glues_left = np.zeros(0, np.bool_)
        self._glues_right = np.zeros(0, np.bool_)
        self._token = np.zeros((0, 4), np.int32)  # by left and right mark; 0 until one is met

    def read(self, tokenizer: Tokenizer, documents: list[str]) -> Ids:
        """One chunk: plain messages in bulk, the others one by one and put in their places."""
        careful = _careful(documents)
        text = "\n".join(["" if i in careful else text for i, text in enumerate(documents)]) + "\n"
        ids, ends = self._bulk(_single_blanks(text))
        if not careful:
            return _framed(ids, ends)
        plain = iter(np.split(ids, ends))
        parts = list(plain)[: len(documents)]
        for i in careful:
            parts[i] = self.tokens.of(tokenizer.encode(documents[i]))
        return _framed(np.concatenate(parts), np.cumsum([len(part) for part in parts]))

    def _bulk(self, text: str) -> tuple[Ids, NDArray[np.int64]]:
        """Token numbers of messages that each end with a line end, and where each ends among them."""
        pieces = self._pieces.of(PLAIN_PIECE.findall(text))
        self._learn_pieces()
        line_end = pieces == 0
        body, gap = self._body.take(pieces), self._spaced.take(pieces)
        word = self._is_word.take(body)
        usual = ~self._glues_left.take(body)
        usual[1:] &= ~self._glues_right.take(body[:-1])
        usual[1:] |= word[1:] & word[:-1]
        turned = (gap != usual) & ~line_end
        turned[1:] &= ~line_end[:-1]  # a message begins without a gap
        turned[:1] = False
        marks = np.zeros(len(pieces), np.int8)
        marks[1:] = 2 * (turned[1:] & word[:-1])
        marks[:-1] += turned[1:] & ~word[:-1]
        inside = ~line_end
        ends = np.flatnonzero(line_end)
        return self._numbered(body[inside], marks[inside]), ends - np.arange(len(ends))

    def _learn_pieces(self) -> None:
        """Work out what the pieces met for the first time are."""
        new: list[str] = list(islice(self._pieces, len(self._body), None))  # type: ignore[arg-type]
        if not new:
            return
        known = len(self._bodies)
        self._body = np.append(self._body, self._bodies.of([piece.removeprefix(" ") for piece in new]))
        self._spaced = np.append(self._spaced, [piece[0] == " " for piece in new]).astype(np.bool_)
        bodies: list[str] = list(islice(self._bodies, known, None))  # type: ignore[arg-type]
        self._is_word = np.append(self._is_word, [is_word(body) for body in bodies]).astype(np.bool_)
        self._glues_left = np.append(self._glues_left, [glues_left(body) for body in bodies]).astype(np.bool_)
        self._glues_right = np.append(self._glues_right, [glues_right(body) for body in bodies]).astype(np.bool_)
        self._token = np.concatenate([self._token, np.zeros((len(bodies), 4), np.int32)])

    def _numbered(self, body: Ids, marks: NDArray[np.int8]) -> Ids:
        """Token numbers of bodies with their marks, new tokens numbered as they first come."""
        keys = body * np.int32(4) + marks
        table = self._token.reshape(-1)
        ids = table.take(keys)
        if not ids.all():
            bodies: list[str] = list(self._bodies)  # type: ignore[arg-type]
            for key in dict.fromkeys(keys[ids == 0].tolist()):
                left, right = (key >> 1 & 1) * GLUE, (key & 1) * GLUE
                table[key] = self.tokens[left + bodies[key >> 2] + right]
            ids = table.take(keys)
        return ids


def _careful(documents: list[str]) -> dict[int, None]:
    """Which documents are not plain, in order."""
    text = "\n".join(documents)
    data = np.frombuffer(text.encode("utf-8", "surrogatepass") + b"\n", np.uint8)
    same = (data[1:] == data[:-1]) & ~_MAY_REPEAT.take(data[1:])
    suspects = _CAREFUL.take(data)
    suspects[:-3] |= same[:-2] & same[1:-1] & same[2:]
    lines = np.cumsum([text.count("\n") + 1 for text in documents])  # a document may hold line ends
    places = np.flatnonzero(suspects)
    found = set(np.searchsorted(np.flatnonzero(data == _LINE_END), places).tolist())
    document_of = np.searchsorted(lines, sorted(found), side="right").tolist()
    found = set(document_of) | {i for i, text in enumerate(documents) if "\n" in text or "://" in text}
    return dict.fromkeys(sorted(found))


def _single_blanks(text: str) -> str:
    """As `normalise` leaves plain messages: no double blanks, none at line ends."""
    while "  " in text:
        text = text.replace("  ", " ")
    return text.replace(" \n", "\n").replace("\n ", "\n").removeprefix(" ")


def split(ids: Ids) -> Iterator[list[int]]:
    """The documents of an array from `read`, each a list of numbers with its `<s>` and `</s>`."""
    for document in np.split(ids, np.flatnonzero(ids == BEGIN))[1:]:
        yield document.tolist()
