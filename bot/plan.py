"""What a reading of a channel's history is to cover, how far it is, and how a restart remembers it."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Self

from discord.utils import snowflake_time, time_snowflake

from bot.answering import Refusal


@dataclass(slots=True)
class Plan:
    """Read all, or the latest `limit`, or no further back than `since`; and where it is reported."""

    limit: int | None = None
    since: int = 0
    """The smallest id to read."""
    report: int | None = None
    """The report's message."""

    @classmethod
    def asked(cls, limit: int | None, since: str | None) -> Self:
        """What the options of /train ask for; raises Refusal for a day that is none."""
        return cls(limit, 0 if since is None else first_id(since))

    @classmethod
    def decode(cls, mark: str) -> Self:
        """The inverse of `encode`."""
        return cls(**json.loads(mark))

    def encode(self) -> str:
        """The mark that outlives a restart."""
        return json.dumps(asdict(self))

    def covered(self, read: int, low: int, newest: int, channel_id: int) -> float:
        """The share that has been read: of the messages asked for, or of the time since the channel began."""
        begin, reached, end = (snowflake_time(id).timestamp() for id in (max(self.since, channel_id), low, newest))
        by_time = (end - reached) / (end - begin) if end > begin else 0.0
        by_number = read / self.limit if self.limit else 0.0
        return min(max(by_time, by_number, 0.0), 1.0)


def first_id(day: str) -> int:
    """The smallest id of a day given as 2025-12-31; raises Refusal for anything else."""
    try:
        begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError:
        raise Refusal(f"I read “{day[:40]}” as no day; write it as 2025-12-31.") from None
    return max(0, time_snowflake(begin))
