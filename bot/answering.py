"""How every interaction is answered: in time, once, and with a sentence when something is wrong.

Discord gives three seconds for a first reply. `answer` waits for the work as long as that is safe,
then says "thinking" and replies when it is done. Expected problems (`Refusal`, and what the engine
raises) become a private sentence; everything else ends in `explain`, the one error handler. Where everybody
saw the "thinking" already everybody sees the sentence too: Discord shows both to the same people.
"""

import asyncio
import io
import logging
import math
import secrets
import traceback
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import formatting
from bot.language import _, later, speak
from engine import Corpus, EngineError

log = logging.getLogger(__name__)
T = TypeVar("T")

_SERVERS_ONLY = later("That works in a server's channels only.")

PATIENCE = 1.5
"""Seconds to wait for an answer before saying "thinking"; Discord waits three."""


class Refusal(Exception):
    """What was asked for is not possible; `str(refusal)` says why and what to do, to the asker alone."""


@dataclass(slots=True)
class Answer:
    """What to say: a text, perhaps more messages after it, files, buttons."""

    text: str
    more: list[str] = field(default_factory=list)
    file: str | None = None
    view: ui.View | None = None
    files: list[tuple[str, bytes]] = field(default_factory=list)
    """More files: name and content."""
    picture: tuple[bytes, str] | None = None
    """A PNG, and the same in words, for who cannot see it."""


async def answer(
    interaction: discord.Interaction, work: Awaitable[Answer], *, edit: bool = False, private: bool = False
) -> None:
    """Do the work and send its answer; with `edit`, into the message whose button was used.

    What is `private` is shown to the asker alone, however long it takes.
    """
    try:
        said = await _promptly(interaction, work, edit=edit, private=private)
    except (Refusal, EngineError) as problem:
        await refuse(interaction, told(problem))
    else:
        await (_edit(interaction, said) if edit else _send(interaction, said, private=private))


async def _promptly(interaction: discord.Interaction, work: Awaitable[T], *, edit: bool, private: bool) -> T:
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            try:
                await interaction.response.defer(thinking=not edit, ephemeral=private)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                # What somebody asked to have forgotten is forgotten, also where they can no longer be told.
                log.warning("a slow answer in channel %s comes late: %s", interaction.channel_id, type(error).__name__)
        return await task
    finally:
        task.cancel()


async def _edit(interaction: discord.Interaction, said: Answer) -> None:
    if interaction.response.is_done():
        await interaction.edit_original_response(content=said.text, view=said.view)
    else:
        await interaction.response.edit_message(content=said.text, view=said.view)


async def _send(interaction: discord.Interaction, said: Answer, *, private: bool) -> None:
    """Buttons belong to the last message."""
    texts = [said.text, *said.more]
    for number, text in enumerate(texts, start=1):
        last = number == len(texts)
        view = said.view if last and said.view else discord.utils.MISSING
        named = said.files if last else []
        if last and said.file is not None:
            named = [("text.txt", said.file.encode()), *named]
        for files in batched(named) or [[]]:
            attached = [discord.File(io.BytesIO(content), name) for name, content in files]
            if last and said.picture is not None:
                image, words = said.picture
                attached.append(discord.File(io.BytesIO(image), "picture.png", description=words))
            if interaction.response.is_done():
                await interaction.followup.send(text, view=view, files=attached, ephemeral=private)
            else:
                await interaction.response.send_message(text, view=view, files=attached, ephemeral=private)


def batched(files: list[tuple[str, bytes]], most: int = 10) -> list[list[tuple[str, bytes]]]:
    """Discord takes ten files a message."""
    return [files[start : start + most] for start in range(0, len(files), most)]


def told(problem: Refusal | EngineError) -> str:
    """What is wrong, in the language spoken now."""
    return _(problem.sentence, **problem.values) if isinstance(problem, EngineError) else str(problem)


async def refuse(interaction: discord.Interaction, sentence: str) -> None:
    """Tell the asker why not, alone unless everybody saw the "thinking"."""
    await _send(interaction, Answer(sentence), private=True)


class Cooldowns:
    """How often one person may ask: a generous window that stops only floods."""

    def __init__(self, times: int = 30, seconds: float = 30) -> None:
        self._windows: commands.CooldownMapping[discord.Interaction] = commands.CooldownMapping.from_cooldown(
            times, seconds, lambda interaction: interaction.user.id
        )

    async def admits(self, interaction: discord.Interaction) -> bool:
        """Whether this one may go on; if not, it has been answered."""
        now = interaction.created_at.timestamp()
        window = self._windows.get_bucket(interaction, now)
        wait = window.update_rate_limit(now) if window else None
        if wait is None:
            return True
        seconds = max(1, math.ceil(wait))
        await refuse(interaction, _("That was a lot at once. Wait {seconds} s, then ask again.", seconds=seconds))
        return False


async def explain(interaction: discord.Interaction, error: Exception) -> None:
    """The one error handler: say what is known, or log what is not and give its reference."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    sentence = _sentence(error)
    if sentence is None:
        reference = secrets.token_hex(4)
        log_error(f"{reference}: answering an interaction in channel {interaction.channel_id} failed", error)
        sentence = formatting.unexpected(reference)
    try:
        await refuse(interaction, sentence)
    except discord.HTTPException as gone:
        log.warning("could not answer in channel %s: HTTP %s", interaction.channel_id, gone.status)


def _sentence(error: Exception) -> str | None:
    match error:
        case Refusal() | EngineError():
            return told(error)
        case app_commands.MissingPermissions():
            return _(
                "You need the permission {names} in this channel for that.", names=_named(error.missing_permissions)
            )
        case app_commands.NoPrivateMessage():
            return _(_SERVERS_ONLY)
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return _("That command has changed. Reload Discord (Ctrl+R, or close the app), then try again.")
        case discord.Forbidden():
            return _("Discord does not let me do that here. Give me View Channel and Send Messages in this channel.")
    return None


def _named(permissions: list[str]) -> str:
    return ", ".join(name.replace("_", " ").title() for name in permissions)


def log_error(what: str, error: BaseException) -> None:
    """Log where an error came from, without its message: that could hold what people wrote."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", what, type(error).__name__, frames)


async def guarded(interaction: discord.Interaction, using: Awaitable[None]) -> None:
    """Run what a button does, in its user's language; discord.py would drop its errors where nobody sees them."""
    speak(interaction.locale)
    try:
        await using
    except Exception as error:  # whatever it is, the one error handler answers
        await explain(interaction, error)


def check_manager(interaction: discord.Interaction) -> None:
    """Raises Refusal unless the person may manage this very channel."""
    if not interaction.permissions.manage_channels:
        raise Refusal(_("You need the permission Manage Channels in this channel for that."))


def corpus_of(interaction: discord.Interaction) -> Corpus:
    """The corpus of the channel where something was asked. Every command works in servers only."""
    if interaction.channel_id is None or interaction.guild_id is None:
        raise Refusal(_(_SERVERS_ONLY))
    return Corpus(interaction.channel_id, interaction.guild_id)
