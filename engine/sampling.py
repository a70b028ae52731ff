"""How a token and a message are drawn from a model. Randomness comes in as a numpy Generator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from engine.errors import EmptyCorpus, InvalidArgument, UnseenContext
from engine.smoothing import Floats
from engine.tokenizer import GLUE, Tokenizer
from engine.vocabulary import END, UNKNOWN

HOTTEST = 100
"""The highest temperature: there, every token is about as likely as any other."""

LONGEST = {"words": 400, "characters": 2000, "whitespace": 400}
"""How many tokens a text that finds no end by itself gets."""

_REDRAWS = 100
"""How often a token may be drawn again when it would melt into the one before."""


@dataclass(frozen=True, slots=True)
class Dials:
    """How to draw. As they stand, tokens are drawn from exactly the model's distribution.

    Raises InvalidArgument for a value outside what is possible.
    """

    temperature: float = 1.0
    """0 takes the likeliest token always, 1 draws as learned, above 1 is wilder."""
    top_k: int | None = None
    """Draw from the k likeliest tokens only."""
    top_p: float | None = None
    """Draw from the fewest tokens whose probabilities reach p only (Holtzman et al. 2020)."""
    originality: float = 1.0
    """Below 1, a context that was seen is left for a shorter one less often than the model would."""

    def __post_init__(self) -> None:
        if not 0 <= self.temperature <= HOTTEST:
            raise InvalidArgument(
                f"The temperature is {self.temperature:g}; it must be from 0 (always the likeliest) to {HOTTEST}."
            )
        if self.top_k is not None and self.top_k < 1:
            raise InvalidArgument(f"top-k is {self.top_k}; it must be 1 or more.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise InvalidArgument(f"top-p is {self.top_p:g}; it must be above 0 and at most 1.")
        if not 0 <= self.originality <= 1:
            raise InvalidArgument(f"The originality is {self.originality:g}; it must be from 0 to 1.")


AS_LEARNED = Dials()

Predict: TypeAlias = Callable[[list[str], float], Floats]
"""From a document's tokens so far, and an originality, to the next token's distribution (V,)."""


def reshape(p: Floats, dials: Dials) -> Floats:
    """A distribution (V,) sharpened or flattened, summing to 1 again.

    `p ** (1 / temperature)`, then only the `top_k` likeliest tokens, then only the fewest whose sum
    reaches `top_p`.
    """
    top_k, top_p, temperature = dials.top_k, dials.top_p, dials.temperature
    if temperature == 1 and top_k is None and top_p is None:
        return p
    if temperature == 0:
        top_k, temperature = 1, 1.0
    if temperature != 1:
        with np.errstate(divide="ignore"):
            log_p = np.log(p)
        p = np.exp((log_p - log_p.max()) / temperature)
    ranked = np.argsort(-p, kind="stable")
    keep = len(p) if top_k is None else min(top_k, len(p))
    if top_p is not None:
        share = np.cumsum(p[ranked]) / p.sum()
        keep = min(keep, int(np.searchsorted(share, top_p)) + 1)
    q = np.zeros_like(p)
    q[ranked[:keep]] = p[ranked[:keep]]
    return np.asarray(q / q.sum())


def draw(rng: np.random.Generator, p: Floats) -> int:
    """An index drawn from a distribution (V,)."""
    edges = np.cumsum(p)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))


def draw_message(
    rng: np.random.Generator,
    predict: Predict,
    vocabulary: list[str],
    tokenizer: Tokenizer,
    start: list[str],
    length: int | None,
    dials: Dials,
) -> list[str]:
    """The tokens of a new text that begins with `start`, ended by `</s>` or, when given, at `length`.

    `<unk>` is never drawn, nor `</s>` before `length`. Where nothing else is left to draw, the text
    goes on as a new one would begin. Raises EmptyCorpus when only empty texts were learned,
    InvalidArgument when `start` is longer than `length`.
    """
    if length is not None and length < max(1, len(start)):
        raise InvalidArgument(
            f"The length is {length} and the start alone has {len(start)} tokens; "
            "ask for a length of at least 1 that the start fits into."
        )
    tokens = list(start)
    begin = 0  # where the text being told began
    longest = length or len(start) + LONGEST[tokenizer.unit]
    while len(tokens) < longest:
        p = _speakable(predict, vocabulary, tokens[begin:], dials.originality, length is None and bool(tokens))
        if p is not None:
            token = _draw_apart(rng, tokenizer, vocabulary, tokens, reshape(p, dials))
            if token == END:
                break
            tokens.append(token)
        elif begin < len(tokens):
            begin = len(tokens)
        else:
            raise EmptyCorpus("Only empty texts have been learned, so there is nothing to say; learn a text first.")
    return tokens


def _speakable(
    predict: Predict, vocabulary: list[str], tokens: list[str], originality: float, may_end: bool
) -> Floats | None:
    """The distribution to draw from, with no `<unk>` and no `</s>` before its time; None if nothing is left."""
    try:
        p = predict(tokens, originality).copy()
    except UnseenContext:
        return None
    p[vocabulary.index(UNKNOWN)] = 0
    if not may_end:
        p[vocabulary.index(END)] = 0
    total = p.sum()
    return np.asarray(p / total) if total > 0 else None


def _draw_apart(
    rng: np.random.Generator, tokenizer: Tokenizer, vocabulary: list[str], tokens: list[str], p: Floats
) -> str:
    """Draw the token that follows these, again as long as it would melt into the one before."""
    for _ in range(_REDRAWS):
        token = vocabulary[draw(rng, p)]
        if token == END or _stays_apart(tokenizer, [*tokens[-2:], token]):
            break
    return token


def _stays_apart(tokenizer: Tokenizer, tokens: list[str]) -> bool:
    """Whether these tokens, written out and read again, are still these tokens.

    Two tokens drawn side by side that no text had side by side can melt into one ("!" and "!!");
    the text would then not have the tokens, nor the number of tokens, that were drawn.
    """
    read = tokenizer.encode(tokenizer.decode(tokens))
    return [token.strip(GLUE) for token in read] == [token.strip(GLUE) for token in tokens]
