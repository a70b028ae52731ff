"""/filter: words the bot may never say on a server, for who manages it."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, Refusal, answer, corpus_of
from bot.channels import Channels
from bot.language import _, plural
from bot.wordfilter import SHORTEST, Word

MOST_WORDS = 200
LONGEST = 50


class Filtering(commands.GroupCog, group_name="filter", group_description="Words I may never say on this server"):
    """The commands. Answers are private: the list is not for saying aloud."""

    def __init__(self, channels: Channels) -> None:
        super().__init__()
        self._choices = channels.choices
        if self.app_command is not None:
            self.app_command.default_permissions = discord.Permissions(manage_guild=True)

    @app_commands.command(description="Never say this word, however it is spelled or spaced")
    @app_commands.guild_only()
    @app_commands.describe(
        word="A word or a phrase; capitals, accents and look-alike letters make no difference",
        alone="Only where it stands alone: with “ass”, “classic” may still be said",
    )
    async def add(
        self, interaction: discord.Interaction, word: app_commands.Range[str, 1, LONGEST], alone: bool = False
    ) -> None:
        """Add a word, or change how it counts."""
        await answer(interaction, self._add(interaction, Word(word.strip(), alone)), private=True)

    async def _add(self, interaction: discord.Interaction, word: Word) -> Answer:
        words = [other for other in self._words(interaction) if other.key != word.key]
        if len(word.key) < SHORTEST:
            raise Refusal(
                _("A word needs {least} letters or digits, so that not nearly everything is forbidden.", least=SHORTEST)
            )
        if len(words) >= MOST_WORDS:
            raise Refusal(
                _("There are {most} words on the list, which is all it takes. Remove one first.", most=MOST_WORDS)
            )
        await self._choices.set_words(corpus_of(interaction).space, [*words, word])
        quoted = formatting.quoted(word.text)
        if word.alone:
            return Answer(_("I will not say {word} on this server where it stands alone.", word=quoted))
        return Answer(_("I will not say {word} on this server, also inside of other words.", word=quoted))

    @app_commands.command(description="Allow a word again")
    @app_commands.guild_only()
    @app_commands.describe(word="A word of the list")
    async def remove(self, interaction: discord.Interaction, word: app_commands.Range[str, 1, LONGEST]) -> None:
        """Take a word off the list."""
        await answer(interaction, self._remove(interaction, Word(word)), private=True)

    async def _remove(self, interaction: discord.Interaction, word: Word) -> Answer:
        words = self._words(interaction)
        left = [other for other in words if other.key != word.key]
        if len(left) == len(words):
            raise Refusal(_("{word} is not on the list. /filter list shows it.", word=formatting.quoted(word.text)))
        await self._choices.set_words(corpus_of(interaction).space, left)
        return Answer(_("{word} is off the list.", word=formatting.quoted(word.text)))

    @app_commands.command(name="list", description="Show the words I may not say on this server")
    @app_commands.guild_only()
    async def show(self, interaction: discord.Interaction) -> None:
        """Show the list."""
        await answer(interaction, self._show(interaction), private=True)

    async def _show(self, interaction: discord.Interaction) -> Answer:
        words = self._words(interaction)
        if not words:
            return Answer(_("The list is empty: /filter add puts a word on it."))
        shown = sorted(formatting.quoted(word.text) + (f" ({_('alone')})" if word.alone else "") for word in words)
        text = plural(
            "{number:,} word I may not say here: {list}",
            "{number:,} words I may not say here: {list}",
            len(words),
            list=", ".join(shown),
        )
        first, *more = formatting.split(text, formatting.LIMIT) or [_("The list is too long to show.")]
        return Answer(first, more)

    def _words(self, interaction: discord.Interaction) -> list[Word]:
        """The list, for who may see and change it."""
        if not interaction.permissions.manage_guild:
            raise Refusal(_("You need the permission Manage Server for that."))
        return list(self._choices.words(corpus_of(interaction).space).words)
