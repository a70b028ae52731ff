"""Which words one person only has said (see `voices`), for texts that are spelled character by character.

A character is withheld where the word it would make so far is how words of one person begin, and no
other's. The beginning of a word that nobody ever said is free, as long as it does not end in one of those
words. A word that others only went on from ("8f" beside "8fold") is withheld where it would end.
"""

import re
from bisect import bisect_left, insort
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.voices import MANY, NOBODY, Voices, heard

_WORD = re.compile(r"\w+")
_SHORTEST = 3  # of the withheld words that no new word may end in
_ROOM = 120  # bytes a word takes, about


def words_of(text: str) -> list[str]:
    """The words of a text, case aside."""
    return _WORD.findall(text.casefold())


class WordsOfOne:
    """The words that are withheld from everybody. Learns along; what is unlearned needs a new one."""

    def __init__(self, texts: Iterable[str], authors: NDArray[np.int64]) -> None:
        """authors: (documents,) who wrote each of the texts."""
        self._voices = Voices(authors)
        self._said: dict[str, int] = {}
        if self.rule:
            for text, voice in zip(texts, self._voices.of_documents.tolist(), strict=True):
                for word in set(words_of(text)):
                    self._said[word] = heard(self._said.get(word, self._before(word)), voice)
        self._free = sorted(word for word, voice in self._said.items() if voice == MANY)
        self._withheld = sorted(word for word, voice in self._said.items() if voice != MANY)
        self.longest = max(map(len, self._said), default=0)
        """Characters in the longest word that was said."""

    @property
    def rule(self) -> bool:
        """Whether anything may be withheld."""
        return self._voices.rule

    @property
    def nbytes(self) -> int:
        """About how many bytes this takes."""
        return _ROOM * len(self._said)

    def _before(self, word: str) -> int:
        return NOBODY if self._voices.may_matter(word) else MANY

    def learn(self, text: str, author: int) -> bool:
        """Follow one more document; False if a new one is needed."""
        voice = self._voices.of_next(author)
        if voice is None:
            return False
        for word in set(words_of(text)) if self.rule else ():
            before = self._said.get(word)
            now = self._said[word] = heard(self._before(word) if before is None else before, voice)
            self.longest = max(self.longest, len(word))
            if before is None:
                insort(self._free if now == MANY else self._withheld, word)
            elif now == MANY != before:
                del self._withheld[bisect_left(self._withheld, word)]
                insort(self._free, word)
        return True

    def is_shared(self, beginning: str) -> bool:
        """Whether a word begins like this that is free for everybody."""
        return _begins(self._free, beginning)

    def withholds_beginning(self, beginning: str) -> bool:
        """Whether a word may not begin like this."""
        if self.is_shared(beginning):
            return False
        if _begins(self._withheld, beginning):
            return True
        return any(self.withholds(beginning[i:]) for i in range(1, len(beginning) + 1 - _SHORTEST))

    def withholds(self, word: str) -> bool:
        """Whether a word may not be said."""
        return self._said.get(word, MANY) != MANY


def _begins(words: list[str], beginning: str) -> bool:
    """Whether any of these sorted words begins like this."""
    at = bisect_left(words, beginning)
    return at < len(words) and words[at].startswith(beginning)
