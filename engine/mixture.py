"""`--smoothing best`: a linear mixture of what a corpus says at length, lately, and with a gap.

    P(w|h) = Σ_j g_j(h) P_j(w|h)

    mkn   interpolated modified Kneser-Ney (see `smoothing`)
    u, r  what was said lately (see `windows`)
    s     skip-grams (see `skips`)
    b     a background: what people say anywhere (see `background`)
    g     softmax gates that look at the context only (see `gates`; that of b: see there)

The parts of an n-gram order see no further back than that order. Every number is an integer count of
the documents learned, or of the last of them, or a constant that ships with the code; each distribution
is computed from these in one fixed order. So a mixture that learned and forgot equals, to the last bit,
one that learned only what is left, in the same order.

`originality` κ below 1 goes for every part as it goes for backing off (see `smoothing`): one that looks at
j tokens right before, where the longest known context has k, counts κ^(k-j) of what it would.
"""

from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine import rows as of_rows
from engine.background import BackgroundPart
from engine.characters import Characters, Unseen
from engine.gates import BACKGROUND, FIRST_RECENT, FIRST_SKIP, FIRST_WORDS, PARTS, shares
from engine.history import History
from engine.leafing import leaf_through
from engine.longer import Longer
from engine.merging import merge
from engine.overlay import Context, Counts
from engine.recurrences import RECENT
from engine.rows import Row
from engine.skips import SkipRow, Skips, build
from engine.smoothing import Floats, KneserNey
from engine.tallies import tallies
from engine.vocabulary import BEGIN, UNKNOWN
from engine.windows import CACHES, REACH, Prefix, Windows

_LOOKED_UP = 30  # rows of skip-grams that are looked up before all are counted
_LOOKS = (
    *(0 for _ in CACHES),
    *(length for length in range(1, REACH + 1) for _ in RECENT),
    *(0, 1, 0),  # s2, s13 and s23: the last token may be what they skip
    0,  # the background
)
"""At how many tokens right before each part looks, after mkn."""


@lru_cache(maxsize=256)
def _left(originality: float, longest: int) -> tuple[float, ...]:
    """What an originality leaves of each part where the longest known context has so many tokens."""
    return 1.0, *(originality ** max(longest - looks, 0) for looks in _LOOKS)


Rows = list[tuple[int, Row]]
"""Parts by their numbers."""


