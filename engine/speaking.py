"""Saying something new from what was learned: which way of drawing serves, and what may not be drawn."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from engine.batch import sample_many
from engine.choosing import draw_shape, nearest
from engine.character_stream import CharacterStream
from engine.characters import Characters
from engine.errors import EmptyCorpus, InvalidArgument
from engine.knowledge import Knowledge
from engine.mixed import MixedStream
from engine.mixture import Mixture
from engine.originality import Back, Guard
from engine.prompt import Prompt
from engine.sampling import NOTHING_TO_SAY, Dials, Refuse, draw_message
from engine.stream import Rule, Stream
from engine.tokenizer import melts

LONGEST = {"words": 400, "characters": 2000, "whitespace": 400}
"""How many tokens a text that finds no end by itself gets, its start aside."""

_TRIES = 200  # how often a text goes back before a word that cannot stay; then it ends there


class Speaker:
    """Draws new texts from what is known, as it is known when they are asked for."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._streams: dict[bool, Stream] = {}  # by whether it is timeless
        self._version = -1  # of what is known, when the streams were made

    def continue_prompt(self, rng: np.random.Generator, prompt: Prompt, length: int | None, dials: Dials) -> list[str]:
        """The tokens of a new text that begins with a prompt, of exactly `length` tokens when given.

        Raises EmptyCorpus; InvalidArgument when the prompt is longer than `length`.
        """
        known = self._known
        vocabulary = known.counts.vocabulary
        self.check_can_speak()
        if length is not None and length < max(1, len(prompt.ids)):
            raise InvalidArgument(
                f"The length is {length} and the start alone has {len(prompt.ids)} tokens; "
                "ask for a length of at least 1 that the start fits into."
            )
        one = length is not None or dials.choices == 1 or dials.reshapes or known.smoothing == "none"
        ids = self._draw_one(rng, prompt, length, dials) if one else self._choose(rng, prompt, dials)
        return prompt.tokens + vocabulary.texts(ids[len(prompt.ids) :])

    def _choose(self, rng: np.random.Generator, prompt: Prompt, dials: Dials) -> list[int]:
        """Of several texts the one that is shaped most like a document."""
        shape = draw_shape(rng, self._known.history, len(prompt.ids))
        texts = [self._draw_one(rng, prompt, None, dials) for _ in range(dials.choices)]
        return nearest(texts, shape)

    def _draw_one(self, rng: np.random.Generator, prompt: Prompt, length: int | None, dials: Dials) -> list[int]:
        if not dials.max_copy:
            return self._draw(rng, prompt, prompt.ids, length, dials)
        guard = self.guard(dict(enumerate(prompt.tokens)), dials.max_copy)
        return self._draw_guarded(rng, prompt, length, dials, guard)

    def check_can_speak(self) -> None:
        """Raise EmptyCorpus when there is nothing to say."""
        self._known.check_not_empty()
        if len(self._known.counts.vocabulary) == 2:  # noqa: PLR2004 - `</s>` and `<unk>`
            raise EmptyCorpus("Only empty texts have been learned, so there is nothing to say; learn a text first.")

    def _draw(
        self,
        rng: np.random.Generator,
        prompt: Prompt,
        ids: list[int],
        length: int | None,
        dials: Dials,
        forbids: Refuse | None = None,
    ) -> list[int]:
        """The ids of a text that goes on from these, which begin with a prompt; raises Back as the guard does."""
        known, vocabulary = self._known, self._known.counts.vocabulary
        longest = len(prompt.ids) + LONGEST[known.tokenizer.unit]
        texts = prompt.tokens + vocabulary.texts(ids[len(prompt.ids) :])
        if known.smoothing != "none" and not dials.reshapes:
            rule = Rule(dials.originality, dials.beginning, length is None, self._melts, forbids)
            return self._stream_now(timeless=dials.timeless).document(rng, ids, length or longest, rule, texts)
        live, predict = vocabulary.live.tolist(), partial(known.probabilities, texts=texts, timeless=dials.timeless)
        return draw_message(rng, predict, live, ids, length, longest, dials, self._melts, forbids)

    def _draw_guarded(
        self, rng: np.random.Generator, prompt: Prompt, length: int | None, dials: Dials, guard: Guard
    ) -> list[int]:
        """`_draw`, going back as often as the guard wants it; in the end what may stay."""
        ids = prompt.ids
        for _ in range(_TRIES):
            try:
                drawn = self._draw(rng, prompt, ids, length, dials, guard.forbids)
                guard.check_end(drawn)
            except Back as back:
                ids = back.ids
            else:
                return drawn
        if not ids:
            raise EmptyCorpus(NOTHING_TO_SAY)
        return ids

    def guard(self, typed: Mapping[int, str], max_copy: int) -> Guard:
        """What watches over one text, of which these tokens were typed, until something is learned or unlearned."""
        known = self._known
        vocabulary = known.counts.vocabulary
        runs = known.origins.runs(max_copy + 1, known.history, vocabulary)
        return Guard(runs, vocabulary, known.tokenizer, typed)

    def many(self, rng: np.random.Generator, count: int) -> list[str]:
        """Many new texts at once, drawn by `mkn` alone, each up to its end or as long as texts get."""
        known = self._known
        known.check_not_empty()
        known.merge()
        texts = known.counts.vocabulary.texts
        drawn = sample_many(known.counts, known.predictor.discounts, rng, count, LONGEST[known.tokenizer.unit])
        return [known.tokenizer.decode(texts(ids)) for ids in drawn]

    def _stream_now(self, *, timeless: bool = False) -> Stream:
        known = self._known
        if self._version != known.version:
            self._streams.clear()
            self._version = known.version
        timeless = timeless and isinstance(known.mixture, Mixture)
        if timeless not in self._streams:
            self._streams[timeless] = Stream(known.predictor) if timeless else _stream_of(known)
        return self._streams[timeless]

    def _melts(self, ids: list[int], id: int) -> bool:
        """Whether a token, written after these and read again, would not be itself."""
        return melts(self._known.tokenizer, self._known.counts.vocabulary.texts((*ids[-2:], id)))


def _stream_of(known: Knowledge) -> Stream:
    if isinstance(known.mixture, Characters):
        return CharacterStream(known.mixture)
    return MixedStream(known.mixture) if known.mixture else Stream(known.predictor)
