"""A channel that the bot may read again after it might not: what happened meanwhile is made up for.

Discord tells of nothing in a channel that is hidden, and of everything in it from the moment on when it no longer
is, but not which channels these are: any change of a role, of a channel or of the bot's own roles may do it.
"""

from collections.abc import Callable

import discord
from discord.ext import commands

from bot.channels import Channels
from bot.choices import LEARNING
from bot.reading import Lacking, check_readable
from engine import Corpus


class Sight(commands.Cog):
    """Knows what is hidden; `begin` catches up with a channel."""

    def __init__(self, channels: Channels, begin: Callable[[Corpus, discord.Guild], None]) -> None:
        self._channels = channels
        self._begin = begin
        self._hidden: set[Corpus] = set()

    @commands.Cog.listener()
    async def on_servers_back(self, guilds: list[discord.Guild]) -> None:
        """What is hidden from the start."""
        for guild in guilds:
            self._look(guild, again=False)

    @commands.Cog.listener()
    async def on_guild_channel_update(self, _: discord.abc.GuildChannel, channel: discord.abc.GuildChannel) -> None:
        """Who may see it, perhaps."""
        self._look(channel.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, role: discord.Role) -> None:
        """What it allows, perhaps."""
        self._look(role.guild)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, member: discord.Member) -> None:
        """Which roles the bot has, perhaps; Discord tells it of no other member."""
        self._look(member.guild)

    def _look(self, guild: discord.Guild, *, again: bool = True) -> None:
        """See what is hidden now of what is learned, and catch up with what no longer is."""
        for channel in (*guild.channels, *guild.threads):
            corpus = Corpus(channel.id, guild.id)
            if self._channels.choices.of(corpus, LEARNING) is None:
                continue
            if not _is_readable(channel):
                self._hidden.add(corpus)
            elif corpus in self._hidden:
                self._hidden.remove(corpus)
                if again:
                    self._begin(corpus, guild)


def _is_readable(channel: object) -> bool:
    try:
        check_readable(channel)
    except (Lacking, discord.ClientException):  # or a thread of a channel that is not known
        return False
    return True
