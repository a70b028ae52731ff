"""From counts to probabilities: interpolated modified Kneser-Ney.

For a context u, followed by token w with (adjusted) count c(uw), and u' = u without its oldest
token (Chen & Goodman 1998, §4.1.1 and equation 26):

    P(w|u) = α(w|u) + γ(u) P(w|u')
    α(w|u) = (c(uw) - D(c(uw))) / C(u)               C(u) = Σ c(uw) over all w
    γ(u)   = (D1 N1(u) + D2 N2(u) + D3 N3+(u)) / C(u)   N_i(u): followers with count i
    P(w|u) = P(w|u') where u has no followers, and 1/V below the empty context

Unrolled, with Γ_k the product of γ over all contexts longer than k tokens:

    P(w|u) = Σ_k Γ_k α(w|u_k) + Γ 1/V

`<unk>` may stand for more than one word below the empty context: for K words, each of the V - 1 others
and of these K has 1/(V - 1 + K). With K = 1 that is KenLM. Where the vocabulary is open, nearly all that
is left after backing off belongs to words never seen, and K is `UNSEEN_WORDS`.

`originality` below 1 leaves a context that was seen less often than the text warrants: γ becomes
originality · γ there, and α grows in proportion, to α (1 - originality · γ) / (1 - γ).

Everything here is computed in that form and in that order, longest context first for Γ, shortest
first for the sum, so a probability has the same 64 bits whichever function it comes from.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.followers import Followers
from engine.overlay import NO_ENTRY, Counts
from engine.tallies import count, tallies, tally_of
from engine.vocabulary import BEGIN, UNKNOWN

SMOOTHINGS = ("mkn", "best", "none")

UNSEEN_WORDS = 2**14
"""For how many words `<unk>` stands where the vocabulary is open: 2^10 to 2^22 predict chat equally well."""
FALLBACK = (0.0, 0.5, 1.0, 1.5)
Discounts = tuple[float, float, float, float]
Floats = NDArray[np.float64]


def discounts(tally: Sequence[int], *, as_lmplz: bool = True) -> Discounts:
    """What is taken off a count of 0, 1, 2, and 3 or more, at one order.

    tally: how many n-grams have count 0 (ignored), 1, 2, 3, 4.
    Chen & Goodman 1998, equation 26. As KenLM's lmplz does (lm/builder/adjust_counts.cc, with
    --discount_fallback): where n1, n2 or n3 is 0, or a discount leaves (0, its count], as happens
    in small texts, the whole order gets 0.5, 1, 1.5. A discount of 0, which lmplz lets pass, would
    leave nothing for tokens not seen there.
    Where n4 is 0, D3+ is 3, which lmplz lets pass as well: what was seen three times is then as if it had
    never been. Unless `as_lmplz`, 1.5 stands in for that one.
    """
    _, n1, n2, n3, n4 = tally
    if not (n1 and n2 and n3):
        return FALLBACK
    y = n1 / (n1 + 2 * n2)
    d1, d2, d3 = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
    if not (0 < d1 <= 1 and 0 < d2 <= 2 and 0 < d3 <= 3):
        return FALLBACK
    return 0.0, d1, d2, d3 if n4 or as_lmplz else FALLBACK[3]


def alpha(counts: NDArray[np.integer], d: Discounts, total: int) -> NDArray[np.float64]:
    """α of each follower, by its count."""
    kept: Floats = counts - np.array(d).take(counts, mode="clip")
    kept /= total
    return kept


class Level(NamedTuple):
    """One context in the sum: its order, followers, Γ, and its own total count and discounts."""

    order: int
    followers: Followers
    weight: float
    total: int
    discounts: Discounts

    def add_to(self, p: NDArray[np.float64], places: NDArray[np.int64]) -> None:
        """Add Γ_k α(w|u_k) to p at the place of each follower w."""
        words, counts = self.followers
        if isinstance(words, list):
            d, view, place = self.discounts, p.data, places.data
            for word, c in zip(words, counts, strict=True):
                view[place[word]] += self.weight * ((c - d[c if c < 3 else 3]) / self.total)
        else:
            at, terms = places.take(words), alpha(np.asarray(counts), self.discounts, self.total)
            terms *= self.weight
            terms += p.take(at)
            p[at] = terms

    def term(self, word: int) -> float:
        """Γ_k α(word|u_k), 0 for a token that does not follow."""
        words, counts = self.followers
        if isinstance(words, list):
            if word not in words:
                return 0.0
            count = counts[words.index(word)]
        else:
            at = np.flatnonzero(words == word)
            if not len(at):
                return 0.0
            count = int(counts[at[0]])
        return self.weight * ((count - self.discounts[min(count, 3)]) / self.total)


class KneserNey:
    """Modified Kneser-Ney probabilities of counts that may change.

    Ids, not tokens; probabilities by id or in canonical order (see `vocabulary`).
    """

    def __init__(self, counts: Counts, unknown: int = 1, *, as_lmplz: bool = True) -> None:
        """`unknown`: for how many words `<unk>` stands. `as_lmplz`: see `discounts`."""
        self.counts = counts
        self.unknown = unknown
        self._as_lmplz = as_lmplz
        self.changed()

    def changed(self) -> None:
        """Say that the counts changed: what was computed from them is computed anew."""
        self._discounts: list[Discounts] | None = None
        self._unigrams: NDArray[np.float64] | None = None
        self._rest: float | None = None

    @property
    def discounts(self) -> list[Discounts]:
        """By order, lowest first."""
        if self._discounts is None:
            self._discounts = [discounts(tally, as_lmplz=self._as_lmplz) for tally in self.counts.tallies]
        return self._discounts

    def distribution(self, context: Sequence[int], originality: float = 1.0) -> NDArray[np.float64]:
        """(V,) float64: P(w|context) of every token, in canonical order."""
        levels, rest = self.levels(context, originality)
        p = rest * self.unigrams()
        places = self.counts.vocabulary.places
        for level in reversed(levels):
            level.add_to(p, places)
        return p

    def probability(self, context: Sequence[int], word: int, entries: list[int] | None = None) -> float:
        """P(word|context); `entries` of the context, where they are known."""
        counts, reach = self.counts, self.counts.order - 1
        context = tuple(context[-reach:]) if reach else ()
        entries = counts.entries(context) if entries is None else entries
        weight, terms = 1.0, []
        for length, (total, n1, n2, n3) in reversed(list(enumerate(tallies(counts, context, entries), start=1))):
            if not total:
                continue
            d = self.discounts[length]
            back = (d[1] * n1 + d[2] * n2 + d[3] * n3) / total
            if back == 1:
                continue
            c = count(counts, context[-length:], entries[length - 1] if length <= len(entries) else NO_ENTRY, word)
            if c:
                terms.append(weight * ((c - d[c if c < 3 else 3]) / total))
            weight *= back
        p = weight * self.unigram(word)
        for term in reversed(terms):
            p += term
        return p

    def terms(self, context: Sequence[int], word: int) -> list[float]:
        """P(word|context) cut into what orders 0 (uniform), 1, 2, … add to it."""
        levels, weight = self.levels(context)
        own, rest = self._unigram_parts(word)
        terms = [weight * rest, weight * own] + [0.0] * (self.counts.order - 1)
        for level in levels:
            terms[level.order] = level.term(word)
        return terms

    def relative_frequencies(self, context: Sequence[int]) -> NDArray[np.float64] | None:
        """(V,) float64: c(uw) / C(u) from counts of the highest order; None if u is unseen.

        A context shorter than order - 1 tokens counts if it begins with `<s>`.
        """
        counts, top = self.counts, self.counts.order
        vocabulary = counts.vocabulary
        if top == 1:
            return counts.unigrams[vocabulary.live] / counts.total if counts.total else None
        order, followers = next(counts.backoff(context), (0, None))
        whole = order == top or (order == len(context) + 1 and context[0] == BEGIN)
        if followers is None or not whole:
            return None
        p = np.zeros(len(vocabulary))
        p[vocabulary.places[followers.words]] = np.divide(followers.counts, sum(followers.counts))
        return p

    def levels(self, context: Sequence[int], originality: float = 1.0) -> tuple[list[Level], float]:
        """The contexts that have followers, longest first, and the Γ of the empty context."""
        weight, levels = 1.0, []
        context = tuple(context)
        for order, followers in self.counts.backoff(context):
            d = self.discounts[order - 1]
            total, n1, n2, n3 = tally_of(self.counts, context[1 - order :], followers)
            back = (d[1] * n1 + d[2] * n2 + d[3] * n3) / total
            if back == 1:  # every count is discounted away
                continue
            kept = (1 - originality * back) / (1 - back)
            levels.append(Level(order, followers, weight * kept, total, d))
            weight *= originality * back
        return levels, weight

    def unigrams(self) -> NDArray[np.float64]:
        """(V,) float64: P(w) in canonical order."""
        if self._unigrams is None:
            counts = self.counts
            by_place = counts.unigrams[counts.vocabulary.live]
            own = alpha(by_place, self.discounts[0], counts.total) if counts.total else np.zeros(len(by_place))
            self._unigrams = own + self._unigram_parts(BEGIN)[1]
            self._unigrams[UNKNOWN - 1] = self.unigram(UNKNOWN)
        return self._unigrams

    def unigram(self, word: int) -> float:
        """P(word)."""
        own, rest = self._unigram_parts(word)
        return own + rest

    def _unigram_parts(self, word: int) -> tuple[float, float]:
        """P(w) as α(w) + γ 1/V, both parts."""
        counts, d = self.counts, self.discounts[0]
        uniform = (self.unknown if word == UNKNOWN else 1) / (len(counts.vocabulary) - 1 + self.unknown)
        if not counts.total:
            return 0.0, uniform
        count = counts.unigram(word)
        return (count - d[min(count, 3)]) / counts.total, self._unigram_rest() * uniform

    def _unigram_rest(self) -> float:
        """γ of the empty context."""
        if self._rest is None:
            counts, d = self.counts, self.discounts[0]
            _, n1, n2, _, _ = counts.tallies[0]
            left = d[1] * n1 + d[2] * n2 + d[3] * (counts.types - n1 - n2)
            self._rest = left / counts.total if counts.total else 1.0
        return self._rest

    def rest(self, tallies: Sequence[Sequence[int]]) -> float:
        """Γ: what is left below the empty context, after contexts of 1, 2, … tokens with these tallies."""
        rest, discounts = self._unigram_rest(), self.discounts
        for length, (total, n1, n2, n3) in enumerate(tallies, start=1):
            if total:
                d = discounts[length]
                rest *= (d[1] * n1 + d[2] * n2 + d[3] * n3) / total
        return rest
