"""Contexts as numbers: the last k characters, and the words they are part of.

A run of tokens a … b has the key Σ code(t_i) M^(i - a) mod 2^64, times an odd number of its kind of
context, of which the upper 32 bits are kept. With S_i = Σ_{j<i} code(t_j) M^j that is (S_b - S_a) M^-a:
one subtraction and one product for a run of any length, be it of one document as it is said or of all
positions of a text at once. A token's code is a hash of its text, so a key does not depend on ids.

Kinds of contexts, none of which looks beyond the beginning of its document:

    o k   the last k tokens, `<s>` among them (k = 1, 2, …)
    w0    the word as far as it is said, in lower case, and whether its last character is a capital (so that
          nobody begins a word softly and ENDS IT LOUD); where none has begun, the last token
    w1    that, and the word before
    w2    that, and the two words before
    w3    that, and the word before the last
"""

from collections.abc import Generator, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from engine.vocabulary import BEGIN, Vocabulary

Keys = NDArray[np.uint32]
Codes = NDArray[np.uint64]
Places = NDArray[np.int32]

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 20)
WORDS = ("w0", "w1", "w2", "w3")
KINDS = (*(f"o{length}" for length in LENGTHS), *WORDS)
_APOSTROPHE = "'"
_MASK = 2**64 - 1
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 2**64)
_CAPITAL = 0xD6E8FEB86659FD93
_BEFORE, _BEFORE_THAT = 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9


