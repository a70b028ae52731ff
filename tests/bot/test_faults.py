"""The database fails: the bot stays up, says so once, and catches up when it can be used again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot import create_bot
from engine import Corpus, Engine, StoreError, make_key, open_store

if TYPE_CHECKING:
    from tests.bot.conftest import World

CATS = ("the cat sat on the mat", "the dog sat on the log", "the bird sat on the word")


class Fault:
    """A database that cannot be written until `end`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken = True
        for name in ("learn", "relearn", "learn_together", "unlearn", "erase", "choose", "save_job"):
            monkeypatch.setattr(Engine, name, self._failing(getattr(Engine, name)))

    def _failing(self, verb: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.broken:
                raise StoreError("The disk is full; make room.")
            return verb(*args, **kwargs)

        call.__name__ = verb.__name__
        return call


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> Fault:
    """Before the bot is made, so that everything goes through it."""
    import bot.missed
    import bot.outage

    broken = Fault(monkeypatch)
    broken.broken = False
    verbs = [getattr(Engine, verb.__name__) for verb in bot.missed.Missed.VERBS]
    monkeypatch.setattr(bot.missed.Missed, "VERBS", verbs)
    monkeypatch.setattr(bot.outage, "SHORTEST_WAIT", 0.05)
    return broken


async def caught_up(world: World) -> None:
    """Wait until nothing is missed any more."""
    service = world.bot.service  # type: ignore[attr-defined]  # our Bot
    async with asyncio.timeout(10):
        while service.failing or len(service.missed):
            await asyncio.sleep(0.02)
    await world.env.settle()


async def test_a_full_disk_is_said_once_and_caught_up_with(
    fault: Fault, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages said, edited and deleted meanwhile are as they are on Discord afterwards."""
    gone, edited, _ = world.history(*CATS)
    await world.train()
    fault.broken = True
    said = world.env.backend.create_message(world.channel.id, world.member.id, "the fish swam in the sea")
    world.env.backend.edit_message(world.channel.id, edited, {"content": "the frog jumped in the pond"})
    world.env.backend.delete_message(world.channel.id, gone)
    for number in range(5):
        world.env.backend.create_message(world.channel.id, world.member.id, f"number {number} of five")
    await asyncio.sleep(0.3)
    assert "cat" in await world.probs("the", top=25), "questions are answered from memory"
    assert await world.documents() == 3
    fault.broken = False
    await caught_up(world)
    assert await world.documents() == 2 + 1 + 5
    shown = await world.probs("the", top=25)
    assert "cat" not in shown
    assert "dog" not in shown
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "The disk is full" in errors[0].getMessage()
    assert said is not None


async def test_an_edit_from_before_learning_was_on_is_caught_up_with(fault: Fault, world: World) -> None:
    """Of what `/train` of the latest messages stored; what it left out stays out."""
    older, edited = world.history("the cat sat on the mat", "the dog sat on the log")
    await world.env.advance_time(60)
    await world.train(limit=1)
    fault.broken = True
    world.env.backend.edit_message(world.channel.id, edited, {"content": "the frog jumped in the pond"})
    world.env.backend.edit_message(world.channel.id, older, {"content": "the fish swam in the sea"})
    await asyncio.sleep(0.3)
    fault.broken = False
    await caught_up(world)
    assert await world.documents() == 1
    assert "frog" in await world.probs("the", top=25)


async def test_who_asks_for_a_change_is_told_why_not(fault: Fault, world: World) -> None:
    """One sentence, and no traceback."""
    world.history(*CATS)
    fault.broken = True
    result = await world.manager.slash(world.channel, "train")
    assert result.response is not None
    assert "The disk is full" in result.response.content
    fault.broken = False
    assert "3 learned" in await world.train()


async def test_a_change_that_failed_is_none(fault: Fault, world: World) -> None:
    """What was chosen before counts again, at once."""
    await world.train()
    fault.broken = True
    result = await world.manager.slash(world.channel, "settings", learning="off")
    assert result.response is not None
    assert "The disk is full" in result.response.content
    fault.broken = False
    result = await world.manager.slash(world.channel, "settings")
    assert result.response is not None
    assert "learning: **on**" in result.response.content


async def test_a_change_that_fails_while_the_bot_ends_is_not_looked_up(fault: Fault, world: World) -> None:
    """In a moment there is nothing left to read the choices from."""
    channels = world.bot.channels  # type: ignore[attr-defined]  # our Bot
    await channels.close()
    fault.broken = True
    with pytest.raises(StoreError):
        await channels.turn_off(Corpus(world.channel.id, world.guild.id))
    assert "choices" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_a_channel_deleted_meanwhile_is_forgotten_with_its_threads(fault: Fault, world: World) -> None:
    """Also those that are archived, of which Discord says nothing."""
    await world.train()
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    aside = await channel.create_thread(name="aside", type=discord.ChannelType.public_thread)
    await world.env.settle()
    thread = world.channel.threads[0]
    await world.manager.slash(thread, "train")
    await world.member.send(thread, "the fish swam in the sea")
    assert await world.documents(thread) == 1
    await aside.edit(archived=True)
    await world.env.settle()
    fault.broken = True
    await channel.delete()
    await asyncio.sleep(0.2)
    fault.broken = False
    await caught_up(world)
    assert await world.documents(thread) == 0


async def test_what_was_missed_in_a_thread_that_is_archived_by_then_is_caught_up_with(
    fault: Fault, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord may not have told of it: it is asked, and nothing is forgotten for that."""
    aside = await world.bot.get_channel(world.channel.id).create_thread(  # type: ignore[union-attr]
        name="aside", type=discord.ChannelType.public_thread
    )
    await world.env.settle()
    thread = world.channel.threads[0]
    _, edited, _ = world.history(*CATS, channel=thread)
    await world.manager.slash(thread, "train")
    fault.broken = True
    world.env.backend.edit_message(thread.id, edited, {"content": "the frog jumped in the pond"})
    await aside.edit(archived=True)
    known = discord.Guild.get_channel_or_thread
    monkeypatch.setattr(
        discord.Guild, "get_channel_or_thread", lambda guild, id: None if id == thread.id else known(guild, id)
    )
    await asyncio.sleep(0.2)
    fault.broken = False
    await caught_up(world)
    assert await world.documents(thread) == 3


async def test_a_reading_waits_for_the_database_and_goes_on(
    fault: Fault, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From where it was, not from the start."""
    monkeypatch.setattr("bot.job.SHORTEST_WAIT", 0.05)
    world.history(*(f"message number {number} of many" for number in range(1, 301)))
    reports: list[str] = []

    async def fill_disk() -> None:
        fault.broken = True
        asyncio.get_running_loop().call_later(0.5, make_room)

    def make_room() -> None:
        reports.append(world.report())
        fault.broken = False

    world.at_page(2, fill_disk)
    await world.manager.slash(world.channel, "train")
    async with asyncio.timeout(10):
        while "History read" not in world.report():
            await asyncio.sleep(0.05)
    await caught_up(world)
    assert "The disk is full" in reports[0]
    assert "300 messages read" in world.report()
    assert await world.documents() == 300


async def test_what_events_said_while_a_history_was_read_is_caught_up_with(
    fault: Fault, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event counts for more than a page only if what it said was stored."""
    monkeypatch.setattr("bot.job.SHORTEST_WAIT", 1.0)
    ids = world.history(*(f"message number {number} of many" for number in range(1, 301)))

    async def happen() -> None:
        fault.broken = True
        world.env.backend.create_message(world.channel.id, world.member.id, "the fish swam in the sea")
        world.env.backend.edit_message(world.channel.id, ids[-2], {"content": "the frog jumped in the pond"})
        world.env.backend.delete_message(world.channel.id, ids[-1])
        asyncio.get_running_loop().call_later(0.2, mend)

    def mend() -> None:
        fault.broken = False

    world.at_page(2, happen)
    await world.manager.slash(world.channel, "train")
    await caught_up(world)
    async with asyncio.timeout(10):
        while "History read" not in world.report():
            await asyncio.sleep(0.05)
    assert await world.documents() == 300
    assert "pond" in await world.probs("jumped in the", top=25)
    assert "sea" in await world.probs("swam in the", top=25)


async def test_a_locked_database_is_caught_up_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds the file for longer than is waited for."""
    monkeypatch.setattr("bot.outage.SHORTEST_WAIT", 0.05)
    world.history(*CATS)
    await world.train()
    await world.bot.service.do(lambda engine: engine._store._file.db.execute("PRAGMA busy_timeout = 50"))  # type: ignore[attr-defined]
    other = sqlite3.connect(path_of(world), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    world.env.backend.create_message(world.channel.id, world.member.id, "the fish swam in the sea")
    await asyncio.sleep(0.3)
    assert world.bot.service.failing  # type: ignore[attr-defined]  # our Bot
    other.execute("ROLLBACK")
    other.close()
    await caught_up(world)
    assert await world.documents() == 4


async def test_a_vanished_database_is_caught_up_with_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is moved away, and put back."""
    monkeypatch.setattr("bot.outage.SHORTEST_WAIT", 0.05)
    world.history(*CATS)
    await world.train()
    path = path_of(world)
    names = [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]
    for name in names:
        name.rename(name.with_name(name.name + ".away"))
    world.env.backend.create_message(world.channel.id, world.member.id, "the fish swam in the sea")
    await asyncio.sleep(0.3)
    assert world.bot.service.failing  # type: ignore[attr-defined]  # our Bot
    for name in names:
        name.with_name(name.name + ".away").rename(name)
    await caught_up(world)
    assert await world.documents() == 4


def path_of(world: World) -> Path:
    return Path(world.environ["DATABASE_URL"].removeprefix("sqlite:///"))


async def test_catching_up_learns_nothing_from_before_learning_was_turned_on(fault: Fault, world: World) -> None:
    """Three messages of before, one that the database could not take: it alone is learned."""
    world.history(*CATS)
    await world.env.advance_time(60)
    await world.manager.slash(world.channel, "settings", learning="on")
    fault.broken = True
    world.env.backend.create_message(world.channel.id, world.member.id, "the fish swam in the sea")
    await asyncio.sleep(0.2)
    fault.broken = False
    await caught_up(world)
    assert await world.documents() == 1


async def test_members_are_not_told_where_the_database_is(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mention is answered in public: that something is wrong, and nothing about hosts; the log has it."""
    world.history(*CATS)
    await world.train()

    def fail(*_args: object, **_options: object) -> None:
        raise StoreError("The database on 10.1.2.3 could not be used; check that it runs.")

    monkeypatch.setattr(Engine, "_speaker", fail)
    await world.member.send(world.channel, f"<@{world.bot.user.id}> hello")  # type: ignore[union-attr]
    said = world.channel.history()[-1]
    assert said.author.bot
    assert said.content == "My database cannot be used right now; try again in a while."
    assert "10.1.2.3" in caplog.text


async def test_a_bot_without_the_key_leaves_a_database_alone_that_was_encrypted(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It was not stopped first: it says so once, stores no plain text, and started with the key it catches up."""
    monkeypatch.setattr("bot.outage.SHORTEST_WAIT", 0.02)
    world.history(*CATS)
    await world.train()
    key = make_key()
    open_store(world.environ["DATABASE_URL"], key).close()
    world.env.backend.create_message(world.channel.id, world.member.id, "a kanarienvogel in the sea")
    await asyncio.sleep(0.5)
    said = [r.message for r in caplog.records if r.name == "bot.service" and r.levelno >= logging.WARNING]
    assert len(said) == 1
    assert "DATABASE_KEY is not set" in said[0]
    await world.bot.close()
    assert b"kanarienvogel" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    await world.env.restart_bot(create_bot(world.environ | {"DATABASE_KEY": key}))
    assert await world.documents() == 4
