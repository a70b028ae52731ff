"""Counting all n-grams of a text at once, into sorted arrays.

The text is one array of token ids, each document as `<s> … </s>`. Its positions are sorted once,
by the `order` tokens that follow each (least significant digit radix sort: one stable sort per
token, last token first). In that one sorting the n-grams of *every* n lie in groups: a group ends
where one of the first n tokens changes. Windows that run over a `</s>` are dropped on the way.

What is counted (Heafield et al. 2013, §3.2; Chen & Goodman 1998, §4.1):

* n-grams of the highest order, and n-grams that begin with `<s>`: how often they occur;
* all others: their *adjusted* (continuation) count, the number of distinct tokens seen just before
  them; that is, of distinct (n+1)-grams that end in them.

The n-grams of order n = 2, 3, … are a `Table` each. An n-gram is known by its *entry*, its place in
the table; a token's entry is its id. The followers of the context at entry e of order n-1 are the
entries starts[e] … starts[e+1]-1 of order n: the tables together are a trie.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.vocabulary import BEGIN, END

TYPE_OF_SUMS = np.uint32


@dataclass(frozen=True, slots=True)
class Table:
    """All n-grams of one order n ≥ 2, sorted by their token ids.

    starts: (contexts + 1,) uint32, first follower of each (n-1)-gram, and K at the end.
    words:  (K,) uint16 or uint32, the last token of each n-gram.
    sums:   (K + 1,) uint32, sum of the counts of all n-grams before this one; so the count of entry
            e is sums[e+1] - sums[e], and a context's total count is the difference over its range.
    """

    starts: NDArray[np.uint32]
    words: NDArray[np.unsignedinteger]
    sums: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.words)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.starts.nbytes + self.words.nbytes + self.sums.nbytes

    @property
    def counts(self) -> NDArray[np.uint32]:
        """(K,) uint32."""
        return self.sums[1:] - self.sums[:-1]

    def keys(self) -> NDArray[np.int64]:
        """(K,) int64, ascending: `key` of each n-gram, for `numpy.searchsorted`."""
        contexts = np.arange(len(self.starts) - 1, dtype=np.int64)
        return key(np.repeat(contexts, np.diff(self.starts)), self.words)


def key(context: NDArray[np.integer], word: NDArray[np.integer]) -> NDArray[np.int64]:
    """One number for an n-gram: the entry of its context, then its last token id (< 2**32)."""
    return (context.astype(np.int64) << 32) | word.astype(np.int64)


def find(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each wanted key stands among ascending keys, or -1."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def find_in_ranges(
    values: NDArray[np.integer],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    wanted: NDArray[np.integer],
) -> NDArray[np.int64]:
    """Bisect many ranges low … high-1 of ascending values at once.

    Returns the last place in each range where the value is at most the wanted one; `low` if none.
    Most ranges are short, and a pass looks only at those that are longer than its step: several
    times faster than `numpy.searchsorted` over the whole array.
    """
    longest_first = (low - high).argsort()
    first, last = low.take(longest_first), high.take(longest_first) - 1
    at, wanted = first.copy(), wanted.take(longest_first)
    lengths = first - last  # negated, and so ascending
    doublings = (-int(lengths.min(initial=0))).bit_length()
    steps = -1 << np.arange(doublings)[::-1]
    for step, longer in zip((-steps).tolist(), lengths.searchsorted(steps, side="right").tolist(), strict=True):
        probe = at[:longer] + step
        ahead = values.take(np.minimum(probe, last[:longer])) <= wanted[:longer]
        ahead &= probe <= last[:longer]
        at[:longer] += step * ahead
    places = np.empty_like(at)
    places[longest_first] = at
    return places


def entries_of_text(text: NDArray[np.int64], tables: Sequence[Table], ids: int) -> NDArray[np.int64]:
    """(len(text), order) int64: where the 1-, 2-, … gram that ends with each token stands; -1 where it is in no table.

    text: documents `<s> … </s>`, one after the other. ids: those from here on are in no table.
    """
    found = np.full((len(text), len(tables) + 1), -1, np.int64)
    known = text < ids
    found[known, 0] = text[known]
    for n, table in enumerate(tables):
        ends = np.flatnonzero((found[:-1, n] >= 0) & known[1:]) + 1
        contexts = found[ends - 1, n]
        low, high = table.starts.take(contexts).astype(np.int64), table.starts.take(contexts + 1).astype(np.int64)
        followed = np.flatnonzero(low < high)
        ends, low, high = ends[followed], low[followed], high[followed]
        at = find_in_ranges(table.words, low, high, text[ends])
        same = table.words.take(at) == text[ends]
        found[ends[same], n + 1] = at[same]
    return found


def type_of_words(ids: int) -> type[np.uint16] | type[np.uint32]:
    """The narrowest type for token ids below `ids`."""
    return np.uint16 if ids <= 1 << 16 else np.uint32


def running_sums(counts: NDArray[np.integer]) -> NDArray[np.uint32]:
    """(K,) -> (K + 1,) uint32: 0, c0, c0 + c1 and so on."""
    sums = np.zeros(len(counts) + 1, TYPE_OF_SUMS)
    # numpy lets no other thread run while a running sum changes the type, so that is done before.
    np.cumsum(counts.astype(TYPE_OF_SUMS, copy=False), out=sums[1:])
    return sums


def ordinals(flags: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(K,) -> (K,): 0 from the first flag that is set on, 1 from the second on and so on; -1 before."""
    ordinals = flags.astype(np.int32)
    np.cumsum(ordinals, dtype=np.int32, out=ordinals)
    ordinals -= 1
    return ordinals


