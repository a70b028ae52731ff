"""The Discord side: thin, asynchronous, and without an array or a row of its own.

    from bot import create_bot
    bot = create_bot({"DATABASE_URL": "sqlite:///store.sqlite3"})

gives the bot, not yet logged in and needing no token, so that a test harness or the playground can
run it as well as `python -m bot`.
"""

from collections.abc import Mapping

from discord.ext import commands

from bot.client import Bot
from bot.settings import Settings

__all__ = ["create_bot"]


def create_bot(environ: Mapping[str, str]) -> commands.Bot:
    """The bot these settings describe; raises SettingsError for one that cannot be understood."""
    return Bot(Settings.read(environ))
