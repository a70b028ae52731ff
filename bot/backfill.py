"""What happened while nobody was listening, or nothing could be stored, is made up for.

When the bot comes back, each channel that learns has its newest messages read again: what was missed
is learned, what is gone is removed. When what was known then is not reached within the window, the
reading goes on until it is, ten windows at most; /train reads all of it. Channels and servers that
are gone are forgotten. And what the store could not take is read again as soon as it can be used.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.answering import log_error
from bot.channels import SINCE, ChannelGone, Channels
from bot.plan import Plan
from bot.reading import Lacking, Reader
from bot.service import Service
from engine import Corpus, Engine, StoreError

log = logging.getLogger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two attempts to use a store that fails."""
AT_MOST = 10
"""Windows read to find what was known before."""
HERE = Corpus(0)
"""The choices of this store as a whole."""


class Backfill(commands.Cog):
    """Catches up after an absence, and after an outage of the store."""

    def __init__(
        self, bot: commands.AutoShardedBot, service: Service, channels: Channels, reader: Reader, window: int
    ) -> None:
        self._bot = bot
        self._service = service
        self._channels = channels
        self._reader = reader
        self._window = window
        self._tasks: set[asyncio.Task[None]] = set()
        self._catching_up: asyncio.Task[None] | None = None
        self.begin_whole: Callable[[Corpus, Any], Awaitable[None]] | None = None
        """Reads a whole history, where that is needed."""

    async def cog_load(self) -> None:
        """Hear of what could not be stored."""
        self._service.on_missed = self._on_missed

    async def cog_unload(self) -> None:
        """End what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, work: Any, name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # After an absence

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Discord tells of everything from now on: make up for what it did not tell."""
        same = await self._is_same_bot()
        by_space: dict[int, list[Corpus]] = defaultdict(list)
        for corpus in await self._service.do(Engine.choices, "learning"):
            if self._ours(corpus.space):
                by_space[corpus.space].append(corpus)
        for space, corpora in by_space.items():
            guild = self._bot.get_guild(space)
            if guild is None:
                if same and await self._is_gone(self._bot.fetch_guild(space)):
                    log.info("server %s is gone", space)
                    await self._channels.erase_space(space)
            elif not guild.unavailable:
                for corpus in corpora:
                    self._begin(self._quietly(corpus, self._return_to(corpus, guild)), f"backfill {corpus.id}")

    async def _return_to(self, corpus: Corpus, guild: discord.Guild) -> None:
        """See whether a channel still is, and what was said there."""
        channel: Any = guild.get_channel_or_thread(corpus.id)
        if channel is None:  # an archived thread, or gone
            try:
                channel = await guild.fetch_channel(corpus.id)
            except discord.NotFound:
                log.info("channel %s is gone", corpus.id)
                await self._channels.gone(corpus)
                return
        if self._window and self._channels.learns(corpus.id):
            await self.newest(corpus, channel)

    async def _is_same_bot(self) -> bool:
        """Whether this store was filled by this very bot: another one sees other servers, and must forget nothing."""
        user = self._bot.user
        if user is None:
            return False
        before = await self._service.do(Engine.choice, HERE, "bot")
        if before is None:
            await self._service.do(Engine.choose, HERE, "bot", str(user.id))
        return before == str(user.id)

    def _ours(self, space: int) -> bool:
        """Whether a server belongs to a shard of this process."""
        ids = self._bot.shard_ids
        return ids is None or (space >> 22) % (self._bot.shard_count or 1) in ids

    async def _is_gone(self, asked: Awaitable[Any]) -> bool:
        try:
            await asked
        except discord.NotFound:
            return True
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            pass  # perhaps only hidden from us
        return False

    def _channel(self, corpus: Corpus) -> Any:
        """The channel or thread, when it is of a server of ours."""
        guild = self._bot.get_guild(corpus.space)
        return None if guild is None else guild.get_channel_or_thread(corpus.id)

    async def newest(self, corpus: Corpus, source: Any) -> None:
        """Make the newest messages of a channel equal to its history, back to when learning began there."""
        since = (await self._service.do(Engine.jobs, SINCE)).get(corpus, "0")
        plan = Plan(limit=self._window * AT_MOST, learn_from=int(since))
        progress = plan.progress
        with self._reader.reading(corpus):
            known = 0
            while not await self._reader.page(corpus, source, plan):
                if progress.read >= self._window and (progress.known > known or plan.high < plan.learn_from):
                    break
                known = progress.known
        if progress.learned or progress.removed:
            log.info("channel %s: %d missed, %d gone", corpus.id, progress.learned, progress.removed)

    async def _quietly(self, corpus: Corpus, work: Awaitable[None]) -> None:
        try:
            await work
        except ChannelGone:
            pass
        except (Lacking, discord.HTTPException, aiohttp.ClientError, OSError, StoreError) as error:
            log.warning("channel %s: what was missed could not be read: %s", corpus.id, type(error).__name__)
        except Exception as error:  # a task's error would be seen by nobody
            log_error(f"reading what was missed in channel {corpus.id} failed", error)

    # After an outage

    def _on_missed(self) -> None:
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._begin(self._catch_up_patiently(), "catching up")

    async def _catch_up_patiently(self) -> None:
        """When the store fails, try it until it works, then read what was missed."""
        wait = SHORTEST_WAIT
        while self._service.failing or len(self._service.missed):
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
            await self._recovered()

    async def _recovered(self) -> None:
        try:
            if self._service.failing:
                await self._service.try_store()
            await self.catch_up()
        except (StoreError, discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("catching up waits after %s", type(error).__name__)
        except Exception as error:  # whatever it is, what is left stays noted
            log_error("catching up failed", error)

    async def catch_up(self) -> None:
        """Read again what could not be stored; raises what stands in the way, and then keeps what is left."""
        missed = await self._service.do(lambda _: self._service.missed.take())
        try:
            while missed.erased:
                verb, what = missed.erased[-1]
                await self._service.do(verb, what)
                missed.erased.pop()
            while missed.whole:
                await self._read_all_again(next(iter(missed.whole)))
                missed.whole.pop()
            while missed.ids:
                corpus, ids = next(iter(missed.ids.items()))
                await self._read_again(corpus, ids)
                del missed.ids[corpus]
        finally:
            if len(missed):
                self._service.do(lambda _: self._service.missed.give_back(missed))

    async def _read_all_again(self, corpus: Corpus) -> None:
        channel = self._channel(corpus)
        if channel is not None and self.begin_whole is not None:
            await self.begin_whole(corpus, channel)

    async def _read_again(self, corpus: Corpus, ids: set[int]) -> None:
        """Make the messages equal to what Discord has; those dealt with are taken out of `ids`."""
        channel = self._channel(corpus)
        if channel is None or not self._channels.learns(corpus.id):
            await self._channels.unlearn(corpus, ids)
            return
        try:
            with self._reader.reading(corpus):
                while ids:
                    plan = Plan(high=max(ids))
                    await self._reader.page(corpus, channel, plan)
                    ids.difference_update([id for id in ids if id > plan.high])
        except ChannelGone:
            pass
        except (Lacking, discord.Forbidden, discord.NotFound):
            log.warning("channel %s: %d messages can no longer be read", corpus.id, len(ids))
            await self._channels.unlearn(corpus, ids)
