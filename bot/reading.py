"""Reading a channel's history, page by page, and making the corpus equal to it.

Pages come from whatever has a `history` like a channel's. Who reads takes turns: so many pages are
under way at once in all channels together, first come, first served, so that one long history does
not keep the others waiting, and Discord is not asked for more than it gives.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import discord

from bot.channels import Channels
from bot.plan import LAST_ID, Plan
from bot.policy import Reason, verdict
from engine import Corpus, Document, Learned

PAGE = 100
"""Messages Discord gives at once."""
AT_ONCE = 8
"""Pages under way at once, in all channels together."""
_UNKNOWN_MESSAGE = 10008  # Discord's code for one that is gone
_JUDGED = 10  # messages judged at once, while nobody else is served


class Lacking(Exception):
    """The bot may not read a channel's history: `permissions` are what it lacks."""

    def __init__(self, permissions: list[str]) -> None:
        super().__init__(", ".join(permissions))
        self.permissions = permissions


class Source(Protocol):
    """Where a history comes from: a channel, or a thread."""

    def history(
        self, *, limit: int, before: Any = None, after: Any = None, oldest_first: Any = None
    ) -> AsyncIterator[Any]:
        """Messages, as discord.py gives them."""

    async def fetch_message(self, id: int, /) -> Any:
        """One of them."""


@dataclass(slots=True)
class Stretch:
    """A part of a history: all of its messages with ids from `low` to `high`, the newest first."""

    messages: list[Any]
    low: int
    high: int


class Reader:
    """Fetches stretches of history and makes what is learned equal to them."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._turns = asyncio.Semaphore(AT_ONCE)

    def reading(self, corpus: Corpus) -> AbstractContextManager[set[int]]:
        """While this holds, what events say of a message counts for more than the page it stands on."""
        return self._channels.reading(corpus)

    async def read_since(self, corpus: Corpus, since: int) -> None:
        """A history was read, back to this message: from now on all that is there is learned."""
        await self._channels.learn_since(corpus, since)

    async def page(self, corpus: Corpus, source: Source, plan: Plan, spoken_for: Collection[int]) -> bool:
        """Read the plan's next page, count what became of it, move on; returns whether it was the last.

        It has no say about messages `spoken_for` meanwhile, which `reading` gives.
        """
        size = PAGE if plan.limit is None else min(PAGE, plan.limit - plan.progress.read)
        async with self._turns:
            before = None if plan.high == LAST_ID else discord.Object(plan.high + 1)
            fetched = [message async for message in source.history(limit=size, before=before)]
            check_readable(source)
            if not fetched:
                await self._check_not_hidden(corpus, source, plan)
            messages = [message for message in fetched if message.id >= plan.since]
            last = len(messages) < size
            low = plan.since if last else messages[-1].id
            messages = [message for message in messages if not said_by_us(message)]
            learned, removed, skipped = await self.make_equal(
                corpus, spoken_for, Stretch(messages, low, plan.high), plan.learn_from
            )
        progress = plan.progress
        progress.read += len(messages)
        progress.learned += learned.added + learned.changed
        progress.known += learned.unchanged
        progress.removed += removed
        progress.skipped += skipped
        progress.covered = plan.covered(low, corpus.id)
        plan.high = low - 1
        return last or progress.read == plan.limit

    async def _check_not_hidden(self, corpus: Corpus, source: Source, plan: Plan) -> None:
        """Raises what tells that an empty page is none: without the permission Discord shows an empty history.

        What discord.py knows of permissions may be older than the page. So one message that is stored is asked for.
        """
        stored = await self._channels.stored(corpus, plan.since, plan.high)
        if stored:
            try:
                await source.fetch_message(stored[-1])
            except discord.NotFound as error:
                if error.code != _UNKNOWN_MESSAGE:
                    raise
            else:
                raise Lacking(["read_message_history"])

    async def make_equal(
        self, corpus: Corpus, spoken_for: Collection[int], stretch: Stretch, learn_from: int | None
    ) -> tuple[Learned, int, Counter[Reason]]:
        """Learn what is there, unlearn what is not; how many each, and why others were skipped."""
        documents, unreadable = [], []
        skipped: Counter[Reason] = Counter()
        for number, message in enumerate(stretch.messages):
            if number % _JUDGED == 0:
                await asyncio.sleep(0)  # a page of long messages takes a while to be judged
            text = verdict(message)
            if isinstance(text, str):
                if not self._channels.choices.admits(corpus, message.author.id, message.id):
                    skipped[Reason.OPTED_OUT] += 1
                documents.append(Document(message.id, text, message.author.id))
                continue
            skipped[text] += 1
            if text is Reason.HIDDEN:
                unreadable.append(message.id)
        learned, removed = await self._channels.reconcile(
            corpus, spoken_for, documents, unreadable, stretch.low, stretch.high, learn_from=learn_from
        )
        return learned, removed, skipped


def said_by_us(message: Any) -> bool:
    """Whether the bot itself wrote it: never learned, and not worth a word in a report."""
    me = getattr(getattr(message, "guild", None), "me", None)
    return me is not None and message.author.id == me.id


def check_readable(source: Any) -> None:
    """Raises Lacking: without the permission Discord shows an empty history, which must empty no corpus."""
    guild = getattr(source, "guild", None)
    if guild is not None and guild.me is not None:
        permissions = source.permissions_for(guild.me)
        needed = ("view_channel", "read_message_history")
        if missing := [name for name in needed if not getattr(permissions, name)]:
            raise Lacking(missing)
