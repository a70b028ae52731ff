"""How probable a text is, token by token.

Two ways to the same numbers: `of_document` for one document, while counts may have changes, and
`of_text` for a long text at once, from the tables alone. Of one by a mixture: see `measuring`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.counts import Table, find, key, running_sums
from engine.smoothing import Discounts, KneserNey
from engine.vocabulary import BEGIN

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


def of_document(smoothing: KneserNey, ids: Sequence[int]) -> Floats:
    """(len(ids) - 1,) float64: natural log P of each id but the first, given those before it."""
    reach = smoothing.counts.order - 1
    return np.log([smoothing.probability(ids[max(0, j - reach) : j], ids[j]) for j in range(1, len(ids))])


def of_text(smoothing: KneserNey, text: Ids) -> Floats:
    """natural log P of every token of a text but the `<s>`s. The counts must have no changes.

    text: (M,) token ids, documents one after the other, each `<s> … </s>`.
    Returns (M - documents,) float64.
    """
    counts = smoothing.counts
    if counts.changed:
        raise ValueError("merge the changes first")
    contexts = np.concatenate([[-1], text[:-1]])  # entry of the 1, 2, … tokens before each
    weight: Floats = np.ones(len(text))
    levels = []
    for table in counts.tables:
        entries = find(table.keys(), key(contexts, text))
        levels.append((contexts, entries))
        contexts = np.concatenate([[-1], entries[:-1]])
    terms = []
    for table, d, (contexts, entries) in zip(
        reversed(counts.tables), reversed(smoothing.discounts), reversed(levels), strict=False
    ):
        alpha, gamma = _alpha_gamma(table, d, contexts, entries)
        terms.append(weight * alpha)
        weight = weight * gamma
    p = weight * smoothing.unigrams()[counts.vocabulary.places[text]]
    for term in reversed(terms):
        p += term
    logs: Floats = np.log(p[text != BEGIN])
    return logs


def _alpha_gamma(table: Table, d: Discounts, contexts: Ids, entries: Ids) -> tuple[Floats, Floats]:
    """(M,) α of each n-gram and γ of its context; 0 and 1 where the context has no followers."""
    counts = table.counts
    ones, twos = running_sums(counts == 1), running_sums(counts == 2)
    low, high = table.starts[contexts], table.starts[contexts + 1]
    seen = (contexts >= 0) & (low < high)
    low, high = np.where(seen, low, 0), np.where(seen, high, 0)
    total = np.where(seen, table.sums[high] - table.sums[low], 1).astype(np.int64)
    n1 = (ones[high] - ones[low]).astype(np.int64)
    n2 = (twos[high] - twos[low]).astype(np.int64)
    n3 = (high - low).astype(np.int64) - n1 - n2
    gamma = np.where(seen, (d[1] * n1 + d[2] * n2 + d[3] * n3) / total, 1.0)
    c = np.where(entries >= 0, counts.take(entries) if len(counts) else 0, 0).astype(np.int64)
    return (c - np.array(d).take(np.minimum(c, 3))) / total, gamma
