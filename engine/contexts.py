"""The contexts of a model as states, its n-grams as edges between them: what a backward pass runs over.

A *state* is a context that something follows, of at most order - 1 tokens; state 0 is the empty one,
then come those of one token, of two, … After context u and token w the text is at the longest end of
uw that is a state. Every n-gram uw of the tables is an edge from u; from the empty context every token
is one. With u' = u without its oldest token, the edge of w from u' is called the *shorter* edge.

A pass takes time and memory in proportion to the edges. So fewer tokens of context than the model has
may be asked for: the orders above are then left out, and what is drawn is that shorter model's.
"""

import numpy as np
from numpy.typing import NDArray

from engine.counts import Table, find_in_ranges
from engine.overlay import Counts
from engine.smoothing import Discounts, Floats
from engine.vocabulary import BEGIN

Places = NDArray[np.intp]


class Level:
    """The S contexts of one length ≥ 1 and the E edges from them, in the order of the tables."""

    def __init__(self, table: Table, first: int, links: Places, shorter: Places) -> None:
        starts = table.starts.astype(np.intp)
        self.table = table
        self.entries = np.flatnonzero(starts[1:] > starts[:-1])
        """(S,) where each context stands in its table."""
        self.first = first
        """The number of the first of these states."""
        self.end = first + len(self.entries)
        self.heads = starts[self.entries]
        """(S,) the first edge of each."""
        self.degrees = starts[self.entries + 1] - self.heads
        """(S,) how many edges each has."""
        self.words = table.words
        """(E,) the token of each edge."""
        self.links = links[self.entries] if len(links) else np.zeros(len(self.entries), np.intp)
        """(S,) the state of each context without its oldest token."""
        self.shorter = shorter
        """(E,) the shorter edge of each, counted at its own length; at length 1, the token."""
        self.targets = np.empty(0, np.intp)
        """(E,) the state each edge leads to, unless it is the shorter edge's: at the longest length."""

    def find(self, index: int, id: int) -> int | None:
        """The edge of one token from one of these contexts, if there is one."""
        head = int(self.heads[index])
        end = head + int(self.degrees[index])
        at = head + int(np.searchsorted(self.words[head:end], id))
        return at if at < end and self.words[at] == id else None

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that are not the model's own."""
        own = (self.entries, self.heads, self.degrees, self.links, self.shorter, self.targets)
        return sum(array.nbytes for array in own)


class Contexts:
    """The states and edges of counts without changes, for contexts of up to order - 1 tokens."""

    def __init__(self, counts: Counts, order: int) -> None:
        self.ids = counts.vocabulary.ids
        self.order = order
        self.levels: list[Level] = []
        self.targets = np.zeros(self.ids, np.intp)
        """(ids,) the state each token leads to from the empty context."""
        self.states = 1
        shorter = links = np.empty(0, np.intp)
        targets = self.targets
        for length, table in enumerate(counts.tables[: order - 1], start=1):
            shorter = _shorter(counts.tables, length, shorter)
            level = Level(table, self.states, links, shorter)
            states = np.full(len(table.starts) - 1, -1, np.intp)
            states[level.entries] = np.arange(level.first, level.end)
            np.copyto(targets, states, where=states >= 0)
            if length < order - 1:
                links, targets = states.take(shorter), targets.take(shorter)
                level.targets = targets
            self.levels.append(level)
            self.states = level.end

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.targets.nbytes + sum(level.nbytes for level in self.levels)

    @property
    def begin(self) -> int:
        """The state of a text with no token yet: that of `<s>`."""
        return self.after(0, BEGIN)

    def after(self, state: int, id: int) -> int:
        """The state after one more token."""
        target = int(self.targets[id])
        for level, index in self.shorter_first(state):
            if len(level.targets):
                at = level.find(index, id)
                target = target if at is None else int(level.targets[at])
        return target

    def targets_after(self, state: int) -> Places:
        """(ids,) the state each token leads to."""
        targets = self.targets.copy()
        for level, index in self.shorter_first(state):
            if len(level.targets):
                edges = slice(level.heads[index], level.heads[index] + level.degrees[index])
                targets[level.words[edges]] = level.targets[edges]
        return targets

    def shorter_first(self, state: int) -> list[tuple[Level, int]]:
        """Level and number of every context but the empty one that a state's context ends in, itself included."""
        chain = []
        for level in reversed(self.levels):
            if state >= level.first:
                index = state - level.first
                chain.append((level, index))
                state = int(level.links[index])
        return chain[::-1]


def _shorter(tables: list[Table], length: int, suffixes: Places) -> Places:
    """The shorter edge of each edge from contexts of this length.

    suffixes: for each n-gram of so many tokens, the entry of all of them but the oldest.
    """
    table = tables[length - 1]
    if length == 1:
        return table.words.astype(np.intp)
    below = tables[length - 2]
    parents = np.repeat(suffixes, np.diff(table.starts))
    starts = below.starts.astype(np.int64)
    return find_in_ranges(below.words, starts.take(parents), starts.take(parents + 1), table.words)


class Weights:
    """The probabilities of states and edges at one originality κ, as `smoothing` defines them.

    With factors f, token w counts f(w) times, and every context's distribution is made to sum to 1 again:
    P(w|u) f(w) / N(u), with N(u) = Σ P(w|u) f(w).
    """

    def __init__(
        self,
        contexts: Contexts,
        discounts: list[Discounts],
        unigrams: Floats,
        originality: float,
        factors: Floats | None,
    ) -> None:
        """unigrams, factors: (ids,) float64, P(w) of the empty context and f(w)."""
        self.unigrams = unigrams if factors is None else unigrams * factors
        self.alphas: list[Floats] = []
        """By level (E,) α(w|u) f(w)."""
        self.shared: list[Floats] = []
        """By level (E,) γ(u) P(w|u') f(w), the shorter edge's share."""
        self.gammas: list[Floats] = []
        """By level (S,) γ(u)."""
        below = unigrams
        for level, d in zip(contexts.levels, discounts[1:], strict=False):
            counts = level.table.counts.astype(np.float64)
            kept = counts - np.array(d).take(level.table.counts, mode="clip")
            total, said = np.add.reduceat(counts, level.heads), np.add.reduceat(kept, level.heads)
            gamma = originality * (1 - said / total)
            with np.errstate(divide="ignore", invalid="ignore"):
                scale = np.where(said > 0, (1 - gamma) / said, 0.0)
            gamma[said <= 0] = 1.0  # every count is discounted away
            alpha = kept * np.repeat(scale, level.degrees)
            shared = np.repeat(gamma, level.degrees) * below.take(level.shorter)
            below = alpha + shared
            if factors is not None:
                by_word = factors.take(level.words)
                alpha, shared = alpha * by_word, shared * by_word
            self.alphas.append(alpha)
            self.shared.append(shared)
            self.gammas.append(gamma)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.unigrams.nbytes + sum(a.nbytes for a in (*self.alphas, *self.shared, *self.gammas))
