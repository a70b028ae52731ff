"""Drawing one text token by token, from exactly the smoothed distribution, without computing it.

P(w|u) = α(w|u) + γ(u) P(w|u') is a recipe: with probability α(w|u) say w, with probability γ(u) ask
the shorter context. One number decides both. Lay the followers' counts end to end, C(u) in all,
and draw x uniformly from it. It falls on a follower w, at some offset within w's count c. The first
c - D(c) of that count say w; the last D(c) back off. So w is said with probability (c - D(c)) /
C(u) = α(w|u), and the share that backs off is ΣD/C(u) = γ(u): neither α nor γ is worked out.

Below the empty context, whose followers are all tokens, backing off is a uniform draw from V, in which
`<unk>` may stand for more than one word.

With an originality below 1, what would back off does so with that probability only, and else is drawn
again at the same context until it says a token: which gives α (1 - originality · γ) / (1 - γ).

A token that may not be said is drawn again: so the others have their share of what is left. A `</s>` that
may not be said is taken out of the longest context beforehand: x is drawn from what its count less its
discount leaves, which is the same as drawing x again; and a context that nothing else follows is left at
once, as every draw there would be in the end. Where little is left after all, the whole distribution is
worked out, and drawn from without what may not be said: the same shares, in bounded time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator as Rng

from engine.drawing import Random, Range, Unigrams, attempt, stay, uniforms
from engine.overlay import NO_ENTRY, Context
from engine.rule import Rule, sayable
from engine.smoothing import Floats, KneserNey
from engine.unchanged import REDRAWS, Unchanged
from engine.vocabulary import BEGIN, END, UNKNOWN


class Stream:
    """Draws texts one at a time. Valid until the counts change."""

    in_tables = True
    """Whether counts without changes are all there is to draw from."""

    def __init__(self, mkn: KneserNey) -> None:
        self._mkn = mkn
        self._counts = mkn.counts
        self._discounts = mkn.discounts
        self._merged: dict[Context, tuple[list[int], list[int]]] = {}
        self._unigrams = Unigrams(mkn)
        self._unchanged: Unchanged | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that were made for drawing."""
        return self._unchanged.nbytes if self._unchanged else 0

    def document(self, rng: Rng, start: list[int], length: int, rule: Rule, texts: Sequence[str] = ()) -> list[int]:
        """The start and what is drawn after it: up to `</s>`, which is left out, or `length` in all.

        texts: the start's tokens, where they are at hand: a mixture's background may know more of them
        than the ids tell.

        Where nothing is left that may be said, the text goes on as a new one would begin. The vocabulary
        must have a token besides `</s>` and `<unk>`.
        """
        numbers = uniforms(rng)
        if self._unchanged is None and self.in_tables and not self._counts.changed:
            self._unchanged = Unchanged(self._mkn, self._unigrams, self._mkn.distribution)
        if self._unchanged:
            return self._unchanged.document(numbers, list(start), length, rule)
        return self._one_by_one(numbers.__next__, list(start), length, rule)

    def draw(self, random: Random, said: Sequence[int]) -> int:
        """One token after all that was said, `<unk>` and `</s>` among them."""
        return self._draw(random, list(said), self._counts.entries(said), 1.0)[0]

    def _one_by_one(self, random: Random, tokens: list[int], length: int, rule: Rule) -> list[int]:
        """`document` by way of `_draw`, for counts with changes and what does not come from counts alone."""
        counts = self._counts
        views, contexts = counts.views[:-1], counts.order > 1
        said = [BEGIN, *tokens]
        entries = counts.entries(said)
        begin = redraws = 0
        while len(tokens) < length:
            originality = rule.originality if tokens else rule.beginning
            word, is_new_pair = self._draw(random, said, entries, originality)
            if word == END and len(tokens) >= rule.least:
                break
            if word <= UNKNOWN or rule.refuses(tokens, word, is_new_pair=is_new_pair):
                redraws += 1
                if redraws < REDRAWS:
                    continue
                word, now = sayable(random, tokens, begin, originality, rule, self._distribution, counts.vocabulary)
                if word == END:
                    break
                if now > begin:
                    said, begin = [BEGIN], now
                    entries = counts.entries(said)
            redraws = 0
            tokens.append(word)
            said.append(word)
            if contexts:
                entries = counts.extended(entries, word, views)
        return tokens

    def _distribution(self, said: list[int], originality: float) -> Floats:
        """(V,) what comes after all that was said, `<s>` first."""
        return self._mkn.distribution(said, originality)

    def _draw(self, random: Random, said: list[int], entries: list[int], originality: float) -> tuple[int, bool]:
        """One token after all that was said, whose end stands at `entries`, and whether it is new after the last."""
        history = tuple(said[-self._counts.order + 1 :]) if self._counts.order > 1 else ()
        for length in range(len(history), 0, -1):
            found = self._range(history[-length:], entries)
            if found is None:
                continue
            at = attempt(random, found)
            if at < 0 and originality < 1 and random() >= originality:
                at = stay(random, found)
            if at >= 0:
                return found[0][at], False
        return self._unigrams.draw(random(), random), True

    def _range(self, context: Context, entries: list[int]) -> Range | None:
        """What follows a context of ≥ 1 tokens, if anything does."""
        length, counts = len(context), self._counts
        changed = self._merged.get(context)
        if changed is None and counts.changes_after(context) is not None:
            changed = self._merged[context] = self._merge(context, entries)
        if changed is not None:
            words, sums = changed
            return (words, sums, 0, len(words), self._discounts[length]) if words else None
        if length > len(entries):
            return None
        starts, table_words, table_sums = counts.views[length - 1]
        low, high = starts[entries[length - 1]], starts[entries[length - 1] + 1]
        return (table_words, table_sums, low, high, self._discounts[length]) if low < high else None

    def _merge(self, context: Context, entries: list[int]) -> tuple[list[int], list[int]]:
        """Followers of a changed context: their ids, and the running sums of their counts."""
        entry = entries[len(context) - 1] if len(context) <= len(entries) else NO_ENTRY
        words, each = self._counts.followers(context, entry) or ([], [])
        return np.asarray(words).tolist(), [0, *np.cumsum(each, dtype=np.int64).tolist()]
