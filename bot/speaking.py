"""The bot joins in by itself, where a channel's managers gave it a chance to."""

import logging
from random import Random

import discord
from discord.ext import commands

from bot import formatting
from bot.answering import Refusal
from bot.channels import Channels
from bot.drawing import draw
from bot.service import Service
from engine import Corpus, EngineError

log = logging.getLogger(__name__)


class Speaking(commands.Cog):
    """Answers some messages of people, one at a time in each channel, and never a bot's."""

    def __init__(self, service: Service, channels: Channels, random: Random) -> None:
        self._service = service
        self._channels = channels
        self._random = random
        self._speaking: set[int] = set()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Perhaps say something."""
        if message.guild is None or message.author.bot or message.webhook_id is not None:
            return
        corpus = Corpus(message.channel.id, message.guild.id)
        chance = self._channels.choices.chance(corpus)
        if not chance or not self._channels.learns(corpus.id) or corpus.id in self._speaking:
            return
        if self._random.random() * 100 >= chance:
            return
        self._speaking.add(corpus.id)
        try:
            await self._speak(corpus, message.channel)
        finally:
            self._speaking.discard(corpus.id)

    async def _speak(self, corpus: Corpus, channel: discord.abc.Messageable) -> None:
        try:
            generation = await draw(self._service, self._channels.choices, corpus)
            text, *_ = formatting.generated(generation, "", tell_seed=False).texts
            await channel.send(text)
        except (Refusal, EngineError):
            pass  # nobody asked, so nobody is told that there is nothing to say
        except discord.HTTPException as error:
            log.info("could not join in in channel %s: HTTP %s", corpus.id, error.status)
