"""What followed contexts that are longer than an n-gram order sees, and the words a character is part of.

The kinds of contexts are those of `keys` from `FIRST` on. Of each kind two arrays say what followed, where,
in all documents: the contexts' keys in ascending order, and beside each the token that followed; so the
followers of a context are one stretch of the second array, six bytes a token in all. On top of that is a
dictionary of what was learned (more) and unlearned (less) since. All are integers, and new arrays are made
from all documents, a step at a time.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.counts import type_of_words
from engine.followed import Followed
from engine.keys import KINDS, Alphabet, Keys, Said, TextKeys, sort
from engine.overlay import Counts
from engine.vocabulary import Vocabulary

FIRST = KINDS.index("o9")
_ROOM = 400  # bytes a changed context takes, about
_ROW = 600  # bytes a row at hand takes, about
_KEPT = 2000  # rows of a kind that are kept at hand
_FEW = 200  # places of which a dictionary is sooner made than an array

Changes = dict[int, dict[int, int]]


class Longer:
    """The followers of contexts in a set of documents."""

    def __init__(self, alphabet: Alphabet, keys: Sequence[Keys], words: Sequence[NDArray[np.unsignedinteger]]) -> None:
        """Take over keys and what followed, of each kind from FIRST on."""
        self.alphabet = alphabet
        self._arrays = [*keys, *words]
        self._keys = [array.data for array in keys]
        self._words = words
        self._changes: list[Changes] = [{} for _ in keys]
        self._rows: list[dict[int, Followed]] = [{} for _ in keys]

    @classmethod
    def of_text(cls, text: NDArray[np.integer], counts: Counts) -> "Longer":
        """Take the documents that `counts` counts, of canonical ids, each `<s> … </s>`, one after the other."""
        steps = build(text, counts.vocabulary)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                longer: Longer = done.value
                return longer

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        return sum(a.nbytes for a in self._arrays) + _ROOM * self.changed + _ROW * sum(map(len, self._rows))

    @property
    def changed(self) -> int:
        """How many contexts have changes."""
        return sum(map(len, self._changes))

    def fold(self, ids: Sequence[int], step: int) -> list[list[int]]:
        """Learn (step 1) or unlearn (-1) one document `<s> … </s>`; returns the `keys` before each id but `<s>`."""
        said, all_keys = Said(self.alphabet, ids[:1]), []
        for word in ids[1:]:
            keys = said.keys()
            for key, changes, rows in zip(keys[FIRST:], self._changes, self._rows, strict=True):
                if key < 0:
                    continue
                followers = changes.get(key)
                if followers is None:
                    changes[key] = {word: step}
                else:
                    followers[word] = followers.get(word, 0) + step
                if key in rows:
                    rows[key].add(word, step)
            all_keys.append(keys)
            said.push(word)
        return all_keys

    def row(self, kind: int, key: int) -> Followed | None:
        """What followed the context of this key, if anything did."""
        if key < 0:
            return None
        rows = self._rows[kind - FIRST]
        row = rows.get(key)
        if row is None:
            if len(rows) >= _KEPT:
                rows.clear()
            row = self._read(kind - FIRST, key)
            if row is None:
                return None
            rows[key] = row
        return row if row.total else None

    def _read(self, kind: int, key: int) -> Followed | None:
        keys = self._keys[kind]
        low = bisect_left(keys, key)
        counts: dict[int, int] = {}
        if low < len(keys) and keys[low] == key:
            words = self._words[kind][low : bisect_right(keys, key, low)]
            if len(words) < _FEW:
                for word in words.tolist():
                    counts[word] = counts.get(word, 0) + 1
            else:
                each = np.bincount(words)
                seen = np.flatnonzero(each)
                counts = dict(zip(seen.tolist(), each[seen].tolist(), strict=True))
        changed = self._changes[kind].get(key)
        if changed:
            for word, more in changed.items():
                counts[word] = counts.get(word, 0) + more
            counts = {word: count for word, count in counts.items() if count}
        return Followed(counts) if counts else None


def build(text: NDArray[np.integer], vocabulary: Vocabulary) -> Generator[int, None, Longer]:
    """Take a text in, step by step as in `merging`: 0.5 s in all for a million characters.

    text: (M,) token ids: documents one after the other, each `<s> … </s>`.
    """
    alphabet = Alphabet(vocabulary)
    keys_of = TextKeys(alphabet, text)
    yield from keys_of.steps()
    narrow: NDArray[np.unsignedinteger] = text.astype(type_of_words(vocabulary.ids))
    keys: list[Keys] = []
    words: list[NDArray[np.unsignedinteger]] = []
    for kind in range(FIRST, len(KINDS)):
        places, of_kind = keys_of.of(kind)
        yield len(text)
        order = sort(of_kind)
        yield 10 * len(text)
        keys.append(of_kind.take(order))
        words.append(narrow.take(places.take(order)))
        yield len(text)
    return Longer(alphabet, keys, words)
