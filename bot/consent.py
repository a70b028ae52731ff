"""What a channel is told when learning is turned on there: once, in plain words, with how to say no."""

import discord
from discord.ext import commands

from bot.answering import Refusal
from bot.language import ENGLISH, _, later, speaking
from engine import Corpus

ANNOUNCEMENT = later(
    "**Someone who manages this channel has let me learn here.**\n"
    "From the messages people write in this channel I learn which words follow one another, to make up new ones "
    "(`/generate`). I keep their text, without mentions, addresses, phone numbers and keys; what is deleted "
    "I forget, and nothing learned here is said anywhere else.\n"
    "**You do not want that?** `/privacy opt-out`: I forget what you wrote and never learn from you again. "
    "`/privacy status` shows what I have stored of you."
)


async def announce(bot: commands.Bot, corpus: Corpus) -> int:
    """Tell the channel, in its server's language; returns the message's id.

    Raises discord.HTTPException when that fails.
    """
    guild = bot.get_guild(corpus.space)
    with speaking(guild.preferred_locale if guild else ENGLISH):
        return (await bot.get_partial_messageable(corpus.id, guild_id=corpus.space).send(_(ANNOUNCEMENT))).id


def check_may_announce(interaction: discord.Interaction) -> None:
    """Raises Refusal where the bot may not speak: nobody would know that it learns."""
    if not may_send(interaction.app_permissions, interaction.channel):
        raise Refusal(
            _(
                "I learn nothing in a channel where I cannot say so. Give my role View Channel and Send Messages "
                "(in a thread: Send Messages in Threads) under Edit Channel, Permissions, then try again."
            )
        )


def may_send(permissions: discord.Permissions, channel: object) -> bool:
    """Whether who has these permissions in a channel or thread may say something there."""
    in_thread = isinstance(channel, discord.Thread)
    send = permissions.send_messages_in_threads if in_thread else permissions.send_messages
    return permissions.view_channel and send
