"""Which words go with others: those that documents have together more often than chance would have it.

Of N documents, n(t) hold the topic word t, n(w) the word w and n(t, w) both. By chance n(t, w) would be
e = n(t) n(w) / N. Words go together as far as

    log((n(t, w) + 1) / (e + 1))

which is their pointwise mutual information (Church & Hanks 1990), drawn towards 0 where little is known.
Of several topic words each counts by its rarity, log(N / n(t)). All of it is counted when it is asked,
from the documents as they are then.
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
_RARE = 0.1  # a keyword is in no more of the documents

Ids = NDArray[np.integer]


class Topics:
    """Which documents hold which tokens."""

    def __init__(self, text: Ids, ids: int) -> None:
        """text: (M,) ids below `ids`, each document `<s> … </s>`."""
        documents = np.cumsum(text == BEGIN) - 1
        self.documents = int(documents[-1]) + 1 if len(text) else 0
        pairs = np.unique(documents * ids + text)
        self._document, self._word = pairs // ids, pairs % ids
        self.frequency = np.bincount(self._word, minlength=ids)
        """(ids,) in how many documents each token is."""
        self.frequency[: UNKNOWN + 1] = 0

    def rarity(self, words: Sequence[int]) -> float:
        """log(N / n) of a word in all its capitalisations, 0 of one that is in no document."""
        n = int(self._holding(words).sum())
        return float(np.log(self.documents / n)) if n else 0.0

    def keywords(self, words: Iterable[Sequence[int]], most: int) -> list[int]:
        """The places of the rarest of these words that are in some document, but not in too many; rarest first."""
        rarity = [self.rarity(each) for each in words]
        rare = [place for place, value in enumerate(rarity) if value >= -np.log(_RARE)]
        return sorted(rare, key=lambda place: -rarity[place])[:most]

    def association(self, topic: Iterable[Sequence[int]]) -> Floats:
        """(ids,) how far each token goes with these words, each given in all its capitalisations; 0 for no relation."""
        score, weight = np.zeros(len(self.frequency)), 0.0
        for words in topic:
            rarity, holding = self.rarity(words), self._holding(words)
            together = np.bincount(self._word[holding[self._document]], minlength=len(score))
            expected = self.frequency * (holding.sum() / self.documents)
            score += rarity * np.log((together + 1) / (expected + 1))
            weight += rarity
        return score / weight if weight else score

    def related(self, association: Floats) -> list[int]:
        """The tokens that go with a topic most."""
        best = np.argsort(-association, kind="stable")[:_MOST_RELATED]
        return [int(id) for id in best if association[id] >= RELATED and id > UNKNOWN]

    def _holding(self, words: Sequence[int]) -> NDArray[np.bool_]:
        """(N,) which documents hold one of these."""
        holding = np.zeros(self.documents, np.bool_)
        holding[self._document[np.isin(self._word, words)]] = True
        return holding


def factors(association: Floats) -> Floats:
    """(ids,) how many times as likely each token is in a text about a topic; 1 for `</s>` and `<unk>`."""
    leaning = np.exp(STRENGTH * np.clip(association, _LEAST, _MOST))
    leaning[: UNKNOWN + 1] = 1
    return np.asarray(leaning)
