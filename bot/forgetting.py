"""/forget, and "Forget this message" in a message's menu: texts go at once, with a receipt.

What is forgotten here stays forgotten although it stands on Discord: no edit and no later reading of the
history brings a message back. A channel is another matter: it is forgotten as a whole, learning is turned
off, and who turns it on again begins anew.
"""

import re
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, Refusal, answer, check_manager, corpus_of
from bot.channels import Channels
from bot.language import _, later, plural
from bot.lasting import Lasting, lasting
from bot.service import Service
from engine import Corpus, Engine

_MESSAGE = re.compile(
    r"(?:\S*/channels/(?P<space>[0-9]{15,20})/(?P<channel>[0-9]{15,20})/|[0-9]{15,20}-)?(?P<message>[0-9]{15,20})/?"
)


class Confirm(Lasting[ui.Button[ui.View]], template=r"forget:(?P<channel>\d+):(?P<sure>yes|no)"):
    """The two buttons under the question whether a channel is to be forgotten."""

    COG = "Forgetting"

    def __init__(self, channel_id: int, sure: str) -> None:
        label, style = {
            "yes": (later("Forget everything"), discord.ButtonStyle.danger),
            "no": (later("Keep it"), discord.ButtonStyle.secondary),
        }[sure]
        super().__init__(ui.Button(label=_(label), style=style, custom_id=f"forget:{channel_id}:{sure}"))
        self.channel_id = channel_id
        self.sure = sure == "yes"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        return cls(int(match["channel"]), match["sure"])

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        await cog.answered(interaction, self.channel_id, sure=self.sure)


class Forgetting(commands.GroupCog, group_name="forget", group_description="Forget what was learned in this channel"):
    """The commands, and what the buttons do."""

    def __init__(self, bot: commands.Bot, service: Service, channels: Channels) -> None:
        super().__init__()
        self._bot = bot
        self._service = service
        self._channels = channels
        self._menu = app_commands.ContextMenu(name="Forget this message", callback=self._forget_this)
        self._menu.guild_only = True
        if self.app_command is not None:
            self.app_command.default_permissions = discord.Permissions(manage_channels=True)

    async def cog_load(self) -> None:
        """Add the entry to messages' menus."""
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Take it away."""
        self._bot.tree.remove_command(self._menu.name, type=self._menu.type)

    async def _forget_this(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Who wrote a message, or manages the channel, may have it forgotten."""
        await answer(interaction, self._message(interaction, message.id, message.author.id), private=True)

    @app_commands.command(description="Forget one message of this channel; it stays on Discord")
    @app_commands.guild_only()
    @app_commands.describe(message="The message's link or id (in its menu: Copy Message Link)")
    async def message(self, interaction: discord.Interaction, message: app_commands.Range[str, 1, 200]) -> None:
        """Forget one message."""
        await answer(interaction, self._named(interaction, message), private=True)

    async def _named(self, interaction: discord.Interaction, named: str) -> Answer:
        corpus, match = corpus_of(interaction), _MESSAGE.fullmatch(named.strip(" <>"))
        if match is None:
            raise Refusal(_("That is no message's link or id. Copy it from the message's menu: Copy Message Link."))
        if match["channel"] and Corpus(int(match["channel"]), int(match["space"])) != corpus:
            raise Refusal(_("That message is in another channel. Use the command there."))
        return await self._message(interaction, int(match["message"]), None)

    async def _message(self, interaction: discord.Interaction, id: int, author: int | None) -> Answer:
        corpus = corpus_of(interaction)
        if author != interaction.user.id:
            check_manager(interaction)
        if not 0 < id < 2**63:
            raise Refusal(_("That is no message's id."))
        gone = await self._channels.forget(corpus, id)
        if gone.documents:
            stays = _("It stays forgotten, even when the history is read again.")
            return Answer(f"{formatting.receipt(gone)} {stays}")
        return Answer(_("I had nothing stored of that message, and I will not learn it."))

    @app_commands.command(description="Forget everything learned in this channel, and turn learning off")
    @app_commands.guild_only()
    async def channel(self, interaction: discord.Interaction) -> None:
        """Ask whether that is meant."""
        await answer(interaction, self._ask(interaction), private=True)

    async def _ask(self, interaction: discord.Interaction) -> Answer:
        corpus = corpus_of(interaction)
        check_manager(interaction)
        size = await self._service.do(Engine.size, corpus)
        question = _(
            "I have learned {messages} of {people} in this channel. Forget all of it, this channel's settings too, "
            "and turn learning off? The messages themselves stay on Discord.",
            messages=plural("{number:,} message", "{number:,} messages", size.documents),
            people=plural("{number:,} person", "{number:,} people", size.authors),
        )
        return Answer(question, view=lasting(Confirm(corpus.id, "yes"), Confirm(corpus.id, "no")))

    async def answered(self, interaction: discord.Interaction, channel_id: int, *, sure: bool) -> None:
        """A button was used."""
        await answer(interaction, self._erase(interaction, channel_id, sure=sure), edit=True)

    async def _erase(self, interaction: discord.Interaction, channel_id: int, *, sure: bool) -> Answer:
        corpus = corpus_of(interaction)
        check_manager(interaction)
        if corpus.id != channel_id:
            raise Refusal(_("That question was about another channel. Use /forget channel here."))
        if not sure:
            return Answer(_("Nothing was forgotten."))
        gone = await self._channels.erase(corpus, receipt=True)
        return Answer(f"{formatting.receipt(gone)}\n{_('Learning is off in this channel.')}")
