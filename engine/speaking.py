"""Saying something new from what was learned: which way of drawing serves, and what may not be drawn."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from engine.batch import sample_many
from engine.character_stream import CharacterStream
from engine.characters import Characters
from engine.choosing import Choice, draw_shape
from engine.clashes import clashes
from engine.dials import AS_LEARNED, Dials
from engine.errors import EmptyCorpus, InvalidArgument
from engine.knowledge import Knowledge
from engine.mixed import MixedStream
from engine.mixture import Mixture
from engine.originality import Guard
from engine.pairs import is_paired
from engine.prompt import Prompt
from engine.rule import Rule
from engine.sampling import NOTHING_TO_SAY, draw_document
from engine.sayings import Sayings
from engine.stream import Stream
from engine.tokenizer import stay_two, surely
from engine.veto import Back, Veto
from engine.vocabulary import BEGIN

LONGEST = {"words": 400, "characters": 2000, "whitespace": 400}
"""How many tokens a text that finds no end by itself gets, its start aside."""

_COMMON = 3  # tokens of a text that may well be what somebody said: thanks are thanks
_LENGTHS = 20  # texts drawn for one of the length asked for
_DRAWN = 2_000  # tokens drawn, in all, for one that has as many when it is read again
_TRIES = 200  # how often a text goes back before a word that cannot stay; then it ends there
_READ_AGAIN = 40_000  # tokens read again for that, in all; then too


SEEDS = 2**32
"""Seeds below this lead to several texts, of which one is chosen; those from here on to one text each."""


class Chosen(NamedTuple):
    """The tokens of a text and the seed that it was drawn with; None where it was not chosen among several."""

    tokens: list[str]
    seed: int | None


class Speaker:
    """Draws new texts from what is known, as it is known when they are asked for."""

    def __init__(self, known: Knowledge) -> None:
        self._known = known
        self._streams: dict[bool, Stream] = {}  # by whether it is timeless
        self._nothing: Veto | None = None  # where nothing is forbidden: one for all texts
        self._sayings: Sayings | None = None
        self._kinds = bytearray()  # by id, what a token `surely` is; 0 where nobody has looked
        self._forgets = known.forgets
        known.tell(self._let_go)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that were made for drawing, and about those of what was said."""
        sayings = self._sayings.nbytes if self._sayings else 0
        return sum(stream.nbytes for stream in self._streams.values()) + sayings + len(self._kinds)

    def continue_prompt(self, rng: np.random.Generator, prompt: Prompt, length: int | None, dials: Dials) -> Chosen:
        """A new text that begins with a prompt, of exactly `length` tokens when given.

        Raises EmptyCorpus; InvalidArgument when the prompt is longer than `length`, or no text of it is found.
        """
        known = self._known
        vocabulary = known.counts.vocabulary
        self.check_can_speak()
        prompt.check_fits(length)
        shape = None
        if length is None and dials.choices > 1 and known.smoothing != "none" and not self._is_slow(dials):
            shape = draw_shape(rng, known.history, len(prompt.ids))
        typed = dict(enumerate(prompt.tokens))
        longest = length or len(prompt.ids) + LONGEST[known.tokenizer.unit]
        least = length or len(prompt.ids) + 1  # a start goes on

        def draw(rng: np.random.Generator, longest: int) -> list[int]:
            return self._draw(rng, prompt, least, longest, dials, self.veto(typed, dials.max_copy))

        def written(ids: list[int]) -> list[str]:
            return prompt.tokens + vocabulary.texts(ids[len(prompt.ids) :])

        if length is not None:
            return Chosen(self._of_length(length, lambda: written(draw(rng, longest))), None)
        if shape is None:
            return Chosen(written(draw(rng, longest)), None)
        sayings = self._sayings = self._sayings or Sayings(known.counts, known.history)
        excess = sayings.excess if dials.varied else None

        def flaws(ids: list[int]) -> int:
            is_copy = dials.max_copy and len(ids) > _COMMON and known.history.holds(ids)
            return 2 * (not is_paired(known.tokenizer.decode(written(ids)))) + bool(is_copy)

        choice = Choice(shape, flaws, excess)
        chosen = 0
        for seed in (SEEDS + rng.integers(SEEDS, size=dials.choices)).tolist():
            if choice.offer(draw(np.random.default_rng(seed), int(min(longest, choice.most)))):
                chosen = seed
        if dials.varied:
            sayings.add(choice.text)
        return Chosen(written(choice.text), chosen)

    def _of_length(self, length: int, draw: Callable[[], list[str]]) -> list[str]:
        """A text of exactly so many tokens, and of as many when it is read again; of long ones one may not be."""
        tokenizer = self._known.tokenizer
        for drawn in range(1, _LENGTHS + 1):
            tokens = draw()
            if len(tokens) == length and (
                drawn * length > _DRAWN or len(tokenizer.encode(tokenizer.decode(tokens))) == length
            ):
                return tokens
        raise InvalidArgument(
            "I find no text of {length} tokens in what may be said here; ask for fewer, or let me learn more.",
            length=length,
        )

    def _is_slow(self, dials: Dials) -> bool:
        """Whether every token takes a whole distribution: then one text has to do."""
        return dials.reshapes or isinstance(self._known.mixture, Characters)

    def check_can_speak(self) -> None:
        """Raise EmptyCorpus when there is nothing to say."""
        self._known.check_not_empty()
        if len(self._known.counts.vocabulary) == 2:  # noqa: PLR2004 - `</s>` and `<unk>`
            raise EmptyCorpus("Only empty texts have been learned, so there is nothing to say; learn a text first.")

    def _draw(
        self, rng: np.random.Generator, prompt: Prompt, least: int, longest: int, dials: Dials, veto: Veto
    ) -> list[int]:
        """The ids of a text (see `draw_document`), going back as often as the veto wants; in the end what may stay."""
        ids, again = prompt.ids, 0
        for _ in range(_TRIES):
            try:
                drawn = self._go_on(rng, prompt, ids, least, longest, dials, veto)
                veto.check_end(drawn)
            except Back as back:
                ids = back.ids
                again += len(ids)
                if again > _READ_AGAIN:
                    break
            else:
                return drawn
        if not ids:
            raise EmptyCorpus(NOTHING_TO_SAY)
        return ids

    def _go_on(
        self,
        rng: np.random.Generator,
        prompt: Prompt,
        ids: list[int],
        least: int,
        longest: int,
        dials: Dials,
        veto: Veto,
    ) -> list[int]:
        """The ids of a text that goes on from these, which begin with a prompt; raises Back as the veto does."""
        known, vocabulary = self._known, self._known.counts.vocabulary
        texts = prompt.tokens if ids is prompt.ids else prompt.tokens + vocabulary.texts(ids[len(prompt.ids) :])
        clashing = partial(self._clashes, prompt.tokens)
        if_any = clashing if known.tokenizer.unit != "whitespace" else None
        forbids, withheld = (veto.forbids, veto.withheld) if veto.watches else (None, None)
        if known.smoothing != "none" and not dials.reshapes:
            rule = Rule(dials.originality, dials.beginning, least, if_any, forbids, withheld)
            return self._stream_now(timeless=dials.timeless).document(rng, ids, longest, rule, texts)
        live, predict = vocabulary.live.tolist(), partial(known.probabilities, texts=texts, timeless=dials.timeless)
        return draw_document(rng, predict, live, ids, least, longest, dials, clashing, forbids, withheld)

    def veto(self, typed: Mapping[int, str], max_copy: int) -> Veto:
        """What may not be said in one text, until something is learned or unlearned.

        typed: see `Veto`. max_copy: see `Dials`.
        """
        known, vocabulary = self._known, self._known.counts.vocabulary
        of_one = known.origins.of_one(known.history, vocabulary)
        if self._nothing and not max_copy:
            return self._nothing
        guard = None
        if max_copy:
            guard = Guard(
                known.origins.runs(max_copy + 1, known.history, vocabulary), vocabulary, known.tokenizer, typed
            )
        veto = Veto(guard, of_one, vocabulary, typed)
        if not veto.watches:
            self._nothing = veto
        return veto

    def many(self, rng: np.random.Generator, count: int) -> list[str]:
        """Many new texts as learned, each up to its end or as long as texts get: of `mkn` all side by side, in numpy.

        Those of other smoothings, which look at more than counts, come one after another.
        """
        known = self._known
        self.check_can_speak()
        if known.smoothing != "mkn":
            nothing = Prompt([], [], (), ())
            drawn_each = (self.continue_prompt(rng, nothing, None, AS_LEARNED).tokens for _ in range(count))
            return list(map(known.tokenizer.decode, drawn_each))
        known.merge()
        texts = known.counts.vocabulary.texts
        drawn = sample_many(known.counts, known.predictor.discounts, rng, count, LONGEST[known.tokenizer.unit])
        return [known.tokenizer.decode(texts(ids)) for ids in drawn]

    def _stream_now(self, *, timeless: bool = False) -> Stream:
        known = self._known
        timeless = timeless and isinstance(known.mixture, Mixture)
        if timeless not in self._streams:
            self._streams[timeless] = Stream(known.predictor) if timeless else _stream_of(known)
        return self._streams[timeless]

    def _let_go(self) -> None:
        self._streams.clear()
        self._nothing = None
        if self._known.forgets != self._forgets:
            self._sayings, self._forgets = None, self._known.forgets
            self._kinds.clear()

    def _clashes(self, typed: Sequence[str], ids: list[int], id: int) -> bool:
        """Whether a token does not go with those before (see `clashes`), of which the first were typed."""
        if len(ids) > len(typed) and stay_two(self._surely(ids[-1]), self._surely(id)):
            return False
        texts, first = self._known.counts.vocabulary.texts, max(len(ids) - 2, 0)
        tail = texts([*ids[first:], id])
        if first < len(typed):
            tail[: len(typed) - first] = typed[first:]
        return clashes(self._known.tokenizer, self._known.counts, tail, (ids[-1] if ids else BEGIN, id))

    def _surely(self, id: int) -> int:
        """What a token `surely` is, worked out when it is first asked for."""
        if id >= len(self._kinds):
            self._kinds.extend(bytes(self._known.counts.vocabulary.ids - len(self._kinds)))
        kind = self._kinds[id]
        if not kind:
            kind = self._kinds[id] = surely(self._known.counts.vocabulary.token(id))
        return kind


def _stream_of(known: Knowledge) -> Stream:
    if isinstance(known.mixture, Characters):
        return CharacterStream(known.mixture)
    return MixedStream(known.mixture) if known.mixture else Stream(known.predictor)
