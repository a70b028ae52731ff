"""Words that may never be said on a server, found however they are dressed up. Pure.

Text and words are folded before they are compared: compatibility forms, accents, capitals, invisible
characters and everything that is no letter or digit fall away, and letters that look alike become one.
Digits and signs that pass for letters ("b4dg3r", "b@dger") are looked at both ways. Each folded
character remembers where it stood, so that what was found can be hidden in the original.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

HIDDEN = "▒▒▒"
SHORTEST = 2
"""Letters or digits a word must have; one letter would forbid nearly everything."""
_LONG = 5
"""Words from this length on are found across blanks even when they begin and end inside of words."""

_LOOK_ALIKE = {
    "a": "аɑαᴀ", "b": "ЬвʙβҌƀ", "c": "сϲᴄ", "d": "ԁɗᴅđ", "e": "еҽɛεᴇє℮", "f": "ƒꜰғ", "g": "ɡɢց", "h": "һհʜнħ",
    "i": "іıɩɪιӏı", "j": "јʝᴊ", "k": "кκᴋ", "l": "ⅼʟłƖ", "m": "мᴍ", "n": "ոɴηпƞ", "o": "оοօᴏσøѳө", "p": "рρᴘþ",
    "q": "ԛգ", "r": "гʀɾ", "s": "ѕꜱʂ", "t": "тτᴛŧ", "u": "υսᴜцʋ", "v": "ѵνᴠ", "w": "ԝᴡшωѡ", "x": "хχ×", "y": "уүʏγ",
    "z": "ᴢʐƶ",
}  # fmt: skip
_LETTERS = {ord(other): letter for letter, others in _LOOK_ALIKE.items() for other in (*others, *others.casefold())}
for _first in (0x1F1E6, 0x1F130, 0x1F150, 0x1F170):  # letters as flags, in squares and in circles
    _LETTERS |= {_first + number: chr(ord("a") + number) for number in range(26)}
_PASSING = str.maketrans("013456789@$€£!|+¡l", "oieasgtbgasefiitii")
"""Digits and signs that pass for letters; l becomes i, because 1 and | pass for both."""


class Folded(NamedTuple):
    """The characters that count, where each stood, and before which of them something stood that parts words."""

    text: str
    positions: list[int]
    parted: list[bool]


@lru_cache(maxsize=8192)
def _letters(character: str, passing: bool) -> str:
    """What is left of one character."""
    if passing:
        character = character.translate(_PASSING)
    plain = unicodedata.normalize("NFKD", character.translate(_LETTERS))
    plain = unicodedata.normalize("NFKD", plain.casefold()).translate(_LETTERS)
    if passing:
        plain = plain.translate(_PASSING)
    return "".join(c for c in plain if c.isalnum())


def fold(text: str, *, passing: bool = False) -> Folded:
    """A text as it is compared; `passing` reads digits and signs as the letters they pass for."""
    folded, positions, parted = [], [], []
    gap = True
    for position, character in enumerate(text):
        letters = _letters(character, passing)
        for letter in letters:
            folded.append(letter)
            positions.append(position)
            parted.append(gap)
            gap = False
        # Marks and invisible characters stand in a word without parting it.
        if not letters and (character.isspace() or unicodedata.category(character)[0] not in "MC"):
            gap = True
    return Folded("".join(folded), positions, [*parted, True])


class Word(NamedTuple):
    """A word as somebody gave it, and whether it counts only when it stands alone."""

    text: str
    alone: bool = False

    @property
    def key(self) -> str:
        """Two words with the same key are the same word."""
        return fold(self.text).text


class WordFilter:
    """All words of a server."""

    def __init__(self, words: Iterable[Word] = ()) -> None:
        self.words = tuple(words)

    @cached_property
    def _patterns(self) -> list[tuple[bool, re.Pattern[str], int, bool]]:
        """For each word and way of reading: passing, pattern, length, alone."""
        patterns = []
        for word in self.words:
            for passing in (False, True):
                key = fold(word.text, passing=passing).text
                if key and not (passing and word.key.isdigit()):  # 88 is not "bb"
                    patterns.append((passing, re.compile(f"(?=({_stretched(key)}))"), len(key), word.alone))
        return patterns

    def finds(self, text: str) -> bool:
        """Whether a text holds any of the words."""
        return next(self.spans(text), None) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the words stand in a text, in no particular order."""
        if not self.words:
            return
        folded = {passing: fold(text, passing=passing) for passing in (False, True)}
        for passing, pattern, length, alone in self._patterns:
            read = folded[passing]
            for match in pattern.finditer(read.text):
                start, end = match.span(1)
                if _counts(read.parted, start, end, length, alone=alone):
                    yield read.positions[start], read.positions[end - 1] + 1

    def mask(self, text: str) -> str:
        """The text with each of the words hidden."""
        hidden: list[str] = []
        reached = 0
        for start, end in sorted(self.spans(text)):
            if start >= reached:
                hidden += [text[reached:start], HIDDEN]
            reached = max(reached, end)
        return "".join(hidden) + text[reached:]


def _stretched(key: str) -> str:
    """A pattern for a folded word whose letters may be drawn out: "baaadger"."""
    runs = (match.group() for match in re.finditer(r"(.)\1*", key, re.DOTALL))
    return "".join(f"{re.escape(run[0])}{{{len(run)},}}" for run in runs)


def _counts(parted: list[bool], start: int, end: int, length: int, *, alone: bool) -> bool:
    """Whether what was found is the word, and not letters that happen to follow one another."""
    if parted[start] and parted[end]:
        return True
    return not alone and (length >= _LONG or not any(parted[start + 1 : end]))
