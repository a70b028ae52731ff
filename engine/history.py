"""All documents learned, in order, as token ids: what recency is a function of.

Documents are ordered by their `Document.id`; those that have none come after these, as they arrived.
Token ids stand end to end in one array, each document as `<s> … </s>`, at two bytes a token (four
where there are more than 65,536 ids) and 20 more a document. Learning or forgetting the latest
document moves nothing; one further back moves what comes after it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.vocabulary import BEGIN, END, Vocabulary

Ids = NDArray[np.int32]
LATEST = 2**63 - 1
"""The place of a document without an id."""
_NARROW = 1 << 16
_FEW = 100  # documents of which it is faster to add the lengths one by one
_STEP = 2**20
"""Bytes copied at once."""


class History:
    """Documents in order.

    Each has a place, which orders it, and an author. Its equals are those of the same place and the same
    tokens; of the documents without an id, those of the same name.
    """

    def __init__(
        self, text: NDArray[np.integer], places: Sequence[int], names: Sequence[int], authors: Sequence[int], ids: int
    ) -> None:
        """Take documents in any order of place. text: (M,) ids below `ids`, each document `<s> … </s>`."""
        ends = np.flatnonzero(text == END) + 1
        lengths = np.diff(ends, prepend=0)
        key, name, author = (np.array(numbers, np.int64) for numbers in (places, names, authors))
        if (key[1:] < key[:-1]).any():
            order = np.argsort(key, kind="stable")
            text = np.concatenate([text[ends[i] - lengths[i] : ends[i]] for i in order.tolist()])
            key, name, author, lengths = key[order], name[order], author[order], lengths[order]
        self._numbered = int(np.searchsorted(key, LATEST))  # how many have an id
        key[self._numbered :] = name[self._numbered :]
        self._text = _array(_code(ids), text)
        self._lengths = _array("i", lengths)
        self._keys = _array("q", key)  # the place of each, or, after those, the name
        self._authors = _array("q", author)
        self._frequencies = _array("q", np.bincount(text, minlength=ids))
        self._found = 0, 0  # a document, and where it begins: all changes are at it or after it

    def __len__(self) -> int:
        """How many tokens, each `<s>` and `</s>` counted."""
        return len(self._text)

    @property
    def documents(self) -> int:
        """How many documents."""
        return len(self._lengths)

    @property
    def tokens(self) -> int:
        """How many tokens, a `</s>` for each document included."""
        return len(self._text) - self.documents

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        arrays = (self._text, self._lengths, self._keys, self._authors, self._frequencies)
        return sum(len(a) * a.itemsize for a in arrays)

    def frequency(self, word: int) -> int:
        """How often a token was said."""
        return self._frequencies[word] if word < len(self._frequencies) else 0

    def frequencies(self, words: Ids) -> NDArray[np.int64]:
        """(len(words),) int64: how often each of these was said."""
        return np.frombuffer(self._frequencies, np.int64).take(words)

    def places_of(self, word: int) -> NDArray[np.int64]:
        """Where in `text` a token stands, ascending."""
        return np.flatnonzero(np.frombuffer(self._text, self._text.typecode) == word)

    def tokens_at(self, places: NDArray[np.int64]) -> Ids:
        """(len(places),) int32: the tokens that stand there; beyond the last one, the last one."""
        tokens: Ids = np.frombuffer(self._text, self._text.typecode).take(places, mode="clip").astype(np.int32)
        return tokens

    def text(self) -> Ids:
        """(M,) int32: a copy of all documents, one after the other, each `<s> … </s>`."""
        return np.array(self._text, np.int32)

    def tail(self, most: int) -> Ids:
        """A copy of the last tokens of `text`, at most so many."""
        return np.array(self._text[-most:], np.int32)

    @property
    def authors(self) -> NDArray[np.int64]:
        """(documents,) int64: a copy of who wrote each, 0 where nobody knows."""
        return np.array(self._authors, np.int64)

    @property
    def places(self) -> NDArray[np.int64]:
        """(documents,) int64: a copy of the documents' places."""
        places = np.array(self._keys, np.int64)
        places[self._numbered :] = LATEST
        return places

    def last_documents(self, least: int) -> Ids:
        """A copy of the last documents, as many whole ones as have that many tokens."""
        lengths = np.frombuffer(self._lengths, np.int32)[::-1]
        sums = np.cumsum(lengths[: least // 2 + 1])  # each has two tokens at least
        documents = int(np.searchsorted(sums, least)) + 1
        return self.tail(int(sums[min(documents, len(sums)) - 1])) if len(sums) else self.tail(1)

    def add(self, ids: Sequence[int], place: int, name: int, author: int) -> bool:
        """Put a document after all those of no later place; returns whether it is the last now."""
        at = self.documents if place == LATEST else bisect_right(self._keys, place, 0, self._numbered)
        start, frequencies = self._start(at), self._frequencies
        highest = max(ids)
        if highest >= _NARROW and self._text.typecode != "i":
            self._text = array("i", self._text)
        self._text[start:start] = array(self._text.typecode, ids)
        self._lengths.insert(at, len(ids))
        self._keys.insert(at, name if place == LATEST else place)
        self._numbered += place != LATEST
        self._authors.insert(at, author)
        if (missing := highest + 1 - len(frequencies)) > 0:
            frequencies.frombytes(bytes(8 * missing))
        for word in ids:
            frequencies[word] += 1
        return at + 1 == self.documents

    def find(self, ids: Sequence[int], place: int, name: int) -> list[int]:
        """Where a document and its equals stand among all documents, ascending."""
        if place == LATEST:
            names = np.frombuffer(self._keys, np.int64)[self._numbered :]
            return (np.flatnonzero(names == name) + self._numbered).tolist()
        low = bisect_left(self._keys, place, 0, self._numbered)
        high = bisect_right(self._keys, place, low, self._numbered)
        return [at for at in range(low, high) if self._lengths[at] == len(ids) and self.document(at) == [*ids]]

    def holds(self, ids: Sequence[int]) -> bool:
        """Whether a document has these tokens, at least one, in a row."""
        text = np.frombuffer(self._text, self._text.typecode)
        rarest = min(range(len(ids)), key=lambda place: self.frequency(ids[place]))
        starts = self.places_of(ids[rarest]) - rarest
        starts = starts[(starts >= 0) & (starts <= len(text) - len(ids))]
        for place, word in enumerate(ids):
            starts = starts[text.take(starts + place) == word]
        return len(starts) > 0

    def remove(self, at: int) -> tuple[int, list[int]]:
        """Take out the document that stands there; returns its author, and which tokens nobody says any more."""
        start = self._start(at)
        end = start + self._lengths[at]
        frequencies, gone = self._frequencies, []
        for word in self._text[start:end]:
            frequencies[word] = left = frequencies[word] - 1
            if not left:
                gone.append(word)
        del self._text[start:end], self._lengths[at], self._keys[at]
        self._numbered -= at < self._numbered
        return self._authors.pop(at), gone

    def document(self, at: int) -> list[int]:
        """The ids of the document that stands there, `<s>` and `</s>` among them."""
        start = self._start(at)
        return self._text[start : start + self._lengths[at]].tolist()

    def _start(self, at: int) -> int:
        """Where in the text a document begins: counted from one whose beginning is known."""
        last = self.documents
        if at == last:
            return len(self._text)
        known, start = self._found
        if at > (known + last) // 2:
            known, start = last, len(self._text)
        elif at < known // 2:
            known, start = 0, 0
        if at > known:
            start += self._tokens(known, at)
        elif at < known:
            start -= self._tokens(at, known)
        self._found = at, start
        return start

    def _tokens(self, first: int, end: int) -> int:
        """How many tokens the documents from one to before another have."""
        if end - first < _FEW:
            return sum(self._lengths[first:end])
        return int(np.frombuffer(self._lengths, np.int32)[first:end].sum())

    def renumber(self, old: Vocabulary, new: Vocabulary) -> None:
        """Go from one vocabulary to another of the same tokens."""
        live, new_id = old.live, np.zeros(old.ids, np.int32)
        new_id[live] = [new.index[token] for token in old.tokens]
        self._text = _array(_code(new.ids), new_id.take(self._text))
        frequencies = np.zeros(new.ids, np.int64)
        frequencies[BEGIN], frequencies[new_id[live]] = self.frequency(BEGIN), self.frequencies(live)
        self._frequencies = _array("q", frequencies)


def _code(ids: int) -> str:
    """What token ids below `ids` are kept as."""
    return "H" if ids <= _NARROW else "i"


def _array(code: str, numbers: NDArray[np.integer]) -> "array[int]":
    made, data = array(code), numbers.astype(np.dtype(code)).data.cast("B")
    for start in range(0, len(data), _STEP):  # no other thread runs during a step
        made.frombytes(data[start : start + _STEP])
    return made
