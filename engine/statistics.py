"""What a corpus looks like in numbers: how it grows, how predictable it is, what is telling of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.background import CORPORA
from engine.corpus import read_shipped
from engine.model import LanguageModel
from engine.store import Document
from engine.telling import Telling, telling
from engine.tokenizer import tokenizer

LATEST = 4_000
"""How many of the latest documents are looked at for what takes long."""
_STRETCHES = 10
_POINTS = 20
_UNIT, _ORDER = "characters", 6


@dataclass(frozen=True, slots=True)
class Statistics:
    """The numbers of some documents."""

    documents: int
    authors: int
    tokens: int
    """Of unit `words`."""
    vocabulary: int
    """How many distinct tokens."""
    growth: tuple[tuple[int, int], ...]
    """(period, documents of it), from the first period to the last, with none left out."""
    vocabularies: tuple[tuple[int, int], ...]
    """(documents, distinct tokens in them) of the first so many documents."""
    latest: int
    """The rest is made from so many of the latest documents."""
    predictability: tuple[tuple[int, float], ...]
    """(id of its first document, bits per character) of each stretch, given the stretches before it."""
    words: tuple[Telling, ...]
    phrases: tuple[Telling, ...]


def statistics(documents: Sequence[Document], period: Callable[[int], int]) -> Statistics:
    """The statistics of documents in the order of their ids.

    period: the number of the period of time that an id belongs to.
    """
    latest = documents[-LATEST:]
    vocabularies, tokens = _vocabularies(documents)
    words, phrases = telling(latest, [document for name in CORPORA for document in read_shipped(name).documents])
    return Statistics(
        documents=len(documents),
        authors=len({document.author for document in documents}),
        tokens=tokens,
        vocabulary=vocabularies[-1][1] if vocabularies else 0,
        growth=_growth([period(document.id) for document in documents]),
        vocabularies=vocabularies,
        latest=len(latest),
        predictability=_predictability(latest),
        words=tuple(words),
        phrases=tuple(phrases),
    )


def _growth(periods: Sequence[int]) -> tuple[tuple[int, int], ...]:
    counts = Counter(periods)
    return tuple((period, counts[period]) for period in range(min(counts), max(counts) + 1)) if counts else ()


def _vocabularies(documents: Sequence[Document]) -> tuple[tuple[tuple[int, int], ...], int]:
    """How the vocabulary grew, at some points evenly spaced, and the number of tokens."""
    encode = tokenizer("words").encode
    points = {len(documents) * number // _POINTS for number in range(1, _POINTS + 1)}
    known: set[str] = set()
    tokens, grown = 0, []
    for number, document in enumerate(documents, start=1):
        said = encode(document.text)
        known.update(said)
        tokens += len(said)
        if number in points:
            grown.append((number, len(known)))
    return tuple(grown), tokens


def _predictability(documents: Sequence[Document]) -> tuple[tuple[int, float], ...]:
    """Of each stretch but the first, which is learned only, by a Kneser-Ney model of all before it."""
    edges = [len(documents) * number // _STRETCHES for number in range(_STRETCHES + 1)]
    measured = []
    for begin, end in pairwise(edges):
        stretch = documents[begin:end]
        if not begin or not stretch:
            continue
        model = LanguageModel(_ORDER, _UNIT, "mkn")
        model.learn(documents[:begin])
        surprise = model.surprise(stretch)
        measured.append((stretch[0].id, (surprise.bits + surprise.spelling_bits) / surprise.tokens))
    return tuple(measured)
