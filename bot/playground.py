"""The same bot on a pretend Discord, in a browser page on this machine: what runs when there is no token.

The bot is the real one, unmodified, with its own commands and its own database, which is a
temporary file here: the playground never touches the one a live bot uses, and leaves nothing behind.
"""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.explaining import Explaining
from bot.settings import Settings
from engine import EngineError

if TYPE_CHECKING:
    from simcord import Env, Preview

    from bot.playground_language import Language
    from bot.playground_world import World

CreateBot = Callable[[Mapping[str, str]], commands.Bot]

_READERS: Mapping[discord.AppCommandOptionType, Callable[[str], object]] = {
    discord.AppCommandOptionType.integer: int,
    discord.AppCommandOptionType.number: float,
}

TRAINED = ("cats", "harbour")

# How long simcord lets one command take before it calls the bot stuck.
PATIENCE = 60

GREETING = """\
The bot is running in the playground: a pretend Discord server, on this machine only.

  #cats     {cats}
  #harbour  {harbour}
  #quiet    {quiet}

Try /probs and /generate in #cats and #harbour, write "@{bot} where is the ferry?" there, and /train in
#quiet. "Viewing as", at the top of the page, makes you {manager}, who manages the server, or {member},
who does not.
Ctrl-C stops it, and everything in it is gone.

To run the bot on Discord: create an application at https://discord.com/developers/applications,
copy the token of its bot, and start again with DISCORD_TOKEN=<the token>, here or in a file .env.
"""

NOT_RUN = (
    "That ran no command: there is none of that name that {person} may use here, or it wants other options. "
    "The list that opens when you type `/` has those there are."
)

NOT_TAKEN = "That ran no command. {why}."
_VAGUE = ("option-unknown", "command-not-leaf")
"""What simcord says of these is of no use to who typed the line."""
_LONGEST_REASON, _LONGEST_VALUE = 300, 30

MISSING = (
    "The playground needs simcord, which is not installed ({name} was not found); "
    "install it with: pip install -e '.[playground]', or set DISCORD_TOKEN to run on Discord."
)


@dataclass(frozen=True, slots=True)
class Playground:
    """A running one: the bot on its pretend Discord, what is in there, and a page for each channel."""

    bot: commands.Bot
    env: "Env"
    world: "World"
    pages: Mapping[str, "Preview"]
    language: "Language"
    turn: asyncio.Lock
    """Held while something is done in there: simcord does one thing at a time."""
    folder: Path


