"""What the store could not take, while it could not be used, is read again as soon as it can be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
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
from engine import Corpus, StoreError

log = logging.getLogger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two attempts to use a store that fails."""


class Outage(commands.Cog):
    """Catches up after one."""

    def __init__(self, bot: commands.Bot, service: Service, channels: Channels, reader: Reader) -> None:
        self._bot = bot
        self._service = service
        self._channels = channels
        self._reader = reader
        self._catching_up: asyncio.Task[None] | None = None
        self.begin_whole: Callable[[Corpus, Any], Awaitable[None]] | None = None
        """Reads a whole history, where that is needed."""

    async def cog_load(self) -> None:
        """Hear of what could not be stored."""
        self._service.on_missed = self._on_missed

    async def cog_unload(self) -> None:
        """End what is under way."""
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.gather(self._catching_up, return_exceptions=True)

    def _on_missed(self) -> None:
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up_patiently(), name="catching up")

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
        channel = await self._channel(corpus)
        if channel is not None and self.begin_whole is not None:
            await self.begin_whole(corpus, channel)

    async def _read_again(self, corpus: Corpus, ids: set[int]) -> None:
        """Make the messages equal to what Discord has; those dealt with are taken out of `ids`."""
        channel = await self._channel(corpus)
        if channel is None or not self._channels.learns(corpus.id):
            await self._channels.unlearn(corpus, ids)
            return
        try:
            with self._reader.reading(corpus) as spoken_for:
                while ids:
                    plan = Plan(high=max(ids), learn_from=self._channels.since(corpus))
                    await self._reader.page(corpus, channel, plan, spoken_for)
                    ids.difference_update([id for id in ids if id > plan.high])
        except ChannelGone:
            pass
        except (Lacking, discord.Forbidden, discord.NotFound):
            log.warning("channel %s: %d messages can no longer be read", corpus.id, len(ids))
            await self._channels.unlearn(corpus, ids)

    async def _channel(self, corpus: Corpus) -> Any:
        """The channel or thread, when it is of a server of ours and still there."""
        guild = self._bot.get_guild(corpus.space)
        try:
            return guild and await find(guild, corpus.id)
        except (discord.NotFound, discord.Forbidden):
            return None
