"""/settings: everything one can set about a channel, shown and changed by who manages it."""

from typing import Literal, NamedTuple

import discord
from discord import app_commands
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, answer, check_manager, corpus_of
from bot.channels import Channels
from bot.choices import CHANCE, COPY, KEEP, USUAL_COPY
from bot.consent import check_may_announce
from bot.language import _, plural
from bot.retention import MOST_DAYS, MOST_MESSAGES, Keep
from bot.service import Service
from engine import ENOUGH_AUTHORS, Corpus, Engine

MOST_COPIED = 12


class Changes(NamedTuple):
    """What /settings was asked to change."""

    learning: Literal["on", "off"] | None
    chance: int | None
    keep_days: int | None
    keep_messages: int | None
    copy_limit: int | None


class ChannelSettings(commands.Cog):
    """The command."""

    def __init__(self, service: Service, channels: Channels) -> None:
        self._service = service
        self._channels = channels
        self._choices = channels.choices

    @app_commands.command(description="Show this channel's settings, or change them")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(
        learning="Learn what is said here from now on (/train reads the history too)",
        chance="How many of a hundred messages I answer by myself; 0 keeps me silent until asked",
        keep_days="Forget messages older than so many days; 0 sets no limit",
        keep_messages="Keep only the newest so many messages; 0 sets no limit",
        copy_limit=f"Words in a row I may copy from one message, {USUAL_COPY} if nobody sets it; 0 sets no limit",
    )
    async def settings(
        self,
        interaction: discord.Interaction,
        learning: Literal["on", "off"] | None = None,
        chance: app_commands.Range[int, 0, 100] | None = None,
        keep_days: app_commands.Range[int, 0, MOST_DAYS] | None = None,
        keep_messages: app_commands.Range[int, 0, MOST_MESSAGES] | None = None,
        copy_limit: app_commands.Range[int, 0, MOST_COPIED] | None = None,
    ) -> None:
        """Change what was given, then show everything."""
        changes = Changes(learning, chance, keep_days, keep_messages, copy_limit)
        await answer(interaction, self._set(interaction, changes), private=True)

    async def _set(self, interaction: discord.Interaction, changes: Changes) -> Answer:
        corpus = corpus_of(interaction)
        check_manager(interaction)
        notes = []
        if changes.learning is not None:
            notes += await self._set_learning(interaction, corpus, on=changes.learning == "on")
        if changes.chance is not None:
            await self._choices.choose(corpus, CHANCE, str(changes.chance) if changes.chance else None)
        if changes.copy_limit is not None:
            usual = changes.copy_limit == USUAL_COPY
            await self._choices.choose(corpus, COPY, None if usual else str(changes.copy_limit))
        if changes.keep_days is not None or changes.keep_messages is not None:
            notes += await self._set_keep(corpus, changes.keep_days, changes.keep_messages)
        return Answer("\n".join([await self._shown(corpus), *notes]))

    async def _set_learning(self, interaction: discord.Interaction, corpus: Corpus, *, on: bool) -> list[str]:
        if on == self._channels.learns(corpus.id):
            return []
        if not on:
            await self._channels.turn_off(corpus)
            return [_("What was learned stays until it is deleted, or until /forget channel.")]
        check_may_announce(interaction)
        await self._channels.turn_on(corpus, getattr(interaction.channel, "parent_id", None), interaction.id)
        return [_("I learn what is said from now on. /train reads what was said before.")]

    async def _set_keep(self, corpus: Corpus, days: int | None, messages: int | None) -> list[str]:
        keep = self._choices.keep(corpus)
        keep = Keep(keep.days if days is None else days, keep.messages if messages is None else messages)
        await self._choices.choose(corpus, KEEP, keep.encode())
        gone = await self._channels.trim(corpus, now=True)
        return [formatting.receipt(gone)] if gone.documents else []

    async def _shown(self, corpus: Corpus) -> str:
        size = await self._service.do(Engine.size, corpus)
        chance = self._choices.chance(corpus)
        copy = self._choices.max_copy(corpus)
        learned = _(
            "{messages} of {people} learned",
            messages=plural("{number:,} message", "{number:,} messages", size.documents),
            people=plural("{number:,} person", "{number:,} people", size.authors),
        )
        return "\n".join(
            [
                _("**Settings of this channel**"),
                _("learning: **on** ({learned})", learned=learned)
                if self._channels.learns(corpus.id)
                else _("learning: **off** ({learned})", learned=learned),
                _("chance to join in: **{chance} %**", chance=chance)
                if chance
                else _("chance to join in: **never, unless asked**"),
                _("kept: **{what}**", what=self._choices.keep(corpus)),
                _("words in a row I may copy from one message: **{number}**", number=copy)
                if copy
                else _("words in a row I may copy from one message: **any number**"),
                _("words only one person said: **{said}**", said=_withheld(size.authors)),
                _(
                    "words I may not say on this server: **{number:,}** (/filter)",
                    number=len(self._choices.words(corpus.space).words),
                ),
            ]
        )


def _withheld(people: int) -> str:
    if people >= ENOUGH_AUTHORS:
        return _("never said")
    return _("said unless they look like a secret, until {number} people have written here", number=ENOUGH_AUTHORS)
