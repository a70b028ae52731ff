"""Merging changes into the tables, a few milliseconds at a time.

`merge` is a generator: each `next` does one pass over the arrays of one order, and yields over how
many numbers; what takes longer than a pass counts as several. It freezes the changes and builds
*new* counts beside the old ones, which stay in use; once it returns them (`StopIteration.value`),
the caller learns and unlearns again whatever happened meanwhile, and drops the old. The new counts
have canonical ids, and are array for array those of a fresh bulk count.

Per order n, with the (n-1)-grams' new entries known, an n-gram is one number (`counts.key`: new
entry of its context, new id of its last token). New ids keep the order of old ones, so the keys
of the old table ascend without sorting; changed n-grams are looked up among them by bisection, and
their counts replaced, removed, or inserted.
"""

from collections.abc import Generator
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.counts import Table, find, key, ordinals, running_sums, type_of_words
from engine.overlay import Changes, Counts
from engine.vocabulary import Vocabulary

Ids = NDArray[np.int64]
CHUNK = 4096  # changed contexts turned into arrays in one step
_PASSES_OF_A_CONTEXT, _PASSES_OF_A_SEARCH, _PASSES_OF_A_TOKEN = 300, 30, 50
"""As how many numbers passed over each of these counts: it takes about that many times 3 ns."""


class ChangedNgrams(NamedTuple):
    """The E changed n-grams of one order n.

    tokens: (E, n) int64, their ids (new ids; -1: forgotten).
    counts: (E,) int64, their counts now.
    """

    tokens: Ids
    counts: Ids


def merge(counts: Counts) -> Generator[int, None, Counts]:
    """Build the same counts with no changes left to merge, step by step.

    One step passes once or twice over one array: up to 10 ns an n-gram of the largest order.
    """
    tokens, new_id = counts.vocabulary.tokens, counts.vocabulary.places + np.int64(1)
    new_id[1:][new_id[1:] == 0] = -1  # gone; only <s> is 0
    frozen = counts.freeze()
    live, unigrams = counts.vocabulary.live, counts.unigrams.copy()
    tallies = [tally.copy() for tally in counts.tallies]
    old_tables, known = counts.tables, counts.known
    yield len(tokens)
    vocabulary = Vocabulary.of_canonical(tokens)
    ids = size = vocabulary.ids
    unigrams = np.concatenate([unigrams[:1], unigrams[live]])
    yield ids * _PASSES_OF_A_TOKEN
    changed = []
    for length, changes in enumerate(frozen, start=1):
        changed.append((yield from _as_arrays(changes, length, new_id)))
    moved = new_id[:known]  # new entry by old entry, one order below; -1: gone
    contexts = [change.tokens[:, 0] for change in changed]  # the same of each change's first tokens
    tables: list[Table] = []
    for n, (old, change) in enumerate(zip(old_tables, changed, strict=True), start=2):
        keys = yield from _old_keys(old, moved, new_id)
        new = key(contexts[n - 2], change.tokens[:, n - 1])
        keys, values, moved = yield from _merge_order(old, keys, new, change.counts)
        tables.append((yield from _table(keys, values, size, ids)))
        size = len(keys)
        for m in range(n - 1, len(changed)):  # longer n-grams: from entry of n-1 tokens to n
            contexts[m] = find(keys, key(contexts[m], changed[m].tokens[:, n - 1]))
            yield len(contexts[m]) * _PASSES_OF_A_SEARCH
    return Counts(vocabulary, unigrams, tables, tallies, frozen)


def _as_arrays(changes: Changes, length: int, new_id: Ids) -> Generator[int, None, ChangedNgrams]:
    """The changed n-grams whose contexts have this length, with new ids."""
    parts = [np.empty((0, length + 1), np.int64)]
    counts = [np.empty(0, np.int64)]
    keys, values = iter(changes), iter(changes.values())
    while some := list(islice(keys, CHUNK)):
        followers = list(islice(values, CHUNK))
        each = np.fromiter(map(len, followers), np.int64, len(some))
        total = int(each.sum())
        contexts = np.fromiter(chain.from_iterable(some), np.int64, len(some) * length)
        repeated = np.repeat(contexts.reshape(-1, length), each, axis=0)
        words = np.fromiter(chain.from_iterable(followers), np.int64, total)
        parts.append(np.column_stack([repeated, words]))
        now = chain.from_iterable(map(dict.values, followers))
        counts.append(np.fromiter(now, np.int64, total))
        yield len(some) * _PASSES_OF_A_CONTEXT
    return ChangedNgrams(new_id[np.concatenate(parts)], np.concatenate(counts))


def _old_keys(old: Table, moved: Ids, new_id: Ids) -> Generator[int, None, Ids]:
    """(K,) int64: the new key of each n-gram of the old table; -1 if it cannot be there any more.

    Ascending but for the -1s.
    """
    parents = np.repeat(moved, np.diff(old.starts))
    yield len(old)
    words = new_id.take(old.words)
    yield len(old)
    keys = key(parents, words)
    yield len(old)
    keys[(parents < 0) | (words < 0)] = -1
    yield len(old)
    return keys


def _merge_order(old: Table, keys: Ids, new: Ids, now: Ids) -> Generator[int, None, tuple[Ids, Ids, Ids]]:
    """Merge the changes `new` (keys) and `now` (counts) into an old table with `keys`.

    Returns the merged keys, their counts, and (K,) where each old n-gram went, or -1.
    """
    alive = np.flatnonzero(keys >= 0)
    yield len(keys)
    at = find(keys[alive], new)
    present = at >= 0
    yield len(new) * _PASSES_OF_A_SEARCH
    values = old.counts.astype(np.int64)
    values[alive[at[present]]] = now[present]
    yield len(keys)
    kept = (keys >= 0) & (values > 0)
    moved = ordinals(kept).astype(np.int64)
    yield len(keys)
    keys, values = keys[kept], values[kept]
    yield len(keys)
    added = ~present & (now > 0)
    order = np.argsort(new[added])
    new, now = new[added][order], now[added][order]
    place = np.searchsorted(keys, new)
    yield len(new) * _PASSES_OF_A_SEARCH
    shift = np.cumsum(np.bincount(place, minlength=len(keys) + 1))
    yield len(keys)
    moved += shift[moved]
    moved[~kept] = -1
    yield len(keys)
    keys = np.insert(keys, place, new)
    yield len(keys)
    values = np.insert(values, place, now)
    yield len(keys)
    return keys, values, moved


def _table(keys: Ids, values: Ids, contexts: int, ids: int) -> Generator[int, None, Table]:
    """A table of n-grams by their keys and counts."""
    starts = running_sums(np.bincount(keys >> 32, minlength=contexts))
    yield len(keys)
    words: NDArray[np.unsignedinteger] = keys.astype(type_of_words(ids))  # the low bits
    yield len(keys)
    return Table(starts, words, running_sums(values))
