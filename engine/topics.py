"""Which words go with others: those that documents have together more often than chance would have it.

Of L tokens in all, L(t) stand in documents that hold the topic word t. Of the c(w) times word w was said,
c(w, t) were in these documents; by chance it would be e = c(w) L(t) / L. Words go together as far as

    log((c(w, t) + 1) / (e + 1))

which is their pointwise mutual information (Church & Hanks 1990), drawn towards 0 where little is known.
Of several topic words each counts by its rarity, log(N / n(t)), for the n(t) of N documents that hold it.
All of it is counted when it is asked, from the documents as they are then.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.smoothing import Floats
from engine.vocabulary import BEGIN, UNKNOWN

STRENGTH = 1.5
"""How much likelier a text says what goes with its topic: e to so many times the measure above."""
_LEAST, _MOST = -1.0, 3.0  # the measure's bounds: what never goes with the topic may still be said
RELATED = 0.7
"""From where on a word is one of which at least one appears."""
_MOST_RELATED = 40
_RARE = 0.1  # times a document at most: what tells something about a topic

Ids = NDArray[np.integer]


class Topics:
    """Which tokens stand in which documents."""

    def __init__(self, text: Ids, ids: int) -> None:
        """text: (M,) ids below `ids`, each document `<s> … </s>`."""
        self._text = text
        self._document = np.cumsum(text == BEGIN) - 1
        self._documents = int(self._document[-1]) + 1 if len(text) else 0
        self._counts = np.bincount(text, minlength=ids)

    def rarity(self, words: Sequence[int]) -> float:
        """log(N / n) of a word in all its capitalisations, 0 of one that is in no document."""
        n = int(self._holding(words).sum())
        return float(np.log(self._documents / n)) if n else 0.0

    def association(self, topic: Iterable[Sequence[int]]) -> Floats:
        """(ids,) how far each token goes with these words, each given in all its capitalisations; 0 for no relation."""
        score, weight = np.zeros(len(self._counts)), 0.0
        for words in topic:
            rarity, here = self.rarity(words), self._holding(words)[self._document]
            together = np.bincount(self._text[here], minlength=len(score))
            expected = self._counts * (here.sum() / len(here))
            score += rarity * np.log((together + 1) / (expected + 1))
            weight += rarity
        return score / weight if weight else score

    def related(self, association: Floats) -> list[int]:
        """The tokens that go with a topic most and are not said all the time."""
        telling = np.flatnonzero((association >= RELATED) & (self._counts <= _RARE * self._documents))
        best = np.argsort(-association[telling], kind="stable")[:_MOST_RELATED]
        return [int(id) for id in telling[best] if id > UNKNOWN]

    def _holding(self, words: Sequence[int]) -> NDArray[np.bool_]:
        """(N,) which documents hold one of these."""
        holding = np.zeros(self._documents, np.bool_)
        holding[self._document[np.isin(self._text, words)]] = True
        return holding


def factors(association: Floats) -> Floats:
    """(ids,) how many times as likely each token is in a text about a topic; 1 for `</s>` and `<unk>`."""
    leaning = np.exp(STRENGTH * np.clip(association, _LEAST, _MOST))
    leaning[: UNKNOWN + 1] = 1
    return np.asarray(leaning)
