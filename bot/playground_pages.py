"""The playground's pages: one for each channel, all at the same time.

simcord serves one page at a time, made for looking at what a test did, and this is a place to stay.
So four things here reach past its public API: `_Pages`, `_in_turn`, `_following` and `_remembered`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import discord
from discord.ext import commands
from simcord import ChannelHandle, Env, Preview, SetupError
from simcord.preview import _queries
from simcord.preview._markdown import markdown_tokens

from bot.playground_language import Language, Menu
from bot.playground_world import MANAGER, MEMBER, World

Act = Callable[[str | None, Mapping[str, Any]], Coroutine[Any, Any, dict[str, Any]]]
Publish = Callable[..., None]
Parse = Callable[..., list[dict[str, Any]]]

WELCOMES = {
    "cats": "The bot has learned these three sentences. Try `/probs the cat sat on the`, then `/generate`.",
    "harbour": "The bot has learned what was said here. Try `/generate`, with a beginning as its `start` if you like.",
    "quiet": "The bot has learned nothing here yet: `/generate` says so, and `/train` changes it.",
}


@asynccontextmanager
async def open_pages(env: Env, world: World, first_port: int, turn: asyncio.Lock) -> AsyncIterator[dict[str, Preview]]:
    """Serve a page for each channel; whatever is done on one takes its turn.

    On `first_port` and the next ones, or on free ports where those cannot be had or it is 0.
    """
    async with AsyncExitStack() as stack:
        stack.callback(setattr, _queries, "markdown_tokens", markdown_tokens)
        _queries.markdown_tokens = _remembered(markdown_tokens)  # type: ignore[attr-defined]  # see _remembered
        pages: dict[str, Preview] = {}
        for port, (name, channel) in enumerate(world.channels.items(), start=first_port):
            page = await _open_page(env, stack, world, channel, port if first_port else 0)
            pages[name] = page
            # Not public: see _in_turn, _following and _Pages.
            page._action = _in_turn(page._action, turn)  # type: ignore[assignment,method-assign]  # noqa: SLF001
            page._publish = _following(page._publish, env)  # type: ignore[method-assign]  # noqa: SLF001
            env._preview = _Pages(pages)  # type: ignore[assignment]  # noqa: SLF001
        yield pages


class _Pages:
    """Stands where an environment keeps its one preview, so that it can have several.

    simcord allows one preview at a time, and uses the one it has for a single thing: to tell it
    that its action reached the server. Each page knows whether the action was its own, so telling
    all of them is the same.
    """

    _closed = True  # "there is room for another"

    def __init__(self, pages: dict[str, Preview]) -> None:
        self._pages = pages

    def _mark_action_dispatched(self) -> None:
        for page in self._pages.values():
            page._mark_action_dispatched()  # noqa: SLF001  # not public, and what this class is for


def _in_turn(act: Act, turn: asyncio.Lock) -> Act:
    """What a page calls when something is done on it, waiting until nothing else is being done.

    A page that meets an action of another page is told that its own is lost, and stays unusable.
    """

    async def wait_and_act(context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        async with turn:
            return await act(context_id, body)

    return wait_and_act


def _following(publish: Publish, env: Env) -> Publish:
    """What brings a page up to date, with the newest message as the one the page scrolls to.

    Else the page stays where it is, and every answer waits below its edge.
    """

    def follow_and_publish(view: Any, *, reason: str = "action") -> None:
        if reason in ("initial", "action", "refresh") and view.window_end_id is None:
            messages = reversed(env.backend.messages[view.channel_id].values())
            newest = (message.id for message in messages if message.visible_to(view.viewer.id))
            view.target_id = next(newest, view.target_id)
        publish(view, reason=reason)

    return follow_and_publish


async def _open_page(env: Env, stack: AsyncExitStack, world: World, channel: ChannelHandle, port: int) -> Preview:
    viewers = [world.manager, world.member]
    try:
        page = env.preview(channel, viewers=viewers, layout="channel", timezone=_timezone(), port=port)
        return await stack.enter_async_context(page)
    except SetupError:
        if port == 0:
            raise
        return await _open_page(env, stack, world, channel, 0)


def _timezone() -> str:
    """The name of this machine's time zone where the system tells it, else UTC."""
    name = Path("/etc/localtime").resolve().as_posix().partition("/zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"


async def welcome(bot: commands.Bot, world: World, pages: Mapping[str, Preview], language: Language) -> None:
    """Say in each channel what can be tried in it, with links to the others, and have the language chosen."""
    for name, voice in world.voices.items():
        channel = bot.get_channel(world.channels[name].id)
        if isinstance(channel, discord.TextChannel):
            await channel.send("I speak:", view=Menu(language))
        others = " · ".join(f"[#{other}]({page.url})" for other, page in pages.items() if other != name)
        await voice.send(
            f"{WELCOMES[name]}\nOther channels: {others}\n"
            f"*Viewing as*, at the top, makes you {MANAGER}, who manages the server, or {MEMBER}, who does not."
        )


def _remembered(parse: Parse) -> Parse:
    """Parse the same Markdown once.

    After each action simcord parses every message of the channel anew, for the list at the side of
    the page: seconds where people have talked for long. What names nobody means the same everywhere.
    """

    @cache
    def parse_plain(text: str, profile: str) -> list[dict[str, Any]]:
        return parse(text, profile)

    def parse_once(text: Any, profile: str = "message", *, context: Any = None) -> list[dict[str, Any]]:
        if isinstance(text, str) and not {"<", "@"} & set(text):
            return parse_plain(text, profile)
        return parse(text, profile, context=context)

    return parse_once
