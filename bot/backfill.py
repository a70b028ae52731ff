"""What happened while nobody was listening is made up for.

When the bot comes back, or a server (see `returning`), each channel that learns has its newest messages read
again: what was missed is learned, what is gone is removed (the latter also where something was learned before
learning was turned off). When what was known then is not reached within the window, the reading goes on until
it is, ten windows at most; /train reads all of it. Channels that are gone are forgotten, and so are servers
that the bot was taken out of, also when it was invited again since.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.answering import log_error
from bot.channels import ChannelGone, Channels
from bot.plan import Plan
from bot.reading import Lacking, Reader
from bot.returning import find
from bot.service import Service
from engine import Corpus, Engine, StoreError

log = logging.getLogger(__name__)

AT_MOST = 10
"""Windows read to find what was known before."""
HERE = Corpus(0)
"""The choices of this store as a whole."""


class Backfill(commands.Cog):
    """Catches up after an absence."""

    def __init__(
        self, bot: commands.AutoShardedBot, service: Service, channels: Channels, reader: Reader, window: int
    ) -> None:
        self._bot = bot
        self._service = service
        self._channels = channels
        self._reader = reader
        self._window = window
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking = asyncio.Lock()
        self._same: bool | None = None

    async def cog_unload(self) -> None:
        """End what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @commands.Cog.listener()
    async def on_servers_back(self, guilds: list[discord.Guild]) -> None:
        """Discord tells of everything there from now on: make up for what it did not tell."""
        same, spaces = await self._is_same_bot(), self._channels.choices.by_space()
        for guild in guilds:
            corpora = spaces.get(guild.id, [])
            left = self._left_since(guild, corpora) if same else []
            for corpus in left:
                log.info("server %s was left and joined again: channel %s is forgotten", guild.id, corpus.id)
                await self._channels.gone(corpus)
            for corpus in set(corpora).difference(left):
                self.begin(corpus, guild)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard: int) -> None:
        """Forget the servers of this shard that the bot was taken out of meanwhile."""
        if not await self._is_same_bot():
            return
        for space in self._channels.choices.by_space():
            ours = (space >> 22) % (self._bot.shard_count or 1) == shard
            if ours and self._bot.get_guild(space) is None and await self._is_gone(self._bot.fetch_guild(space)):
                log.info("server %s is gone", space)
                await self._channels.erase_space(space)

    def begin(self, corpus: Corpus, guild: discord.Guild) -> None:
        """Catch up with one channel, in a task of its own."""
        task = asyncio.create_task(self._quietly(corpus, self._return_to(corpus, guild)), name=f"backfill {corpus.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _left_since(self, guild: discord.Guild, corpora: list[Corpus]) -> list[Corpus]:
        """The corpora that were told that the bot learns there before it was taken out and invited again."""
        joined = guild.me.joined_at if guild.me else None
        if joined is None:
            return []
        told = [(corpus, self._channels.choices.told(corpus)) for corpus in corpora]
        return [corpus for corpus, id in told if id is not None and discord.utils.snowflake_time(id) < joined]

    async def _return_to(self, corpus: Corpus, guild: discord.Guild) -> None:
        """See whether a channel still is, and what was said there."""
        try:
            channel = await find(guild, corpus.id)
        except discord.NotFound:
            log.info("channel %s is gone", corpus.id)
            await self._channels.gone(corpus)
            return
        if self._window and (
            self._channels.learns(corpus.id) or (await self._service.do(Engine.size, corpus)).documents
        ):
            await self.newest(corpus, channel)

    async def _is_same_bot(self) -> bool:
        """Whether this store was filled by this very bot: another one sees other servers, and must forget nothing."""
        async with self._asking:
            user = self._bot.user
            if self._same is None and user is not None:
                before = await self._service.do(Engine.choice, HERE, "bot")
                if before is None:
                    await self._service.do(Engine.choose, HERE, "bot", str(user.id))
                self._same = before == str(user.id)
            return self._same is True

    async def _is_gone(self, asked: Awaitable[Any]) -> bool:
        try:
            await asked
        except discord.NotFound:
            return True
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            pass  # perhaps only hidden from us
        return False

    async def newest(self, corpus: Corpus, source: Any) -> None:
        """Make the newest messages of a channel equal to its history, back to when learning began there."""
        learn_from = self._channels.since(corpus) if self._channels.learns(corpus.id) else None
        plan = Plan(limit=self._window * AT_MOST, learn_from=learn_from)
        progress = plan.progress
        with self._reader.reading(corpus) as spoken_for:
            known = 0
            while not await self._reader.page(corpus, source, plan, spoken_for):
                reached = learn_from is None or plan.high < learn_from or progress.known > known
                if progress.read >= self._window and reached:
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
