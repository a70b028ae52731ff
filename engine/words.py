"""What texts are compared by: their words, whatever their case, and the runs of punctuation between them.

A word is what two readers would call the same word: letters, digits and `_`, with apostrophes inside,
case-folded. Runs of words are compared twice over: the words alone, and words and punctuation alike.
Every word is a number of 64 bits here, a hash that holds no text; it is odd for a word and even for
punctuation. Numbers are good for one process.
"""

import re
from collections.abc import Sequence

WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]+")
_MASK = 2**64 - 1
FACTOR = 0x9E3779B97F4A7C15
"""What `run_of` multiplies by: odd, with bits in every place (2^64 over the golden ratio)."""


def number(word: str) -> int:
    """The number of a word or of a run of punctuation, as WORD finds them in a lower-case text."""
    if word.isalnum() and word.isascii():
        return hash(word) & _MASK | 1
    folded = word.casefold().replace("’", "'")
    return hash(folded) & (_MASK - 1) | is_word(word)


def is_word(found: str) -> bool:
    """Whether what WORD found is a word, and not punctuation."""
    return found[0].isalnum() or found[0] == "_"


def word_starts(text: str) -> list[int]:
    """At which characters the words of a text begin."""
    return [found.start() for found in WORD.finditer(text) if is_word(found[0])]


def numbers(text: str) -> list[int]:
    """The words of a text, and the punctuation between them, as numbers."""
    return [number(word) for word in WORD.findall(text.lower())]


def run_of(words: Sequence[int]) -> int:
    """The number of a run of words: their numbers as digits, modulo 2^64."""
    run = 0
    for word in words:
        run = (run * FACTOR + word) & _MASK
    return run


def runs(words: Sequence[int], length: int) -> list[int]:
    """Every run of so many words: of the words alone, and those of both that have punctuation in them."""
    alone = [word for word in words if word & 1]
    found = [run_of(alone[i : i + length]) for i in range(len(alone) - length + 1)]
    for i in range(len(words) - length + 1):
        both = words[i : i + length]
        if not all(word & 1 for word in both):
            found.append(run_of(both))
    return found
