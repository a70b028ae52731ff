"""What people say anywhere: a model of texts of ours, for a corpus that does not say much yet.

The background is Kneser-Ney of order 3 over the corpora that ship with the code (`CORPORA`): a
constant, made once per process when first asked for, that holds nothing anybody wrote here. A corpus
hears it over its own vocabulary: a background word the corpus never said adds to `<unk>`, so nothing of
the background is ever said that was not said in the corpus too, and every distribution sums to 1.

It takes part in a mixture with odds, against all other parts together, of

    Γ(h) · 2 I / (O + 50)

Γ(h): what is left for words never seen at all when the corpus itself is asked after h, every
context of h backed off (see `smoothing`). I, O: how many of the corpus's words the background knows,
and how many it does not. Where the corpus has seen the context, Γ is small and the corpus speaks
for itself; as it grows, and the farther its words are from the background's, I / O falls. The 2 and
the 50 were fitted on public text, and chosen round: they ship with the code. Γ, I and O are functions
of current counts, so what was forgotten leaves no trace.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from engine.corpus import read_shipped
from engine.drawing import Random
from engine.overlay import Counts
from engine.reading import read
from engine.smoothing import UNSEEN_WORDS, Floats, KneserNey
from engine.stream import Stream
from engine.tokenizer import tokenizer
from engine.vocabulary import BEGIN, END, UNKNOWN, Vocabulary

CORPORA = ("commons.txt",)
ORDER = 3
UNIT = "words"
_TRUST, _DOUBT = 2, 50
_END_PLACE, _UNKNOWN_PLACE = END - 1, UNKNOWN - 1


class Background:
    """A Kneser-Ney model that never changes. Its ids are its own: those of its `vocabulary`, each its place + 1."""

    def __init__(self, texts: Iterable[str]) -> None:
        tokens, numbers = read(tokenizer(UNIT), texts)
        self.vocabulary = Vocabulary(tokens)
        ids = np.fromiter(map(self.vocabulary.index.__getitem__, tokens), np.int32, len(tokens))
        self.mkn = KneserNey(Counts.of_text(ids.take(numbers), self.vocabulary, ORDER), UNSEEN_WORDS)
        self.stream = Stream(self.mkn)

    @property
    def words(self) -> list[str]:
        """Every word it knows, in code point order."""
        return self.vocabulary.tokens[2:]

    def surprise(self, word: str) -> float:
        """How unlikely people are to say a word anywhere: -log P, of one it does not know that of one of many."""
        id = self.vocabulary.id(word)
        p = self.mkn.unigrams()[self.vocabulary.places[id]]
        return -math.log(p / UNSEEN_WORDS if id == UNKNOWN else p)

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """The ids of a document that begins with these tokens, `<s>` first."""
        return [BEGIN, *map(self.vocabulary.id, tokens)]


@cache
def shipped() -> Background:
    """The background of the corpora that ship; some 60 ms the first time."""
    return Background([document.text for name in CORPORA for document in read_shipped(name).documents])


class BackgroundPart:
    """The background over the vocabulary of a corpus, in the ids of the corpus, as that changes."""

    def __init__(self, background: Background, vocabulary: Vocabulary) -> None:
        self.background = background
        self._vocabulary = vocabulary
        self._theirs = np.array([BEGIN, END, UNKNOWN], np.int32)  # the background's id of each id of the corpus
        self._seen: NDArray[np.int64] | None = None  # places of the vocabulary that was looked at
        self._shared = self._theirs[:0]  # what both know: places in the background, ascending
        self._places = self._theirs[:0]  # the same words' places in the corpus
        self._share = 0.0

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays held for this corpus."""
        return self._theirs.nbytes + self._shared.nbytes + self._places.nbytes

    def odds(self, rest: float) -> float:
        """How much it counts, for each unit of all other parts, where the corpus leaves Γ = `rest`."""
        self._follow()
        return rest * self._share

    def context(self, said: Sequence[int], heard: Sequence[int] = ()) -> list[int]:
        """The background's ids of the last tokens said; of `<unk>`, those heard at its place, if it goes so far."""
        self._follow()
        return [
            heard[i] if said[i] == UNKNOWN and i < len(heard) else int(self._theirs[said[i]])
            for i in range(max(0, len(said) - ORDER + 1), len(said))
        ]

    # All contexts below are those that `context` gives

    def add_to(self, p: Floats, context: Sequence[int], weight: float) -> None:
        """Add weight * P(w|context) to p, of every token of the corpus in canonical order."""
        theirs = self.background.mkn.distribution(context)
        shared = theirs.take(self._shared)
        p[self._places] += weight * shared
        p[_END_PLACE] += weight * theirs[_END_PLACE]
        p[_UNKNOWN_PLACE] += weight * (1 - theirs[_END_PLACE] - shared.sum())

    def probability(self, context: Sequence[int], word: int) -> float:
        """P(word|context), 0 for a word only the corpus knows; of `<unk>`, all that the corpus never said."""
        mkn = self.background.mkn
        if word == UNKNOWN:
            theirs = mkn.distribution(context)
            return float(1 - theirs[_END_PLACE] - theirs.take(self._shared).sum())
        their = int(self._theirs[word])
        return mkn.probability(context, their) if their != UNKNOWN else 0.0

    def unseen(self, context: Sequence[int], token: str) -> tuple[float, bool]:
        """P(token|context) of a token the corpus never said, and whether the background knows it.

        Of one that it does not know either it is the share of all such together.
        """
        their = self.background.vocabulary.id(token)
        return self.background.mkn.probability(context, their), their != UNKNOWN

    def draw(self, random: Random, context: Sequence[int]) -> int:
        """A token drawn from P; `<unk>` for what the corpus never said."""
        their = self.background.stream.draw(random, context)
        if their <= UNKNOWN:
            return their
        at = bisect_left(self._shared, their - 1)
        known = at < len(self._shared) and self._shared[at] == their - 1
        return self._vocabulary.id_at(int(self._places[at])) if known else UNKNOWN

    def _follow(self) -> None:
        """Catch up with the vocabulary of the corpus."""
        vocabulary, index = self._vocabulary, self.background.vocabulary.index
        if vocabulary.places is self._seen:
            return
        places = self._seen = vocabulary.places
        known = len(self._theirs)
        if known < vocabulary.ids:
            new = map(index.get, vocabulary.texts(range(known, vocabulary.ids)), repeat(UNKNOWN))
            self._theirs = np.concatenate([self._theirs, np.fromiter(new, np.int32)])
        self._theirs[UNKNOWN + 1 :][places[UNKNOWN + 1 :] < 0] = UNKNOWN  # forgotten since
        both = np.flatnonzero(self._theirs > UNKNOWN)
        both = both[np.argsort(self._theirs[both])]
        self._shared = self._theirs[both] - 1
        self._places = places[both].astype(np.int32)
        self._share = _TRUST * len(both) / (len(vocabulary) - 2 - len(both) + _DOUBT)
