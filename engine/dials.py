"""The dials of drawing: how a text is drawn from a model's distributions."""

from dataclasses import dataclass
from numbers import Integral

from engine.errors import InvalidArgument, shortened

HOTTEST = 100
"""The highest temperature: there, every token is about as likely as any other."""

MOST_COPIED = 50
"""The longest run of words that can be forbidden to be longer."""

MAX_COPY = 5
"""The most words in a row of one document when nobody turns that dial."""


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
    """Below 1, a context that was seen is left for a shorter one less often than the model would.

    And a text begins with a token that texts began with.
    """
    max_copy: int = 0
    """No more words in a row than this are one document's, unless two authors said them; 0: any number."""
    timeless: bool = False
    """Draw words from Kneser-Ney alone, also where the model mixes in what was said lately."""
    choices: int = 1
    """How many texts are drawn, for one of them to be chosen: see `choosing`."""
    varied: bool = False
    """Whether what was said before counts in that choice: see `sayings`."""

    def __post_init__(self) -> None:
        for name in ("top_k", "max_copy", "choices"):
            number = getattr(self, name)
            if not isinstance(number, Integral | None):
                raise InvalidArgument(f"{name} is {shortened(repr(number))}; it must be a whole number.")
        if not 0 <= self.temperature <= HOTTEST:
            raise InvalidArgument(
                "The temperature is {temperature:g}; it must be from 0 (always the likeliest) to {hottest}.",
                temperature=self.temperature,
                hottest=HOTTEST,
            )
        if self.top_k is not None and self.top_k < 1:
            raise InvalidArgument(f"top-k is {self.top_k}; it must be 1 or more.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise InvalidArgument(f"top-p is {self.top_p:g}; it must be above 0 and at most 1.")
        if not 0 <= self.originality <= 1:
            raise InvalidArgument(
                "The originality is {originality:g}; it must be from 0 to 1.", originality=self.originality
            )
        if not 0 <= self.max_copy <= MOST_COPIED:
            raise InvalidArgument(
                "The most words to copy in a row are {words}; they must be from 1 to {most}, or 0 for any number.",
                words=self.max_copy,
                most=MOST_COPIED,
            )
        if self.choices < 1:
            raise InvalidArgument(f"The choices are {self.choices}; there must be at least 1.")

    @property
    def beginning(self) -> float:
        """The originality of the first token of an empty text."""
        return 1.0 if self.originality == 1 else 0.0

    @property
    def reshapes(self) -> bool:
        """Whether whole distributions are needed to draw with these."""
        return self.temperature != 1 or self.top_k is not None or self.top_p is not None


AS_LEARNED = Dials()

_SAYING = 3
_ORIGINALITIES = {False: (0.75, 0.98), True: (0.85, 0.9)}
"""By whether the order is that of saying or lower: with a guard, and without."""
_FEW = 10_000
"""After so many tokens learned, originality with a guard is half of what it becomes."""


def speaking_order(unit: str, smoothing: str) -> int | None:
    """The n of the n-grams that texts are drawn from when nobody names it; None for that of predicting.

    What predicts words best is not what says them best. With four words in view a text follows one document
    until the guard breaks it off in the middle of what people always say alike; with two it leaves by itself
    where others left. So a judge has more trouble to tell it from people, at fewer copies.
    """
    return _SAYING if unit == "words" and smoothing == "best" else None


def speaking(
    unit: str,
    order: int,
    tokens: int,
    originality: float | None = None,
    max_copy: int = MAX_COPY,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Dials:
    """How a text is drawn that is to be hard to tell from the documents, and no copy of one.

    When nobody turns that dial, the originality is such that texts are about as varied as what people
    write: what the guard forbids makes them more original than they would be, and without it nearly all
    has to come from this dial. With the guard it is lower where few tokens were learned: there nearly every
    context was seen but once or twice, and what comes when it is left is any word at all, not what could follow.
    In characters, words are spelt more surely at a low one.
    tokens: how many were learned.
    Raises InvalidArgument as `Dials` does.
    """
    if originality is None:
        guarded, free = _ORIGINALITIES[order <= _SAYING]
        guarded *= tokens / (tokens + _FEW)
        originality = 0.4 if unit == "characters" else guarded if max_copy else free
    return Dials(temperature, top_k, top_p, originality, max_copy, timeless=True, choices=10 if max_copy else 16)