class Mixture:
    """The probabilities of counts, a history and skip-grams of the same documents, all of which may change.

    And of a background, if any, over the vocabulary of these.
    """

    def __init__(
        self, mkn: KneserNey, history: History, skips: Skips | None, background: BackgroundPart | None = None
    ) -> None:
        """skips: as they were counted already; else they are once many of their rows were asked for."""
        self.mkn = mkn
        self.counts = mkn.counts
        self.history = history
        self._skips = skips
        self._looked_up = 0  # rows of skip-grams, before they were counted
        self.background = background
        self._windows: Windows | None = None

    @property
    def changed(self) -> int:
        """How many contexts have changes, those of the counts aside."""
        return self._skips.changed if self._skips else 0

    @property
    def nbytes(self) -> int:
        """About how many bytes are held here, the counts and the history aside."""
        background = self.background.nbytes if self.background else 0
        skips = self._skips.nbytes if self._skips else 0
        return skips + background + (self._windows.nbytes if self._windows else 0)

    def fold(self, ids: Context, step: int, *, is_last: bool) -> None:
        """Follow the counts and the history: by one more document (step 1) or one less (step -1)."""
        if self._skips:
            self._skips.fold(ids, step)
        self.mkn.changed()
        self._windows = None

    def rebuilt(self, text: NDArray[np.integer], counts: Counts) -> Generator[int, None, Skips | None]:
        """The skip-grams counted afresh, if they were, step by step, in a text of the counts' canonical ids."""
        return (yield from build(text, counts.vocabulary.ids, counts.order)) if self._skips else None

    @property
    def in_tables(self) -> bool:
        """Whether all that was counted stands in tables, without changes."""
        return not (self.counts.changed or self.changed)

    def count_skips(self) -> Skips:
        """The skip-grams of all documents, counted now unless they were."""
        self._skips = self._skips or Skips.of_text(self.history.text(), self.counts)
        return self._skips

    def _skip_row(self, skip: int, context: Context) -> SkipRow | None:
        if self._skips is None and self._looked_up < _LOOKED_UP:
            self._looked_up += 1
            return leaf_through(self.history, skip, context)
        return self.count_skips().row(skip, context)

    @property
    def windows(self) -> Windows:
        """What was said lately, as of now."""
        self._windows = self._windows or Windows(self.history)
        return self._windows

    def prefix(self, tokens: Sequence[int], texts: Sequence[str] = ()) -> Prefix:
        """A document as far as it has been said; `<s>` is understood.

        texts: of its tokens, as far as they are known; they tell the background what `<unk>` stands for.
        """
        return self.follow([*tokens] if tokens and tokens[0] == BEGIN else [BEGIN, *tokens], texts)

    def follow(self, said: list[int], texts: Sequence[str] = ()) -> Prefix:
        """The same of a list that begins with `<s>`: what is put at its end is said, too."""
        prefix = Prefix(self.windows, said)
        if self.background and texts:
            prefix.heard = self.background.background.ids(texts)
        return prefix

    def distribution(self, context: Sequence[int], originality: float = 1.0, texts: Sequence[str] = ()) -> Floats:
        """(V,) float64: P(w|context) of every token, in canonical order; the context is all that was said."""
        return self.distribution_after(self.prefix(context, texts), originality)

    def distribution_after(self, prefix: Prefix, originality: float = 1.0) -> Floats:
        """`distribution`, of what was said already."""
        rows = self.rows(prefix)
        gates = normalised(self.shares(prefix, self.counts.entries(prefix.tokens), rows, originality))
        places = self.counts.vocabulary.places
        p = self.mkn.distribution(prefix.tokens, originality)
        p *= gates[0]
        if gates[FIRST_WORDS]:
            self.windows.add_words(p, places, prefix, gates[FIRST_WORDS:FIRST_RECENT])
        for part, row in rows:
            if gates[part]:
                of_rows.add_to(row, p, places, gates[part])
        if self.background:
            self.background.add_to(p, self.background.context(prefix.tokens, prefix.heard), gates[BACKGROUND])
        return p

    def probability(self, context: Sequence[int], word: int) -> float:
        """P(word|context)."""
        prefix = self.prefix(context)
        return sum(self.contributions(prefix, self.counts.entries(prefix.tokens), word))

    def each(self, ids: Sequence[int], texts: Sequence[str]) -> Iterator[tuple[float, Unseen | None]]:
        """P of each id of a document `<s> … </s>` but the first, given those before it; of `<unk>` also `unseen`."""
        counts, prefix = self.counts, self.prefix(ids[:1], texts)
        entries = counts.entries(ids[:1])
        for i, word in enumerate(ids[1:]):
            p = sum(self.contributions(prefix, entries, word))
            yield p, self.unseen(prefix, entries, texts[i]) if word == UNKNOWN else None
            prefix.push(word)
            entries = counts.extended(entries, word, counts.views[:-1])

    def parts(self, context: Sequence[int], word: int, texts: Sequence[str] = ()) -> list[tuple[str, float]]:
        """P(word|context) cut into what each part contributes: its name and g_j P_j(word|context)."""
        prefix = self.prefix(context, texts)
        return list(zip(PARTS, self.contributions(prefix, self.counts.entries(prefix.tokens), word), strict=True))

    def contributions(self, prefix: Prefix, entries: list[int], word: int) -> list[float]:
        """What each part adds to the probability of a word, in the order of PARTS."""
        rows = self.rows(prefix)
        gates = normalised(self.shares(prefix, entries, rows))
        said = [0.0] * len(PARTS)
        said[0] = gates[0] * self.mkn.probability(prefix.tokens, word, entries)
        if gates[FIRST_WORDS]:
            of_words = self.windows.probabilities(prefix, word)
            for part, p in enumerate(of_words, start=FIRST_WORDS):
                said[part] = gates[part] * p
        for part, row in rows:
            said[part] = gates[part] * of_rows.probability(row, word)
        if self.background:
            heard = self.background.context(prefix.tokens, prefix.heard)
            said[BACKGROUND] = gates[BACKGROUND] * self.background.probability(heard, word)
        return said

    def unseen(self, prefix: Prefix, entries: list[int], text: str) -> Unseen:
        """P of a token that was never learned: of all such together by the corpus; of it by the background.

        And whether the background knows it: if not, the second is that of all such together as well.
        """
        own = sum(self.contributions(prefix, entries, UNKNOWN)[:BACKGROUND])
        if not self.background:
            return own, 0.0, False
        gate = normalised(self.shares(prefix, entries, self.rows(prefix)))[BACKGROUND]
        p, known = self.background.unseen(self.background.context(prefix.tokens, prefix.heard), text)
        return own, gate * p, known

    def rows(self, prefix: Prefix) -> Rows:
        """What followed the context lately, and with a gap: the parts that know it, by their numbers."""
        tokens = prefix.tokens
        reach = min(self.counts.order - 1, REACH)
        rows: Rows = [(FIRST_RECENT + i, row) for i, row in self.windows.rows(prefix, reach)]
        seen = min(reach, len(tokens))
        contexts: list[Context] = [(tokens[-2],)] if seen > 1 else []
        if seen == REACH:
            contexts += [(tokens[-3], tokens[-1]), (tokens[-3], tokens[-2])]  # as S13 and S23 are numbered
        for skip, context in enumerate(contexts):
            row = self._skip_row(skip, context)
            if row is not None:
                rows.append((FIRST_SKIP + skip, row))
        return rows

    def shares(self, prefix: Prefix, entries: list[int], rows: Rows, originality: float = 1.0) -> list[float]:
        """In what proportion the parts count, in the order of PARTS."""
        context = tuple(prefix.tokens[-self.counts.order + 1 :]) if self.counts.order > 1 else ()
        of_contexts = tallies(self.counts, context, entries)
        out = shares(of_contexts, self.windows.has_words or len(prefix.tokens) > 1, rows)
        if self.background:
            out[BACKGROUND] = sum(out) * self.background.odds(self.mkn.rest(of_contexts))
        if originality < 1:
            longest = sum(tally[0] > 0 for tally in of_contexts)
            out = [share * rest for share, rest in zip(out, _left(originality, longest), strict=True)]
        return out


def normalised(shares: list[float]) -> list[float]:
    """In proportion, with sum 1: the gates."""
    total = sum(shares)
    return [share / total for share in shares]


def merge_all(
    counts: Counts, history: History, mixture: Mixture | Characters | None
) -> Generator[int, None, tuple[Counts, Skips | Longer | None]]:
    """New counts, and what else a mixture counts, with no changes left to merge, step by step as in `merging`."""
    if mixture is None:
        return (yield from merge(counts)), None
    text, new_id = history.text(), counts.vocabulary.places + 1
    merged = yield from merge(counts)
    renumbered = new_id.take(text)
    yield len(text)
    return merged, (yield from mixture.rebuilt(renumbered, merged))
