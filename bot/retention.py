"""For how long messages are kept: a number of days, a number of messages, both, or for ever. Pure."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Self

from discord.utils import time_snowflake

from bot.language import _, plural

MOST_DAYS = 3650
MOST_MESSAGES = 10_000_000
_SLACK = 100


@dataclass(frozen=True, slots=True)
class Keep:
    """The newest so many messages, and none older than so many days; 0 sets no limit."""

    days: int = 0
    messages: int = 0

    @classmethod
    def decode(cls, choice: str | None) -> Self:
        """The inverse of `encode`."""
        return cls(**json.loads(choice)) if choice else cls()

    def encode(self) -> str | None:
        """The choice as it is stored; None when everything is kept."""
        return json.dumps(asdict(self)) if self.days or self.messages else None

    def newer_than(self, now: datetime) -> int | None:
        """The id up to which messages are too old."""
        return time_snowflake(now - timedelta(days=self.days)) if self.days else None

    @property
    def due_after(self) -> int | None:
        """After how many new messages the oldest ones have to go: at once, or for many messages at 1 % too many."""
        return max(1, self.messages // _SLACK) if self.messages else None

    def __str__(self) -> str:
        newest = plural("the newest message", "the newest {number:,} messages", self.messages)
        days = plural("the last day", "the last {number:,} days", self.days)
        match bool(self.days), bool(self.messages):
            case True, True:
                return _("{newest} of {days}", newest=newest, days=days)
            case True, False:
                return _("messages of {days}", days=days)
            case False, True:
                return newest
        return _("every message, until it is deleted")
