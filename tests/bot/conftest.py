"""A server on a pretend Discord with the real bot in it, on a real SQLite file of its own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from discord.ext import commands

from bot import create_bot
from engine import Corpus, Engine


@dataclass
class World:
    """The server: a channel, someone who manages it and someone who does not."""

    env: simcord.Env
    environ: dict[str, str]
    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    manager: simcord.MemberActor
    member: simcord.MemberActor

    @property
    def bot(self) -> commands.Bot:
        """The bot that is running now."""
        return self.env.bot  # type: ignore[return-value]  # simcord takes any client; here it is always ours

    def history(self, *texts: str, channel: simcord.ChannelHandle | None = None) -> list[int]:
        """Lay down messages by the member, of which the bot hears nothing; returns their ids."""
        where = (channel or self.channel).id
        # Not public, but the only way to write thousands of messages in a moment.
        return [self.env.backend.create_message(where, self.member.id, text, broadcast=False).id for text in texts]

    async def train(self, **options: object) -> str:
        """Use /train as the manager; returns what the report says in the end."""
        await self.manager.slash(self.channel, "train", **options)
        return self.report()

    def report(self, channel: simcord.ChannelHandle | None = None) -> str:
        """The latest message of the bot in the channel, which after /train is its report."""
        messages = [message for message in (channel or self.channel).history() if message.author.bot]
        return messages[-1].content

    async def probs(self, prompt: str, **options: object) -> str:
        """Use /probs as the member; returns the answer."""
        result = await self.member.slash(self.channel, "probs", prompt=prompt, **options)
        assert result.response is not None
        return result.response.content

    async def generate(self, **options: object) -> str:
        """Use /generate as the member; returns the answer."""
        result = await self.member.slash(self.channel, "generate", **options)
        assert result.response is not None
        return result.response.content

    def at_page(self, number: int, act: Callable[[], Awaitable[None]]) -> None:
        """Have something happen while /train waits for a page of history: after Discord read it, before it arrives."""
        fetch = self.bot.http.logs_from
        pages = 0

        async def fetch_then_act(*args: Any, **kwargs: Any) -> Any:
            nonlocal pages
            pages += 1
            page = await fetch(*args, **kwargs)
            if pages == number:
                await act()
            return page

        self.bot.http.logs_from = fetch_then_act  # type: ignore[method-assign]  # the bot's own way to Discord

    def slow_down(self, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
        """Have the engine answer nothing before the event is set, and the bot lose its patience at once."""
        hurry, at_once = asyncio.Event(), self.bot.service.do  # type: ignore[attr-defined]  # our Bot

        async def slowly(*args: Any, **options: Any) -> Any:
            if not hurry.is_set():
                await self.env.external_wait(hurry.wait(), reason="the engine takes its time")
            return await at_once(*args, **options)

        monkeypatch.setattr(
            self.bot.service,  # type: ignore[attr-defined]  # our Bot
            "do",
            lambda *args, **options: asyncio.ensure_future(slowly(*args, **options)),
        )
        monkeypatch.setattr("bot.answering.PATIENCE", 0.01)
        return hurry

    async def documents(self, channel: simcord.ChannelHandle | None = None) -> int:
        """How many messages are stored of the channel, asked of the engine itself."""
        corpus = Corpus((channel or self.channel).id, self.guild.id)
        return (await self.bot.service.do(Engine.size, corpus)).documents  # type: ignore[attr-defined]  # our Bot

    async def restart(self) -> None:
        """End the bot's process and start it again on the same store."""
        await self.bot.close()
        await self.env.restart_bot(create_bot(self.environ))


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite3'}"}


@pytest.fixture
async def world(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> AsyncIterator[World]:
    caplog.set_level(logging.DEBUG)
    env = simcord.Env(create_bot(environ), settle_timeout=30)
    await env.start()
    try:
        guild = env.create_guild()
        channel = guild.create_text_channel("general")
        powers = discord.Permissions(manage_channels=True, manage_messages=True)
        managers = guild.create_role("managers", permissions=powers)
        manager = guild.add_member(env.create_user("morgan"), roles=[managers])
        member = guild.add_member(env.create_user("robin"))
        yield World(env, environ, guild, channel, manager, member)
    finally:
        await env.shutdown()
        await env.bot.close()
    env._raise_errors_since(env._errors_acknowledged)  # what `async with simcord.run(bot)` does at its end
