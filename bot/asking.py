"""What /generate, /fill and /haiku are asked, and how a button remembers it. Pure."""

import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from engine import HAIKU, Condition

Mood = Literal["calm", "normal", "unhinged"]
MOODS: dict[Mood, tuple[float, float | None]] = {"calm": (0.7, 0.25), "normal": (1.0, None), "unhinged": (1.15, 0.9)}
"""Temperature and originality; None is as it is when nobody turns the dial."""

_WORDS = re.compile(r'"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«\s?([^»]+?)\s?»|(\S+)')


def words(text: str) -> tuple[str, ...]:
    """The words of an option, parted by blanks or commas; what stands in quotes is one phrase."""
    found = ("".join(match.groups("")) for match in _WORDS.finditer(text))
    return tuple(word.rstrip(",;") or word for word in found)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, but for the seed, which is new every time."""

    unit: str = "words"
    order: int | None = None
    length: int | None = None
    temperature: float = 1.0
    originality: float | None = None
    start: str = ""
    ending: str = ""
    containing: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    about: str = ""
    template: str = ""
    haiku: bool = False

    @property
    def condition(self) -> Condition:
        """What the text must be like."""
        lines = HAIKU.lines if self.haiku else ()
        return Condition(self.ending, self.containing, self.without, self.about, self.template, lines)

    @property
    def typed(self) -> str:
        """All that may be said because it was typed."""
        return "\n".join((self.start, self.ending, *self.containing, self.template))

    @property
    def options(self) -> dict[str, Any]:
        """What the engine is to be asked."""
        chosen = {} if self.originality is None else {"originality": self.originality}
        given = {name: getattr(self, name) for name in ("unit", "order", "length", "temperature", "start")}
        return {**given, **chosen, "condition": self.condition}

    def encode(self) -> str:
        """The request in as few characters as may be; `decoded` reads it."""
        asked, usual = asdict(self), asdict(Request())
        code = {short: asked[name] for short, name in _SHORT.items() if asked[name] != usual[name]}
        return json.dumps(code, ensure_ascii=False, separators=(",", ":"))


def decoded(code: str) -> Request | None:
    """The inverse of `encode`; None for what is no request, as in buttons of earlier versions."""
    try:
        asked: dict[str, Any] = {_SHORT[short]: value for short, value in json.loads(code).items()}
    except (ValueError, LookupError, AttributeError):
        return None
    asked = {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}
    return Request(**asked)


_SHORT = dict(zip("uoltxsecwafh", (field.name for field in fields(Request)), strict=True))
"""A letter for each field."""
