"""One request for a text under a condition: what was worked out for it, and texts drawn from that.

Each token is drawn with P(w|u) b(next), where b is how likely the text goes on as asked (see `backward`);
so every text comes with the probability it has among those that are as asked, and none has to be thrown
away. P is `mkn`'s at the given originality. Where texts may have any length, the length is drawn first,
as it is distributed among them, up to `LONGEST` tokens.

In large models b, whose cost grows with n-grams × states of the automaton × tokens, sees shorter contexts
than the model does: as many orders as `CELLS` and `STEPS` leave room for. Down to order 3, P is that of
the same shorter contexts, and what is drawn is exact; below, P sees all the model does and b does not,
so conditions are met as surely, but a little less in the model's own way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.automaton import NEVER
from engine.backward import Backward
from engine.conditions import Condition, Wish
from engine.contexts import Contexts, Weights
from engine.errors import InvalidArgument
from engine.knowledge import Knowledge
from engine.leaning import lean
from engine.prompt import Prompt
from engine.sampling import Dials, draw, reshape
from engine.smoothing import Floats, KneserNey
from engine.tokenizer import melts
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
_ATTEMPTS = 40
_UNDECIDED = 400  # tokens of one place that may be forbidden before the text is begun anew


@dataclass(frozen=True, slots=True)
class Steered:
    """A text that was drawn under a condition."""

    tokens: list[str]
    """All of them, with those of the start."""
    ids: list[int]
    """As what they count."""
    order: int
    """The n of the n-grams that were looked at."""
    probability: float
    """How likely a text that begins with the start is as asked, when the model is left to itself."""


class Watcher(Protocol):
    """What sees to it that a text is no copy, and holds nothing that one person only said (see `veto`)."""

    def forbids(self, ids: Sequence[int], id: int) -> bool:
        """Whether a token may not come after these."""


Forbids = Callable[[list[int], int], bool]
Watch = Callable[[dict[int, str]], Watcher]
"""Begins to watch over a text, of which the asker typed the tokens in a dictionary, by place; others come in later."""


class Request:
    """What is asked for, and b."""

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
        self._prompt, self._originality = prompt, originality
        self._counts, self._tokenizer = known.counts, known.tokenizer
        self._predictor = KneserNey(known.counts, as_lmplz=known.smoothing != "best")  # of a closed vocabulary
        sayable = np.arange(known.counts.vocabulary.ids) > UNKNOWN
        sayable[known.withheld_ids()] = False
        leaning = lean(known, condition.about, sayable) if condition.about else None
        self._factors = leaning.factors if leaning else None
        self._wish = wish = Wish(known, condition, prompt.tokens, sayable, leaning.related if leaning else ())
        if length is not None and length < max(1, len(prompt.ids)):
            raise InvalidArgument(
                f"The length is {length} and the start alone has {len(prompt.ids)} tokens; "
                "ask for a length of at least 1 that the start fits into."
            )
        if wish.state == NEVER:
            raise wish.impossible(length, MOST)
        self._free = length is None and bool(wish.automaton.last_first())
        order, room = self._affordable(*self._room(length))
        contexts = made.get(order) or made.setdefault(order, Contexts(known.counts, order))
        self._contexts = contexts
        self.order = order if order >= _EXACT_FROM else known.order
        unigrams = np.concatenate([[0.0], self._predictor.unigrams()])
        weights = Weights(contexts, self._predictor.discounts, unigrams, originality, self._factors)
        backward = Backward(contexts, weights, wish.automaton, wish.symbols.counts_as)
        self._layers = [backward.freely()] if self._free else backward.exactly(room)
        self._table = np.array(wish.automaton.table)
        self._as_ids = np.array([*range(wish.symbols.ids), *np.maximum(wish.symbols.counts_as, BEGIN)], np.intp)
        self._begin = contexts.begin
        for id in prompt.ids:
            self._begin = contexts.after(self._begin, id)
        self._odds = self._how_likely(length)
        if not self._odds.any():
            raise wish.impossible(length, MOST)

    @property
    def nbytes(self) -> int:
        """Bytes of b."""
        return sum(layer.nbytes for layer in self._layers)

    @property
    def probability(self) -> float:
        """How likely a text that begins with the start is as asked."""
        return float(self._odds.sum())

    def _room(self, length: int | None) -> tuple[int, int]:
        """For how many tokens to come b is needed, at least and at best."""
        if self._free:
            return 0, 0
        if length is not None:
            return (length - len(self._prompt.ids),) * 2
        shortest = next(iter(self._wish.automaton.lengths(MOST, self._wish.state)), MOST)
        return shortest + _LEAST_ROOM, max(LONGEST, shortest + _LEAST_ROOM)

    def _affordable(self, least: int, best: int) -> tuple[int, int]:
        """The highest order at which b can be had for this many tokens to come, and for how many it can."""
        counts, states = self._counts, self._wish.automaton.states
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
        ids, begin, state = self._prompt.ids, self._begin, self._wish.state
        odds = np.zeros(len(self._layers))
        for to_come in range(len(self._layers)):
            if ids:
                odds[to_come] = self._layers[to_come][state, begin]
            elif self._free or to_come:  # no text is empty
                odds[to_come] = self._first(to_come).sum()
        if length is not None:
            odds[:-1] = 0
        return odds

    def draw(self, rng: np.random.Generator, dials: Dials, watch: Watch | None) -> Steered:
        """One text. Raises InvalidArgument when whatever is drawn is forbidden, or its tokens melt into each other.

        Where nothing may come next, the token before that was not typed is drawn again, from the others.
        """
        symbols = self._wish.symbols
        excluded: dict[tuple[int, ...], list[int]] = {}
        for _ in range(_ATTEMPTS):
            to_come = int(self._odds.argmax()) if dials.temperature == 0 else draw(rng, self._odds)
            path, ended = self._attempt(rng, dials, watch, to_come, excluded)
            if ended:
                tokens = self._prompt.tokens + [symbols.text(symbol) for symbol in path]
                ids = self._prompt.ids + [symbols.id(symbol) for symbol in path]
                return Steered(tokens, ids, self.order, self.probability)
            while path and path[-1] >= symbols.ids:
                path.pop()
            if path:
                excluded.setdefault((to_come, *path[:-1]), []).append(path[-1])
        raise InvalidArgument(
            "Every text I find that is as you ask would be a copy of what somebody said, or hold what one person only "
            "said; ask for something else."
        )

    def _attempt(
        self,
        rng: np.random.Generator,
        dials: Dials,
        watch: Watch | None,
        to_come: int,
        excluded: dict[tuple[int, ...], list[int]],
    ) -> tuple[list[int], bool]:
        """The symbols of a text, without those of its start, and whether it came to its end."""
        wish, all_to_come, path = self._wish, to_come, list[int]()
        ids, tokens, typed = list(self._prompt.ids), list(self._prompt.tokens), dict(enumerate(self._prompt.tokens))
        forbids = watch(typed).forbids if watch else None
        context, state = self._begin, wish.state
        while self._free or to_come:
            weights = self._weights(ids, context, state, to_come, self._originality) if ids else self._first(to_come)
            weights[excluded.get((all_to_come, *path), [])] = 0
            symbol = self._choose(rng, dials, weights, ids, tokens, typed, forbids)
            if symbol is None:
                return path, False
            if symbol == END:
                break
            path.append(symbol)
            ids.append(wish.symbols.id(symbol))
            tokens.append(wish.symbols.text(symbol))
            context, state = self._contexts.after(context, ids[-1]), wish.automaton.next(state, symbol)
            to_come -= 1
        return path, True

    def _choose(
        self,
        rng: np.random.Generator,
        dials: Dials,
        weights: Floats,
        ids: list[int],
        tokens: list[str],
        typed: dict[int, str],
        forbids: Forbids | None,
    ) -> int | None:
        """A symbol that may be said after these, with its probability among those that may; None if there is none."""
        symbols = self._wish.symbols
        for _ in range(_UNDECIDED):
            total = weights.sum()
            if not total > 0:
                break
            symbol = draw(rng, reshape(weights / total, dials))
            if symbol == END:
                return symbol
            if symbol >= symbols.ids:
                typed[len(ids)] = symbols.text(symbol)
            melted = melts(self._tokenizer, [*tokens[-2:], symbols.text(symbol)])
            if not melted and not (forbids and forbids(ids, symbols.id(symbol))):
                return symbol
            weights[symbol] = 0
            typed.pop(len(ids), None)
        return None

    def _first(self, to_come: int) -> Floats:
        """`_weights` of the first token: with originality below 1 one that texts began with, if that can be."""
        weights = self._weights(
            [], self._begin, self._wish.state, to_come, Dials(originality=self._originality).beginning
        )
        if weights.any():
            return weights
        return self._weights([], self._begin, self._wish.state, to_come, self._originality)

    def _weights(self, ids: list[int], context: int, state: int, to_come: int, originality: float) -> Floats:
        """(symbols,) P(w|u) b(next) of each."""
        said = (BEGIN, *ids)[-self.order + 1 :] if self.order > 1 else ()
        p = np.concatenate([[0.0], self._predictor.distribution(said, originality)])
        if self._factors is not None:
            p *= self._factors
            p /= p.sum()
        p = p.take(self._as_ids)
        targets = self._contexts.targets_after(context).take(self._as_ids)
        after = self._layers[0 if self._free else to_come - 1]
        states = self._table[state].take(self._wish.automaton.classes)
        weights: Floats = p * after.ravel().take(np.maximum(states, 0) * after.shape[1] + targets)
        weights[states == NEVER] = 0
        weights[END] = p[END] if self._free and self._wish.automaton.accepting[state] and ids else 0
        return weights
