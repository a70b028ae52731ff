"""Texts under conditions: what was worked out for the latest requests is kept until what is known changes."""

from collections import OrderedDict

import numpy as np

from engine.conditions import Condition
from engine.contexts import Contexts
from engine.dials import AS_LEARNED, Dials
from engine.errors import InvalidArgument
from engine.knowledge import Knowledge
from engine.leaning import keywords
from engine.prompt import Prompt, read_prompt
from engine.request import Request
from engine.steered import Steered, Watch, steered

_KEPT = 64 * 2**20  # bytes of requests, beside the latest
_LEAST_ORIGINALITY = 0.01
"""At 0 nothing would be said but what was, and hardly any condition could be met."""
_LOOKED_AT = 3_000_000
"""Probabilities and n-grams looked at for a text that is asked for its length alone: a tenth of a second or two."""


class Steering:
    """Draws texts from the model's own distribution, given that a condition holds (see `request`)."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        known.tell(self._let_go)
        self._contexts: dict[int, Contexts] = {}
        self._requests: OrderedDict[tuple[object, ...], Request] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        contexts = sum(contexts.nbytes for contexts in self._contexts.values())
        return contexts + sum(request.nbytes for request in self._requests.values())

    def draw(
        self,
        rng: np.random.Generator,
        prompt: Prompt,
        condition: Condition,
        length: int | None = None,
        dials: Dials = AS_LEARNED,
        watch: Watch | None = None,
    ) -> Steered:
        """A text that begins with a prompt and is as the condition asks, of exactly `length` tokens when given.

        What is known must not be nothing, or empty texts only. Raises InvalidArgument when there is no such
        text, and why. Where every text found would be a copy, it strays as far as the model does.
        """
        request = self.request(prompt, condition, length, dials.originality)
        try:
            return steered(request, rng, dials, watch)
        except InvalidArgument:
            if dials.originality == 1:
                raise
        return steered(self.request(prompt, condition, length, 1.0), rng, dials, watch)

    def affords(self, length: int) -> bool:
        """Whether a text is drawn in no time under no condition but its length.

        Which takes a distribution a token, and all n-grams a few times, once after something was learned.
        """
        known, counts = self._known, self._known.counts
        possible = known.tokenizer.unit != "characters" and known.smoothing != "none"
        return possible and length * len(counts.vocabulary) + 2 * len(counts) <= _LOOKED_AT

    def keywords(self, text: str, most: int = 3) -> list[str]:
        """The rarest words of a text that somebody said here, rarest first: what an answer to it may be about."""
        return keywords(self._known, text, most)

    def _let_go(self) -> None:
        self._contexts.clear()
        self._requests.clear()

    def request(self, prompt: Prompt, condition: Condition, length: int | None, originality: float) -> Request:
        """What is worked out for a request; raises as `draw` does."""
        known = self._known
        if known.tokenizer.unit == "characters":
            raise InvalidArgument('Conditions are met word by word, so they need the unit "words".')
        known.merge()
        prompt = read_prompt(prompt.tokens, known.counts.vocabulary)  # ids are others after a merge
        originality = max(originality, _LEAST_ORIGINALITY)
        key = (*prompt.tokens, condition, length, originality)
        request = self._requests.pop(key, None)
        if request is None:
            request = Request(known, self._contexts, prompt, condition, length, originality)
        self._requests[key] = request
        while len(self._requests) > 1 and sum(held.nbytes for held in self._requests.values()) > _KEPT:
            self._requests.popitem(last=False)
        return request
