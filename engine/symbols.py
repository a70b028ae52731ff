"""The symbols an automaton reads: the vocabulary's ids and, numbered on after them, what was typed.

A word somebody asks for may be one that was never said here, or one that may not be said. It is the
asker's, so it may appear all the same, where it was asked for and nowhere else, with the probability
of `<unk>`: what one person only said is no more likely anywhere than what nobody said, so nobody can
find out by asking. What is typed in a template counts as the token it is, if that may be said. The
tokens a text is to begin with are symbols too, but never drawn.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.automaton import NEVER, Mask
from engine.gaps import GLUE, is_word
from engine.prompt import read_prompt
from engine.syllables import syllables
from engine.vocabulary import FIRST_WORD, UNKNOWN, Vocabulary

_CLOSING = frozenset((",", ".", "!", "?", ";", ":", "...", "…", "!!", "?!"))
"""What may stand after a word in a verse."""


@dataclass(frozen=True, slots=True)
class Literal:
    """One token as it was typed, somewhere in a phrase."""

    token: str
    first: bool
    last: bool

    def matches(self, token: str) -> bool:
        """Whether a token is this one: in any capitalisation, at the phrase's ends whatever the gap beside it."""
        if body(token) != body(self.token):
            return False
        if not self.last and is_glued_right(token) != is_glued_right(self.token):
            return False
        if self.first:  # a word of its own, not one that clings to what stands before
            return not (is_glued_left(token) and is_word(token.strip(GLUE)))
        return is_glued_left(token) == is_glued_left(self.token)


def body(token: str) -> str:
    """A token without its marks, in small letters: what two tokens have in common that are the same word."""
    return (token.strip(GLUE) or token).lower()


def is_glued_left(token: str) -> bool:
    """Whether it has an unusual gap before it."""
    return token[0] == GLUE


def is_glued_right(token: str) -> bool:
    """Whether it has an unusual gap after it."""
    return len(token) > 1 and token[-1] == GLUE


def _is_loud(token: str) -> bool:
    """Whether it is a word in capitals, of more letters than one."""
    return token.isupper() and len(token.strip(GLUE)) > 1


def phrase(tokens: list[str]) -> list[Literal]:
    """The tokens of a text that was typed."""
    last = len(tokens) - 1
    return [Literal(token, i == 0, i == last) for i, token in enumerate(tokens)]


class Symbols:
    """The tokens that may be said, and what was typed."""

    def __init__(self, vocabulary: Vocabulary, sayable: Mask) -> None:
        """sayable: (ids,) which tokens may be drawn."""
        self._vocabulary = vocabulary
        self._sayable = sayable
        self._texts = ["", "", "", *vocabulary.tokens[FIRST_WORD:]]  # ids run in canonical order
        self._bodies = [text and body(text) for text in self._texts]
        self._by_body: dict[str, list[int]] = {}
        for id, text in enumerate(self._bodies):
            self._by_body.setdefault(text, []).append(id)
        self.ids = len(self._texts)
        self.counts_as: list[int] = []
        """For each typed symbol the id as which it is drawn, NEVER for those of the start."""
        self._numbers: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, symbol: int) -> str:
        """The token of a symbol."""
        return self._texts[symbol]

    def id(self, symbol: int) -> int:
        """The id as which a symbol counts."""
        return symbol if symbol < self.ids else self.counts_as[symbol - self.ids]

    def begin_with(self, tokens: list[str]) -> list[int]:
        """The symbols of the tokens a text begins with."""
        return [self._type(token, "start", NEVER) for token in tokens]

    def type(self, literal: Literal, where: str) -> int:
        """The symbol of a token that is said as it was typed; `where` keeps apart what was asked for."""
        id = read_prompt([literal.token], self._vocabulary).ids[0]
        return self._type(literal.token, where, id if self._sayable[id] else UNKNOWN)

    def _type(self, token: str, where: str, counts_as: int) -> int:
        number = self._numbers.setdefault((where, token), len(self._texts))
        if number == len(self._texts):
            self._texts.append(token)
            self._bodies.append(body(token))
            self.counts_as.append(counts_as)
        return number

    def sayable(self, literal: Literal) -> list[int]:
        """The ids that may be said and match; as loud as it was typed, if any are."""
        ids = self._by_body.get(body(literal.token), [])
        found = [id for id in ids if self._sayable[id] and literal.matches(self._texts[id])]
        return [id for id in found if _is_loud(self._texts[id]) == _is_loud(literal.token)] or found

    def of(self, literal: Literal) -> Mask:
        """(symbols,) what matches, of the vocabulary or typed."""
        return self.only(self.sayable(literal)) | self.typed(literal)

    def typed(self, literal: Literal) -> Mask:
        """(symbols,) what matches and was typed."""
        return self.only(i for i in range(self.ids, len(self)) if literal.matches(self._texts[i]))

    def holding(self, words: Sequence[Literal]) -> Mask:
        """(symbols,) all that are one of these or hold one between other characters, as links and "cat's" do."""
        bodies = {body(word.token) for word in words}
        if not bodies:
            return self.only([])
        within = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, bodies))})(?!\w)")
        return self._where(lambda text: text in bodies or within.search(text) is not None)

    def same(self, literal: Literal) -> Mask:
        """(symbols,) all with the same body, whatever the gaps."""
        word = body(literal.token)
        return self._where(lambda text: text == word)

    def every(self, but: Iterable[int] = ()) -> Mask:
        """(symbols,) all but some."""
        return ~self.only(but)

    def spoken(self) -> Mask:
        """(symbols,) what may be said at all: not `<s>`, `</s>` and `<unk>`."""
        return np.concatenate([self._sayable, np.ones(len(self) - self.ids, np.bool_)])

    def only(self, symbols: Iterable[int]) -> Mask:
        """(symbols,) these."""
        mask = np.zeros(len(self), np.bool_)
        mask[list(symbols)] = True
        return mask

    def words(self) -> Mask:
        """(symbols,) plain words and numbers, with the usual gaps."""
        return np.fromiter((text[:1].isalnum() and GLUE not in text for text in self._texts), np.bool_, len(self))

    def syllables(self) -> NDArray[np.intp]:
        """(symbols,) of each: 0 for punctuation that closes, -1 for what has no place in a verse."""
        return np.fromiter(map(_syllables, self._texts), np.intp, len(self))

    def _where(self, holds: Callable[[str], bool]) -> Mask:
        return np.fromiter(map(holds, self._bodies), np.bool_, len(self))


def _syllables(token: str) -> int:
    if token in _CLOSING:
        return 0
    return -1 if GLUE in token else syllables(token) or -1
