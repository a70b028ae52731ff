"""What a reading of a channel's history is to cover, how far it is, and how the store keeps it.

The state holds numbers only. It is saved after each page, behind the page itself: a process killed in
between reads that page again, which changes nothing that was learned.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Self

from discord.utils import snowflake_time, time_snowflake, utcnow

from bot.answering import Refusal
from bot.formatting import quoted
from bot.language import _
from bot.policy import Reason

LAST_ID = 2**63 - 1
KIND = "train"
"""The name of these jobs in the store."""


@dataclass(slots=True)
class Progress:
    """What became of the messages read so far."""

    read: int = 0
    learned: int = 0
    known: int = 0
    """Learned earlier, and still the same."""
    removed: int = 0
    skipped: Counter[Reason] = field(default_factory=Counter)
    covered: float = 0.0
    """The share of what is to be read that has been read, as far as one can tell."""

    @property
    def unreadable(self) -> bool:
        """Whether all text was kept back, which means the message content intent is missing."""
        return self.skipped[Reason.HIDDEN] > 0 and self.learned + self.known == 0


@dataclass(slots=True)
class Plan:
    """Read all, or the latest `limit`, or no further back than `since`; the position reached, the counts so far."""

    limit: int | None = None
    since: int = 0
    """The smallest id to read."""
    report: int | None = None
    """The report's message."""
    learn_from: int | None = 0
    """Older messages are kept right where they are learned already, and not learned anew; with None nothing is
    learned, see `Channels.reconcile`."""
    high: int = LAST_ID
    """The position: all messages above it have been read."""
    newest: int = 0
    """Where the reading began."""
    stopped: bool = False
    """Whether somebody stopped it, or it cannot go on by itself."""
    seconds: float = 0.0
    """Spent so far, before the last restart."""
    progress: Progress = field(default_factory=Progress)

    @classmethod
    def asked(cls, limit: int | None, since: str | None) -> Self:
        """What the options of /train ask for; raises Refusal for a day that is none."""
        return cls(limit, 0 if since is None else first_id(since))

    @classmethod
    def decode(cls, state: str) -> Self:
        """The inverse of `encode`."""
        values = json.loads(state)
        progress = values.pop("progress")
        skipped = Counter({Reason[name]: number for name, number in progress.pop("skipped").items()})
        return cls(**values, progress=Progress(**progress, skipped=skipped))

    def encode(self) -> str:
        """What outlives a restart."""
        values = asdict(self)
        values["progress"]["skipped"] = {reason.name: number for reason, number in self.progress.skipped.items()}
        return json.dumps(values)

    def covered(self, low: int, channel_id: int) -> float:
        """The share that has been read: of the messages asked for, or of the time since the channel began."""
        ids = (max(self.since, channel_id), low, self.newest)
        begin, reached, end = (snowflake_time(id).timestamp() for id in ids)
        by_time = (end - reached) / (end - begin) if end > begin else 0.0
        by_number = self.progress.read / self.limit if self.limit else 0.0
        return min(max(by_time, by_number, 0.0), 1.0)


def first_id(day: str) -> int:
    """The smallest id of a day given as 2025-12-31, or of now for one to come; raises Refusal for anything else."""
    try:
        begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError:
        raise Refusal(_("I read {day} as no day; write it as 2025-12-31.", day=quoted(day, 40))) from None
    return min(max(0, time_snowflake(begin)), time_snowflake(utcnow(), high=True))
