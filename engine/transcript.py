"""All documents as the numbers of their words (see `words`), worked out from their tokens.

What the text of a token says is looked up once; then it is arrays, as long as no word or run of
punctuation reaches over several tokens ("?!" next to ")"). Documents where one does are written out
and read again, and so are all documents of characters.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.gaps import GLUE, glues_left, glues_right, is_word
from engine.tokenizer import Tokenizer, is_solid
from engine.vocabulary import BEGIN, END, Vocabulary
from engine.words import WORD, number, numbers
from engine.words import is_word as reads_as_word

Ids = NDArray[np.int32]

_APOSTROPHES = frozenset("'’")


class Transcript(NamedTuple):
    """Documents one after the other.

    words:   (W,) uint64: the numbers of their words, and of the punctuation between them.
    lengths: (documents,) int64: how many of these each document has.
    """

    words: NDArray[np.uint64]
    lengths: NDArray[np.int64]

    def alone(self) -> "Transcript":
        """The words without the punctuation."""
        word = (self.words & np.uint64(1)).view(np.int64).astype(np.bool_)
        before = np.concatenate([[0], np.cumsum(word)])
        ends = np.cumsum(self.lengths)
        return Transcript(self.words[word], np.diff(before[ends], prepend=0))


def transcribe(text: Ids, vocabulary: Vocabulary, tokenizer: Tokenizer) -> Transcript:
    """The transcript of documents given as (M,) token ids, each `<s> … </s>`: some 0.1 s a million tokens."""
    starts = np.flatnonzero(text == BEGIN)
    if not len(starts):
        return Transcript(np.empty(0, np.uint64), np.empty(0, np.int64))
    if tokenizer.unit == "characters":
        return _written_out(text, vocabulary, tokenizer)
    tokens = _Tokens(vocabulary)
    each = tokens.lengths.take(text)
    document = np.cumsum(text == BEGIN) - 1
    in_joined = np.zeros(len(starts), np.bool_)
    if tokenizer.unit == "words":  # in `whitespace` there is a blank between any two tokens
        in_joined[document[tokens.joined(text)]] = True
    joined = np.flatnonzero(in_joined)
    each[in_joined[document]] = 0
    ends = np.cumsum(each)
    places = np.repeat(tokens.starts.take(text) - ends + each, each) + np.arange(int(ends[-1]))
    words = tokens.words.take(places)
    lengths = np.add.reduceat(each, starts)
    if len(joined):
        again = _written_out(text[in_joined[document]], vocabulary, tokenizer)
        words = np.insert(words, np.repeat(np.cumsum(lengths)[joined], again.lengths), again.words)
        lengths[joined] = again.lengths
    return Transcript(words, lengths)


def _written_out(text: Ids, vocabulary: Vocabulary, tokenizer: Tokenizer) -> Transcript:
    """The same by way of the documents' texts."""
    known: dict[str, int] = {}
    found: list[int] = []
    lengths: list[int] = []
    for written in written_out(text, vocabulary, tokenizer):
        before = len(found)
        for word in WORD.findall(written.lower()):
            one = known.get(word)
            if one is None:
                one = known[word] = number(word)
            found.append(one)
        lengths.append(len(found) - before)
    return Transcript(np.array(found, np.uint64), np.array(lengths, np.int64))


_FIRST_WORD, _FIRST_MARKS, _LAST_WORD, _LAST_MARKS = 1, 2, 4, 8  # what a token's text begins and ends with
_IS_WORD, _SOLID, _GLUES_LEFT, _GLUES_RIGHT = 16, 32, 64, 128
_TURNS_LEFT, _TURNS_RIGHT, _APOSTROPHE = 256, 512, 1024


def written_out(text: Ids, vocabulary: Vocabulary, tokenizer: Tokenizer) -> Iterator[str]:
    """The texts of documents given as (M,) token ids, each `<s> … </s>`."""
    ids, begin = text.tolist(), 0
    for end in np.flatnonzero(text == END).tolist():
        yield tokenizer.decode(vocabulary.texts(ids[begin + 1 : end]))
        begin = end + 1


class _Tokens:
    """What tokens say, by id.

    words: the numbers of their words one after the other; starts, lengths: (ids,) where each one's are.
    kinds: (ids,) what decides whether there is a blank between two tokens (see `gaps`), and what would join.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        size = vocabulary.ids
        self.lengths = np.zeros(size, np.int64)
        self.starts = np.zeros(size, np.int64)
        self.kinds = np.zeros(size, np.int16)
        words: list[int] = []
        ids, lengths, kinds, starts = vocabulary.live.tolist(), [], [], []
        for token in vocabulary.tokens:
            starts.append(len(words))
            if token.isalnum() and token.isascii():
                words.append(number(token.lower()))
                kinds.append(_FIRST_WORD | _LAST_WORD | _IS_WORD)
            else:
                words += numbers(token.strip(GLUE))
                kinds.append(_kind(token))
            lengths.append(len(words) - starts[-1])
        self.lengths[ids], self.starts[ids], self.kinds[ids] = lengths, starts, kinds
        self.lengths[END] = 0
        self.words = np.array(words, np.uint64)

    def joined(self, text: Ids) -> NDArray[np.int64]:
        """Where in a text there is a token that reads as one with the next, or as an apostrophe inside a word."""
        kinds = self.kinds.take(text)
        left, right = kinds[:-1], kinds[1:]
        both = left & right
        usual = (both & _IS_WORD == 0) & (((left & _GLUES_RIGHT) | (right & _GLUES_LEFT)) != 0) | (both & _SOLID != 0)
        turned = np.where(left & _IS_WORD, right & _TURNS_LEFT, left & _TURNS_RIGHT) != 0
        close = usual != turned
        alike = (left >> 2) & right & (_FIRST_WORD | _FIRST_MARKS) != 0
        inside = np.flatnonzero(right & _APOSTROPHE)
        inside = inside[close[inside] & close[inside + 1] & (left[inside] & _LAST_WORD != 0)]
        inside = inside[kinds[inside + 2] & _FIRST_WORD != 0]
        return np.concatenate([np.flatnonzero(close & alike), inside])


def _kind(token: str) -> int:
    body = token.strip(GLUE) or token
    kind = _TURNS_LEFT * (token[0] == GLUE) + _TURNS_RIGHT * (token[-1] == GLUE)
    kind |= _IS_WORD * is_word(body) + _SOLID * is_solid(body)
    kind |= _GLUES_LEFT * glues_left(body) + _GLUES_RIGHT * glues_right(body)
    kind |= _APOSTROPHE * (body in _APOSTROPHES)
    for character, word, marks in ((body[0], _FIRST_WORD, _FIRST_MARKS), (body[-1], _LAST_WORD, _LAST_MARKS)):
        if not character.isspace():
            kind |= word if reads_as_word(character) else marks
    return kind
