"""When Discord tells of a server from now on, after it did not: the moment to make up for what was missed.

A shard that begins a session is told of its servers one by one, then it is ready: at the start, and each time a
session could not be taken up again. A server that is unavailable then comes later, and one that Discord had
trouble with comes again. Parts that listen for `servers_back` hear of all of them, many at once where it can be.
"""

from typing import Any

import discord
from discord.ext import commands


class Returning(commands.Cog):
    """Tells which servers are back."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot
        self._ready: set[int] = set()

    @commands.Cog.listener()
    async def on_shard_connect(self, shard: int) -> None:
        """A session begins: what comes until the shard is ready is told of together."""
        self._ready.discard(shard)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard: int) -> None:
        """All servers are there that are available."""
        self._ready.add(shard)
        self._tell([guild for guild in self._bot.guilds if guild.shard_id == shard and not guild.unavailable])

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """One came late, or again."""
        if guild.shard_id in self._ready:
            self._tell([guild])

    def _tell(self, guilds: list[discord.Guild]) -> None:
        self._bot.dispatch("servers_back", guilds)


async def find(guild: discord.Guild, channel_id: int) -> Any:
    """A channel or thread, asked of Discord where it did not tell of it: archived threads. Raises NotFound."""
    return guild.get_channel_or_thread(channel_id) or await guild.fetch_channel(channel_id)
