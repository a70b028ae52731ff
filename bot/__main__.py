"""`python -m bot`: the bot on Discord when DISCORD_TOKEN is set, else in the playground.

`python -m bot check` looks over what it needs, `backup PATH` copies the database while the bot runs,
`restore PATH` puts such a copy back, `key` makes a DATABASE_KEY and `rotate-keys` goes over to a new one,
and `bench` measures.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress

import aiohttp
import discord
from discord.ext import commands
from dotenv import find_dotenv, load_dotenv

from bot import backup, bench, check, create_bot, playground
from bot.client import Bot
from bot.settings import Settings, SettingsError
from engine import EngineError, open_store

PORTAL = "https://discord.com/developers/applications"


def main() -> int:
    """Run until stopped; 0 when stopped, 2 with one sentence on standard error when it cannot run."""
    load_dotenv(find_dotenv(usecwd=True))
    try:
        if len(sys.argv) > 1:
            return command(sys.argv[1:])
        settings = Settings.read()
        if settings.token is None:
            return playground.main(settings, create_bot)
        discord.utils.setup_logging(level=settings.log_level)
        open_store(settings.database_url, settings.database_key).close()  # said before Discord is asked for anything
        asyncio.run(serve(create_bot(settings.environ), settings.token))
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        sentence = explanation(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        return 2
    return 0


def command(arguments: list[str]) -> int:  # noqa: PLR0911 - a table of commands
    """Do what is asked for instead of running the bot."""
    match arguments:
        case ["check"]:
            return check.main(os.environ)
        case ["backup", path]:
            return backup.backup(Settings.read(), path)
        case ["restore", path]:
            return backup.restore(Settings.read(), path)
        case ["key"]:
            return backup.key()
        case ["rotate-keys"]:
            return backup.rotate_keys(Settings.read())
        case ["bench", *options]:
            return bench.main(options)
    print(
        "Use python -m bot, or python -m bot check | backup PATH | restore PATH | key | rotate-keys | bench.",
        file=sys.stderr,
    )
    return 2


async def serve(bot: commands.Bot, token: str) -> None:
    """Run on Discord until the process is asked to end."""
    if isinstance(bot, Bot) and bot.settings.shard_count is None:
        bot.shard_count = None  # type: ignore[assignment]  # asks Discord for as many as it says
    closing: list[asyncio.Task[None]] = []
    with suppress(NotImplementedError):  # Windows has no such handlers
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, lambda: closing.append(loop.create_task(bot.close())))
    try:
        async with bot:
            await bot.start(token)
    finally:
        await asyncio.gather(*closing)  # discord.py is done before the rest of the bot is


def explanation(error: Exception) -> str | None:
    """What to do about an error that is not the program's fault; None for one that is."""
    match error:
        case SettingsError() | EngineError():
            return str(error)
        case discord.LoginFailure():
            return f"Discord does not accept DISCORD_TOKEN; copy the bot's token again from {PORTAL} (Bot)."
        case discord.PrivilegedIntentsRequired():
            return f"The bot's message content intent is off; turn it on at {PORTAL} (Bot, Privileged Gateway Intents)."
        case aiohttp.ClientConnectionError():
            return "Discord cannot be reached; check this machine's connection and try again."
    return None


if __name__ == "__main__":
    sys.exit(main())
