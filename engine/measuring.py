"""How surprising a text is to what was learned, in bits."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from engine import evaluation
from engine.characters import Characters
from engine.errors import EmptyCorpus, UnseenContext
from engine.knowledge import Knowledge
from engine.mixture import Mixture
from engine.reading import read
from engine.spelling import Spelling, shipped_spelling
from engine.vocabulary import BEGIN, END, UNKNOWN

NEVER = -1  # the id of a token that was never learned
_NOTHING_TO_MEASURE = "There is no document to measure; give at least one."


class Surprise(NamedTuple):
    """What it takes to say some texts."""

    bits: float
    """A token never learned counted as `<unk>`; infinite where smoothing "none" gives one no chance at all."""
    spelling_bits: float
    """What it takes beyond that to say which ones these are; 0 in `whitespace`, whose vocabulary is closed."""
    tokens: int
    """How many, `</s>` counted."""
    unknown: int
    """How many of them were never learned."""


def surprise(known: Knowledge, texts: Iterable[str]) -> Surprise:
    """The bits it takes to say these texts.

    With a mixture each text is learned after it was predicted, and unlearned in the end.
    Raises EmptyCorpus when there is nothing to predict from, or no text.
    """
    known.check_not_empty()
    spelling = None if known.tokenizer.unit == "whitespace" else shipped_spelling()
    if known.mixture:
        return _learning(known, list(texts), spelling)
    known.merge()
    index = known.counts.vocabulary.index
    tokens, numbers = read(known.tokenizer, texts)
    text = np.array([index.get(token, UNKNOWN) for token in tokens]).take(numbers)
    number = int(np.count_nonzero(text != BEGIN))
    if not number:
        raise EmptyCorpus(_NOTHING_TO_MEASURE)
    if known.smoothing == "mkn":
        bits = -float(evaluation.of_text(known.predictor, text).sum()) / math.log(2)
    else:
        bits = _plain(known, text.tolist())
    times = np.bincount(numbers, minlength=len(tokens)).tolist()
    unknown = {token: n for token, n in zip(tokens, times, strict=True) if token not in index}
    spelt = sum(n * spelling.bits(token) for token, n in unknown.items()) if spelling else 0.0
    return Surprise(bits, spelt, number, sum(unknown.values()))


def _learning(known: Knowledge, texts: list[str], spelling: Spelling | None) -> Surprise:
    """`surprise` of texts that are each learned, as the latest of all, once they were predicted."""
    if not texts:
        raise EmptyCorpus(_NOTHING_TO_MEASURE)
    bits, spelt, number, unknown, learned = 0.0, 0.0, 0, 0, 0
    try:
        for text in texts:
            tokens = known.tokens(text)
            ids = [known.counts.vocabulary.index.get(token, NEVER) for token in tokens]
            unknown += ids.count(NEVER)
            ids = [BEGIN, *(UNKNOWN if id == NEVER else id for id in ids), END]
            assert known.mixture  # noqa: S101 - for mypy: learning may make a new one
            more, more_spelt = _of_document(known.mixture, ids, tokens, spelling)
            bits, spelt, number = bits + more, spelt + more_spelt, number + len(ids) - 1
            known.learn([text])
            learned += 1
    finally:
        for text in reversed(texts[:learned]):
            known.unlearn_latest(text)
        known.merge()  # or a seed would say something else from now on: ids would have gaps
    return Surprise(bits, spelt, number, unknown)


def _of_document(
    mixture: Mixture | Characters, ids: Sequence[int], texts: Sequence[str], spelling: Spelling | None
) -> tuple[float, float]:
    """The bits of a document, given by ids `<s> … </s>` and by its tokens; and those that spell the unknown ones."""
    bits, spelt = 0.0, 0.0
    for i, (p, unseen) in enumerate(mixture.each(ids, texts)):
        bits -= math.log2(p)
        if unseen and spelling:
            own, theirs, known = unseen
            letters = spelling.bits(texts[i])
            spelt += math.log2(p)
            if known:
                spelt -= math.log2(theirs + own * 2**-letters)
            else:
                spelt += letters - math.log2(own + theirs / (1 - spelling.known))
    return bits, spelt


def _plain(known: Knowledge, text: list[int]) -> float:
    """The bits of a text by relative frequencies; infinitely many where something was never seen."""
    bits, begin = 0.0, 0
    places = known.counts.vocabulary.places
    for i, id in enumerate(text):
        if id == BEGIN:
            begin = i + 1
            continue
        try:
            p = float(known.probabilities(text[begin:i])[places[id]])
        except UnseenContext:
            return math.inf
        if not p:
            return math.inf
        bits -= math.log2(p)
    return bits
