"""/privacy: what is stored of whoever asks, and their say in it. Every answer is for their eyes only."""

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, answer, corpus_of
from bot.channels import Channels
from bot.language import _, plural
from bot.people import People
from bot.service import Service
from engine import Corpus

Scope = Literal["server", "everywhere"]
_LINES = 20
_LONGEST_NAME = 30
"""So that so many lines fit into a message."""
_SCOPE = app_commands.describe(scope="This server (when left out), or every server I am on")


class Privacy(commands.GroupCog, group_name="privacy", group_description="What I have learned from you, and your say"):
    """The commands."""

    def __init__(self, bot: commands.Bot, service: Service, channels: Channels) -> None:
        super().__init__()
        self._bot = bot
        self._choices = channels.choices
        self._people = People(service, channels)

    @app_commands.command(description="What is stored of you: how many messages, and where")
    @app_commands.guild_only()
    @_SCOPE
    async def status(self, interaction: discord.Interaction, scope: Scope = "server") -> None:
        """How many messages of the asker are stored in which channel."""
        await answer(interaction, self._status(interaction, scope), private=True)

    async def _status(self, interaction: discord.Interaction, scope: Scope) -> Answer:
        here, space = corpus_of(interaction), _space(interaction, scope)
        stored = await self._people.stored(interaction.user.id, space)
        messages = plural("{number:,} message", "{number:,} messages", sum(stored.values()))
        lines = [_("I have stored {messages} of you {where}.", messages=messages, where=_where(scope))]
        most = sorted(stored.items(), key=lambda item: (-item[1], item[0]))
        lines += [f"- {self._name(corpus, here)}: {number:,}" for corpus, number in most[:_LINES]]
        if len(most) > _LINES:
            lines.append(plural("- and {number:,} more channel", "- and {number:,} more channels", len(most) - _LINES))
        lines.append(self._standing(interaction.user.id, here))
        return Answer("\n".join(lines))

    def _name(self, corpus: Corpus, here: Corpus) -> str:
        if corpus.space == here.space:
            return f"<#{corpus.id}>"
        guild = self._bot.get_guild(corpus.space)
        name = formatting.quoted(guild.name, _LONGEST_NAME) if guild else _("server {id}", id=str(corpus.space))
        return _("channel {id} on {server}", id=str(corpus.id), server=name)

    def _standing(self, author: int, here: Corpus) -> str:
        """Whether they opted out, and what they can do."""
        refusals = self._choices.refusals_of(author)
        if None in refusals:
            return _("You have opted out everywhere: I learn nothing from you. `/privacy opt-in` takes it back.")
        if here.space in refusals:
            return _(
                "You have opted out on this server: I learn nothing from you here. `/privacy opt-in` takes it back."
            )
        on = self._choices.learns(here.id)
        learning = _("Learning is on in this channel.") if on else _("Learning is off in this channel.")
        rights = _(
            "`/privacy export-me` gives you the texts, `/privacy forget-me` erases them, `/privacy opt-out` erases "
            "them and stops me from learning from you."
        )
        return f"{learning} {rights}"

    @app_commands.command(name="opt-out", description="Forget what you wrote, and learn nothing from you again")
    @app_commands.guild_only()
    @_SCOPE
    async def opt_out(self, interaction: discord.Interaction, scope: Scope = "server") -> None:
        """Refuse the future, erase the past."""
        await answer(interaction, self._opt_out(interaction, scope), private=True)

    async def _opt_out(self, interaction: discord.Interaction, scope: Scope) -> Answer:
        author, space = interaction.user.id, _space(interaction, scope)
        if space in self._choices.refusals_of(author) and not await self._people.stored(author, space):
            return Answer(
                _(
                    "You have opted out {where} already: I learn nothing from you. `/privacy opt-in` takes it back.",
                    where=_where(scope),
                )
            )
        gone = await self._people.opt_out(author, space)
        return Answer(
            _(
                "You have opted out {where}: I learn nothing from you any more.\n{receipt}\n"
                "`/privacy opt-in` takes it back.",
                where=_where(scope),
                receipt=formatting.receipt(gone),
            )
        )

    @app_commands.command(
        name="opt-in", description="Take your opt-out back: what you write from now on may be learned"
    )
    @app_commands.guild_only()
    @_SCOPE
    async def opt_in(self, interaction: discord.Interaction, scope: Scope = "server") -> None:
        """Allow the future; the past stays forgotten."""
        await answer(interaction, self._opt_in(interaction, scope), private=True)

    async def _opt_in(self, interaction: discord.Interaction, scope: Scope) -> Answer:
        author, space = interaction.user.id, _space(interaction, scope)
        refusals = self._choices.refusals_of(author)
        if space is not None and None in refusals:
            return Answer(
                _("You have opted out everywhere. To take that back, use `/privacy opt-in scope:everywhere`.")
            )
        if space not in refusals:
            said = _("You have not opted out {where}, so there is nothing to take back.", where=_where(scope))
            elsewhere = _("(You have on some servers; opt in there.)") if refusals and space is None else ""
            return Answer(f"{said} {elsewhere}".rstrip())
        await self._people.opt_in(author, space, interaction.id)
        return Answer(
            _(
                "You have opted in {where}: where learning is on, I learn what you write from now on. "
                "What you wrote before stays forgotten.",
                where=_where(scope),
            )
        )

    @app_commands.command(
        name="forget-me", description="Forget what you wrote until now; what you write later may be learned"
    )
    @app_commands.guild_only()
    @_SCOPE
    async def forget_me(self, interaction: discord.Interaction, scope: Scope = "server") -> None:
        """Erase the past."""
        await answer(interaction, self._forget_me(interaction, scope), private=True)

    async def _forget_me(self, interaction: discord.Interaction, scope: Scope) -> Answer:
        gone = await self._people.forget(interaction.user.id, _space(interaction, scope), interaction.id)
        stays = _(
            "It stays forgotten, also when a history is read again. I go on learning what you write from now on, "
            "unless you use `/privacy opt-out`."
        )
        return Answer(f"{formatting.receipt(gone, _where(scope))}\n{stays}")

    @app_commands.command(name="export-me", description="Get everything stored of you, as a file only you can see")
    @app_commands.guild_only()
    @_SCOPE
    async def export_me(self, interaction: discord.Interaction, scope: Scope = "server") -> None:
        """Give everything back."""
        await answer(interaction, self._export_me(interaction, scope), private=True)

    async def _export_me(self, interaction: discord.Interaction, scope: Scope) -> Answer:
        files = await self._people.export(interaction.user.id, _space(interaction, scope), interaction.id)
        return Answer(
            _(
                "Everything I have stored of you {where}. Only you can see this, and I keep no copy of it.",
                where=_where(scope),
            ),
            files=files,
        )


def _space(interaction: discord.Interaction, scope: Scope) -> int | None:
    return None if scope == "everywhere" else corpus_of(interaction).space


def _where(scope: Scope) -> str:
    return _("everywhere") if scope == "everywhere" else _("on this server")