def _odd(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") | 1


_FACTORS = [_odd(kind) for kind in KINDS]
FIRST_WORD = len(LENGTHS)
_SLICES = list(zip(LENGTHS, _FACTORS, strict=False))
_OF_WORDS = _FACTORS[FIRST_WORD:]
_BACK = ((), ((0, _BEFORE),), ((0, _BEFORE), (1, _BEFORE_THAT)), ((1, _BEFORE_THAT),))
"""Of each kind of words: which earlier ones it looks at, and the factors of their hashes."""


class Alphabet:
    """Of a vocabulary's tokens: the code, that of lower case, whether it is part of words, whether a capital."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[int, tuple[int, int, bool, bool]] = {}

    def __getitem__(self, id: int) -> tuple[int, int, bool, bool]:
        known = self._known.get(id)
        if known is None:
            token = self._vocabulary.token(id)
            is_word = token.isalnum() or token == _APOSTROPHE
            known = self._known[id] = _code(token), _code(token.lower()), is_word, token.isupper()
        return known

    def of_text(self, text: NDArray[np.integer]) -> tuple[Codes, Codes, NDArray[np.bool_], NDArray[np.bool_]]:
        """The same of every token of a text, as four arrays."""
        used = np.flatnonzero(np.bincount(text, minlength=1)).tolist()
        size = used[-1] + 1 if used else 1
        exact, folded = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
        word, capital = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for id in used:
            exact[id], folded[id], word[id], capital[id] = self[id]
        return exact.take(text), folded.take(text), word.take(text), capital.take(text)


def _code(token: str) -> int:
    return int.from_bytes(blake2b(token.encode(), digest_size=8).digest(), "little")


_powers, _inverses = [1], [1]  # of _BASE, as far as a document needed them


class Said:
    """A document as far as it has been said, from `<s>` on, and the keys of its end."""

    def __init__(self, alphabet: Alphabet, tokens: Sequence[int]) -> None:
        self._alphabet = alphabet
        self.tokens: list[int] = []
        self._sums, self._folded = [0], [0]
        self._words = [0, 0]  # the hashes of the words so far
        self._start = -1  # of the word that is being said; -1: none is
        self._is_capital = False
        for token in tokens:
            self.push(token)

    def push(self, token: int) -> None:
        """Say one more token."""
        at = len(self.tokens)
        if at == len(_powers):
            _powers.append(_powers[-1] * _BASE & _MASK)
            _inverses.append(_inverses[-1] * _INVERSE & _MASK)
        exact, folded, is_word, self._is_capital = self._alphabet[token]
        power = _powers[at]
        if is_word:
            if self._start < 0:
                self._start = at
        elif self._start >= 0:
            self._words.append(self._run(self._start))
            self._start = -1
        self.tokens.append(token)
        self._sums.append(self._sums[-1] + exact * power & _MASK)
        self._folded.append(self._folded[-1] + folded * power & _MASK)

    @property
    def word(self) -> int:
        """How many tokens there are of the word that is being said, or of what stands between words: one."""
        return len(self.tokens) - self._start if self._start >= 0 else 1

    def _run(self, start: int) -> int:
        """The hash of what was said from `start` on, in lower case."""
        return (self._folded[-1] - self._folded[start]) * _inverses[start] & _MASK

    def keys(self) -> list[int]:
        """The key of each kind, in the order of KINDS; fewer o where so many tokens were not said: -1."""
        sums, end = self._sums, len(self.tokens)
        last = sums[-1]
        keys = [
            ((last - sums[end - k]) * _inverses[end - k] * factor & _MASK) >> 32 if k <= end else -1
            for k, factor in _SLICES
        ]
        now = self._run(self._start if self._start >= 0 else end - 1) + _CAPITAL * self._is_capital
        before_that, before = self._words[-2:]
        first, second = before * _BEFORE, before_that * _BEFORE_THAT
        f0, f1, f2, f3 = _OF_WORDS
        keys += (
            (now * f0 & _MASK) >> 32,
            ((now + first) * f1 & _MASK) >> 32,
            ((now + first + second) * f2 & _MASK) >> 32,
            ((now + second) * f3 & _MASK) >> 32,
        )
        return keys


class TextKeys:
    """The keys of all places of a text, once all `steps` were taken."""

    def __init__(self, alphabet: Alphabet, text: NDArray[np.integer]) -> None:
        """Take documents `<s> … </s>`, one after the other."""
        self._alphabet = alphabet
        self._text = text

    @classmethod
    def of_text(cls, alphabet: Alphabet, text: NDArray[np.integer]) -> "TextKeys":
        """All steps at once."""
        keys = cls(alphabet, text)
        for _ in keys.steps():
            pass
        return keys

    def steps(self) -> Generator[int, None, None]:
        """Get ready, step by step as in `merging`: 0.1 s in all for a million tokens."""
        text, n = self._text, len(self._text)
        exact, folded, is_word, self._is_capital = self._alphabet.of_text(text)
        yield 5 * n
        powers = np.full(n + 1, _BASE, np.uint64)
        self._inverses = np.full(n + 1, _INVERSE, np.uint64)
        powers[0] = self._inverses[0] = 1
        np.cumprod(powers, out=powers)
        np.cumprod(self._inverses, out=self._inverses)
        yield 5 * n
        self._sums, self._folded = (np.zeros(n + 1, np.uint64) for _ in range(2))
        np.cumsum(exact * powers[:-1], out=self._sums[1:])
        np.cumsum(folded * powers[:-1], out=self._folded[1:])
        yield 5 * n
        places = np.arange(n, dtype=np.int32)
        begins = np.maximum.accumulate(np.where(text == BEGIN, places, 0))
        self._depth = places - begins
        yield 5 * n
        self._start = np.maximum.accumulate(np.where(is_word, 0, places)) + 1  # of a word that each token may be of
        self._start = np.where(is_word, self._start, places)
        yield 5 * n
        ends = np.zeros(n, np.bool_)
        ends[:-1] = is_word[:-1] & ~is_word[1:]
        last = np.flatnonzero(ends).astype(np.int32)
        self._words = self._between(self._folded, self._start.take(last), last + 1)
        self._said = np.cumsum(ends, dtype=np.int32)  # words, up to each place
        self._said_before = self._said.take(begins)  # up to the beginning of its document

    def of(self, kind: int) -> tuple[Places, Keys]:
        """Where this kind of context stands before a token, and its key there."""
        if kind < FIRST_WORD:
            length = LENGTHS[kind]
            at = np.flatnonzero(self._depth >= length).astype(np.int32)
            keys = self._between(self._sums, at - length, at)
        else:
            at = np.flatnonzero(self._depth).astype(np.int32)
            keys = self._between(self._folded, self._start.take(at - 1), at)
            keys += self._is_capital.take(at - 1) * np.uint64(_CAPITAL)
            for back, factor in _BACK[kind - FIRST_WORD]:
                keys += self._word(at, back) * np.uint64(factor)
        return at, ((keys * np.uint64(_FACTORS[kind])) >> np.uint64(32)).astype(np.uint32)

    def _word(self, at: Places, back: int) -> Codes:
        """The hash of the last word but so many that was said before each place; 0 where none was."""
        which = self._said.take(np.maximum(at - 2, 0)) - back
        known = which > self._said_before.take(at)
        words = np.zeros(len(at), np.uint64)
        words[known] = self._words.take(which[known] - 1)
        return words

    def _between(self, sums: Codes, start: Places, end: Places) -> Codes:
        return (sums.take(end) - sums.take(start)) * self._inverses.take(start)


def sort(keys: Keys) -> Places:
    """The places of keys in ascending order, of equal ones in theirs: a radix sort, 40 ms for a million."""
    order = np.argsort(keys.astype(np.uint16), kind="stable").astype(np.int32)
    upper = (keys >> np.uint32(16)).astype(np.uint16)
    return order.take(np.argsort(upper.take(order), kind="stable"))
