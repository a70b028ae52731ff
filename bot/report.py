"""The message in which a reading reports: an ordinary one, edited every couple of seconds."""

import asyncio
import logging
from typing import Any

import aiohttp
import discord
from discord import ui

log = logging.getLogger(__name__)

EVERY = 2.0
"""Seconds between two edits, in the first minute; Discord allows about five in five."""
LATER_EVERY = 10.0
"""Seconds between two edits of a report that goes on for long."""


class Report:
    """A message that is begun, updated and ended.

    Where the bot cannot post one it reports to the interaction that asked, which works for fifteen
    minutes, or to nobody. A report that can no longer be edited is given up: the reading matters more.
    """

    def __init__(
        self,
        channel: Any,
        interaction: discord.Interaction | None = None,
        earlier: int | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.channel = channel
        self._interaction = interaction
        self.earlier = earlier is not None
        """Whether this takes up a report begun before a restart."""
        self._message: discord.Message | discord.PartialMessage | None = None
        if earlier is not None:
            self._message = channel.get_partial_message(earlier)
        self._clock = asyncio.get_running_loop().time
        self._edited = self._clock()
        self._begun = self._edited - seconds

    @property
    def seconds(self) -> float:
        """Since the report was begun, without the time the bot was away."""
        return self._clock() - self._begun

    @property
    def message_id(self) -> int | None:
        """The report's own message."""
        return self._message.id if self._message else None

    async def begin(self, text: str, controls: ui.View) -> None:
        """Post the report, or take up the one of before a restart."""
        if self._message is not None and await self._edit(text, controls):
            return
        try:
            self._message = await self.channel.send(text, view=controls)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            if self._interaction is None:
                log.info("no report can be posted in channel %s: %s", self.channel.id, type(error).__name__)
                return
            self._message = await self._interaction.followup.send(text, view=controls, ephemeral=True, wait=True)

    async def update(self, text: str) -> None:
        """Edit the report, unless that was done a moment ago."""
        if self._clock() - self._edited >= (EVERY if self.seconds < 60 else LATER_EVERY):  # noqa: PLR2004 - a minute
            await self.say(text)

    async def say(self, text: str) -> None:
        """Edit the report now."""
        self._edited = self._clock()
        await self._edit(text)

    async def end(self, text: str, controls: ui.View | None = None) -> None:
        """Edit the report for the last time."""
        await self._edit(text, controls)

    async def _edit(self, text: str, controls: ui.View | None = discord.utils.MISSING) -> bool:
        if self._message is None:
            return False
        try:
            await self._message.edit(content=text, view=controls)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("the report %s cannot be edited: %s", self._message.id, type(error).__name__)
            return False
        return True
