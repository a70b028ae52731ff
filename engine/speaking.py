"""Saying something new from what was learned: which way of drawing serves, and what may not be drawn."""

from functools import partial

import numpy as np

from engine.batch import sample_many
from engine.character_stream import CharacterStream
from engine.characters import Characters
from engine.errors import EmptyCorpus, InvalidArgument
from engine.gaps import GLUE
from engine.knowledge import Knowledge
from engine.mixed import MixedStream
from engine.prompt import Prompt
from engine.sampling import Dials, draw_message
from engine.stream import Rule, Stream

LONGEST = {"words": 400, "characters": 2000, "whitespace": 400}
"""How many tokens a text that finds no end by itself gets, its start aside."""


class Speaker:
    """Draws new texts from what is known, as it is known when they are asked for."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._stream: Stream | None = None
        self._version = -1  # of what is known, when the stream was made

    def continue_prompt(self, rng: np.random.Generator, prompt: Prompt, length: int | None, dials: Dials) -> list[str]:
        """The tokens of a new text that begins with a prompt, of exactly `length` tokens when given.

        Raises EmptyCorpus; InvalidArgument when the prompt is longer than `length`.
        """
        known, unit = self._known, self._known.tokenizer.unit
        vocabulary = known.counts.vocabulary
        known.check_not_empty()
        if length is not None and length < max(1, len(prompt.ids)):
            raise InvalidArgument(
                f"The length is {length} and the start alone has {len(prompt.ids)} tokens; "
                "ask for a length of at least 1 that the start fits into."
            )
        if len(vocabulary) == 2:  # noqa: PLR2004 - `</s>` and `<unk>`
            raise EmptyCorpus("Only empty texts have been learned, so there is nothing to say; learn a text first.")
        longest = len(prompt.ids) + LONGEST[unit]
        if known.smoothing != "none" and not dials.reshapes:
            rule = Rule(dials.originality, dials.beginning, may_end=length is None, melts=self._melts)
            ids = self._stream_now().document(rng, prompt.ids, length or longest, rule, prompt.tokens)
        else:
            live, predict = vocabulary.live.tolist(), partial(known.probabilities, texts=prompt.tokens)
            ids = draw_message(rng, predict, live, prompt.ids, length, longest, dials, self._melts)
        return prompt.tokens + vocabulary.texts(ids[len(prompt.ids) :])

    def many(self, rng: np.random.Generator, count: int) -> list[str]:
        """Many new texts at once, drawn by `mkn` alone, each up to its end or as long as texts get."""
        known = self._known
        known.check_not_empty()
        known.merge()
        texts = known.counts.vocabulary.texts
        drawn = sample_many(known.counts, known.predictor.discounts, rng, count, LONGEST[known.tokenizer.unit])
        return [known.tokenizer.decode(texts(ids)) for ids in drawn]

    def _stream_now(self) -> Stream:
        known = self._known
        if self._stream is None or self._version != known.version:
            self._stream = _stream_of(known)
            self._version = known.version
        return self._stream

    def _melts(self, ids: list[int], id: int) -> bool:
        """Whether a token, written after these and read again, would not be itself.

        Two tokens drawn side by side that no text had side by side can melt into one ("!" and "!!");
        the text would then not have the tokens, nor the number of tokens, that were drawn.
        """
        tokenizer = self._known.tokenizer
        if tokenizer.unit == "whitespace":
            return False
        tail = self._known.counts.vocabulary.texts((*ids[-2:], id))
        if all(token.isalnum() and token.isascii() for token in tail[-2:]):
            return False  # two words with a blank between them
        read_again = tokenizer.encode(tokenizer.decode(tail))
        return [token.strip(GLUE) for token in read_again] != [token.strip(GLUE) for token in tail]


def _stream_of(known: Knowledge) -> Stream:
    if isinstance(known.mixture, Characters):
        return CharacterStream(known.mixture)
    return MixedStream(known.mixture) if known.mixture else Stream(known.predictor)
