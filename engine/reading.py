"""Many texts turned into one array of token numbers, fast: half the cost of building a model.

Token by token Python needs microseconds; here the work per token is one dictionary look-up, and all
the rest is arrays. `words` splits many plain messages at once at their blanks into *chunks*
("well,"), numbers the distinct chunks, cuts each of those once into bodies ("well" and ","), and
works out the glue marks of `gaps` on arrays of the bodies' numbers. A message that is not plain
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

_MANY = 5_000  # documents at a time, some hundred kilobytes: what stays in the processor's cache is fast

_WORD, _GLUES_LEFT, _GLUES_RIGHT = 1, 2, 4
_LINE_END = "\n"
_CAREFUL = np.ones(256, np.bool_)
"""Bytes that make a message not plain."""
_CAREFUL[32:127] = False
_CAREFUL[ord(_LINE_END)] = False
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

    Returns the tokens by number (`<s>`, `</s>` and `<unk>` first), and (M,) int32: all documents one
    after the other, each as `<s> … </s>`. A token written like a reserved one counts as `<unk>`.
    """
    words = _Words() if tokenizer.unit == "words" else None
    tokens = words.tokens if words else _Numbers()
    tokens.update({BEGIN_TOKEN: BEGIN, END_TOKEN: END, UNKNOWN_TOKEN: UNKNOWN})
    source = iter(texts)
    parts: list[Ids] = [np.empty(0, np.int32)]
    while documents := list(islice(source, _MANY)):
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
    """Reads plain messages in bulk, remembering every distinct chunk it has met."""

    def __init__(self) -> None:
        self.tokens = _Numbers()
        self._chunks = _Numbers()
        self._bodies = _Numbers()
        # by chunk number: where its bodies begin in `_flat`, and at the end where the next one's will
        self._starts = np.zeros(1, np.int32)
        self._flat = np.zeros(0, np.int32)
        # by body number
        self._kind = np.zeros(0, np.int8)
        self._token = np.zeros((0, 4), np.int32)  # by left and right mark; 0 until one is met
        self._chunks[_LINE_END]  # gets number 0

    def read(self, tokenizer: Tokenizer, documents: list[str]) -> Ids:
        """Some messages: the plain ones in bulk, the others one by one and put in their places."""
        careful = _careful(documents)
        for i in careful:
            documents[i], careful[i] = "", documents[i]
        ids, ends = self._bulk(documents)
        if careful:
            encoded = [self.tokens.of(tokenizer.encode(text)) for text in careful.values()]
            lengths = np.zeros(len(documents), np.int64)
            lengths[list(careful)] = list(map(len, encoded))
            ids = np.insert(ids, np.repeat(ends, lengths), np.concatenate(encoded))
            ends = ends + np.cumsum(lengths)
        return _framed(ids, ends)

    def _bulk(self, documents: list[str]) -> tuple[Ids, NDArray[np.int64]]:
        """Token numbers of plain messages, one after the other, and where each ends among them."""
        chunks = self._chunks.of(f" {_LINE_END} ".join([*documents, ""]).split(" ")[:-1])
        self._learn_chunks()
        body, first = self._bodies_of(chunks)
        line_end = body == 0
        kind = self._kind.take(body)
        word = (kind & _WORD).view(np.bool_)
        usual = (kind & _GLUES_LEFT) == 0
        usual[1:] &= (kind[:-1] & _GLUES_RIGHT) == 0
        turned = (first != usual) & ~line_end
        turned[1:] &= ~line_end[:-1]  # a message begins without a gap
        turned[:1] = False
        marks = np.zeros(len(body), np.int8)
        marks[1:] = 2 * (turned[1:] & word[:-1])
        marks[:-1] += turned[1:] & ~word[:-1]
        inside = ~line_end
        ends = np.flatnonzero(line_end)
        return self._numbered(body[inside], marks[inside]), ends - np.arange(len(ends))

    def _bodies_of(self, chunks: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """The bodies of chunks, one after the other, and whether each is the first of its chunk."""
        starts = self._starts.take(chunks)
        lengths = self._starts.take(chunks + 1) - starts
        ends = np.cumsum(lengths)
        first = np.zeros(int(ends[-1]) + 1, np.bool_)
        first[ends - lengths] = True  # of an empty chunk: where the next one begins
        places = np.repeat(starts - ends + lengths, lengths) + np.arange(len(first) - 1, dtype=np.int32)
        return self._flat.take(places), first[:-1]

    def _learn_chunks(self) -> None:
        """Cut the chunks met for the first time into bodies, and work out what these are."""
        new: list[str] = list(islice(self._chunks, len(self._starts) - 1, None))  # type: ignore[arg-type]
        if not new:
            return
        known = len(self._bodies)
        cut = [(chunk,) if chunk.isalnum() else PLAIN_PIECE.findall(chunk) for chunk in new]
        self._flat = np.append(self._flat, self._bodies.of(list(chain.from_iterable(cut))))
        self._starts = np.append(self._starts, self._starts[-1] + np.cumsum(list(map(len, cut)), dtype=np.int32))
        bodies: list[str] = list(islice(self._bodies, known, None))  # type: ignore[arg-type]
        kinds = [_WORD if body.isalnum() else _kind(body) for body in bodies]
        self._kind = np.append(self._kind, np.array(kinds, np.int8))
        self._token = np.concatenate([self._token, np.zeros((len(bodies), 4), np.int32)])

    def _numbered(self, body: Ids, marks: NDArray[np.int8]) -> Ids:
        """Token numbers of bodies with their marks."""
        keys = body * np.int32(4) + marks
        table = self._token.reshape(-1)
        met = np.zeros(len(table), np.bool_)
        met[keys] = True
        new = np.flatnonzero(met & (table == 0)).tolist()
        bodies: list[str] = list(self._bodies) if new else []  # type: ignore[arg-type]
        for key in new:
            left, right = (key >> 1 & 1) * GLUE, (key & 1) * GLUE
            table[key] = self.tokens[left + bodies[key >> 2] + right]
        return table.take(keys)


def _kind(body: str) -> int:
    return is_word(body) * _WORD | glues_left(body) * _GLUES_LEFT | glues_right(body) * _GLUES_RIGHT


def _careful(documents: list[str]) -> dict[int, str]:
    """Which documents are not plain, in order."""
    text = "\n".join(documents)
    data = np.frombuffer(text.encode("utf-8", "surrogatepass") + b"\n", np.uint8)
    same = (data[1:] == data[:-1]) & ~_MAY_REPEAT.take(data[1:])
    suspects = _CAREFUL.take(data)
    suspects[:-3] |= same[:-2] & same[1:-1] & same[2:]
    lines = np.cumsum([text.count("\n") + 1 for text in documents])  # a document may hold line ends
    places = np.flatnonzero(suspects)
    found = set(np.searchsorted(np.flatnonzero(data == ord(_LINE_END)), places).tolist())
    document_of = np.searchsorted(lines, sorted(found), side="right").tolist()
    found = set(document_of) | {i for i, text in enumerate(documents) if "\n" in text or "://" in text}
    return dict.fromkeys(sorted(found), "")


def split(ids: Ids) -> Iterator[list[int]]:
    """The documents of an array from `read`, each a list of numbers with its `<s>` and `</s>`."""
    for document in np.split(ids, np.flatnonzero(ids == BEGIN))[1:]:
        yield document.tolist()
