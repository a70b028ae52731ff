"""One text under a condition, drawn symbol by symbol from what was worked out for the request.

What may not be said (a copy, a token that would melt into the one before) is known only when its turn
comes. Then the others at that place have its share; and where none is left, the token before that was not
typed is drawn again, from the others there. A start is not all of a text, unless it can be nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.clashes import clashes
from engine.dials import Dials
from engine.errors import InvalidArgument
from engine.request import Request
from engine.sampling import draw, reshape
from engine.smoothing import Floats
from engine.tokenizer import reads_back
from engine.vocabulary import BEGIN, END

_ATTEMPTS = 40
_UNDECIDED = 100  # tokens of one place that may turn out to be forbidden before the place is given up


@dataclass(frozen=True, slots=True)
class Steered:
    """A text that was drawn under a condition."""

    tokens: list[str]
    """All of them, with those of the start."""
    order: int
    """The n of the n-grams that were looked at."""
    probability: float
    """How likely a text that begins with the start is as asked, when the model is left to itself."""


class Watcher(Protocol):
    """What sees to it that a text is no copy, and holds nothing that one person only said (see `veto`)."""

    def forbids(self, ids: Sequence[int], id: int) -> bool:
        """Whether a token may not come after these."""


Watch = Callable[[dict[int, str]], Watcher]
"""Begins to watch over a text, of which the asker typed the tokens in a dictionary, by place; others come in later."""


def steered(request: Request, rng: np.random.Generator, dials: Dials, watch: Watch | None) -> Steered:
    """A text; raises InvalidArgument when whatever is drawn may not be said."""
    excluded: dict[tuple[int, ...], list[int]] = {}  # by number of tokens to come and symbols before
    odds = request.odds.copy()
    if odds[1:].any():
        odds[0] = 0
    for _ in range(_ATTEMPTS):
        length = int(odds.argmax()) if dials.temperature == 0 else draw(rng, odds)
        draft = _Draft(request, watch)
        if draft.finish(rng, dials, length, excluded) and reads_back(request.tokenizer, draft.tokens):
            return Steered(draft.tokens, request.order, request.probability)
        drawn = draft.path
        while drawn and drawn[-1] >= request.wish.symbols.ids:
            drawn.pop()
        if drawn:
            excluded.setdefault((length, *drawn[:-1]), []).append(drawn[-1])
    raise InvalidArgument(
        "Every text I find that is as you ask would be a copy of what somebody said, or hold what one person only "
        "said; ask for something else."
    )


class _Draft:
    """A text as far as it was drawn."""

    def __init__(self, request: Request, watch: Watch | None) -> None:
        self._request = request
        self._ids, self.tokens = list(request.prompt.ids), list(request.prompt.tokens)
        self.path: list[int] = []
        """The symbols after the start."""
        self._context, self._state = request.begin, request.wish.state
        self._typed = dict(enumerate(request.prompt.tokens))
        self._watcher = watch(self._typed) if watch else None

    def finish(
        self, rng: np.random.Generator, dials: Dials, length: int, excluded: dict[tuple[int, ...], list[int]]
    ) -> bool:
        """Draw `length` symbols, or all up to the end where texts are free to end; False when none can come next."""
        request, to_come = self._request, length
        while request.free or to_come:
            weights = request.weights(self._ids, self._context, self._state, to_come)
            weights[excluded.get((length, *self.path), [])] = 0
            if not self.path and weights.sum() > weights[END]:
                weights[END] = 0
            symbol = self._choose(rng, dials, weights)
            if symbol is None or symbol == END:
                return symbol == END
            self._add(symbol)
            to_come -= 1
        return True

    def _choose(self, rng: np.random.Generator, dials: Dials, weights: Floats) -> int | None:
        """A symbol that may be said, with its probability among those that may; None if there is none."""
        symbols, place = self._request.wish.symbols, len(self._ids)
        for _ in range(_UNDECIDED):
            total = weights.sum()
            if not total > 0:
                break
            symbol = draw(rng, reshape(weights / total, dials))
            if symbol >= symbols.ids:
                self._typed[place] = symbols.text(symbol)
            if symbol == END or self._may_be_said(symbol):
                return symbol
            weights[symbol] = 0
            self._typed.pop(place, None)
        return None

    def _may_be_said(self, symbol: int) -> bool:
        symbols, place = self._request.wish.symbols, len(self._ids)
        as_typed = {place, place - 1} <= self._typed.keys()
        text, id = symbols.text(symbol), symbols.id(symbol)
        pair = self._ids[-1] if self._ids else BEGIN, id
        if not as_typed and clashes(self._request.tokenizer, self._request.counts, [*self.tokens[-2:], text], pair):
            return False
        return not (self._watcher and self._watcher.forbids(self._ids, id))

    def _add(self, symbol: int) -> None:
        wish = self._request.wish
        self.path.append(symbol)
        self._ids.append(wish.symbols.id(symbol))
        self.tokens.append(wish.symbols.text(symbol))
        self._context = self._request.contexts.after(self._context, self._ids[-1])
        self._state = wish.automaton.next(self._state, symbol)
