"""Texts drawn from whole distributions, as the dials say. Randomness comes in as a numpy Generator.

`draw_document` works for any distribution and any dials, at the price of one whole distribution a token;
`stream` and `batch` draw from smoothed counts without it.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.dials import Dials
from engine.errors import EmptyCorpus, UnseenContext
from engine.smoothing import Floats

END_PLACE, UNKNOWN_PLACE = 0, 1
"""Where `</s>` and `<unk>` stand in every distribution."""


NOTHING_TO_SAY = (
    "Nothing can be said here that was not said by one person only, or would not be a copy of one text; "
    "learn more, or allow longer copies."
)

Predict: TypeAlias = Callable[[list[int], float], Floats]
"""From a text's ids so far, and an originality, to the next token's distribution (V,)."""

Refuse: TypeAlias = Callable[[list[int], int], bool]
"""Whether, after a text's ids so far, a token may not be drawn."""


def reshape(p: Floats, dials: Dials) -> Floats:
    """A distribution (V,) sharpened or flattened, summing to 1 again.

    `p ** (1 / temperature)`, then only the `top_k` likeliest tokens, then only the fewest whose sum
    reaches `top_p`.
    """
    if not dials.reshapes:
        return p
    top_k, top_p, temperature = dials.top_k, dials.top_p, dials.temperature
    if temperature == 0:
        top_k, temperature = 1, 1.0
    if temperature != 1:
        with np.errstate(divide="ignore", over="ignore"):  # at next to no temperature all others become impossible
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
    """A place in a distribution (V,), drawn with its probability."""
    edges = np.cumsum(p)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))


def draw_document(
    rng: np.random.Generator,
    predict: Predict,
    ids: list[int],
    start: list[int],
    least: int,
    longest: int,
    dials: Dials,
    clashes: Refuse,
    forbids: Refuse | None = None,
    withheld: Callable[[], NDArray[np.bool_] | None] | None = None,
) -> list[int]:
    """Ids of a new text that begins with `start`, up to `</s>`, of at least and at most so many tokens.

    `ids`: (V,) the id at each place of a distribution. `<unk>` is never drawn, nor `</s>` before there are
    `least`, nor what is `withheld` (V,), nor a token that something `forbids`, nor (unless nothing else is
    left) one that `clashes` with the one before. Where nothing else is left to draw, the text goes on as a new
    one would begin; where nothing is left at all, it ends. Raises EmptyCorpus when that is so from the start.
    """
    tokens = list(start)
    begin = 0  # where the text being told began
    never = withheld() if withheld else None

    def refused(id: int) -> bool:
        return bool(clashes(tokens, id) or (forbids and forbids(tokens, id)))

    def forbidden(id: int) -> bool:
        return bool(forbids and forbids(tokens, id))

    while len(tokens) < longest:
        originality = dials.originality if tokens[begin:] else dials.beginning
        p = _speakable(predict, tokens[begin:], originality, never, may_end=len(tokens) >= least)
        place = _pick(rng, p, dials, ids, refused)
        if place is None and forbids and originality < 1:
            p = _speakable(predict, tokens[begin:], 1.0, never, may_end=len(tokens) >= least)
            place = _pick(rng, p, dials, ids, refused)
        if place is None and begin < len(tokens):
            begin = len(tokens)
            continue
        if place is None:
            place = _pick(rng, p, dials, ids, forbidden)
        if place is None and not tokens:
            raise EmptyCorpus(NOTHING_TO_SAY)
        if place is None or place == END_PLACE:
            break
        tokens.append(ids[place])
    return tokens


def _pick(
    rng: np.random.Generator, p: Floats | None, dials: Dials, ids: list[int], refused: Callable[[int], bool]
) -> int | None:
    """A place drawn from a distribution without what is refused; None if nothing is left."""
    p = None if p is None else p.copy()
    while p is not None and p.any():
        place = draw(rng, reshape(p, dials))
        if place == END_PLACE or not refused(ids[place]):
            return place
        p[place] = 0
    return None


def _speakable(
    predict: Predict, tokens: list[int], originality: float, never: NDArray[np.bool_] | None, *, may_end: bool
) -> Floats | None:
    """The distribution to draw from, with no `<unk>`, nor what is `never` said, and no `</s>` before its time.

    None if nothing is left.
    """
    try:
        p = predict(tokens, originality).copy()
    except UnseenContext:
        return None
    p[UNKNOWN_PLACE] = 0
    if never is not None:
        p[never] = 0
    if not may_end:
        p[END_PLACE] = 0
    total = p.sum()
    return np.asarray(p / total) if total > 0 else None
