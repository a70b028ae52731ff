"""Which tokens one person only has said (see `voices`), exactly, whatever was learned and unlearned.

Tokens that differ in nothing but a capital at the beginning, or in all letters being capitals, are one
here; so are those that differ in their marks (see `gaps`). Mixed capitals are their own: a password.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import compress, count

import numpy as np
from numpy.typing import NDArray

from engine.gaps import GLUE
from engine.vocabulary import FIRST_WORD, UNKNOWN, Vocabulary
from engine.voices import MANY, NOBODY, Voices, heard

_ROOM = 150  # bytes a word takes, about


class TokensOfOne:
    """The tokens that are withheld from everybody. Learns along; what is unlearned needs a new one."""

    def __init__(self, text: NDArray[np.int32], authors: NDArray[np.int64], vocabulary: Vocabulary) -> None:
        """text: (M,) documents as token ids, each `<s> … </s>`. authors: (documents,) who wrote each."""
        self._voices = Voices(authors)
        self._index = defaultdict[int, int](count().__next__)  # words, by a hash, which holds no text
        self._words: list[int] = []  # of each id; -1: never withheld
        self._said: list[int] = []  # of each word
        if self.rule:
            self._count(text, vocabulary)

    @property
    def rule(self) -> bool:
        """Whether anything may be withheld."""
        return self._voices.rule

    def _count(self, text: NDArray[np.int32], vocabulary: Vocabulary) -> None:
        bodies = [_body(token) for token in vocabulary.tokens]
        matter = np.fromiter(map(self._voices.may_matter, bodies), np.bool_, len(bodies))
        matter[:FIRST_WORD] = False
        words = np.full(vocabulary.ids, -1)
        words[vocabulary.live[matter]] = [*map(self._index.__getitem__, map(hash, compress(bodies, matter)))]
        self._words = words.tolist()
        said = words.take(text)
        voice = np.repeat(self._voices.of_documents, np.diff(np.flatnonzero(text == 0), append=len(text)))
        counted = (said >= 0) & (voice != NOBODY)
        said, voice = said[counted], voice[counted]
        voices = np.full(len(self._index), NOBODY, np.int64)
        voices[said] = voice  # of several one stays
        voices[said[voices[said] != voice]] = MANY
        self._said = voices.tolist()

    @property
    def nbytes(self) -> int:
        """About how many bytes this takes."""
        return 8 * len(self._words) + _ROOM * len(self._said)

    def learn(self, ids: Sequence[int], tokens: Iterable[str], author: int) -> bool:
        """Follow one more document (ids and tokens without `<s>` and `</s>`); False if a new one is needed."""
        voice = self._voices.of_next(author)
        if voice is None or not self.rule:
            return voice is not None
        for id, token in zip(ids, tokens, strict=True):
            if id >= len(self._words):
                self._words += [-1] * (id + 1 - len(self._words))
                self._words[id] = self._word(id, token)
            word = self._words[id]
            if word == len(self._said):
                self._said.append(NOBODY)
            if word >= 0:
                self._said[word] = heard(self._said[word], voice)
        return True

    def withholds(self, id: int) -> bool:
        """Whether a token may not be said; asked only where there is a rule."""
        word = self._words[id]
        return word >= 0 and self._said[word] != MANY

    def mask(self, vocabulary: Vocabulary) -> NDArray[np.bool_]:
        """(V,) which tokens may not be said, in canonical order; asked only where there is a rule."""
        words = np.array(self._words, np.int64).take(vocabulary.live)
        withheld = np.array([*self._said, MANY], np.int64) != MANY
        mask: NDArray[np.bool_] = withheld[words]  # -1 is the last
        return mask

    def ids(self) -> NDArray[np.int64]:
        """The ids of the tokens that may not be said."""
        return np.flatnonzero([word >= 0 and self._said[word] != MANY for word in self._words])

    def _word(self, id: int, token: str) -> int:
        body = _body(token)
        return self._index[hash(body)] if id > UNKNOWN and self._voices.may_matter(body) else -1


def _body(token: str) -> str:
    """A token without marks, in small letters if only its first is a capital, or all are."""
    if token.islower() and token.isalnum() and token.isascii():
        return token
    body = token.strip(GLUE)
    lower = body.lower()
    return lower if body in (lower.upper(), lower[:1].upper() + lower[1:]) else body
