"""One request for a text under a condition, and what was worked out for it.

Each token is drawn with P(w|u) b(next), where b is how likely the text goes on as asked (see `backward`);
so every text comes with the probability it has among those that are as asked, and none has to be thrown
away. P is `mkn`'s at the given originality. Where texts may have any length, the length is drawn first,
as it is distributed among them, up to `LONGEST` tokens.

In large models b, whose cost grows with n-grams × states of the automaton × tokens, sees shorter contexts
than the model does: as many orders as `CELLS` and `STEPS` leave room for. Down to order 3, P is that of
the same shorter contexts, and what is drawn is exact; below, P sees all the model does and b does not,
so conditions are met as surely, but a little less in the model's own way.
"""

from collections.abc import Sequence

import numpy as np

from engine.automaton import NEVER
from engine.backward import Backward
from engine.conditions import Condition, Wish
from engine.contexts import Contexts, Weights
from engine.dials import Dials
from engine.knowledge import Knowledge
from engine.leaning import lean
from engine.prompt import Prompt
from engine.smoothing import Floats, KneserNey
from engine.vocabulary import BEGIN, END, UNKNOWN

LONGEST = 60
"""Tokens, its start aside, of a text that was given no length."""
CELLS = 4_000_000
"""Values of b held for one request, eight bytes each; three times as many rather than no context at all."""
STEPS = 100_000_000
"""N-grams looked at for one request: about a second."""
MOST = 400
"""Tokens beyond which no text is looked for."""
_LEAST_ROOM = 30  # tokens that a text of any length should have room for, beside those it needs
_EXACT_FROM = 3  # the lowest order at which P is the lower order's too


class Request:
    """What is asked for, and b.

    Attributes:
        wish, prompt, originality: what is asked
        contexts, begin: the states b is known for, and that of the text that is to go on
        free: whether texts end where they like, and b needs no layers
        odds: by number of tokens to come, or all together where there are no layers: how likely a text is as asked
        order: the n of the n-grams that P looks at
    """

    def __init__(
        self,
        known: Knowledge,
        made: dict[int, Contexts],
        prompt: Prompt,
        condition: Condition,
        length: int | None,
        originality: float,
    ) -> None:
        """made: contexts by order, made already; others are put there.

        Raises InvalidArgument when no text is as asked, and why.
        """
        self.prompt, self.originality = prompt, originality
        self.counts, self.tokenizer = known.counts, known.tokenizer
        self._predictor = KneserNey(known.counts, as_lmplz=known.smoothing != "best")  # of a closed vocabulary
        sayable = np.arange(known.counts.vocabulary.ids) > UNKNOWN
        sayable[known.withheld_ids()] = False
        leaning = lean(known, condition.about, sayable) if condition.about else None
        self._factors = leaning.factors if leaning else None
        self.wish = wish = Wish(known, condition, prompt.tokens, sayable, leaning.related if leaning else ())
        prompt.check_fits(length)
        if wish.state == NEVER:
            raise wish.impossible(length, MOST)
        self.free = length is None and bool(wish.automaton.last_first())
        order, room = self._affordable(*self._room(length))
        contexts = made.get(order) or made.setdefault(order, Contexts(known.counts, order))
        self.contexts = contexts
        self.order = order if order >= _EXACT_FROM else known.order
        unigrams = np.concatenate([[0.0], self._predictor.unigrams()])
        weights = Weights(contexts, self._predictor.discounts, unigrams, originality, self._factors)
        backward = Backward(contexts, weights, wish.automaton, wish.symbols.counts_as)
        self._layers = [backward.freely()] if self.free else backward.exactly(room)
        self._table = np.array(wish.automaton.table)
        self._as_ids = np.array([*range(wish.symbols.ids), *np.maximum(wish.symbols.counts_as, BEGIN)], np.intp)
        self.begin = contexts.begin
        for id in prompt.ids:
            self.begin = contexts.after(self.begin, id)
        self.odds = self._how_likely(length)
        if not self.odds.any():
            raise wish.impossible(length, MOST)

    @property
    def nbytes(self) -> int:
        """Bytes of b."""
        return sum(layer.nbytes for layer in self._layers)

    @property
    def probability(self) -> float:
        """How likely a text that begins with the start is as asked."""
        return float(self.odds.sum())

    def _room(self, length: int | None) -> tuple[int, int]:
        """For how many tokens to come b is needed, at least and at best."""
        if self.free:
            return 0, 0
        if length is not None:
            return (length - len(self.prompt.ids),) * 2
        shortest = next(iter(self.wish.automaton.lengths(MOST, self.wish.state)), MOST)
        return shortest + _LEAST_ROOM, max(LONGEST, shortest + _LEAST_ROOM)

    def _affordable(self, least: int, best: int) -> tuple[int, int]:
        """The highest order at which b can be had for this many tokens to come, and for how many it can."""
        counts, states = self.counts, self.wish.automaton.states
        for order in range(counts.order, 0, -1):
            tables = counts.tables[: order - 1]
            contexts = 1 + sum(int(np.count_nonzero(np.diff(table.starts))) for table in tables)
            edges = counts.vocabulary.ids + sum(map(len, tables))
            cells = CELLS if order >= _EXACT_FROM else 3 * CELLS
            layers = min(cells // (states * contexts), STEPS // (states * edges)) - 1
            if layers >= least or order == 1:
                break
        return order, max(least, min(best, layers))

    def _how_likely(self, length: int | None) -> Floats:
        """By number of tokens to come, or all together where there are no layers."""
        ids, begin, state = self.prompt.ids, self.begin, self.wish.state
        odds = np.zeros(len(self._layers))
        for to_come in range(len(self._layers)):
            if ids:
                odds[to_come] = self._layers[to_come][state, begin]
            elif self.free or to_come:  # no text is empty
                odds[to_come] = self.weights(ids, begin, state, to_come).sum()
        if length is not None:
            odds[:-1] = 0
        return odds

    def weights(self, ids: Sequence[int], context: int, state: int, to_come: int) -> Floats:
        """(symbols,) P(w|u) b(next) of each, and of `</s>` where texts are free to end.

        ids: of the text so far, which brought it to a context and to a state of the automaton. With
        originality below 1 a text begins with a token that texts began with, if one can be had.
        """
        if not ids:
            begun = self._weights(ids, context, state, to_come, Dials(originality=self.originality).beginning)
            if begun.any():
                return begun
        return self._weights(ids, context, state, to_come, self.originality)

    def _weights(self, ids: Sequence[int], context: int, state: int, to_come: int, originality: float) -> Floats:
        said = (BEGIN, *ids)[-self.order + 1 :] if self.order > 1 else ()
        p = np.concatenate([[0.0], self._predictor.distribution(said, originality)])
        if self._factors is not None:
            p *= self._factors
            p /= p.sum()
        p = p.take(self._as_ids)
        targets = self.contexts.targets_after(context).take(self._as_ids)
        after = self._layers[0 if self.free else to_come - 1]
        states = self._table[state].take(self.wish.automaton.classes)
        weights: Floats = p * after.ravel().take(np.maximum(states, 0) * after.shape[1] + targets)
        weights[states == NEVER] = 0
        weights[END] = p[END] if self.free and self.wish.automaton.accepting[state] and ids else 0
        return weights
