"""How likely it is that a text goes on as an automaton wants it: one pass from its end to its beginning.

For a context u, an automaton's state q, and V(s, w) = b(s, δ(q, w)), with s the context after w,

    b(u, q) = γ(u) b(u', q) + Σ_w [α(w|u) V(uw, w) + γ(u) P(w|u') (V(uw, w) - V(u'w, w))]

where the sum runs over the tokens that followed u only: backing off does the rest at once for all
others (failure transitions: Allauzen, Mohri & Roark, ACL 2003). At the empty context it runs over all
tokens. `</s>` leads to 1 where the text may end, to 0 where not. This is P(w|u), drawn on and on, under
every condition at once (Pachet & Roy, IJCAI 2011), and exact.

b also depends on how many tokens are to come: layer by layer, 0, 1, … more tokens, each from the one
before. Only an automaton without loops, which no text can stay in, needs no layers: its states are worked
out once, the last first.

With originality above 0 every token has some probability after every context, so whether b is 0 depends
on the automaton alone.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.automaton import NEVER, Automaton
from engine.contexts import Contexts, Places, Weights
from engine.smoothing import Floats
from engine.vocabulary import END

Kinds = list[tuple[int, Places, Places]]
"""Edges by the class of their token: the class, where they stand, and the states they lead to."""


class Backward:
    """b of every context and state of an automaton, once it was worked out."""

    def __init__(self, contexts: Contexts, weights: Weights, automaton: Automaton, typed: Sequence[int]) -> None:
        """typed: for each symbol from the vocabulary's ids on, the id as which it counts; NEVER for none."""
        self.contexts, self.weights, self.automaton = contexts, weights, automaton
        self.typed = [(contexts.ids + i, id) for i, id in enumerate(typed) if id != NEVER]
        self._classes = automaton.classes[: contexts.ids].copy()
        self._ends = int(automaton.classes.max(initial=0)) + 1  # a class for `</s>` alone
        self._classes[END] = self._ends
        edges = np.arange(contexts.ids)
        self._root = self._by_class(edges, contexts.targets)
        self._edges = [self._by_class(level.words, level.targets) for level in contexts.levels]
        self._columns = {id: self._column(id) for _, id in self.typed}
        self.sums = self._norms()
        """(states,) N(u)."""

    def _by_class(self, words: NDArray[np.integer], targets: Places) -> Kinds:
        """The commonest class first, which stands for all edges."""
        if not len(targets):
            return []
        of_edges = self._classes.take(words)
        common = int(np.bincount(of_edges).argmax())
        kinds = [(common, np.empty(0, np.intp), targets)]
        for number in range(self._ends + 1):
            if number != common:
                places = np.flatnonzero(of_edges == number)
                if len(places):
                    kinds.append((number, places, targets.take(places)))
        return kinds

    def _column(self, id: int) -> tuple[Floats, Places]:
        """(states,) the probability of one token after every context, and the state it leads to."""
        p, targets = np.empty(self.contexts.states), np.empty(self.contexts.states, np.intp)
        p[0], targets[0] = self.weights.unigrams[id], self.contexts.targets[id]
        for number, level in enumerate(self.contexts.levels):
            here = slice(level.first, level.end)
            p[here] = self.weights.gammas[number] * p.take(level.links)
            targets[here] = targets.take(level.links)
            edges = np.flatnonzero(level.words == id)
            states = level.first + np.searchsorted(level.heads, edges, side="right") - 1
            p[states] += self.weights.alphas[number].take(edges)
            if len(level.targets):
                targets[states] = level.targets.take(edges)
        return p, targets

    def _norms(self) -> Floats:
        norms = np.empty(self.contexts.states)
        norms[0] = self.weights.unigrams.sum()
        for number, level in enumerate(self.contexts.levels):
            said = np.add.reduceat(self.weights.alphas[number], level.heads)
            norms[level.first : level.end] = self.weights.gammas[number] * norms.take(level.links) + said
        return norms

    def step(self, q: int, after: Floats, end: float) -> Floats:
        """(states,) b(·, q) from the b after one more token (automaton's states, states); `</s>` leads to `end`."""
        row = np.zeros(self.contexts.states)
        if end or self._goes_on(q):
            below = self._values(self._root, q, after, end)
            row[0] = self.weights.unigrams @ below
            for number, level in enumerate(self.contexts.levels):
                alpha, shared = self.weights.alphas[number], self.weights.shared[number]
                shorter = below.take(level.shorter)
                if len(level.targets):
                    below = self._values(self._edges[number], q, after, end)
                    shorter -= below
                    shorter *= shared
                    terms = alpha * below
                    terms -= shorter
                else:  # the longest contexts: their edges lead where the shorter ones lead
                    terms = np.multiply(alpha, shorter, out=shorter)
                sums = np.add.reduceat(terms, level.heads)
                row[level.first : level.end] = self.weights.gammas[number] * row.take(level.links) + sums
            np.maximum(row, 0, out=row)
        for symbol, id in self.typed:
            to = self.automaton.next(q, symbol)
            if to != NEVER:
                p, targets = self._columns[id]
                row += p * after[to].take(targets)
        row /= self.sums
        return row

    def _goes_on(self, q: int) -> bool:
        return any(self.automaton.table[q][number] != NEVER for number, *_ in self._root if number != self._ends)

    def _values(self, kinds: Kinds, q: int, after: Floats, end: float) -> Floats:
        """V of every edge."""
        values = np.empty(len(kinds[0][2]))
        for i, (number, places, targets) in enumerate(kinds):
            to = NEVER if number == self._ends else self.automaton.table[q][number]
            value: Floats | float = end if number == self._ends else 0.0 if to == NEVER else after[to].take(targets)
            values[places if i else slice(None)] = value
        return values

    def exactly(self, length: int) -> list[Floats]:
        """(automaton's states, states) b of texts with 0, 1, … `length` more tokens."""
        layers = [np.zeros((self.automaton.states, self.contexts.states)) for _ in range(length + 1)]
        nothing = layers[0].copy()
        for q in range(self.automaton.states):
            if self.automaton.accepting[q]:
                layers[0][q] = self.step(q, nothing, 1.0)
        for before, layer in pairwise(layers):
            for q in range(self.automaton.states):
                if any(before[r, 0] > 0 for r in self.automaton.successors(q)):
                    layer[q] = self.step(q, before, 0.0)
        return layers

    def freely(self) -> Floats:
        """(automaton's states, states) b of texts of any length, for an automaton without loops."""
        values = np.zeros((self.automaton.states, self.contexts.states))
        for q in self.automaton.last_first():
            values[q] = self.step(q, values, float(self.automaton.accepting[q]))
        return values
