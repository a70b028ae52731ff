"""`python -m bot check`: looks over everything the bot needs, and says what to do about what is missing.

Nothing is changed, but for a trial entry in the database that is taken out again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec

import aiohttp
import discord

from bot.service import Service
from bot.settings import METRICS_EXTRA, Settings, SettingsError
from engine import Engine, EngineError

PORTAL = "https://discord.com/developers/applications"
NEEDED = ("view_channel", "send_messages", "send_messages_in_threads", "attach_files", "read_message_history")
"""What the invitation in README.md asks for."""
PATIENCE = 20.0
"""Seconds to wait for Discord."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `ok` is None for advice: nothing is wrong."""

    ok: bool | None
    text: str

    def __str__(self) -> str:
        return f"{ {True: 'ok  ', False: 'FAIL', None: 'note'}[self.ok] }  {self.text}"


def main(environ: Mapping[str, str]) -> int:
    """Print what was found; 0 when the bot can run, else 2."""

    async def print_all() -> bool:
        fine = True
        async for finding in findings(environ):
            print(finding, flush=True)
            fine &= finding.ok is not False
        return fine

    fine = asyncio.run(print_all())
    print("The bot can run." if fine else "See to what failed, then check again.")
    return 0 if fine else 2


async def findings(environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """One after the other, the settings first."""
    try:
        settings = Settings.read(environ)
    except SettingsError as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, "The settings can be understood.")
    async for finding in _store(settings):
        yield finding
    if settings.metrics_port is not None and find_spec("prometheus_client") is None:
        yield Finding(False, METRICS_EXTRA)
    if settings.token is None:
        yield Finding(None, "DISCORD_TOKEN is not set: the bot runs in the playground. README.md says how to get one.")
        return
    async for finding in _discord(settings.token):
        yield finding


async def _store(settings: Settings) -> AsyncIterator[Finding]:
    service = Service(settings.database_url, settings.memory_budget, settings.database_key)
    try:
        await service.open()
        await service.try_store()
        known = await service.do(Engine.choices, "learning")
        on = sum(value == "on" for value in known.values())
        yield Finding(True, f"The database can be read and written; learning is on in {on:,} channels.")
        unfinished = len(await service.do(Engine.jobs, "train"))
        if unfinished:
            yield Finding(None, f"{unfinished:,} readings of a history are unfinished; they go on when the bot runs.")
    except EngineError as error:
        yield Finding(False, str(error))
        return
    finally:
        await service.close()
    if settings.database_key:
        yield Finding(True, "DATABASE_KEY opens the database: what people wrote is stored encrypted.")
    else:
        yield Finding(None, "DATABASE_KEY is not set: keep the database on an encrypted volume.")


async def _discord(token: str) -> AsyncIterator[Finding]:
    try:
        async with asyncio.timeout(PATIENCE), _logged_in(token) as client:
            application = await client.application_info()
            yield Finding(True, f"Discord accepts the token: it is that of the application {application.id}.")
            flags = application.flags
            if flags.gateway_message_content or flags.gateway_message_content_limited:
                yield Finding(True, "The message content intent is on.")
            else:
                yield Finding(
                    False,
                    f"The message content intent is off: turn it on at {PORTAL} (Bot, Privileged Gateway Intents).",
                )
            guilds = 0
            async for guild in client.fetch_guilds(limit=None, with_counts=False):
                guilds += 1
                if missing := await _missing(client, guild.id):
                    yield Finding(
                        False,
                        f"Server {guild.id}: the bot's roles lack {', '.join(missing)}; "
                        "invite it again, as README.md says.",
                    )
            said = (
                f"The bot is in {guilds:,} servers."
                if guilds
                else "The bot is in no server: invite it, as README.md says."
            )
            yield Finding(True if guilds else None, said)
    except discord.LoginFailure:
        yield Finding(False, f"Discord does not accept DISCORD_TOKEN; copy the bot's token again from {PORTAL} (Bot).")
    except (aiohttp.ClientError, TimeoutError, OSError):
        yield Finding(None, "Discord cannot be reached from here, so token, intents and permissions are not checked.")
    except discord.HTTPException as error:
        yield Finding(None, f"Discord answered with an error (HTTP {error.status}), so not all was checked; try later.")


@asynccontextmanager
async def _logged_in(token: str) -> AsyncIterator[discord.Client]:
    async with discord.Client(intents=discord.Intents.none()) as client:
        await client.login(token)
        yield client


async def _missing(client: discord.Client, guild_id: int) -> list[str]:
    """Which permissions the bot's roles lack in a server."""
    guild = await client.fetch_guild(guild_id, with_counts=False)
    member = await guild.fetch_member(client.user.id if client.user else 0)
    permissions = member.guild_permissions
    if permissions.administrator:
        return []
    return [name.replace("_", " ").title() for name in NEEDED if not getattr(permissions, name)]
