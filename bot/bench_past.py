"""A history that was never written, for `bench`: as much of a channel and its messages as is looked at."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import discord

FIRST_ID = 1 << 60
STEP = 1 << 22
"""From one message's id to the next: a millisecond."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who is said to have written a message."""

    id: int
    bot: bool = False


@dataclass(slots=True)
class Message:
    """As much of a message as is looked at before it is learned."""

    id: int
    content: str
    author: Author
    guild: Any = None
    channel: Any = None
    webhook_id: None = None
    type: discord.MessageType = discord.MessageType.default
    message_snapshots: tuple[()] = ()
    poll: None = None
    attachments: tuple[()] = ()
    stickers: tuple[()] = ()
    embeds: tuple[()] = ()
    components: tuple[()] = ()
    flags: discord.MessageFlags = field(default_factory=discord.MessageFlags)


class Past:
    """A channel with so many messages: each is made when its page is asked for."""

    guild = None

    def __init__(self, messages: int, lines: list[str], authors: int = 500) -> None:
        self._messages = messages
        self._lines = lines
        self._authors = [Author(number) for number in range(1, authors + 1)]

    async def history(self, *, limit: int, before: Any = None, **_: Any) -> AsyncIterator[Message]:
        """A page, the newest first."""
        newest = self._messages if before is None else min(self._messages, (before.id - FIRST_ID - 1) // STEP + 1)
        for number in range(newest - 1, max(newest - 1 - limit, -1), -1):
            yield self.message(number)

    async def fetch_message(self, id: int, /) -> Message:
        """One message."""
        return self.message((id - FIRST_ID) // STEP)

    def message(self, number: int) -> Message:
        """The same for the same number: half of one line and half of another."""
        draw = random.Random(number)  # noqa: S311 - made-up text is no secret
        first, second = draw.choice(self._lines).split(), draw.choice(self._lines).split()
        text = " ".join(first[: len(first) // 2 + 1] + second[len(second) // 2 :])
        return Message(FIRST_ID + number * STEP, text, draw.choice(self._authors))
