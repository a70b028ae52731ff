"""What Kneser-Ney and the gates ask of a context u as a whole: its tally [C(u), N1(u), N2(u), N3+(u)].

C is the sum of its counts, N_i how many of its followers have count i. A context that changed or has
many followers is tallied once and then kept up to date as counts change, so its probabilities cost no
pass over them.
"""

from bisect import bisect_left
from operator import sub

import numpy as np
from numpy.typing import NDArray

from engine.followers import FEW, Followers
from engine.overlay import NO_ENTRY, NOTHING, Context, Counts

Tally = list[int]
UNSEEN = [0, 0, 0, 0]
_KEPT = 20_000  # contexts whose tally is kept at hand


def tally(counts: Counts, context: Context, entry: int) -> Tally:
    """The tally of a context of ≥ 1 tokens that stands at `entry`; all 0 if unseen. Not to be changed."""
    kept = counts.tallied.get(context)
    if kept is None:
        length = len(context) - 1
        if not counts.frozen and context not in counts.changes[length]:
            if entry == NO_ENTRY:
                return UNSEEN
            starts, _, sums = counts.views[length]
            low, high = starts[entry], starts[entry + 1]
            if high - low <= FEW:
                return _of([sums[at + 1] - sums[at] for at in range(low, high)])
        followers = counts.followers(context, entry)
        kept = _keep(counts, context, followers.counts if followers else [])
    return kept


def tally_of(counts: Counts, context: Context, followers: Followers) -> Tally:
    """The tally of a context with these followers; kept if they are many. Not to be changed."""
    if isinstance(followers.counts, list):
        return _of(followers.counts)
    return counts.tallied.get(context) or _keep(counts, context, followers.counts)


def _keep(counts: Counts, context: Context, each: list[int] | NDArray[np.integer]) -> Tally:
    if len(counts.tallied) >= _KEPT:
        counts.tallied.clear()
    kept = counts.tallied[context] = _of(each)
    return kept


def _of(counts: list[int] | NDArray[np.integer]) -> Tally:
    if isinstance(counts, list):
        total, ones, twos = sum(counts), counts.count(1), counts.count(2)
    else:
        total, ones, twos = int(counts.sum()), int((counts == 1).sum()), int((counts == 2).sum())
    return [total, ones, twos, len(counts) - ones - twos]


def tallies(counts: Counts, context: Context, entries: list[int]) -> list[Tally]:
    """The tallies of the last 1, 2, … tokens of a context, whose `entries` are these."""
    known, unchanged = len(entries), not (counts.frozen or any(counts.changes))
    found = []
    for length in range(1, len(context) + 1):
        if unchanged:
            if length > known:
                found += [UNSEEN] * (len(context) - known)
                break
            starts, _, sums = counts.views[length - 1]
            entry = entries[length - 1]
            low, high = starts[entry], starts[entry + 1]
            if high - low == 1:
                total = sums[high] - sums[low]
                found.append([total, int(total == 1), int(total == 2), int(total > 2)])
                continue
            if high - low <= FEW:
                ends = sums[low : high + 1].tolist()
                found.append(_of([*map(sub, ends[1:], ends)]))
                continue
        found.append(tally(counts, context[-length:], entries[length - 1] if length <= known else NO_ENTRY))
    return found


def count(counts: Counts, context: Context, entry: int, word: int) -> int:
    """The count of one token after a context of ≥ 1 tokens that stands at `entry`."""
    length = len(context) - 1
    for changes in (counts.changes, counts.frozen):
        if changes:
            changed = changes[length].get(context, NOTHING).get(word)
            if changed is not None:
                return changed
    if entry == NO_ENTRY:
        return 0
    starts, words, sums = counts.views[length]
    end = starts[entry + 1]
    at = bisect_left(words, word, starts[entry], end)
    return sums[at + 1] - sums[at] if at < end and words[at] == word else 0
