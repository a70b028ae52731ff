"""n-gram counts that learn and forget single documents exactly.

`raw[k][u][w]`       how often token w followed the k-token context u
`adjusted[k][u][w]`  how many different tokens v stood before "u w" (its continuation count); kept
                     below the highest order, for contexts that do not begin with `<s>`

Learning raises a raw count; only when that n-gram is new (0 to 1) has the next shorter one gained a
token to its left, so its adjusted count rises by one. Forgetting is the same walk backwards. Counts
are integers and an entry that falls to zero is deleted, so learning and then forgetting leaves
exactly what was there before: a function of the multiset of documents.
"""

from collections.abc import Iterator
from typing import TypeAlias

from engine.vocabulary import BEGIN

Context: TypeAlias = tuple[str, ...]
Followers: TypeAlias = dict[str, int]

HIGHEST_KEPT = 4
"""Counts of counts are kept for 1 to 4, which is what the discounts need."""


class Counts:
    """Counts of all n-grams of 1 to `order` tokens."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.raw: list[dict[Context, Followers]] = [{} for _ in range(order)]
        self.adjusted: list[dict[Context, Followers]] = [{} for _ in range(order - 1)]
        self.counts_of_counts = [[0] * (HIGHEST_KEPT + 1) for _ in range(order)]
        """`[k][i]`: how many n-grams with a k-token context have smoothing count i."""

    def followers(self, context: Context) -> Followers:
        """The counts smoothing works with: raw at the highest order and after `<s>`, else adjusted."""
        k = len(context)
        table = self.raw[k] if self._is_raw(context) else self.adjusted[k]
        return table.get(context, {})

    def _is_raw(self, context: Context) -> bool:
        return len(context) == self.order - 1 or context[:1] == (BEGIN,)

    def learn(self, tokens: list[str]) -> None:
        """Count the n-grams of one document, `<s>` and `</s>` included."""
        for context, token in self._ngrams(tokens):
            if self._raise(self.raw, context, token, self._is_raw(context)) and context:
                self._raise_adjusted(context[1:], token)

    def _raise_adjusted(self, context: Context, token: str) -> None:
        self._raise(self.adjusted, context, token, True)

    def unlearn(self, tokens: list[str]) -> None:
        """Take one learned document's n-grams back out. The caller knows that it was learned."""
        for context, token in self._ngrams(tokens):
            if self._lower(self.raw, context, token, self._is_raw(context)) and context:
                self._lower(self.adjusted, context[1:], token, True)

    def _ngrams(self, tokens: list[str]) -> Iterator[tuple[Context, str]]:
        for i in range(1, len(tokens)):
            for start in range(max(0, i - self.order + 1), i + 1):
                yield tuple(tokens[start:i]), tokens[i]

    def _raise(self, tables: list[dict[Context, Followers]], context: Context, token: str, smoothed: bool) -> bool:
        """Add one; returns whether the n-gram is new."""
        followers = tables[len(context)].setdefault(context, {})
        count = followers.get(token, 0)
        followers[token] = count + 1
        if smoothed:
            self._move(len(context), count, count + 1)
        return count == 0

    def _lower(self, tables: list[dict[Context, Followers]], context: Context, token: str, smoothed: bool) -> bool:
        """Take one away; returns whether the n-gram is gone."""
        followers = tables[len(context)][context]
        count = followers[token]
        if count > 1:
            followers[token] = count - 1
        else:
            del followers[token]
            if not followers:
                del tables[len(context)][context]
        if smoothed:
            self._move(len(context), count, count - 1)
        return count == 1

    def _move(self, k: int, before: int, after: int) -> None:
        """Note that an n-gram's smoothing count changed."""
        table = self.counts_of_counts[k]
        if 0 < before <= HIGHEST_KEPT:
            table[before] -= 1
        if 0 < after <= HIGHEST_KEPT:
            table[after] += 1