def main(settings: Settings, create_bot: CreateBot) -> int:
    """Run the playground until it is stopped; return the exit status."""
    try:
        import simcord

        import bot.playground_pages  # noqa: F401  # to find now what is missing
    except ModuleNotFoundError as error:
        print(MISSING.format(name=error.name), file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(settings, create_bot))
    except KeyboardInterrupt:
        pass
    except (EngineError, simcord.SetupError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


@asynccontextmanager
async def start(create_bot: CreateBot, environ: Mapping[str, str], port: int) -> AsyncIterator[Playground]:
    """A bot on a pretend Discord, trained, its pages being served; all gone at the end."""
    from bot.playground_language import Language, of_everybody
    from bot.playground_pages import open_pages, welcome
    from bot.playground_world import build_world, name_message, pass_time, write_past

    with TemporaryDirectory(prefix="playground-") as name:
        folder = Path(name)
        bot = create_bot({**environ, "DATABASE_URL": f"sqlite:///{folder / 'playground.sqlite3'}"})
        async with _attached(bot) as env:
            world, turn = build_world(env), asyncio.Lock()
            explaining = bot.get_cog("Explaining")
            assert isinstance(explaining, Explaining)  # noqa: S101 - for mypy
            explaining.name = partial(name_message, env)
            language = Language(bot)
            async with open_pages(env, world, port, turn) as pages:
                write_past(env, world)
                for channel in TRAINED:
                    await world.manager.slash(world.channels[channel], "train")
                await welcome(bot, world, pages, language)
                playground = Playground(bot, env, world, pages, language, turn, folder)
                tasks = [asyncio.create_task(pass_time(env, turn)), asyncio.create_task(_run_typed(playground))]
                try:
                    with of_everybody(language):
                        yield playground
                finally:
                    for task in tasks:
                        task.cancel()


@asynccontextmanager
async def _attached(bot: commands.Bot) -> AsyncIterator["Env"]:
    """The bot, logged in to a Discord of its own."""
    from simcord import Env

    env = Env(bot, check_errors=False, settle_timeout=PATIENCE)
    try:
        await env.start()
        try:
            yield env
        finally:
            await env.shutdown()
    finally:
        await bot.close()


async def _run_typed(playground: Playground) -> None:
    """Run commands that were typed as one line, like "/probs the cat sat on the".

    Discord takes such a line for the command it names; simcord's page sends it as a message.
    """
    sent: asyncio.Queue[discord.Message] = asyncio.Queue()

    async def listen(message: discord.Message) -> None:
        if message.content.startswith("/") and not message.author.bot:
            sent.put_nowait(message)

    playground.bot.add_listener(listen, "on_message")
    while True:
        message = await sent.get()
        async with playground.turn:
            await _run_line(playground, message)


async def _run_line(playground: Playground, message: discord.Message) -> None:
    from simcord import BackendError, OptionError, SetupError

    world = playground.world
    name = getattr(message.channel, "name", "")
    person = world.manager if message.author.id == world.manager.id else world.member
    command, _, rest = message.content.removeprefix("/").partition(" ")
    english = playground.language.names
    command = english.get(command, command)
    try:
        options = _options(playground.bot.tree.get_command(command), rest, english)
        await person.slash(world.channels[name], command, **options)
    except OptionError as wrong:
        vague = wrong.code in _VAGUE
        why = str(wrong)[:_LONGEST_REASON]
        await world.voices[name].send(NOT_RUN.format(person=person.name) if vague else NOT_TAKEN.format(why=why))
    except ValueError as wrong:
        await world.voices[name].send(NOT_TAKEN.format(why=wrong))
    except (BackendError, SetupError):
        await world.voices[name].send(NOT_RUN.format(person=person.name))
    except TimeoutError:
        pass  # the bot took too long; what it said until then is on the page
    await playground.pages[name].refresh()


def _options(command: object, text: str, english: Mapping[str, str]) -> dict[str, object]:
    """The options in what follows a command's name, as in "the cat temperature:0.5".

    What stands before the first named one is the option the command cannot do without, else the first
    that takes any text. Names may be English or, where they have others now, those. Raises ValueError where a
    number is none.
    """
    parameters = command.parameters if isinstance(command, app_commands.Command) else []
    named = {each.name: each for each in parameters}
    named |= {local: named[name] for local, name in english.items() if name in named}
    free, *rest = re.split(rf"\b({'|'.join(map(re.escape, named))}):", text) if named else [text]
    options: dict[str, object] = {}
    for name, given in zip(rest[::2], rest[1::2], strict=True):
        option, value = named[name], given.strip()
        if option.choices:
            value = english.get(value, value)
        try:
            options[option.name] = _READERS.get(option.type, str)(value)
        except ValueError:
            raise ValueError(f"Option '{option.name}' must be a number, got {value[:_LONGEST_VALUE]!r}") from None
    takers = [each for each in parameters if each.type is discord.AppCommandOptionType.string and not each.choices]
    takers.sort(key=lambda each: not each.required)
    if free.strip():
        options.setdefault(takers[0].name if takers else "text", free.strip())  # no command has a "text": refused
    return options


async def _serve(settings: Settings, create_bot: CreateBot) -> None:
    from bot.playground_world import MANAGER, MEMBER

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C is a KeyboardInterrupt there
            asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async with start(create_bot, settings.environ, settings.playground_port) as playground:
        urls = {name: page.url for name, page in playground.pages.items()}
        me = playground.bot.user
        names = {"bot": me.name if me else "", "manager": MANAGER, "member": MEMBER}
        print(GREETING.format(**urls, **names), flush=True)
        if settings.playground_browser:
            _open_browser(urls["cats"])
        ended = asyncio.create_task(_all_ended(playground.pages.values()))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        stopped.cancel()


async def _all_ended(pages: Iterable["Preview"]) -> None:
    """Wait until every page was ended from its own menu."""
    for page in pages:
        await page.wait_closed()


def _open_browser(url: str) -> None:
    """Show the page, where there is a browser; where there is none, the address was printed.

    In a process and a session of its own: some browsers keep the caller waiting, some write to the
    terminal or take it over, and one that is started here must not end with Ctrl-C.
    """
    command = [sys.executable, "-m", "webbrowser", url]
    quiet = subprocess.DEVNULL
    with suppress(OSError):
        subprocess.Popen(  # noqa: S603  # nothing of the command is from outside
            command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
