"""How a token and a message are drawn from a model. Randomness comes in as a numpy Generator."""

from collections.abc import Callable

import numpy as np

from engine.errors import InvalidArgument
from engine.smoothing import Floats
from engine.tokenizer import GLUE, Tokenizer

_REDRAWS = 100
"""How often a token may be drawn again when it would melt into the one before."""


def check_dials(temperature: float, top_k: int | None, top_p: float | None) -> None:
    """Raise InvalidArgument for a temperature, top-k or top-p outside what is possible."""
    if not 0 <= temperature <= 100:
        raise InvalidArgument(f"The temperature is {temperature:g}; it must be from 0 (always the likeliest) to 100.")
    if top_k is not None and top_k < 1:
        raise InvalidArgument(f"top-k is {top_k}; it must be 1 or more.")
    if top_p is not None and not 0 < top_p <= 1:
        raise InvalidArgument(f"top-p is {top_p:g}; it must be above 0 and at most 1.")


def reshape(p: Floats, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None) -> Floats:
    """A distribution (V,) sharpened or flattened, summing to 1 again.

    `p ** (1 / temperature)`, then only the `top_k` likeliest tokens, then only the fewest tokens whose
    sum reaches `top_p` (Holtzman et al. 2020). Temperature 0 leaves the likeliest token alone.
    """
    if temperature == 1 and top_k is None and top_p is None:
        return p
    if temperature == 0:
        top_k, temperature = 1, 1.0
    if temperature != 1:
        with np.errstate(divide="ignore"):
            log_p = np.log(p) / temperature
        p = np.exp(log_p - log_p.max())
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
    return min(int(np.searchsorted(np.cumsum(p), rng.random(), side="right")), len(p) - 1)


def stays_apart(tokenizer: Tokenizer, tokens: list[str]) -> bool:
    """Whether the end of these tokens, written out and read again, is still these tokens.

    Two tokens drawn side by side that no text had side by side can melt into one ("!" and "!!");
    the text would then not have the number of tokens, nor the tokens, that were drawn.
    """
    tail = tokens[-3:]
    read = tokenizer.encode(tokenizer.decode(tail))
    return [token.strip(GLUE) for token in read] == [token.strip(GLUE) for token in tail]


def draw_apart(tokenizer: Tokenizer, tokens: list[str], draw_token: Callable[[], str]) -> str:
    """Draw the token that follows, again as long as it would melt into the one before."""
    for _ in range(_REDRAWS):
        token = draw_token()
        if stays_apart(tokenizer, [*tokens, token]):
            break
    return token
