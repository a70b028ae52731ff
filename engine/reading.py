"""Many texts turned into one array of token numbers, fast: half the cost of building a model.

Token by token Python needs microseconds; here the work per token is one dictionary look-up, and all
the rest is arrays. `words` splits many documents at once into `chunks`, takes these apart into bodies,
and works out the glue marks of `gaps` on arrays of the bodies' numbers. A document in which a token may
reach across a blank goes through `Tokenizer.encode`; for the others the result is the same, which a
test holds to. In `whitespace` the chunks are the tokens.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from engine import chunks as of_chunks
from engine.blanks import ChunkNumbers, Ids, Numbers
from engine.chunks import Chunks
from engine.gaps import GLUE
from engine.tokenizer import Tokenizer
from engine.vocabulary import BEGIN, END, SPECIAL, UNKNOWN

_MANY = 5_000  # documents at a time, some hundred kilobytes: what stays in the processor's cache is fast
_BEFORE, _AFTER = ("", "", GLUE, GLUE), ("", GLUE, "", GLUE)
"""A body's marks by number: 1 after it, 2 before it."""


def read(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[list[str], Ids]:
    """Number the tokens of documents.

    Returns the tokens by number (`<s>`, `</s>` and `<unk>` first), and (M,) int32: all documents one
    after the other, each as `<s> … </s>`. A token written like a reserved one counts as `<unk>`.
    """
    reader = {"words": _Words, "whitespace": _Whitespace}.get(tokenizer.unit, _Reader)()
    source = iter(texts)
    parts: list[Ids] = [np.empty(0, np.int32)]
    while documents := list(islice(source, _MANY)):
        parts.append(reader.read(tokenizer, documents))
    return reader.tokens.since(0), np.concatenate(parts)


def _framed(ids: Ids, ends: NDArray[np.integer]) -> Ids:
    """Put `<s>` and `</s>` round documents that end at `ends` (exclusive)."""
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    places = np.column_stack([starts, ends]).ravel()
    return np.insert(ids, places, np.tile(np.array([BEGIN, END], np.int32), len(ends)))


class _Reader:
    """Reads documents one after another, by way of `Tokenizer.encode`."""

    def __init__(self) -> None:
        self.tokens = Numbers(SPECIAL)

    def read(self, tokenizer: Tokenizer, documents: list[str]) -> Ids:
        """(M,) int32: the numbers of the tokens of some documents, each `<s> … </s>`, one after the other."""
        encoded = [tokenizer.encode(text) for text in documents]
        ids = self.tokens.of(list(chain.from_iterable(encoded)))
        ids[ids < UNKNOWN] = UNKNOWN
        return _framed(ids, np.cumsum([len(document) for document in encoded], dtype=np.int64))


class _Whitespace(_Reader):
    """Reads what stands between two blanks in bulk."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks = ChunkNumbers((of_chunks.END,))
        self._token = np.zeros(1, np.int32)  # by chunk

    def read(self, tokenizer: Tokenizer, documents: list[str]) -> Ids:
        """The same: all in bulk, unless there is a document with what stands for the end of one."""
        if any(of_chunks.END in text for text in documents):
            return super().read(tokenizer, documents)
        text = f" {of_chunks.END} ".join([*documents, ""])
        chunks = self._chunks.of(text.replace("\t", " ").replace("\n", " "))
        new = self.tokens.of(self._chunks.numbers.since(len(self._token)))
        self._token = np.append(self._token, np.maximum(new, np.int32(UNKNOWN)))
        inside = chunks != 0
        ends = np.flatnonzero(~inside)
        return _framed(self._token.take(chunks[inside]), ends - np.arange(len(ends)))


class _Words(_Reader):
    """Reads words in bulk."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks = Chunks()
        self._token = np.zeros((0, 4), np.int32)  # by body and its marks; 0 until one is met

    def read(self, tokenizer: Tokenizer, documents: list[str]) -> Ids:
        """The same: most in bulk, the others one by one and put in their places."""
        aside = {i for i, text in enumerate(documents) if of_chunks.END in text}
        chunks = self._chunks.of(["" if i in aside else text for i, text in enumerate(documents)])
        chunks = self._without_odd(chunks, aside)
        ids, ends = self._bulk(chunks)
        if aside:
            encoded = [self.tokens.of(tokenizer.encode(documents[i])) for i in sorted(aside)]
            lengths = np.zeros(len(documents), np.int64)
            lengths[sorted(aside)] = list(map(len, encoded))
            ids = np.insert(ids, np.repeat(ends, lengths), np.concatenate(encoded))
            ends = ends + np.cumsum(lengths)
        return _framed(ids, ends)

    def _without_odd(self, chunks: Ids, aside: set[int]) -> Ids:
        """Put documents with a chunk that cannot be cut alone aside; returns the chunks of the others."""
        odd = np.flatnonzero(~self._chunks.alone.take(chunks))
        if not len(odd):
            return chunks
        end = chunks == 0
        document = np.cumsum(end) - end
        left = np.ones(document[-1] + 1, np.bool_)
        left[document.take(odd)] = False
        aside.update(np.flatnonzero(~left).tolist())
        kept: Ids = chunks[left.take(document) | end]
        return kept

    def _bulk(self, chunks: Ids) -> tuple[Ids, NDArray[np.int64]]:
        """Token numbers of documents given as chunks, one after the other, and where each ends among them."""
        body, first = self._chunks.cut(chunks)
        apart = body < len(of_chunks.APART)
        kind = self._chunks.kind.take(body)
        word = (kind & of_chunks.WORD).view(np.bool_)
        usual = (kind & of_chunks.GLUES_LEFT) == 0
        usual[1:] &= ((kind[:-1] & of_chunks.GLUES_RIGHT) | (kind[1:] & kind[:-1] & of_chunks.SOLID)) == 0
        turned = (first != usual) & ~apart
        turned[1:] &= ~apart[:-1]  # a document and a line begin without a gap
        turned[:1] = False
        marks = np.zeros(len(body), np.int8)
        marks[1:] = 2 * (turned[1:] & word[:-1])
        marks[:-1] += turned[1:] & ~word[:-1]
        inside = body != 0
        ends = np.flatnonzero(~inside)
        return self._numbered(body[inside], marks[inside]), ends - np.arange(len(ends))

    def _numbered(self, body: Ids, marks: NDArray[np.int8]) -> Ids:
        """Token numbers of bodies with their marks."""
        bodies = self._chunks.bodies
        more = np.zeros((len(bodies) - len(self._token), 4), np.int32)
        self._token = np.concatenate([self._token, more])
        keys = body * np.int32(4) + marks
        table = self._token.reshape(-1)
        met = np.zeros(len(table), np.bool_)
        met[keys] = True
        new = np.flatnonzero(met & (table == 0)).tolist()
        if new:
            texts = bodies.since(0)
            table[new] = self.tokens.of([_BEFORE[key & 3] + texts[key >> 2] + _AFTER[key & 3] for key in new])
        return table.take(keys)


def split(ids: Ids) -> Iterator[list[int]]:
    """The documents of an array from `read`, each a list of numbers with its `<s>` and `</s>`."""
    for document in np.split(ids, np.flatnonzero(ids == BEGIN))[1:]:
        yield document.tolist()
