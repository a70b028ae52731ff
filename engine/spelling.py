"""How probable a word is that nobody said yet, by its spelling alone: what makes the vocabulary open.

Two ways to spell, mixed 15 : 1, so that every text of at least one character has a probability and
all together have at most 1:

letters    Kneser-Ney of order 6 over the characters of the words the background knows, each word
           once (a word that is said often teaches no more about new words): most new words
anything   any characters of Unicode: 1/8 that a character is the last; the first uniformly, each next
           one with 7/8 from the same 128 code points (a script, by and large), else uniformly too

It is a function of texts that ship, and so a constant. What a corpus gives `<unk>` is spelt so; what
the background gives it goes to the words it knows as it says, and only the rest is spelt, among the
words it does not know.
"""

import math
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import pairwise

import numpy as np

from engine.background import shipped
from engine.evaluation import of_text
from engine.overlay import Counts
from engine.smoothing import KneserNey
from engine.vocabulary import BEGIN, END, Vocabulary

ORDER = 6
_LETTERS = 15 / 16
_CODE_POINTS = 0x110000
_BLOCK = 128
_SAME_BLOCK = 7 / 8
_LAST = 1 / 8


class Spelling:
    """Probabilities of words as strings of characters, learned from words in canonical order."""

    def __init__(self, words: Sequence[str]) -> None:
        self._vocabulary = Vocabulary(character for word in words for character in word)
        index = self._vocabulary.index
        text = [id for word in words for id in (BEGIN, *map(index.__getitem__, word), END)]
        self._text = np.array(text, np.int32)
        self._mkn = KneserNey(Counts.of_text(self._text, self._vocabulary, ORDER))

    def bits(self, word: str) -> float:
        """-log2 of the probability of a word of at least one character."""
        anything = _anything(word) - math.log2(1 - _LETTERS)
        letters = self._letters(word) - math.log2(_LETTERS)
        least, most = min(anything, letters), max(anything, letters)
        return least - math.log2(1 + 2 ** (least - most))

    @cached_property
    def known(self) -> float:
        """The probability of all the words it learned from, together, spelt in letters; some 50 ms the first time."""
        if not len(self._text):
            return 0.0
        logs = of_text(self._mkn, self._text.astype(np.int64))
        ends = np.flatnonzero(self._text[self._text != BEGIN] == END)
        return _LETTERS * float(np.exp(np.add.reduceat(logs, np.concatenate([[0], ends[:-1] + 1]))).sum())

    def _letters(self, word: str) -> float:
        index = self._vocabulary.index
        if not all(character in index for character in word):
            return math.inf
        ids = [BEGIN, *map(index.__getitem__, word), END]
        reach = ORDER - 1
        return -sum(math.log2(self._mkn.probability(ids[max(0, i - reach) : i], ids[i])) for i in range(1, len(ids)))


def _anything(word: str) -> float:
    """-log2 of the probability of a word spelt in any characters."""
    bits = math.log2(_CODE_POINTS) - math.log2(_LAST) - (len(word) - 1) * math.log2(1 - _LAST)
    for before, now in pairwise(word):
        same = _SAME_BLOCK / _BLOCK if ord(before) // _BLOCK == ord(now) // _BLOCK else 0.0
        bits -= math.log2(same + (1 - _SAME_BLOCK) / _CODE_POINTS)
    return bits


@cache
def shipped_spelling() -> Spelling:
    """Of the words of the background that ships."""
    return Spelling(shipped().words)
