"""Tokens and their ids.

Every token has an integer id. Three ids are fixed: `<s>` 0, `</s>` 1, `<unk>` 2. A vocabulary made
in bulk numbers its other tokens 3, 4, … in code point order; a token learned later takes the next
free id, and a token that is forgotten leaves its id unused until the changes are merged.

The *canonical order* is that of the ids in bulk, whatever the history: `</s>`, `<unk>`, then the
other tokens by code point. `<s>` is not in it, since `<s>` is never predicted; so the V of the
formulas, `len(vocabulary)`, counts `</s>` and `<unk>` but not `<s>`, as KenLM does.

A token written `<s>` or `</s>` in a text (only `whitespace` can have one) counts as `<unk>`: no text
can begin or end a document from the inside.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import cast

import numpy as np
from numpy.typing import NDArray

BEGIN, END, UNKNOWN = 0, 1, 2
BEGIN_TOKEN, END_TOKEN, UNKNOWN_TOKEN = SPECIAL = ("<s>", "</s>", "<unk>")
FIRST_WORD = 2  # where words begin in canonical order, after </s> and <unk>
_ROOM = 120  # bytes a token and its places in four tables take, measured
_SHARED = 1 << 16
_NUMBERS = tuple(range(_SHARED))
"""Ids: one object each, in all vocabularies of the process, which several threads may make at once."""


class Vocabulary:
    """A two-way table of tokens and ids that can grow and shrink.

    `index` maps each token to its id; use it for the fastest look-up, but never change it.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        """Number the distinct tokens in `words`; the special ones need not be among them."""
        self._number([*SPECIAL[1:], *sorted(set(words).difference(SPECIAL))])

    @classmethod
    def of_canonical(cls, tokens: Sequence[str]) -> "Vocabulary":
        """A new vocabulary of another one's `tokens`."""
        self = cls.__new__(cls)
        self._number(list(tokens))
        return self

    def _number(self, tokens: list[str]) -> None:
        self._tokens = tokens  # in canonical order
        self._live = array("i", np.arange(1, len(tokens) + 1, dtype=np.intc).tobytes())  # their ids
        self._by_id: list[str | None] = [SPECIAL[BEGIN], *tokens]
        self.index = dict(zip(cast("list[str]", self._by_id), _ids(len(self._by_id)), strict=True))
        self._places: NDArray[np.int64] | None = None
        self._lent = False
        self.canonical = True  # whether ids still run in canonical order without gaps

    def __len__(self) -> int:
        """V: how many tokens can be predicted."""
        return len(self._tokens)

    def __contains__(self, token: str) -> bool:
        return token in self.index

    @property
    def ids(self) -> int:
        """How many ids were given out: every id is below this."""
        return len(self._by_id)

    @property
    def nbytes(self) -> int:
        """About how many bytes the tokens and their tables take."""
        return _ROOM * self.ids

    @property
    def tokens(self) -> list[str]:
        """The V tokens in canonical order. The list is never changed once handed out."""
        self._lent = True
        return self._tokens

    @property
    def live(self) -> NDArray[np.int32]:
        """(V,) int32: the ids of `tokens`."""
        return np.array(self._live, np.int32)

    @property
    def places(self) -> NDArray[np.int64]:
        """(ids,) int64: the place of each id in `tokens`, -1 for `<s>` and ids not in use."""
        if self._places is None:
            self._places = np.full(self.ids, -1, np.int64)
            self._places[self.live] = np.arange(len(self))
        return self._places

    def id(self, token: str) -> int:
        """The token's id, or that of `<unk>`."""
        return self.index.get(token, UNKNOWN)

    def id_at(self, place: int) -> int:
        """The id of the token at a place of `tokens`."""
        return self._live[place]

    def token(self, id: int) -> str:
        """The token with this id; KeyError if it was forgotten."""
        token = self._by_id[id]
        if token is None:
            raise KeyError(id)
        return token

    def texts(self, ids: Iterable[int]) -> list[str]:
        """The tokens with these ids, all of them in use."""
        by_id = cast("list[str]", self._by_id)
        return list(map(by_id.__getitem__, ids))

    def add(self, token: str) -> int:
        """Give a new token the next free id."""
        id, place = self.ids, self._change(token)
        self._tokens.insert(place, token)
        self._live.insert(place, id)
        self.index[token] = id
        self._by_id.append(token)
        return id

    def discard(self, id: int) -> None:
        """Forget a token, unless it was already: afterwards its text is nowhere in this vocabulary."""
        token = self._by_id[id]
        if token is None:
            return
        place = self._change(token)
        del self._tokens[place]
        del self._live[place]
        del self.index[token]
        self._by_id[id] = None

    def _change(self, token: str) -> int:
        """Prepare for a change, and find the place of a token that is or will be in `tokens`."""
        self.canonical, self._places = False, None
        if self._lent:
            self._tokens, self._lent = self._tokens.copy(), False
        return bisect_left(self._tokens, token, FIRST_WORD)


def _ids(number: int) -> Iterable[int]:
    """0, 1, 2 and so on, so many."""
    return chain(islice(_NUMBERS, number), range(_SHARED, number))
