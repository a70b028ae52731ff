"""What the engine answers: new texts, likeliest next tokens, and what became of documents."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.conditions import Condition, in_lines
from engine.dials import Dials
from engine.errors import EmptyCorpus, InvalidArgument
from engine.model import Distribution, LanguageModel
from engine.pairs import is_paired
from engine.pieces import Piece
from engine.prompt import Prompt
from engine.sampling import NOTHING_TO_SAY, UNKNOWN_PLACE, draw, reshape
from engine.vocabulary import BEGIN_TOKEN

PAIRINGS = 8
PAIRING_TOKENS = 2000
"""How often a text is drawn, and how many tokens in all, for its quotes and brackets to come in pairs.

Then it is taken as it is.
"""


class Learned(NamedTuple):
    """What became of documents handed to `learn`."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Generation:
    """A new text and what it was made of."""

    text: str
    tokens: tuple[str, ...]
    """All tokens of the text, those of the start included."""
    seed: int
    """Gives the same text again with the same arguments, until the corpus changes.

    A seed below `SEEDS` chooses among several texts, whatever was said before. Where nobody gave one, what was
    said counts (see `sayings`), and this is the chosen text's own, which leads to it without a choice.
    A model that followed a corpus as it changed numbers tokens otherwise than one built of it at once: of the
    same distributions it draws other texts, each as likely.
    """
    unit: str
    order: int
    unseen: tuple[str, ...]
    """Tokens of the start that this corpus never saw."""
    replaced: tuple[tuple[str, str], ...]
    """(as asked, as read) for tokens of the start known in another capitalisation only."""
    context: tuple[str, ...]
    """The longest end of the start that was known as a context; empty when none of it was."""
    asked: tuple[int, ...]
    """The places of the tokens that were asked for: the start, and what a condition names (see `asked`)."""


class Said(NamedTuple):
    """A text that was drawn, its tokens, the n of the n-grams that were looked at, and the seed it has of its own."""

    text: str
    tokens: list[str]
    order: int
    seed: int | None


def say(
    model: LanguageModel,
    rng: np.random.Generator,
    prompt: Prompt,
    condition: Condition,
    length: int | None,
    dials: Dials,
) -> Said:
    """A new text, its quotes and brackets in pairs if it can be; raises what `steer` and `continue_prompt` do.

    Where `dials` have no choice it is the first that is drawn.
    """
    drawn = 0
    for _ in range(PAIRINGS if dials.temperature and dials.choices > 1 else 1):
        tokens, order, seed = _drawn(model, rng, prompt, condition, length, dials)
        text = "\n".join(map(model.tokenizer.decode, in_lines(tokens, condition.lines)))
        drawn += len(tokens)
        if is_paired(text) or drawn >= PAIRING_TOKENS:
            break
    return Said(text, tokens, order, seed)


def _drawn(
    model: LanguageModel,
    rng: np.random.Generator,
    prompt: Prompt,
    condition: Condition,
    length: int | None,
    dials: Dials,
) -> tuple[list[str], int, int | None]:
    """The tokens of a text, the n of the n-grams that were looked at, and the seed it has of its own.

    A length alone is a condition too, for texts of that many tokens end as texts end. Where that takes too
    long, or every such text would be a copy, the text is never let end before its time, and then it stops.
    Raises InvalidArgument where no text of that length is found so either.
    """
    if condition or (length is not None and model.steering.affords(length)):
        try:
            steered = model.steer(rng, prompt, condition, length, dials)
        except InvalidArgument:
            if condition:
                raise
        else:
            return steered.tokens, steered.order, None
    tokens, seed = model.choose(rng, prompt, length, dials)
    return tokens, model.order, seed


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token that may come next."""

    token: str
    probability: float
    count: int
    """How often it followed the context used."""
    pieces: tuple[Piece, ...] = ()
    """What its probability was made of before the temperature changed it (see `pieces`); where that was asked for."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The likeliest next tokens after a prompt, and what they rest on."""

    prompt: tuple[str, ...]
    context: tuple[str, ...]
    """The longest end of the prompt that was known as a context."""
    order_used: int
    """The n of the longest n-grams that answered: 1 + the tokens of the context; `<s>` is the empty prompt's."""
    context_count: int
    """How often that context was followed by anything."""
    candidates: tuple[Candidate, ...]
    """Most probable first."""
    vocabulary: int
    entropy_bits: float
    unit: str
    order: int
    unseen: tuple[str, ...]
    replaced: tuple[tuple[str, str], ...]
    withheld: float = 0.0
    """What all tokens have together that one person only said (see `voices`): they are no candidates."""
    withheld_tokens: int = 0
    """How many these are."""

    @property
    def hidden(self) -> bool:
        """Whether nothing is shown: the prompt ends in the beginning of a word that no two people said."""
        return self.withheld_tokens == self.vocabulary


def rank(
    model: LanguageModel, prompt: str, top: int = 10, temperature: float = 1.0, *, pieces: bool = False
) -> Candidates:
    """The `top` likeliest next tokens after a prompt, with `pieces` what each is made of; ties by vocabulary order.

    Raises InvalidArgument for a `top` below 1 or a temperature out of range, EmptyCorpus, UnseenContext.
    """
    if top < 1:
        raise InvalidArgument("{top} candidates were asked for; ask for 1 or more.", top=top)
    dials = Dials(temperature=temperature)
    read = model.read_to_show(prompt)
    p = model.distribution_after(read)
    p = Distribution(p.tokens, reshape(p.probabilities, dials))
    counts = model.occurrences(read)
    context = model.known_context(read)
    withheld = model.withheld(read)
    shown = p.probabilities if withheld is None else np.where(withheld, 0, p.probabilities)
    best = np.argsort(-shown, kind="stable")[:top].tolist()
    return Candidates(
        prompt=tuple(read.tokens),
        context=without_begin(context),
        order_used=len(context) + 1,
        context_count=sum(counts),
        candidates=tuple(
            Candidate(
                p.tokens[i],
                float(p.probabilities[i]),
                counts[i],
                tuple(model.pieces(read, p.tokens[i])) if pieces else (),
            )
            for i in best
            if shown[i] > 0
        ),
        vocabulary=len(p.tokens),
        entropy_bits=p.entropy(),
        unit=model.unit,
        order=model.order,
        unseen=read.unseen,
        replaced=read.replaced,
        withheld=0.0 if withheld is None else float(p.probabilities[withheld].sum()),
        withheld_tokens=0 if withheld is None else int(np.count_nonzero(withheld)),
    )


def pick(model: LanguageModel, prompt: str, temperature: float, rng: np.random.Generator) -> Candidate:
    """One next token, drawn with its probability from what `rank` shows; never `<unk>`.

    Raises InvalidArgument, EmptyCorpus (also where nothing may be shown), UnseenContext as `rank` does.
    """
    read = model.read_to_show(prompt)
    p = model.distribution_after(read)
    sayable = p.probabilities.copy()
    sayable[UNKNOWN_PLACE] = 0
    withheld = model.withheld(read)
    if withheld is not None:
        sayable[withheld] = 0
    if not sayable.any():
        raise EmptyCorpus(NOTHING_TO_SAY)
    place = draw(rng, reshape(sayable / sayable.sum(), Dials(temperature=temperature)))
    shown = reshape(p.probabilities, Dials(temperature=temperature))
    return Candidate(p.tokens[place], float(shown[place]), model.occurrences(read)[place])


def without_begin(context: tuple[str, ...]) -> tuple[str, ...]:
    """A context as people wrote it."""
    return tuple(token for token in context if token != BEGIN_TOKEN)
