"""/filter: words the bot may never say on a server, for who manages it."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, Refusal, answer, corpus_of
from bot.channels import Channels
from bot.reporting import count
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
            raise Refusal(f"A word needs {SHORTEST} letters or digits, so that not nearly everything is forbidden.")
        if len(words) >= MOST_WORDS:
            raise Refusal(f"There are {MOST_WORDS} words on the list, which is all it takes. Remove one first.")
        await self._choices.set_words(corpus_of(interaction).space, [*words, word])
        where = "where it stands alone" if word.alone else "also inside of other words"
        return Answer(f"I will not say {formatting.quoted(word.text)} on this server, {where}.")

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
            raise Refusal(f"{formatting.quoted(word.text)} is not on the list. /filter list shows it.")
        await self._choices.set_words(corpus_of(interaction).space, left)
        return Answer(f"{formatting.quoted(word.text)} is off the list.")

    @app_commands.command(name="list", description="Show the words I may not say on this server")
    @app_commands.guild_only()
    async def show(self, interaction: discord.Interaction) -> None:
        """Show the list."""
        await answer(interaction, self._show(interaction), private=True)

    async def _show(self, interaction: discord.Interaction) -> Answer:
        words = self._words(interaction)
        if not words:
            return Answer("The list is empty: /filter add puts a word on it.")
        shown = sorted(f"{formatting.quoted(word.text)}{' (alone)' if word.alone else ''}" for word in words)
        pieces = formatting.split(
            f"{count(len(words), 'word')} I may not say here: {', '.join(shown)}", formatting.LIMIT
        )
        first, *more = pieces or ["The list is too long to show."]
        return Answer(first, more)

    def _words(self, interaction: discord.Interaction) -> list[Word]:
        """The list, for who may see and change it."""
        if not interaction.permissions.manage_guild:
            raise Refusal("You need the permission Manage Server for that.")
        return list(self._choices.words(corpus_of(interaction).space).words)
