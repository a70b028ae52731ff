"""Drawing one text from counts without changes: the innermost loop of all sampling.

The recipe is told in `stream`. Here every context stands in the tables, so a text needs to know one place only:
that of the longest context that is known. Shorter ones are found by the suffix links (see `links`) when the longest backs off.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.drawing import Unigrams, stay
from engine.links import suffix_links
from engine.overlay import Counts
from engine.rule import Rule, sayable
from engine.smoothing import Floats, KneserNey
from engine.vocabulary import BEGIN, END, UNKNOWN

REDRAWS = 32
"""Tokens in a row that may not be said, before the whole distribution is worked out."""


class Unchanged:
    """Draws texts one at a time from counts that have no changes. Valid until they do."""

    def __init__(self, mkn: KneserNey, unigrams: Unigrams, distribution: Callable[[list[int], float], Floats]) -> None:
        """distribution: (V,) what comes next, from all that was said, `<s>` first, and an originality."""
        self._counts = mkn.counts
        self._any = unigrams.any
        self._distribution = distribution
        self._ends: memoryview[int] = _ends(mkn.counts).data
        self._root = mkn.discounts[0]
        self._links = suffix_links(mkn.counts.tables)
        self._shorter = [link.data for link in self._links]  # from contexts of 2, 3, … tokens
        self._levels = [  # by the number of a context's tokens
            (starts, words, sums, *d[1:])
            for (starts, words, sums), d in zip(mkn.counts.views, mkn.discounts[1:], strict=True)
        ]

    @property
    def nbytes(self) -> int:
        """Bytes of the suffix links."""
        return sum(link.nbytes for link in self._links[1:])  # those of pairs are in the tables

    def document(self, numbers: Iterator[float], tokens: list[int], length: int, rule: Rule) -> list[int]:  # noqa: C901, PLR0912, PLR0915 - in one piece, as calls would be most of its time
        """As `Stream.document`; goes on with these tokens. One number is one attempt at one context."""
        if len(tokens) >= length:
            return tokens
        levels, shorter, top = self._levels, self._shorter, self._counts.order - 1
        ends, total, unigram = self._ends, self._counts.total, self._counts.unigram
        root, any_token = self._root, self._any
        melts, forbids, random, then_endless = rule.melts, rule.forbids, numbers.__next__, not rule.may_end
        originality = rule.originality if tokens else rule.beginning
        without_end = endless = then_endless or not tokens
        begin = redraws = 0  # where the text being told began; tokens drawn in vain
        longest, last = self._longest(tokens)  # how many tokens the longest context has, and where it stands
        k, entry = longest, last  # the same of the context that is tried
        for number in numbers:
            if k:
                starts, words, sums, d1, d2, d3 = levels[k - 1]
                low, high = starts[entry], starts[entry + 1]
                floor: float = sums[low]
                if without_end:
                    without_end = False
                    if words[low] == END:
                        count = sums[low + 1] - sums[low]
                        floor = sums[low + 1] - (d3 if count > 2 else d2 if count > 1 else d1)  # noqa: PLR2004
                        without_end = high - low == 1 and originality > 0
                end = sums[high]
                x = floor + number * (end - floor)
                at = low
                if high - low > 1:
                    at = bisect_right(sums, int(x), low + 1, high)
                    end = sums[at]
                    at -= 1
                count = end - sums[at]
                discount = d3 if count > 2 else d2 if count > 1 else d1  # noqa: PLR2004
                if end - x <= discount:
                    if originality == 1 or without_end or random() < originality:
                        at = -1
                    elif high - low > 1:
                        at = stay(random, (words, sums, low, high, (0.0, d1, d2, d3)))
                    elif count == discount:
                        at = -1
                    if at < 0:
                        if k > 1:
                            entry = shorter[k - 2][entry]
                        k -= 1
                        continue
                word = words[at]
            else:
                x = number * total
                at = int(x)
                word = ends[at]
                count = unigram(word)
                if (x - at) * count < root[count if count < 3 else 3]:  # noqa: PLR2004
                    word = any_token(random())
            if word <= UNKNOWN or (not k and melts and melts(tokens, word)) or (forbids and forbids(tokens, word)):
                if word == END and not endless:
                    break
                redraws += 1
                if redraws == REDRAWS:
                    word, begin = sayable(
                        random, tokens, begin, originality, rule, self._distribution, self._counts.vocabulary
                    )
                    if word == END:
                        break
                    tokens.append(word)
                    if len(tokens) == length:
                        break
                    originality, endless, redraws = rule.originality, then_endless, 0
                    longest, last = self._longest(tokens[begin:])
                k, entry, without_end = longest, last, endless
                continue
            if k == top:  # of the order of the longest n-grams, which are no contexts
                k = top - 1
                if k > 0:
                    last = shorter[-1][last]
                    starts, words, _, _, _, _ = levels[k - 1]
                    at = bisect_left(words, word, starts[last], starts[last + 1])
            else:  # it may follow longer contexts, too
                i = longest
                while i > k:
                    if i < top:
                        starts, words, _, _, _, _ = levels[i - 1]
                        high = starts[last + 1]
                        found = bisect_left(words, word, starts[last], high)
                        if found < high and words[found] == word:
                            k, at = i, found
                            break
                    if i > 1:
                        last = shorter[i - 2][last]
                    i -= 1
            tokens.append(word)
            if len(tokens) == length:
                break
            k = longest = k + 1
            entry = last = at if k > 1 else word
            originality, endless, without_end, redraws = rule.originality, then_endless, then_endless, 0
        return tokens

    def _longest(self, tokens: list[int]) -> tuple[int, int]:
        """How many tokens the longest context has that something follows, and where it stands."""
        entries = self._counts.entries((BEGIN, *tokens))
        views = self._counts.views
        while entries and views[len(entries) - 1][0][entries[-1]] == views[len(entries) - 1][0][entries[-1] + 1]:
            entries.pop()  # `<unk>` may stand in the vocabulary and in no text
        return len(entries), entries[-1] if entries else 0


def _ends(counts: Counts) -> NDArray[np.integer]:
    """(total,) each token as often as its count says: an adjusted count is that of the pairs that end in it."""
    return counts.tables[0].words if counts.tables else np.repeat(np.arange(counts.vocabulary.ids), counts.unigrams)
