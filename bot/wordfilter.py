"""Words that may never be said on a server, found however they are dressed up. Pure.

Text and words are folded before they are compared: compatibility forms, accents, capitals, invisible
characters and everything that is no letter or digit fall away, and letters that look alike become one.
Digits and signs that pass for letters ("b4dg3r", "b@dger") are looked at both ways. Each folded
character remembers where it stood, so that what was found can be hidden in the original.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import itemgetter
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


class Pattern(NamedTuple):
    """A word as it is looked for, its letters perhaps drawn out ("baaadger") and perhaps passing for one another."""

    letters: str
    """Each once, however often it follows itself."""
    drawn: list[tuple[int, int]]
    """Which of them must stand there more than once, and how often; what is asked for most comes first."""
    first: int
    """How often the first one must."""
    length: int
    alone: bool
    passing: bool


class WordFilter:
    """All words of a server."""

    def __init__(self, words: Iterable[Word] = ()) -> None:
        self.words = tuple(words)

    @cached_property
    def _patterns(self) -> list[Pattern]:
        patterns = []
        for word in self.words:
            for passing in (False, True):
                key = fold(word.text, passing=passing).text
                if key and not (passing and word.key.isdigit()):  # 88 is not "bb"
                    letters, starts = _runs(key)
                    least = [end - start for start, end in pairwise(starts)]
                    drawn = [(n, number) for n, number in enumerate(least) if number > 1]
                    drawn.sort(key=itemgetter(1), reverse=True)
                    patterns.append(Pattern(letters, drawn, least[0], len(key), word.alone, passing))
        return patterns

    def finds(self, text: str) -> bool:
        """Whether a text holds any of the words."""
        return next(self.spans(text), None) is not None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the words stand in a text, in no particular order; of those that end alike, the longest."""
        if not self.words:
            return
        places = {passing: _Places(fold(text, passing=passing)) for passing in (False, True)}
        for pattern in self._patterns:
            yield from places[pattern.passing].of(pattern)

    def mask(self, text: str) -> str:
        """The text with each of the words hidden."""
        hidden: list[str] = []
        reached = 0
        for start, end in sorted(self.spans(text)):
            if start >= reached:
                hidden += [text[reached:start], HIDDEN]
            reached = max(reached, end)
        return "".join(hidden) + text[reached:]


def _runs(text: str) -> tuple[str, list[int]]:
    """Its letters, each once however often it follows itself, and where each begins, and the text ends."""
    starts = [i for i, letter in enumerate(text) if not i or letter != text[i - 1]]
    return "".join(text[i] for i in starts), [*starts, len(text)]


class _Places:
    """A folded text in which words are looked for, in time that grows with its length alone, whatever it holds."""

    def __init__(self, folded: Folded) -> None:
        self._folded = folded
        self._letters, self._starts = _runs(folded.text)
        self._gaps = [i for i, parted in enumerate(folded.parted) if parted]

    def of(self, pattern: Pattern) -> Iterator[tuple[int, int]]:
        """Where a word stands in the text as it was."""
        starts, positions = self._starts, self._folded.positions
        at = self._letters.find(pattern.letters)
        while at >= 0:
            end = starts[at + len(pattern.letters)]
            if all(starts[at + n + 1] - starts[at + n] >= number for n, number in pattern.drawn):
                begin = self._begin(pattern, starts[at], starts[at + 1] - pattern.first, end)
                if begin is not None:
                    yield positions[begin], positions[end - 1] + 1
            at = self._letters.find(pattern.letters, at + 1)

    def _begin(self, pattern: Pattern, first: int, last: int, end: int) -> int | None:
        """From where on, first to last, it is the word, and not letters that happen to follow one another."""
        begins = []
        if self._folded.parted[end]:  # whole words
            begins.append(self._gaps[bisect_left(self._gaps, first)])
        if not pattern.alone:  # inside of words; short ones with nothing between their letters
            long = pattern.length >= _LONG
            begins.append(first if long else max(first, self._gaps[bisect_left(self._gaps, end) - 1]))
        return min((begin for begin in begins if begin <= last), default=None)
