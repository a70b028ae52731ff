"""`--smoothing best` in characters, at the highest order: a linear mixture of many contexts.

    P(w|h) = Σ_i g_i(h) [ (1 - l_i(h)) (c_i(w) - D_i(c_i(w))) / Z_i + l_i(h) [w = last_i] ] + g(h) P_1(w)

    o1 … o7        the last 1 … 7 characters: the counts of `overlay`, adjusted as Kneser-Ney has them
    o9 … o20, w    longer contexts, and words (see `keys` and `longer`), plain counts
    r              the same lately (see `lately`), plain counts
    last_i         what followed the i-th context the last time
    Z_i            Σ (c_i(w) - D_i(c_i(w))), D_i a constant discount for counts of 1, 2, and 3 or more
    g, l           gates that look at the contexts only (see `character_gates`)
    P_1            the unigrams of modified Kneser-Ney (see `smoothing`)

Every number is an integer count of the documents learned, or of the last of them, or a constant that ships
with the code, and all sums over parts run in one order; so what is said of exactness in `mixture` holds here.
That many orders, words and what was said last predict text best side by side is known from compressors
(Mahoney 2005, PAQ); here the mixing is linear, so that it can be taken apart, and learns nothing as it goes.

`originality` κ below 1 goes for these parts as in `mixture`: κ^(k - j), where k of o1 … o7 are known, for one that
looks at j tokens right before; o9 and longer, w1 and beyond count as k.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.character_gates import DISCOUNTS, MANY, NEXT, PARTS, SHORTER, unigram_share, weigh
from engine.followed import Followed
from engine.history import History
from engine.keys import FIRST_WORD, KINDS, LENGTHS
from engine.lately import KINDS_OF_LASTS, KINDS_OF_WINDOWS, Lately, Told
from engine.longer import FIRST, Longer, build
from engine.overlay import NO_ENTRY, Context, Counts
from engine.smoothing import Floats, KneserNey
from engine.vocabulary import BEGIN, UNKNOWN

ORDER = FIRST + 1
"""The n-gram order whose counts are the o1 … o7."""
_KEPT = 20_000  # rows of n-gram contexts that are kept at hand
_ROW = 700  # bytes one takes, about

Unseen = tuple[float, float, bool]
"""P of a token that was never learned (see `mixture.Mixture.unseen`)."""
Heard = tuple[int, Followed, float, float, int]
"""A part, what followed its context, the factor of c - D, and how much more the token that followed last gets."""


class Characters:
    """The probabilities of counts, a history and longer contexts of the same documents, all of which may change."""

    def __init__(self, mkn: KneserNey, history: History, longer: Longer) -> None:
        self.mkn = mkn
        self.counts = mkn.counts
        self.history = history
        self.longer = longer
        self._rows: dict[Context, Followed] = {}
        self._lately: Lately | None = None
        self._told: Told | None = None  # what was asked about last

    @property
    def changed(self) -> int:
        """How many contexts of one kind have changes, about, those of the counts aside."""
        return -(-self.longer.changed // (len(KINDS) - FIRST))

    @property
    def nbytes(self) -> int:
        """About how many bytes are held here, the counts and the history aside."""
        lately = self._lately.nbytes if self._lately else 0
        return self.longer.nbytes + lately + _ROW * len(self._rows)

    def fold(self, ids: Context, step: int, *, is_last: bool) -> None:
        """Follow the counts and the history: by one more document (step 1), maybe the last, or one less (step -1)."""
        keys = self.longer.fold(ids, step)
        self._follow(ids)
        if not (is_last and self._lately and self._lately.add(ids, keys)):
            self._lately = None
        self._told = None
        self.mkn.changed()

    def _follow(self, ids: Context) -> None:
        """Bring the rows at hand up to date with what the counts changed for a document."""
        self.counts.settle()
        rows, changes = self._rows, self.counts.changes
        for end in range(1, len(ids)):
            for start in range(end - 1, max(end - ORDER, -1), -1):
                row = rows.get(ids[start:end])
                if row is None:
                    continue
                now = changes[end - start - 1].get(ids[start:end])
                if now is not None and ids[end] in now:
                    row.put(ids[end], now[ids[end]])

    def rebuilt(self, text: NDArray[np.integer], counts: Counts) -> Generator[int, None, Longer]:
        """The longer contexts counted afresh, step by step, in a text of the counts' canonical ids."""
        return build(text, counts.vocabulary)

    @property
    def lately(self) -> Lately:
        """What was said lately, as of now."""
        self._lately = self._lately or Lately(self.history, self.longer.alphabet)
        return self._lately

    # Predicting

    def prefix(self, tokens: Sequence[int]) -> Told:
        """A document as far as it has been said; `<s>` is understood."""
        return Told(self.longer.alphabet, tokens if tokens and tokens[0] == BEGIN else (BEGIN, *tokens))

    def distribution(self, context: Sequence[int], originality: float = 1.0, texts: Sequence[str] = ()) -> Floats:
        """(V,) float64: P(w|context) of every token, in canonical order; the context is all that was said."""
        told, known = self._told, 0 if self._told is None else len(self._told.tokens)
        if told is None or [*context[:known]] != told.tokens:
            told, known = self.prefix(context[:1]), 1
        for token in context[known:]:  # most often one more than the last time
            told.push(token)
        self._told = told
        return self.distribution_after(told, self.counts.entries(told.tokens), originality)

    def distribution_after(self, said: Told, entries: list[int], originality: float = 1.0) -> Floats:
        """The same after what was said, whose end has these `entries` among the counts."""
        heard, rest = self.heard(said, entries, originality)
        p = rest * self.mkn.unigrams()
        view, place = cast("memoryview[float]", p.data), self.counts.vocabulary.places.data
        for part, row, factor, more, last in heard:
            d = DISCOUNTS[part]
            for word, count in row.counts.items():
                view[place[word]] += factor * (count - (d[count] if count <= MANY else d[MANY]))
            if last >= 0:
                view[place[last]] += more
        return p

    def each(self, ids: Sequence[int], texts: Sequence[str] = ()) -> Iterator[tuple[float, Unseen | None]]:
        """P of each id of a document `<s> … </s>` but the first, given those before it; of `<unk>` as `Unseen` too."""
        counts, said = self.counts, self.prefix(ids[:1])
        entries = counts.entries(ids[:1])
        for word in ids[1:]:
            p = self._probability(said, entries, word)
            yield p, (p, 0.0, False) if word == UNKNOWN else None
            said.push(word)
            entries = counts.extended(entries, word, counts.views[:-1])

    def _probability(self, said: Told, entries: list[int], word: int) -> float:
        heard, rest = self.heard(said, entries)
        p = rest * self.mkn.unigram(word)
        for part, row, factor, more, last in heard:
            count = row.counts.get(word)
            if count:
                p += factor * (count - DISCOUNTS[part][count if count < MANY else MANY])  # noqa: FURB136 - half the time
            if word == last:
                p += more
        return p

    def parts(self, context: Sequence[int], word: int, texts: Sequence[str] = ()) -> list[tuple[str, float]]:
        """P(word|context) cut into what each part contributes."""
        said = self.prefix(context)
        return list(zip(PARTS, self.contributions(said, self.counts.entries(said.tokens), word), strict=True))

    def contributions(self, said: Told, entries: list[int], word: int) -> list[float]:
        """What each part adds to the probability of a token, in the order of PARTS."""
        heard, rest = self.heard(said, entries)
        terms = [0.0] * len(PARTS)
        for part, row, factor, more, last in heard:
            count = row.counts.get(word)
            if count:
                terms[part] = factor * (count - DISCOUNTS[part][count if count < MANY else MANY])  # noqa: FURB136 - half the time
            if word == last:
                terms[part] += more
        terms[-1] = rest * self.mkn.unigram(word)
        return terms

    def heard(self, said: Told, entries: list[int], originality: float = 1.0) -> tuple[list[Heard], float]:
        """The parts that know the context, and the share of the unigrams."""
        keys = said.keys()
        rows = self._known(said, entries, keys)
        known = sum(row is not None for row in rows[: len(LENGTHS)])
        left = _left(said, rows, originality) if originality < 1 else _ALL
        lately = self.lately
        rest = total = left[-1] * unigram_share(known)
        shares: list[Heard] = []
        for part, row in enumerate(rows):
            if row is None:
                continue
            last = lately.last(part, keys[part], said) if part in KINDS_OF_LASTS else -1
            share, stay, scale = weigh(part, known, row, rows[NEXT[part]], last)
            share *= left[part]
            total += share
            shares.append((part, row, share * (1 - stay) * scale, share * stay, last))
        return [(part, row, a / total, b / total, last) for part, row, a, b, last in shares], rest / total

    def _known(self, said: Told, entries: list[int], keys: list[int]) -> list[Followed | None]:
        """What followed the context of each part; None where nothing did. One None more comes last."""
        rows: list[Followed | None] = [*self._ngrams(said.tokens, entries)]
        rows += [None] * (FIRST - len(rows))
        for kind in range(FIRST, len(keys)):
            shorter = SHORTER[kind]
            rows.append(self.longer.row(kind, keys[kind]) if shorter < 0 or rows[shorter] else None)
        for number, kind in enumerate(KINDS_OF_WINDOWS):
            shorter = SHORTER[len(rows)]
            rows.append(self.lately.row(number, keys[kind], said) if shorter < 0 or rows[shorter] else None)
        rows.append(None)
        return rows

    def _ngrams(self, tokens: Sequence[int], entries: list[int]) -> list[Followed]:
        """What followed the last 1, 2, … tokens, as far as anything did."""
        found, rows, counts = [], self._rows, self.counts
        context = tuple(tokens[-ORDER + 1 :])
        for length in range(1, len(context) + 1):
            row = rows.get(context[-length:])
            if row is None:
                entry = entries[length - 1] if length <= len(entries) else NO_ENTRY
                followers = counts.followers(context[-length:], entry)
                if followers is None:
                    break
                if len(rows) >= _KEPT:
                    rows.clear()
                words, each = (np.asarray(numbers).tolist() for numbers in followers)
                row = rows[context[-length:]] = Followed(dict(zip(words, each, strict=True)))
            if not row.total:
                break
            found.append(row)
        return found


_ALL = (1.0,) * len(PARTS)


def _left(said: Told, rows: Sequence[Followed | None], originality: float) -> tuple[float, ...]:
    """What an originality leaves of each part: the less, the more shorter its context is than the longest known one."""
    longest = sum(row is not None for row in rows[:FIRST])
    word = min(said.word, longest)
    looks = (*range(1, FIRST + 1), *[longest] * (FIRST_WORD - FIRST), word, *[longest] * 3, 3, 5, word, 0)
    return tuple(originality ** max(longest - look, 0) for look in looks)
