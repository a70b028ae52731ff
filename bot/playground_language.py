"""The playground's choice of language: a menu in every channel, for all that the bot says there.

On Discord it is each person's own setting. simcord has everybody's in English, and no way to change it:
`of_everybody` reaches past its public API.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import discord
from discord import ui
from discord.ext import commands
from simcord import interactions

from bot.language import catalogue

NAMES = {"en-US": "English", "de": "Deutsch", "es-ES": "Español", "fr": "Français"}
"""What a Discord can be set to, for each language the bot speaks."""


class Language:
    """What everybody's Discord is set to, and the server, in whose language reports are written."""

    def __init__(self, bot: commands.Bot) -> None:
        self._bot = bot
        self.locale = "en-US"

    def choose(self, locale: str) -> None:
        """Set them all."""
        self.locale = locale
        for guild in self._bot.guilds:
            guild.preferred_locale = discord.Locale(locale)

    @property
    def names(self) -> Mapping[str, str]:
        """The English names of commands, options and choices by those they have now; none in English."""
        return {local: english for english, local in catalogue(self.locale.partition("-")[0]).names.items()}


@contextmanager
def of_everybody(language: Language) -> Iterator[None]:
    """Tell the bot of this language whenever somebody uses it."""
    told = interactions.base_payload

    def tell(*arguments: Any, **options: Any) -> Any:
        record, payload = told(*arguments, **options)
        payload["locale"] = payload["guild_locale"] = language.locale
        return record, payload

    interactions.base_payload = tell
    try:
        yield
    finally:
        interactions.base_payload = told


class Menu(ui.View):
    """The menu; it works as long as the playground does."""

    def __init__(self, language: Language) -> None:
        super().__init__(timeout=None)
        self.add_item(_Select(language))


class _Select(ui.Select[Menu]):
    def __init__(self, language: Language) -> None:
        options = [
            discord.SelectOption(label=name, value=locale, default=locale == language.locale)
            for locale, name in NAMES.items()
        ]
        super().__init__(custom_id="playground:language", options=options)
        self._language = language

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody chose a language: speak it from here on."""
        self._language.choose(self.values[0])
        await interaction.response.edit_message(view=Menu(self._language))
