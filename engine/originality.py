"""The guard: a text being drawn is never a copy of one document.

A copy is a run of more words than are allowed that stands in one document (see `words`: punctuation
aside, or punctuation counted as words; either will do), unless two authors said that run. What the asker
typed is aside, but a run counts as soon as one word of it was not typed: so neither the whole text nor
what is left of it without what was typed holds a copy.

Tokens are looked at as they are drawn. A word spelled in characters is known only when the next character
is no part of it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.gaps import GLUE
from engine.runs import Runs
from engine.tokenizer import Tokenizer
from engine.vocabulary import Vocabulary
from engine.words import WORD, number, run_of


class _Word(NamedTuple):
    number: int
    is_typed: bool
    """Whether the asker typed all of it."""
    place: int
    """Of the token it begins in."""


class _Text(NamedTuple):
    """A text so far: its words up to the last blank, and what is written after that."""

    words: list[_Word]
    """As far as a run may yet begin among them (see `Guard._latest`)."""
    many: int
    """How many there are with those before."""
    piece: str
    places: tuple[int, ...]
    """Which token each character of the piece comes from."""
    found: list[_Word]
    """The words in the piece."""


_NOTHING = _Text([], 0, "", (), [])
_GROWING = 3
"""Words at the end of a piece that may yet become one: "don", "'", and what comes next."""


class Guard:
    """Watches over one text as it is drawn; tokens may be taken back at any time."""

    def __init__(self, runs: Runs, vocabulary: Vocabulary, tokenizer: Tokenizer, typed: Mapping[int, str]) -> None:
        """typed: the tokens that the asker typed, by place; one that was never learned may be among them."""
        self._runs = runs
        self._vocabulary = vocabulary
        self._decode = tokenizer.decode
        self._words = tokenizer.unit == "words"
        self._spelled = tokenizer.unit == "characters"
        self._typed = typed
        self._ids: list[int] = []
        self._texts = [_NOTHING]
        self._asked: tuple[int, int, _Text] = (-1, -1, _NOTHING)  # what a token made of a text of so many

    def refuses(self, ids: Sequence[int], id: int) -> int | None:
        """Where a text has to go back to if this token comes next: its end, if the token itself is in the way.

        None if nothing is.
        """
        before = self._follow(ids)
        written = self._written(ids, len(ids), id)
        after = self._extended(before, written, len(ids))
        self._asked = (len(ids), id, after)
        settled, first = None, len(after.words) - (after.many - before.many)
        if self._spelled:
            settled = self._settled(after)
        elif written[:1].isspace():  # the words before it are as they were when they were let pass
            first += len(before.found)
        words = after.words + after.found
        if len(words) < self._runs.length:
            return None
        copied = self._first_copy(words, first, settled)
        if copied is None:
            return None
        return copied.place if self._spelled else len(ids)

    def refuses_end(self, ids: Sequence[int]) -> int | None:
        """Where a text has to go back to if it ends here; only a word that was spelled can be in the way."""
        text = self._follow(ids)
        copied = self._first_copy(text.words + text.found, len(text.words), None)
        return None if copied is None else copied.place

    def _follow(self, ids: Sequence[int]) -> _Text:
        """The text of these tokens, most of which are as they were."""
        if ids == self._ids:
            return self._texts[-1]
        same = min(len(ids), len(self._ids))
        if ids[:same] != self._ids[:same]:
            same = next(i for i in range(same) if ids[i] != self._ids[i])
        del self._ids[same:], self._texts[same + 1 :]
        for i in range(same, len(ids)):
            id = ids[i]
            place, asked, after = self._asked
            if (place, asked) != (i, id):
                after = self._extended(self._texts[i], self._written(ids, i, id), i)
            self._texts.append(after)
            self._ids.append(id)
        return self._texts[-1]

    def _written(self, ids: Sequence[int], place: int, id: int) -> str:
        """What a token adds to the text of those before its place."""
        token = self._typed.get(place) or self._vocabulary.token(id)
        if not place:
            return self._decode((token,))
        previous = self._typed.get(place - 1) or self._vocabulary.token(ids[place - 1])
        if self._words and _is_plain(token) and _is_plain(previous):
            return f" {token}"
        alone = previous.strip(GLUE) if self._words else self._decode((previous,))
        return self._decode((previous, token))[len(alone) :]

    def _extended(self, text: _Text, written: str, place: int) -> _Text:
        """A text with one more token."""
        words, many, piece, places, _ = text
        if written[:1].isspace():
            words, many = self._latest(words) + text.found, many + len(text.found)
            piece, places, written = "", (), written[1:]
        if not piece and _is_plain(written):
            found = [_Word(number(written.lower()), place in self._typed, place)]
            return _Text(words, many, written, (place,) * len(written), found)
        piece, places = piece + written, places + (place,) * len(written)
        found = self._read(piece, places)
        blank = max((i for i, character in enumerate(written) if character.isspace()), default=-1)
        if blank >= 0:  # a token with blanks inside
            blank += len(piece) - len(written)
            settled = self._read(piece[:blank], places)
            words, many, found = self._latest(words) + settled, many + len(settled), found[len(settled) :]
            piece, places = piece[blank + 1 :], places[blank + 1 :]
        elif len(found) > _GROWING and len(piece.lower()) == len(piece):  # without blanks it may be as long as a text
            begin = [match.start() for match in WORD.finditer(piece)][-_GROWING]
            words, many = self._latest(words) + found[:-_GROWING], many + len(found) - _GROWING
            found = found[-_GROWING:]
            piece, places = piece[begin:], places[begin:]
        return _Text(words, many, piece, places, found)

    def _latest(self, words: list[_Word]) -> list[_Word]:
        """Those that a run may yet begin among: as many as it has, and before them as many that are no punctuation."""
        length = self._runs.length
        if len(words) < 3 * length:  # a few more do no harm, and a text's words are not copied at each of them
            return words
        return [word for word in words[:-length] if word.number & 1][-length:] + words[-length:]

    def _read(self, piece: str, places: tuple[int, ...]) -> list[_Word]:
        typed, found, lower = self._typed, [], piece.lower()
        if len(lower) > len(piece):  # İ becomes an i and a dot
            places = tuple(place for place, char in zip(places, piece, strict=False) for _ in char.lower())
        for match in WORD.finditer(lower):
            of_word = places[match.start() : match.end()]
            found.append(_Word(number(match[0]), typed.keys() >= {*of_word}, of_word[0]))
        return found

    @staticmethod
    def _settled(after: _Text) -> int:
        """How many words of a text being spelled can grow no more."""
        if not after.piece:
            return len(after.words)
        grows = 2 if after.piece[-1] in "'’" and len(after.found) > 1 else 1
        return len(after.words) + len(after.found) - grows

    def _first_copy(self, words: list[_Word], first: int, end: int | None) -> _Word | None:
        """The first of the words from `first` to `end` that completes a copy."""
        for i in range(first, len(words) if end is None else end):
            if self._completes_copy(words, i):
                return words[i]
        return None

    def _completes_copy(self, words: list[_Word], last: int) -> bool:
        length = self._runs.length
        both = words[max(last + 1 - length, 0) : last + 1]
        if self._is_copy(both):
            return True
        if not words[last][0] & 1:
            return False
        for word in both:
            if not word[0] & 1:
                break
        else:
            return False  # there is no punctuation among them
        alone: list[_Word] = []
        for i in range(last, -1, -1):
            if words[i][0] & 1:
                alone.append(words[i])
                if len(alone) == length:
                    break
        return self._is_copy(alone[::-1])

    def _is_copy(self, words: list[_Word]) -> bool:
        if len(words) < self._runs.length or (self._typed and all(word[1] for word in words)):
            return False
        return self._runs.is_copy(run_of([word[0] for word in words]))


def _is_plain(token: str) -> bool:
    """Whether it is surely one word, with blanks around it in `words`."""
    return token.isalnum() and token.isascii()
