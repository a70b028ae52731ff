"""What happens in channels, learned as it happens: one handler for each kind of gateway event.

discord.py starts a task for each event, and tasks run in turn only up to their first `await`. So each
handler judges the message and puts its verb in line before it waits for anything: else a message's
deletion could overtake the message. Only raw events tell of messages older than the bot's cache.
Deletions count in every channel, whether it learns or not, and so does it that an edited text is no more.
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import discord
from discord.ext import commands

from bot.channels import Channels
from bot.policy import Reason, verdict
from engine import Corpus, Document, StoreError

P = ParamSpec("P")
C = TypeVar("C", bound=commands.Cog)

NEVER_LEARNED = (Reason.BOT, Reason.SYSTEM)
"""An edit cannot turn a message into one of these, so there is nothing to unlearn."""


Handler: TypeAlias = Callable[Concatenate[C, P], Coroutine[Any, Any, None]]


def kept(handler: Handler[C, P]) -> Handler[C, P]:
    """A handler for which a store that fails is no error: it is said once, and what was missed is read again."""

    @wraps(handler)
    async def handle(cog: C, /, *args: P.args, **kwargs: P.kwargs) -> None:
        with suppress(StoreError):
            await handler(cog, *args, **kwargs)

    return handle


class Learning(commands.Cog):
    """The handlers of everything that changes what a corpus should hold."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    @commands.Cog.listener()
    @kept
    async def on_message(self, message: discord.Message) -> None:
        """Learn a new message."""
        if message.guild is None or not self._channels.learns(message.channel.id):
            return
        corpus = Corpus(message.channel.id, message.guild.id)
        text = verdict(message)
        if isinstance(text, str) and self._channels.admits(corpus, message.author.id, message.id):
            await self._channels.learn(corpus, Document(message.id, text, message.author.id))
            await self._channels.trim(corpus)
            await self._channels.announce(corpus)

    @commands.Cog.listener()
    @kept
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Learn the new text of a message, or unlearn the old one when the new one may not be learned."""
        message = payload.message
        if payload.guild_id is None or "content" not in payload.data or message.edited_at is None:
            return  # nobody edited it: Discord added the preview of a link
        corpus = Corpus(payload.channel_id, payload.guild_id)
        text = verdict(message)
        if not (self._channels.learns(corpus.id) and self._channels.admits(corpus, message.author.id, message.id)):
            await self._channels.unlearn(corpus, [message.id])
        elif isinstance(text, str):
            await self._channels.relearn(corpus, Document(message.id, text, message.author.id))
        elif text is not Reason.HIDDEN and text not in NEVER_LEARNED:
            await self._channels.unlearn(corpus, [message.id])

    @commands.Cog.listener()
    @kept
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Unlearn a message."""
        if payload.guild_id is not None:
            await self._channels.deleted(Corpus(payload.channel_id, payload.guild_id), [payload.message_id])

    @commands.Cog.listener()
    @kept
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Unlearn many messages at once."""
        if payload.guild_id is not None:
            await self._channels.deleted(Corpus(payload.channel_id, payload.guild_id), payload.message_ids)

    @commands.Cog.listener()
    @kept
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Forget a thread."""
        await self._channels.gone(Corpus(payload.thread_id, payload.guild_id))

    @commands.Cog.listener()
    @kept
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Forget a channel and its threads, archived ones too, of which Discord says nothing."""
        await self._channels.gone(Corpus(channel.id, channel.guild.id))

    @commands.Cog.listener()
    @kept
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server the bot was taken out of."""
        await self._channels.erase_space(guild.id)
