"""What a text is asked to be like, and the automaton that knows whether it is.

Words are met in any capitalisation, but aloud only where they were typed so or never said softly. A phrase of
several tokens ("well done", "foo-bar") stands as it was typed, its tokens one after the other. Words the text is
to do without are not said within other tokens either ("cat's", links).

Blanks of a template: `___` is one word, `...` or `…` one or more tokens, the first of them a word.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from engine.automaton import NEVER, Automaton, Mask, Part, avoiding, both, reading
from engine.errors import InvalidArgument, shortened
from engine.knowledge import Knowledge
from engine.syllables import syllables
from engine.symbols import Literal, Symbols, phrase
from engine.words import numbers

MOST_STATES = 256
"""How large an automaton may get: seven or eight words to contain."""
_LONG = 5
"""A phrase of more words, as `words` finds them, is taken as it was typed: so it is no copy of what others said."""
BLANK = re.compile(r"_{2,}|\.{3,}|…")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a text must be like, all of it together."""

    ending: str = ""
    """How it ends."""
    containing: tuple[str, ...] = ()
    """Words or phrases it holds, in any order."""
    without: tuple[str, ...] = ()
    """Words or phrases it does not hold."""
    about: str = ""
    """What it leans to: words that go with these are likelier, and one of them at least appears."""
    template: str = ""
    """All of it, with blanks to be filled."""
    lines: tuple[int, ...] = ()
    """How many syllables each of its lines has; InvalidArgument for what is no such number."""

    def __post_init__(self) -> None:
        if not all(isinstance(syllables, int) and syllables > 0 for syllables in self.lines):
            raise InvalidArgument(
                f"The syllables of the lines are {shortened(repr(self.lines))}; they must be whole numbers from 1."
            )
        if sum(self.lines) > MOST_STATES // 2:
            raise InvalidArgument(
                f"The lines have {sum(self.lines)} syllables together; they must be at most {MOST_STATES // 2}."
            )

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != Condition()


ANYTHING = Condition()
HAIKU = Condition(lines=(5, 7, 5))


def in_lines(tokens: Sequence[str], lines: Sequence[int]) -> list[list[str]]:
    """The tokens of a text, line by line if its lines have so many syllables; else all in one line."""
    ends = list(accumulate(lines)) or [0]
    said, found = 0, [list[str]() for _ in ends]
    for token in tokens:
        said += (syllables(token) or 0) if lines else 0
        found[bisect_left(ends, said)].append(token)
    return found


Asked = list[Literal]
"""A phrase, token by token."""


