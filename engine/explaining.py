"""Why it says what it says: a text walked through a model, token by token."""

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import UnseenContext
from engine.knowledge import Knowledge
from engine.pieces import Piece, pieces
from engine.prompt import Prompt
from engine.vocabulary import END, END_TOKEN


@dataclass(frozen=True, slots=True)
class Step:
    """One token of a text, and why it may stand there."""

    token: str
    """As the model reads it; the last one is `</s>`."""
    known: bool
    """Whether it was ever learned; one that was not has the probability of `<unk>`, any such token."""
    probability: float
    """Given all tokens before it."""
    rank: int
    """1 for the likeliest of the vocabulary; equally likely ones share the best rank; 0 for an impossible one."""
    pieces: tuple[Piece, ...]
    """What the probability is made of (see `pieces`)."""

    @property
    def main(self) -> Piece | None:
        """The piece that adds the most; None for an impossible token."""
        return max(self.pieces, key=lambda piece: piece.probability, default=None)

    @property
    def bits(self) -> float:
        """How surprising it is: -log2 of its probability."""
        return -math.log2(self.probability) if self.probability > 0 else math.inf


def walk(known: Knowledge, prompt: Prompt, first: int, most: int | None) -> list[Step]:
    """A text's tokens, and its end, each with what is made of it there: `most` of them, from the `first` on.

    Raises EmptyCorpus.
    """
    known.check_not_empty()
    tokens, ids, unseen = [*prompt.tokens, END_TOKEN], [*prompt.ids, END], set(prompt.unseen)
    steps = []
    for i in range(len(tokens))[first : None if most is None else first + most]:
        before = Prompt(prompt.tokens[:i], prompt.ids[:i], (), ())
        steps.append(_step(known, before, tokens[i], ids[i], seen=tokens[i] not in unseen))
    return steps


def _step(known: Knowledge, before: Prompt, token: str, id: int, *, seen: bool) -> Step:
    try:
        p = known.probabilities(before.ids, texts=before.tokens)
    except UnseenContext:  # plain relative frequencies say nothing there
        return Step(token, seen, 0.0, 0, ())
    probability = float(p[known.counts.vocabulary.places[id]])
    if probability <= 0:
        return Step(token, seen, 0.0, 0, ())
    rank = 1 + int(np.count_nonzero(p > probability))
    return Step(token, seen, probability, rank, tuple(pieces(known, before, id)))
