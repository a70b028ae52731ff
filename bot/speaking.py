"""The bot joins in: whenever it is mentioned or replied to, and by chance where a channel's managers let it.

What it says has to do with what was said to it. It speaks only where learning is on, answers people alone,
one at a time in each channel, and never says two things of its own in a row: a message that came before its
latest one is not answered any more.
"""

import logging
import re
from collections.abc import Callable
from random import Random

import discord
from discord import ui
from discord.ext import commands

from bot import formatting
from bot.answering import Refusal, told
from bot.channels import Channels
from bot.consent import may_send
from bot.drawing import Drawing
from bot.explaining import Why
from bot.language import _, speaking
from bot.lasting import lasting
from bot.policy import verdict
from bot.scrubbing import scrub
from engine import Corpus, EmptyCorpus, EngineError, StoreError, respond

log = logging.getLogger(__name__)


class Window:
    """How often something may happen: so many times in so many seconds, by Discord's clock."""

    def __init__(self, times: int, seconds: float, of: Callable[[discord.Message], int]) -> None:
        self._windows: commands.CooldownMapping[discord.Message] = commands.CooldownMapping.from_cooldown(
            times, seconds, of
        )

    def admits(self, message: discord.Message) -> bool:
        """Whether a message is not one too many."""
        now = message.created_at.timestamp()
        bucket = self._windows.get_bucket(message, now)
        return bucket is None or bucket.update_rate_limit(now) is None


class Speaking(commands.Cog):
    """Answers messages."""

    def __init__(self, drawing: Drawing, channels: Channels, random: Random) -> None:
        self._drawing = drawing
        self._channels = channels
        self._random = random
        self._speaking: set[int] = set()
        self._latest: dict[int, int] = {}  # by channel: the bot's latest message that was no answer to a command
        self._here = Window(20, 60, lambda message: message.channel.id)
        self._with = Window(10, 60, lambda message: message.author.id)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Perhaps say something. Nothing waits before the answer's making is in line."""
        if message.guild is None:
            return
        me = message.guild.me
        if message.author.id == me.id and message.interaction_metadata is None:
            self._spoke(message)
        if not self._may_answer(message, me):
            return
        asked = is_asked(message, me)
        corpus = Corpus(message.channel.id, message.guild.id)
        if not (self._with.admits(message) if asked else self._joins_in(message, corpus)):
            return
        if not self._here.admits(message):
            return
        self._speaking.add(corpus.id)
        try:
            with speaking(message.guild.preferred_locale):
                await self._answer(message, corpus, me, asked=asked)
        finally:
            self._speaking.discard(corpus.id)

    def _may_answer(self, message: discord.Message, me: discord.Member) -> bool:
        """Whether it is a person's, where the bot learns and may speak, and it is the bot's turn."""
        return (
            not message.author.bot
            and message.webhook_id is None
            and message.type in (discord.MessageType.default, discord.MessageType.reply)
            and self._channels.learns(message.channel.id)
            and message.channel.id not in self._speaking
            and not self._spoke_since(message)
            and may_send(message.channel.permissions_for(me), message.channel)
        )

    def _joins_in(self, message: discord.Message, corpus: Corpus) -> bool:
        """Whether to say something though nobody asked."""
        chance = self._channels.choices.chance(corpus)
        return bool(chance) and isinstance(verdict(message), str) and self._random.random() * 100 < chance

    async def _answer(self, message: discord.Message, corpus: Corpus, me: discord.Member, *, asked: bool) -> None:
        unsaid = self._channels.choices.words(corpus.space).finds
        to = scrub(_by_name(me).sub(" ", message.content.replace(me.mention, " ")))
        view = lasting()
        try:
            generation = await self._drawing.draw(corpus, respond, to=to, unsaid=unsaid)
            text = formatting.generated(generation, "", tell_seed=False).texts[0]
            view.add_item(Why.under(generation, 1))
        except EmptyCorpus:
            text = formatting.nothing_learned(learning=True)
        except StoreError as problem:  # everybody reads this; where the database is, is for the log
            log.warning("%s", problem)
            text = _("My database cannot be used right now; try again in a while.")
        except (Refusal, EngineError) as problem:
            text = told(problem)
        if not self._spoke_since(message) and (asked or view.children):
            await self._say(message, text, view, me, asked=asked)

    async def _say(
        self, message: discord.Message, text: str, view: ui.View, me: discord.Member, *, asked: bool
    ) -> None:
        """In reply to who asked, with a button; else as anybody joins in, and what cannot be said is left."""
        replies = asked and message.channel.permissions_for(me).read_message_history
        say = message.reply if replies else message.channel.send
        try:
            self._spoke(await say(text, view=view if asked else discord.utils.MISSING))
        except discord.HTTPException as error:
            log.info("could not join in in channel %s: HTTP %s", message.channel.id, error.status)

    def _spoke(self, message: discord.Message) -> None:
        self._latest[message.channel.id] = max(message.id, self._latest.get(message.channel.id, 0))

    def _spoke_since(self, message: discord.Message) -> bool:
        return self._latest.get(message.channel.id, 0) > message.id


def is_asked(message: discord.Message, me: discord.Member) -> bool:
    """Whether a message mentions the bot, or the role that is its own, or replies to it.

    A mention typed in full is one too: Discord makes it none unless the name was picked from its list.
    """
    replied = message.reference.resolved if message.reference else None
    return (
        me.id in message.raw_mentions
        or _by_name(me).search(message.content) is not None
        or any(role.tags is not None and role.tags.bot_id == me.id for role in message.role_mentions)
        or (isinstance(replied, discord.Message) and replied.author.id == me.id)
    )


def _by_name(me: discord.Member) -> re.Pattern[str]:
    """`@` and one of the bot's names."""
    names = "|".join(map(re.escape, {me.display_name, me.name}))
    return re.compile(rf"(?<!\w)@(?:{names})(?!\w)", re.IGNORECASE)
