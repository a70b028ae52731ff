"""The most telling words and phrases: what people say here more than people say anywhere.

A word's weight is the log-odds of it here against a text of general conversation, over its standard
deviation, with both texts together as the prior (Monroe, Colaresi & Quinn 2008, "Fightin' Words",
equations 16, 20 and 22):

    δ(w) = log (y + α)/(n + α₀ - y - α) - log (y' + α)/(n' + α₀ - y' - α)
    ζ(w) = δ(w) / sqrt(1/(y + α) + 1/(y' + α))        α = α₀ (y + y') / (n + n')

y of the n words here are w, y' of the n' there. A document counts a word once, so nobody makes a word
telling by saying it again and again. Phrases of 2, 3 and 4 words go the same way, among those of their
length. A word that more than one in a hundred documents of the general text hold tells how people put
sentences together, not what about: it is not among the words, and no phrase begins or ends with one.
Nor is anything that fewer than two authors said; authors of number 0 are unknown, and count as one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log, sqrt

from engine.gaps import GLUE
from engine.store import Document
from engine.tokenizer import tokenizer

AUTHORS = 2
_DOCUMENTS = 3
"""A phrase is one that so many documents hold."""
_LONGEST = 4
_COMMON = 0.01
_PRIOR = 500.0
_MANY = -1

Gram = tuple[str, ...]
Run = tuple[Gram, Gram]
"""Some words in a row, case-folded, and as they are spelled."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A word or a phrase, in how many documents it stands, and its weight ζ."""

    text: str
    documents: int
    weight: float


class _Texts:
    """Documents as runs of words, case-folded and as they are spelled: what stands between punctuation marks."""

    def __init__(self, documents: Iterable[Document]) -> None:
        encode = tokenizer("words").encode
        self.documents: list[tuple[int, list[Run]]] = []
        for document in documents:
            runs: list[Run] = []
            bodies = [token.strip(GLUE) for token in encode(document.text)]
            for telling, some in groupby(bodies, _is_telling):
                if telling:
                    spelled = tuple(some)
                    runs.append((tuple(map(str.casefold, spelled)), spelled))
            self.documents.append((document.author, runs))

    def grams(self, length: int) -> Iterable[tuple[int, set[Gram]]]:
        """Of each document the author, and which runs of so many words it holds."""
        for author, runs in self.documents:
            yield author, {run[i : i + length] for run, _ in runs for i in range(len(run) - length + 1)}

    def spellings(self, grams: Iterable[Gram]) -> dict[Gram, str]:
        """Each of these as it is spelled most often; of equals, in code point order."""
        found: dict[Gram, Counter[str]] = {gram: Counter() for gram in grams}
        lengths = {*map(len, found)}
        for _, runs in self.documents:
            for run, spelled in runs:
                for length in lengths:
                    for i in range(len(run) - length + 1):
                        if (gram := run[i : i + length]) in found:
                            found[gram][" ".join(spelled[i : i + length])] += 1
        return {gram: min(each.items(), key=lambda item: (-item[1], item[0]))[0] for gram, each in found.items()}


def _is_telling(body: str) -> bool:
    """Whether it is a word: not a number, link, mention or code, nor punctuation."""
    return body[0].isalpha() and "://" not in body and any(map(str.isalpha, body))


def telling(
    documents: Iterable[Document], background: Iterable[Document], most: int = 12
) -> tuple[list[Telling], list[Telling]]:
    """The words and the phrases that tell the most, at most so many of each, the most telling first."""
    here, there = _Texts(documents), _Texts(background)
    words: list[tuple[float, Gram, int]] = []
    phrases: list[tuple[float, Gram, int]] = []
    common = _common(there)
    shared: set[Gram] | None = None
    for length in range(1, _LONGEST + 1):
        counts, total = _shared(here, length, shared)
        shared = set(counts)
        telling = {gram: count for gram, count in counts.items() if gram[0] not in common and gram[-1] not in common}
        (phrases if length > 1 else words).extend(_weighed(telling, total, there, length))
    shown = sorted(words)[:most], _distinct(sorted(phrases), most)
    spelled = here.spellings(gram for some in shown for _, gram, _ in some)
    first, others = ([Telling(spelled[gram], n, -minus_zeta) for minus_zeta, gram, n in some] for some in shown)
    return first, others


def _common(texts: _Texts) -> set[str]:
    """The words that stand in more documents than a telling one may."""
    counts = Counter(word for _, grams in texts.grams(1) for (word,) in grams)
    return {word for word, count in counts.items() if count > _COMMON * len(texts.documents)}


def _shared(texts: _Texts, length: int, shorter: set[Gram] | None) -> tuple[dict[Gram, int], int]:
    """The runs that enough authors and documents hold, with the number of documents; and of all runs the sum.

    `shorter`: the same of one word less; a run can only be among these if both its ends are among those.
    """
    counts: Counter[Gram] = Counter()
    said_by: dict[Gram, int] = {}
    total = 0
    for author, grams in texts.grams(length):
        total += len(grams)
        for gram in grams:
            if shorter is None or (gram[:-1] in shorter and gram[1:] in shorter):
                counts[gram] += 1
                said_by[gram] = author if said_by.get(gram, author) == author else _MANY
    least = _DOCUMENTS if length > 1 else AUTHORS
    return {gram: count for gram, count in counts.items() if said_by[gram] == _MANY and count >= least}, total


def _weighed(counts: dict[Gram, int], total: int, there: _Texts, length: int) -> list[tuple[float, Gram, int]]:
    """(-ζ, run, documents) of what is said more here than there."""
    others: Counter[Gram] = Counter()
    other_total = 0
    for _, grams in there.grams(length):
        other_total += len(grams)
        others.update(grams.intersection(counts))
    weighed = []
    for gram, count in counts.items():
        zeta = weight(count, total, others[gram], other_total)
        if zeta > 0:
            weighed.append((-zeta, gram, count))
    return weighed


def weight(here: int, total_here: int, there: int, total_there: int) -> float:
    """ζ of what was counted `here` and `there` times; none of what is all that was ever said."""
    if here + there == total_here + total_there:
        return 0.0
    prior = _PRIOR * (here + there) / (total_here + total_there)
    a, b = here + prior, there + prior
    delta = log(a / (total_here + _PRIOR - a)) - log(b / (total_there + _PRIOR - b))
    return delta / sqrt(1 / a + 1 / b)


def _distinct(ranked: Iterable[tuple[float, Gram, int]], most: int) -> list[tuple[float, Gram, int]]:
    """The first of these that neither hold one before them nor are held by one."""
    kept: list[tuple[float, Gram, int]] = []
    for one in ranked:
        if len(kept) == most:
            break
        if not any(_holds(one[1], other[1]) or _holds(other[1], one[1]) for other in kept):
            kept.append(one)
    return kept


def _holds(longer: Sequence[str], shorter: Sequence[str]) -> bool:
    n = len(shorter)
    return any(longer[i : i + n] == shorter for i in range(len(longer) - n + 1))