class Wish:
    """A condition as an automaton over the symbols of one vocabulary."""

    def __init__(
        self, known: Knowledge, condition: Condition, start: list[str], sayable: Mask, related: Sequence[int] = ()
    ) -> None:
        """start: the tokens the text begins with. related: ids of which one at least is to appear, if any.

        Raises InvalidArgument for what cannot be asked, or too much at once.
        """
        self._known = known
        self._condition = condition
        self.symbols = symbols = Symbols(known.counts.vocabulary, sayable)
        self.start = symbols.begin_with(start)
        """The symbols the text begins with."""
        held = [self._asked(text) for text in (*condition.containing, condition.ending) if text]
        typed = [self._type(asked) for asked in held]
        template = self._template()
        anything = Part(symbols.every(), many=True)
        sequences = [self._held(asked, own) for asked, own in zip(held, typed, strict=True)]
        if condition.ending:
            del sequences[-1][-1]
        if related:
            sequences.append([anything, Part(symbols.only(related)), anything])
        if template:
            sequences.append(self._filled(template))
        sequences.append([Part(symbols.spoken(), many=True)])
        needed = [reading([parts], len(symbols)) for parts in sequences]
        if condition.lines:
            needed.append(self._verse(condition.lines))
        self._needed = _together(needed)
        self.automaton = self._needed
        if condition.without:
            self.automaton = _together([self._needed, self._avoided()])
        self.state = self.automaton.after(self.start)
        """The automaton's state after the start; NEVER when the start is against the condition."""

    def _asked(self, text: str) -> Asked:
        tokens = self._known.tokens(text)
        if not tokens:
            raise InvalidArgument("A word to hold or to do without is empty; write at least one character.")
        return phrase(tokens)

    def _type(self, asked: Asked) -> list[int | None]:
        """Typed symbols for those tokens that may not be said by themselves, and for all of a long phrase."""
        symbols, long = self.symbols, self._is_long(asked)
        where = " ".join(each.token for each in asked)
        return [symbols.type(each, where) if long or not symbols.sayable(each) else None for each in asked]

    def _is_long(self, asked: Asked) -> bool:
        """Whether it is as long as copies are: one link alone may be."""
        return len(numbers(self._known.tokenizer.decode([each.token for each in asked]))) > _LONG

    def _held(self, asked: Asked, typed: list[int | None]) -> list[Part]:
        """The phrase somewhere, its own typed symbols nowhere else."""
        own = [symbol for symbol in typed if symbol is not None]
        others = Part(self.symbols.every(but=own), many=True)
        if self._is_long(asked):
            return [others, *(Part(self.symbols.typed(literal)) for literal in asked), others]
        return [others, *(Part(self.symbols.of(literal)) for literal in asked), others]

    def _avoided(self) -> Automaton:
        """The texts without the words and phrases they are to do without."""
        symbols, phrases = self.symbols, [self._asked(text) for text in self._condition.without]
        words = [asked[0] for asked in phrases if len(asked) == 1]
        sequences = [[Part(symbols.same(literal)) for literal in asked] for asked in phrases if len(asked) > 1]
        return avoiding([*sequences, [Part(symbols.holding(words))]], len(symbols))

    def _template(self) -> list[int | str]:
        """Its symbols and blanks."""
        text, at = self._condition.template, 0
        found: list[int | str] = []
        for blank in BLANK.finditer(text):
            found += [*self._typed(text[at : blank.start()]), "_" if blank[0][0] == "_" else "…"]
            at = blank.end()
        if text and not at:
            raise InvalidArgument(
                "“{text}” has no blank to fill; write ___ for one word or ... for several, as in “the ___ sat on ...”.",
                text=text,
            )
        return found + self._typed(text[at:])

    def _typed(self, literal: str) -> list[int]:
        return [self.symbols.type(asked, "template") for asked in phrase(self._known.tokens(literal))]

    def _filled(self, template: list[int | str]) -> list[Part]:
        symbols = self.symbols
        others = symbols.every(but=[piece for piece in template if isinstance(piece, int)])
        word = Part(others & symbols.words())
        fillings = {"_": [word], "…": [word, Part(others, many=True)]}
        parts = [[self._piece(piece)] if isinstance(piece, int) else fillings[piece] for piece in template]
        return [part for some in parts for part in some]

    def _piece(self, piece: int) -> Part:
        """What was typed in a template, in the start perhaps as well."""
        text = self.symbols.text(piece)
        return Part(self.symbols.only([piece, *(same for same in self.start if self.symbols.text(same) == text)]))

    def _verse(self, lines: Sequence[int]) -> Automaton:
        """Lines of so many syllables each; punctuation only right after a word, one at a time."""
        total, ends = sum(lines), {sum(lines[: i + 1]) for i in range(len(lines))}
        classes = np.minimum(self.symbols.syllables() + 1, total + 2)  # 0: not in a verse; 1: punctuation
        table = []
        for said in range(total + 1):
            room = min(end for end in (*ends, total) if end > said) - said if said < total else 0
            words = [2 * (said + n) if 0 < n <= room else NEVER for n in range(total + 1)]
            table.append([NEVER, 2 * said + 1 if said else NEVER, *words[1:], NEVER])
            table.append([NEVER, NEVER, *words[1:], NEVER])
        return Automaton(classes, table, [False] * (2 * total) + [True, True])

    def impossible(self, length: int | None, longest: int) -> InvalidArgument:  # noqa: PLR0911 - a list of reasons
        """Why no text is as it was asked to be: the error to raise.

        longest: the most tokens a text may have that was given no length.
        """
        begun, needed = len(self.start), self._needed.after(self.start)
        lengths = [begun + rest for rest in self.automaton.lengths(longest, self.state)]
        if self._condition.lines:
            return InvalidArgument(
                "Too few words of known syllables were learned to fill these lines; learn more first."
            )
        if needed == NEVER:
            return InvalidArgument("No text that begins like this can be what you ask for; change the start.")
        if self.state == NEVER:
            return InvalidArgument("The start holds something that the text is to do without; change one of them.")
        if not self._needed.lengths(longest, needed):
            return InvalidArgument(
                "What you ask for takes more than {longest} tokens, or cannot all be true of one text; ask for less.",
                longest=longest,
            )
        if not lengths:
            return InvalidArgument("Something the text is to hold is what it is to do without; change one of them.")
        if length is not None and lengths[0] > length:
            return InvalidArgument(
                "What you ask for takes at least {needed} tokens, and the length is {length}; ask for more.",
                needed=lengths[0],
                length=length,
            )
        if length is not None and lengths[-1] < length:
            return InvalidArgument(
                "What you ask for takes at most {needed} tokens, and the length is {length}; ask for less.",
                needed=lengths[-1],
                length=length,
            )
        return InvalidArgument("What you ask for cannot all be true of one text; ask for less of it.")


def _together(automata: Sequence[Automaton]) -> Automaton:
    """The product of all; raises InvalidArgument when it gets too large."""
    product = automata[0]
    for automaton in automata[1:]:
        product = both(product, automaton)
        if product.states > MOST_STATES:
            raise InvalidArgument("That is too much to ask of one text; ask for fewer words or shorter ones.")
    return product
