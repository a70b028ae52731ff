"""Where a probability comes from: what each context, and each other source, adds to it.

Unrolled, Kneser-Ney is a sum over contexts, from the longest to none at all (see `smoothing`):

    P(w|u) = Σ_k Γ_k α(w|u_k) + Γ 1/V

and the mixture a sum over its parts, of which Kneser-Ney is one (see `mixture`). So every probability
falls into pieces that add up to it, each with a source that people understand:

    context     what followed the last k tokens, ever (Kneser-Ney) or lately (r); `<s>` counts as a token, and
                k is 0 for no context at all
    lately      which tokens were said lately, whatever they followed (u)
    gap         skip-grams (s)
    background  what people say anywhere (see `background`)
    word        in characters: the word as far as it is said, and the words before (see `characters`)
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from engine.characters import Characters
from engine.knowledge import Knowledge
from engine.prompt import Prompt
from engine.vocabulary import BEGIN_TOKEN

SOURCES = ("context", "word", "lately", "gap", "background", "other")
_BY_INITIAL = {"u": "lately", "s": "gap", "b": "background"}
_BY_NAME = {"unigrams": "context"}
_OF_CHARACTERS = re.compile(r"[or](\d+)")
_RECENT = re.compile(r"r(\d+) ")


class Piece(NamedTuple):
    """What one source adds to a probability."""

    source: str
    """One of SOURCES."""
    context: tuple[str, ...]
    """The tokens that a context is, `<s>` among them at the beginning; () for the other sources."""
    probability: float


def pieces(known: Knowledge, prompt: Prompt, word: int) -> list[Piece]:
    """P(word | prompt) in pieces that sum to it: contexts, the longest first, then the other sources.

    Those of nothing are left out. Raises EmptyCorpus, UnseenContext.
    """
    said = (BEGIN_TOKEN, *prompt.tokens)
    sums: defaultdict[tuple[str, int], float] = defaultdict(float)
    for source, length, probability in _parts(known, prompt, word):
        sums[source, length] += probability
    ranked = sorted(sums, key=lambda key: (SOURCES.index(key[0]), -key[1]))
    return [
        Piece(source, said[len(said) - length :], sums[source, length])
        for source, length in ranked
        if sums[source, length] > 0
    ]


def _parts(known: Knowledge, prompt: Prompt, word: int) -> Iterator[tuple[str, int, float]]:
    """Source, length of the context, share of the probability; several of one kind perhaps."""
    known.check_not_empty()
    context = known.context(prompt.ids)
    if known.smoothing == "none":
        place = known.counts.vocabulary.places[word]
        yield "context", len(context), float(known.probabilities(prompt.ids)[place])
        return
    if isinstance(known.mixture, Characters):
        for name, probability in known.mixture.parts(prompt.ids, word):
            found = _OF_CHARACTERS.fullmatch(name)
            yield ("context", int(found[1]), probability) if found else (_BY_NAME.get(name, "word"), 0, probability)
        return
    terms = known.predictor.terms(context, word)
    scale = 1.0
    if known.mixture:
        for name, probability in known.mixture.parts(prompt.ids, word, prompt.tokens):
            if name == "mkn":
                total = sum(terms)
                scale = probability / total if total else 0.0
            else:
                recent = _RECENT.match(name)
                length = int(recent[1]) if recent else 0
                yield "context" if recent else _BY_INITIAL.get(name[0], "other"), length, probability
    for order, term in enumerate(terms):
        yield "context", max(order - 1, 0), scale * term  # order 0, all tokens alike, has no context either