def count(text: NDArray[np.integer], order: int, ids: int) -> tuple[NDArray[np.int64], list[Table]]:
    """Count a text's n-grams up to `order`.

    text: (M,) token ids below `ids`: documents one after the other, each `<s> … </s>`.
    Returns the (ids,) int64 counts of single tokens, and the tables of orders 2 … `order`.
    """
    if order == 1:
        unigrams = np.bincount(text, minlength=ids)
        unigrams[BEGIN] = 0
        return unigrams, []
    padded = np.zeros(len(text) + order, type_of_words(ids))
    padded[: len(text)] = text
    rows = sort_windows(padded, np.arange(len(text), dtype=np.int32), range(order))
    fresh = np.zeros(len(rows), np.bool_)  # does an n-gram begin here, in sorted order?
    fresh[:1] = True
    last = padded.take(rows)
    entry_of_row: NDArray[np.integer] = last
    fresh[1:] = last[1:] != last[:-1]
    entry_at: NDArray[np.integer] = padded  # entry of the n-gram beginning at each position
    contexts, begin = ids, 1  # how many n-grams, and how many of them begin with <s>, so far
    raw: NDArray[np.integer] = np.zeros(1, np.int64)  # of <s> itself: never predicted
    unigrams = np.zeros(ids, np.int64)
    starts, words, sums = [], [], []
    for n in range(2, order + 1):
        inside = last != END
        rows, fresh, entry_of_row = rows[inside], fresh[inside], entry_of_row[inside]
        last = padded[n - 1 :].take(rows)
        fresh[1:] |= last[1:] != last[:-1]
        heads = np.flatnonzero(fresh).astype(np.int32)
        # counts of order n-1: by what precedes, but as they occur where they begin with <s>
        adjusted = np.bincount(entry_at.take(rows[heads] + 1), minlength=contexts)
        adjusted[:begin] = raw[:begin]
        if n == 2:
            unigrams = adjusted
        else:
            sums.append(running_sums(adjusted))
        starts.append(running_sums(np.bincount(entry_of_row[heads], minlength=contexts)))
        words.append(last[heads])
        begin = int(starts[-1][begin])
        raw = np.diff(heads, append=len(rows))
        contexts = len(heads)
        if n < order:
            entry_of_row = ordinals(fresh)
            entry_at = np.zeros(len(padded), np.int32)
            entry_at[rows] = entry_of_row
    sums.append(running_sums(raw))
    return unigrams, [Table(*arrays) for arrays in zip(starts, words, sums, strict=True)]


def sort_windows(
    padded: NDArray[np.unsignedinteger], rows: NDArray[np.int32], offsets: Sequence[int]
) -> NDArray[np.int32]:
    """Positions, sorted by the ids that stand at these offsets from each one: the first weighs most."""
    digits = [padded] if padded.dtype == np.uint16 else [padded.astype(np.uint16), padded >> 16]
    digits = [digit.astype(np.uint16, copy=False) for digit in digits]  # least significant first
    for offset in reversed(offsets):
        for digit in digits:
            rows = rows.take(np.argsort(digit[offset:].take(rows), kind="stable"))
    return rows


def counts_of_counts(counts: NDArray[np.integer]) -> list[int]:
    """How many n-grams have count 0, 1, 2, 3, 4 (n_i in Chen & Goodman 1998, §3.4)."""
    small = np.bincount(np.minimum(counts, 5), minlength=6)
    return [int(n) for n in small[:5]]
