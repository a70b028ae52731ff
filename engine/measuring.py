"""How surprising a text is to what was learned, in bits."""

import math
from collections.abc import Iterable

import numpy as np

from engine import evaluation
from engine.errors import EmptyCorpus
from engine.knowledge import Knowledge
from engine.reading import read
from engine.vocabulary import BEGIN, END, UNKNOWN

NEVER = -1  # the id of a token that was never learned
_NOTHING_TO_MEASURE = "There is no document to measure; give at least one."


def surprise(known: Knowledge, texts: Iterable[str]) -> tuple[float, int, int]:
    """The bits it takes to say these texts, their tokens (`</s>` counted), and how many of those are unknown.

    With a mixture each text is learned after it was predicted, and unlearned in the end.
    Raises EmptyCorpus when there is nothing to predict from, or no text.
    """
    known.check_not_empty()
    if known.mixture:
        return _learning(known, list(texts))
    known.merge()
    index = known.counts.vocabulary.index
    tokens, numbers = read(known.tokenizer, texts)
    text = np.array([index.get(token, UNKNOWN) for token in tokens]).take(numbers)
    number = int(np.count_nonzero(text != BEGIN))
    if not number:
        raise EmptyCorpus(_NOTHING_TO_MEASURE)
    unknown = np.array([token not in index for token in tokens]).take(numbers)
    if known.smoothing == "mkn":
        bits = -float(evaluation.of_text(known.predictor, text).sum()) / math.log(2)
    else:
        bits = _plain(known, text.tolist())
    return bits, number, int(np.count_nonzero(unknown))


def _learning(known: Knowledge, texts: list[str]) -> tuple[float, int, int]:
    """`surprise` of texts that are each learned, as the latest of all, once they were predicted."""
    if not texts:
        raise EmptyCorpus(_NOTHING_TO_MEASURE)
    bits, number, unknown, learned = 0.0, 0, 0, 0
    try:
        for text in texts:
            ids = [known.counts.vocabulary.index.get(token, NEVER) for token in known.tokens(text)]
            unknown += ids.count(NEVER)
            ids = [BEGIN, *(UNKNOWN if id == NEVER else id for id in ids), END]
            assert known.mixture  # noqa: S101 - for mypy: learning may make a new one
            bits -= float(evaluation.of_message(known.mixture, ids).sum()) / math.log(2)
            number += len(ids) - 1
            known.learn([text])
            learned += 1
    finally:
        for text in reversed(texts[:learned]):
            known.unlearn_latest(text)
    return bits, number, unknown


def _plain(known: Knowledge, text: list[int]) -> float:
    """The bits of a text by relative frequencies."""
    bits, begin = 0.0, 0
    places = known.counts.vocabulary.places
    for i, id in enumerate(text):
        if id == BEGIN:
            begin = i + 1
            continue
        p = float(known.probabilities(text[begin:i])[places[id]])
        bits -= math.log2(p) if p > 0 else -math.inf
    return bits
