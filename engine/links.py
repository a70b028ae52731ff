"""Suffix links: where in the tables a context stands once its oldest token is dropped.

A text is drawn from the longest context that is known; where that backs off, the link says where the next
shorter one is (as in KenLM's state, Heafield 2011, §4.1), and no shorter one is looked up besides.

No n-gram is looked up here either. The adjusted count of an (n-1)-gram is the number of n-grams that end in
it. So when the n-grams are sorted by their last n - 1 tokens, the first so many of them end in the first
(n-1)-gram, the next so many in the second, and so on. Those that begin with `<s>`, whose counts are raw, are
no other's end, and stand first in their table.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.counts import Table
from engine.vocabulary import BEGIN

Entries = NDArray[np.unsignedinteger]
_DIGIT = 16  # bits: numpy sorts so short integers without comparing them


def suffix_links(tables: list[Table]) -> list[Entries]:
    """Of the contexts of 2, 3, … tokens in the tables of orders 2, 3, …, each by entry: some 20 ms a million tokens.

    tables: of all orders; the n-grams of the highest are no contexts. Of a pair it is the id of its second token.
    """
    links: list[Entries] = [table.words for table in tables[:-1][:1]]
    begun = BEGIN + 1  # how many n-grams begin with <s>
    for shorter, table in pairwise(tables[:-1]):
        begun = int(shorter.starts[begun])
        ends = np.repeat(links[-1], np.diff(table.starts))  # of each n-gram, where its context without the oldest is
        by_end = np.lexsort((*_digits(table.words), *_digits(ends)))
        link = np.empty(len(table), np.uint32)
        link[by_end] = np.repeat(np.arange(begun, len(shorter), dtype=np.uint32), shorter.counts[begun:])
        links.append(link)
    return links


def _digits(numbers: Entries) -> list[Entries]:
    """Least significant first."""
    low = numbers.astype(np.uint16)  # the rest falls away
    return [low] if numbers.dtype == np.uint16 else [low, (numbers >> _DIGIT).astype(np.uint16)]
