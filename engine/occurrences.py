"""How often each token followed a context: raw counts, where the model keeps adjusted ones.

Every token of a text has exactly one longest context: the order - 1 tokens before it or, near the
beginning, all of them back to `<s>`. Those contexts have raw counts. So the raw counts of a shorter
context are the sums over the longest contexts that end in it.
"""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from engine.overlay import NO_ENTRY, Context, Counts
from engine.vocabulary import BEGIN

Ids = NDArray[np.int64]


def occurrences(counts: Counts, context: Context) -> Ids:
    """(ids,) int64: how often each token followed a context of at most order - 1 ids.

    Milliseconds for a million tokens: for showing, not for predicting.
    """
    longest = counts.order - 1
    found = np.zeros(counts.vocabulary.ids, np.int64)
    if not longest:
        found += counts.unigrams
    for length in range(max(len(context), 1), longest + 1):
        _add_table(counts, found, length, _ending_in(counts, context, length))
        changed = chain(chain.from_iterable(counts.frozen[length - 1 : length]), counts.changes[length - 1])
        for longer in set(changed):
            if longer[length - len(context) :] == context and (length == longest or longer[0] == BEGIN):
                _add_changes(counts, found, longer)
    return found


def _ending_in(counts: Counts, context: Context, length: int) -> Ids:
    """Entries of the longest contexts of `length` tokens that end in a context, in the tables."""
    entries = np.arange(counts.known if length == 1 else len(counts.tables[length - 2]))
    if length < counts.order - 1:
        entries = entries[: _begun(counts, length)]
    at = entries
    for depth, token in zip(range(length, 0, -1), reversed(context), strict=False):
        here = (at if depth == 1 else counts.tables[depth - 2].words[at]) == token
        at, entries = at[here], entries[here]
        if depth > 1:  # on to the entries of all tokens but the last
            at = np.searchsorted(counts.tables[depth - 2].starts, at, side="right") - 1
    return entries


def _begun(counts: Counts, length: int) -> int:
    """How many n-grams of `length` tokens begin with `<s>`; they stand first in their table."""
    end = BEGIN + 1
    for table in counts.tables[: length - 1]:
        end = int(table.starts[end])
    return end


def _add_table(counts: Counts, found: Ids, length: int, contexts: Ids) -> None:
    """Add the counts of what follows these entries, all contexts of one length."""
    table = counts.tables[length - 1]
    low = table.starts[contexts].astype(np.int64)
    each = table.starts[contexts + 1] - low
    places = np.repeat(low - np.cumsum(each) + each, each) + np.arange(each.sum())
    np.add.at(found, table.words[places], table.counts[places])


def _add_changes(counts: Counts, found: Ids, context: Context) -> None:
    """Add what a changed context counts now, less what its table says."""
    entries = counts.entries(context)
    entry = entries[len(context) - 1] if len(context) <= len(entries) else NO_ENTRY
    if entry != NO_ENTRY:
        before = np.zeros_like(found)
        _add_table(counts, before, len(context), np.array([entry]))
        found -= before
    followers = counts.followers(context, entry)
    if followers:
        found[np.asarray(followers.words)] += np.asarray(followers.counts)
