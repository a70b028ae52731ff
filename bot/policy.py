"""What may be learned, and in which form. Pure: a message in, a verdict or a text out.

`verdict` looks at one message only and never waits, so that a message is judged and put in line for the
store before its own deletion can arrive. What people chose is not its business but that of `bot.choices`.
"""

import re
from enum import Enum

import discord

from bot.language import later
from bot.scrubbing import scrub


class Reason(Enum):
    """Why a message is not learned, as it is told in the report of /train."""

    BOT = later("by bots and webhooks")
    SYSTEM = later("by Discord itself")
    COMMAND = later("with a command")
    FORWARD = later("forwarded")
    POLL = later("with a poll")
    NO_TEXT = later("without text")
    OPTED_OUT = later("of people who opted out or had it forgotten")
    HIDDEN = later("with their text kept back by Discord")


_COMMAND = re.compile(r"[!/?$%&;.]{1,2}[A-Za-z][\w-]*(?:\s|$)")
"""A command typed to some bot: "!play …", "/generate"."""


def verdict(message: discord.Message) -> Reason | str:  # noqa: PLR0911  # a list of rules reads best as one
    """The text to learn from a message, or why it may not be learned."""
    if message.author.bot or message.webhook_id is not None:
        return Reason.BOT
    if message.type not in (discord.MessageType.default, discord.MessageType.reply):
        return Reason.SYSTEM
    if message.message_snapshots:
        return Reason.FORWARD
    if message.poll is not None:
        return Reason.POLL
    if _COMMAND.match(message.content):
        return Reason.COMMAND
    if not message.content and not (message.attachments or message.stickers or message.embeds or message.components):
        # Nobody can send nothing: without the message content intent Discord blanks what people wrote.
        return Reason.HIDDEN
    return scrub(message.content).strip() or Reason.NO_TEXT
