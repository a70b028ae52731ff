"""Which documents the words of a text come from: its longest spans that stand in one of them.

Words are compared as in `words`, punctuation aside. For each word of the text in turn, all places where
it stands in a document are looked up; each goes on from a run that ended one place before, or begins one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.runs import UNKNOWN_AUTHOR
from engine.transcript import Transcript
from engine.words import WORD, is_word, number

_MOST_NAMED = 10
"""How many documents a span names."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text that stands, word for word, in learned documents, and is part of no longer one."""

    start: int
    end: int
    """Which characters of the text: `text[start:end]`."""
    words: int
    """How many words it has, punctuation aside."""
    documents: tuple[int, ...]
    """The ids of the latest documents that hold it, the latest first, ten at most."""
    times: int
    """How many documents hold it, in all."""
    authors: int
    """How many authors said it; 0 where nobody knows who did."""


class Documents(NamedTuple):
    """What spans are looked for in. transcript: of the words alone. places, authors: (documents,) int64, as kept."""

    transcript: Transcript
    places: NDArray[np.int64]
    authors: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        arrays = (*self.transcript, self.places, self.authors)
        return sum(array.nbytes for array in arrays)


def spans(text: str, documents: Documents, least: int, most: int) -> list[Span]:
    """The `most` longest spans of at least so many words, the longest first: 10 ms for a million words."""
    transcript = documents.transcript
    asked = [match for match in WORD.finditer(text.lower()) if is_word(match[0])]
    words = transcript.words
    ends = np.cumsum(transcript.lengths)
    begins = np.zeros(len(words) + 1, np.bool_)  # where in the words a document begins
    begins[ends - transcript.lengths] = True
    runs = np.zeros(len(words) + 1, np.int32)  # of the run that ends before each place, so far
    before, found = np.empty(0, np.int64), []
    longest, held = 0, before
    for i, match in enumerate(asked):
        here = np.flatnonzero(words == np.uint64(number(match[0])))
        length = np.where(begins[here], 0, runs[here]) + 1
        runs[before] = 0
        before = here + 1
        runs[before] = length
        now = int(length.max(initial=0))
        if now <= longest:
            found.append((i - longest, i, held))
        longest, held = now, here[length == now]
    found.append((len(asked) - longest, len(asked), held))
    long = sorted((span for span in found if span[1] - span[0] >= max(least, 1)), key=lambda span: span[0] - span[1])
    return [
        Span(
            asked[first].start(),
            asked[last - 1].end(),
            last - first,
            *_who(np.searchsorted(ends, at, "right"), documents),
        )
        for first, last, at in long[:most]
    ]


def _who(holding: NDArray[np.int64], documents: Documents) -> tuple[tuple[int, ...], int, int]:
    """The ids of the latest of these documents, how many there are, and how many authors they have."""
    each = np.unique(holding)
    known = set(documents.authors[each].tolist()) - {UNKNOWN_AUTHOR}
    return tuple(documents.places[each[::-1][:_MOST_NAMED]].tolist()), len(each), len(known)
