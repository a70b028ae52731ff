"""Drawing one text from counts without changes: the innermost loop of all sampling.

The recipe is told in `stream`. Here every context stands in the tables, so a text needs to know one place only:
that of its longest known context. From there the suffix links (see `links`) lead to the shorter ones, where it
backs off. Single tokens need no sums: of two tokens side by side, all pairs equally likely, the second is a
token with the probability that its adjusted count says.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from engine.drawing import Unigrams, stay
from engine.links import ends, suffix_links
from engine.rule import Rule, sayable
from engine.smoothing import Floats, KneserNey
from engine.vocabulary import BEGIN, END, UNKNOWN

REDRAWS = 32
"""Tokens in a row that may not be said, before the whole distribution is worked out."""


class Unchanged:
    """Draws texts one at a time from counts that have no changes. Valid until they do."""

    def __init__(self, mkn: KneserNey, unigrams: Unigrams, distribution: Callable[[list[int], float], Floats]) -> None:
        """distribution: (V,) what comes next, from all that was said, `<s>` first, and an originality."""
        counts = self._counts = mkn.counts
        self._any = unigrams.any
        self._distribution = distribution
        self._root = mkn.discounts[0]
        self._unigrams = counts.unigrams.data
        self._ends: memoryview[int] = ends(counts).data
        self._links = suffix_links(counts.tables)
        nothing, nowhere = memoryview(b""), memoryview(bytes(counts.vocabulary.ids))
        # By the number of a context's tokens: where it stands without the first, what follows it, and how that counts.
        self._shorter = [nowhere, nowhere, *(link.data for link in self._links)]
        self._contexts = [(nothing, nothing), *((starts, words) for starts, words, _ in counts.views)]
        self._levels = [
            (nothing, nothing, nothing, 0.0, 0.0, 0.0),
            *((*views, *d[1:]) for views, d in zip(counts.views, mkn.discounts[1:], strict=True)),
        ]
        self._first = self._longest([])

    @property
    def nbytes(self) -> int:
        """Bytes of the suffix links."""
        return sum(link.nbytes for link in self._links[1:])  # those of pairs are in the tables

    def document(self, numbers: Iterator[float], tokens: list[int], length: int, rule: Rule) -> list[int]:  # noqa: C901, PLR0912, PLR0915 - in one piece, as calls would be most of its time
        """As `Stream.document`; goes on with these tokens. One number is one attempt at one context."""
        if len(tokens) + 1 < rule.least < length:  # below, only the first token can be what `</s>` may not be
            tokens = self.document(numbers, tokens, rule.least - 1, rule)
        room = length - len(tokens)
        if room <= 0:
            return tokens
        levels, contexts, shorter, top = self._levels, self._contexts, self._shorter, self._counts.order - 1
        all_ends, total, unigram = self._ends, self._counts.total, self._unigrams
        (_, r1, r2, r3), any_token = self._root, self._any
        clashes, forbids, random, append = rule.clashes, rule.forbids, numbers.__next__, tokens.append
        then_original, then_endless = rule.originality, rule.least > len(tokens) + 1  # once a token was said
        originality = then_original if tokens else rule.beginning
        without_end = endless = rule.least > len(tokens)
        begin = redraws = 0  # where the text being told began; tokens drawn in vain
        # How many tokens the longest context has, and where it stands:
        longest, last = self._longest(tokens) if tokens else self._first
        k, entry = longest, last  # the same of the context that is tried
        for number in numbers:
            if k:
                starts, words, sums, d1, d2, d3 = levels[k]
                low = starts[entry]
                high = starts[entry + 1]
                floor: float = sums[low]
                end = sums[high]
                if without_end:
                    without_end = False
                    if words[low] == END:
                        count = sums[low + 1] - sums[low]
                        floor = sums[low + 1] - (d3 if count > 2 else d2 if count > 1 else d1)  # noqa: PLR2004
                        without_end = high - low == 1 and originality > 0
                x = floor + number * (end - floor)
                if high - low == 1:
                    at = low
                else:
                    at = bisect_right(sums, int(x), low + 1, high)
                    end = sums[at]
                    at -= 1
                count = end - sums[at]
                discount = d1 if count == 1 else d2 if count == 2 else d3  # noqa: PLR2004
                if end - x <= discount:
                    if originality == 1 or without_end or random() < originality:
                        at = -1
                    elif high - low > 1:
                        at = stay(random, (words, sums, low, high, (0.0, d1, d2, d3)))
                    elif count == discount:
                        at = -1
                    if at < 0:
                        entry = shorter[k][entry]
                        k -= 1
                        continue
                word = words[at]
            else:
                x = number * total
                at = int(x)
                word = all_ends[at]
                count = unigram[word]
                if (x - at) * count < (r1 if count == 1 else r2 if count == 2 else r3):  # noqa: PLR2004
                    word = any_token(random())
            if word <= UNKNOWN or (not k and clashes and clashes(tokens, word)) or (forbids and forbids(tokens, word)):
                if word == END and not endless:
                    break
                redraws += 1
                if redraws == REDRAWS:
                    word, begin = sayable(
                        random, tokens, begin, originality, rule, self._distribution, self._counts.vocabulary
                    )
                    if word == END:
                        break
                    append(word)
                    room -= 1
                    if not room:
                        break
                    originality, endless, redraws = then_original, then_endless, 0
                    longest, last = self._longest(tokens[begin:])
                k, entry, without_end = longest, last, endless
                continue
            append(word)
            room -= 1
            if not room:
                break
            if k == top:  # of the order of the longest n-grams, which are no contexts
                last = shorter[k][last]
                k -= 1
                if k > 0:
                    starts, words = contexts[k]
                    at = bisect_left(words, word, starts[last], starts[last + 1])
            else:  # it may follow longer contexts, too
                i = longest
                while i > k:
                    if i < top:
                        starts, words = contexts[i]
                        high = starts[last + 1]
                        found = bisect_left(words, word, starts[last], high)
                        if found < high and words[found] == word:
                            k, at = i, found
                            break
                    last = shorter[i][last]
                    i -= 1
            entry = last = at if k > 0 else word
            k = longest = k + 1
            originality, endless, without_end, redraws = then_original, then_endless, then_endless, 0
        return tokens

    def _longest(self, tokens: list[int]) -> tuple[int, int]:
        """How many tokens the longest context has that something follows, and where it stands."""
        entries = self._counts.entries((BEGIN, *tokens))
        while entries:
            starts, _ = self._contexts[len(entries)]
            if starts[entries[-1]] < starts[entries[-1] + 1]:
                return len(entries), entries[-1]
            entries.pop()  # `<unk>` may stand in the vocabulary and in no text
        return 0, BEGIN
