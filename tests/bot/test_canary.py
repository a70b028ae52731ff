"""What is forgotten is gone: from every answer, every count, every file and every log.

A canary is a word said once. After each way of forgetting it, the bot's distributions are bit for bit
those of a bot that never heard it, and no file of the data folder holds its bytes.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import discord
import pytest

from bot.choices import Choices
from engine import Corpus, Document, EmptyCorpus, Engine, open_store

if TYPE_CHECKING:
    from tests.bot.conftest import World

CANARY = "zebrafinch"
OTHERS = [f"the otter number {number} swims in the harbour of the sea" for number in range(30)]
SAID = f"the {CANARY} swims in the {CANARY} of the sea"

Way = Callable[["World", discord.Message], Awaitable[object]]


async def opt_out(world: World, message: discord.Message) -> None:
    await world.member.slash(world.channel, "privacy opt-out")


async def opt_out_everywhere(world: World, message: discord.Message) -> None:
    await world.member.slash(world.channel, "privacy opt-out", scope="everywhere")


async def forget_me(world: World, message: discord.Message) -> None:
    await world.member.slash(world.channel, "privacy forget-me")


async def forget_this(world: World, message: discord.Message) -> None:
    await world.member.context_menu(world.channel, "Forget this message", message)


async def delete(world: World, message: discord.Message) -> None:
    await world.member.delete(message)


async def bulk_delete(world: World, message: discord.Message) -> None:
    world.env.backend.bulk_delete_messages(world.channel.id, [message.id])
    await world.env.settle()


async def edit_into_a_command(world: World, message: discord.Message) -> None:
    await world.member.edit(message, f"!{CANARY}")


async def retention(world: World, message: discord.Message) -> None:
    """The canary is the oldest message here."""
    await world.manager.slash(world.channel, "settings", keep_messages=len(OTHERS))


async def deleted_while_away(world: World, message: discord.Message) -> None:
    """Read again at the return."""
    await world.bot.close()
    del world.env.backend.messages[world.channel.id][message.id]
    await world.restart()
    await world.env.settle()


WAYS = [
    opt_out,
    opt_out_everywhere,
    forget_me,
    forget_this,
    delete,
    bulk_delete,
    edit_into_a_command,
    retention,
    deleted_while_away,
]


def hold_canary(folder: Path) -> list[str]:
    """The files of a folder that hold the canary's bytes, in any encoding a database might use."""
    forms = [CANARY.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if any(form in path.read_bytes() for form in forms)]


async def say_all(world: World) -> discord.Message:
    """The canary first, then the others; everything is asked about once, so that models are in memory."""
    await world.manager.slash(world.channel, "train")
    message = await world.member.send(world.channel, SAID)
    for text in OTHERS:
        world.env.backend.create_message(world.channel.id, world.manager.id, text)
    await world.env.settle()
    for unit in ("words", "characters"):
        asked = "the" if unit == "words" else f"the {CANARY[0]}"  # in characters, one beginning in 93 was the canary's
        assert CANARY[:1] in await world.probs(asked, unit=unit, top=25)
        await world.generate(unit=unit, seed=1)
    assert hold_canary(Path(world.environ["DATABASE_URL"].removeprefix("sqlite:///")).parent)
    return message


def never_heard(world: World, folder: Path) -> Engine:
    """An engine that learned the others' messages as they stand on Discord, and never the canary."""
    engine = Engine(open_store(f"sqlite:///{folder / 'other.sqlite3'}"))
    said = [message for message in world.channel.history() if message.author.id == world.manager.id]
    corpus = Corpus(world.channel.id, world.guild.id)
    engine.learn(corpus, [Document(message.id, message.content, message.author.id) for message in said])
    return engine


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_what_was_forgotten_was_never_there(
    world: World, way: Way, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Distributions are bit for bit those of a bot that never heard it; no file holds it, open, closed or reopened."""
    folder = Path(world.environ["DATABASE_URL"].removeprefix("sqlite:///")).parent
    message = await say_all(world)
    await way(world, message)
    corpus = Corpus(world.channel.id, world.guild.id)
    other = never_heard(world, tmp_path_factory.mktemp("other"))

    for again in range(2):  # as it is in memory, and as it is after a restart
        for unit, prompt in itertools.product(("words", "characters"), ("", "the", "the otter", "swims in the", "of")):
            # Bound methods of the engine's own model: the numbers themselves, before any rounding.
            ours = await world.bot.service.do(Engine.model, corpus, unit)  # type: ignore[attr-defined]  # our Bot
            theirs = other.model(corpus, unit)
            mine, its = ours.distribution(prompt), theirs.distribution(prompt)
            mine_by_token = dict(zip(mine.tokens, mine.probabilities.tolist(), strict=True))
            assert mine_by_token == dict(zip(its.tokens, its.probabilities.tolist(), strict=True))
        assert CANARY not in await world.probs("the", top=25)
        assert hold_canary(folder) == []
        await world.bot.close()
        assert hold_canary(folder) == []
        if not again:
            await world.restart()
            await world.env.settle()
    other.close()


async def forget_channel(world: World, message: discord.Message) -> None:
    asked = await world.manager.slash(world.channel, "forget channel")
    assert asked.response is not None
    await world.manager.click(asked.response.message, label="Forget everything")


async def delete_channel(world: World, message: discord.Message) -> None:
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.delete()
    await world.env.settle()


async def leave(world: World, message: discord.Message) -> None:
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    await guild.leave()
    await world.env.settle()


@pytest.mark.parametrize("way", [forget_channel, delete_channel, leave], ids=lambda way: way.__name__)
async def test_a_whole_channel_leaves_nothing(world: World, way: Way) -> None:
    """No message, no choice, no byte."""
    folder = Path(world.environ["DATABASE_URL"].removeprefix("sqlite:///")).parent
    message = await say_all(world)
    await way(world, message)
    corpus = Corpus(world.channel.id, world.guild.id)
    service = world.bot.service  # type: ignore[attr-defined]  # our Bot
    assert await service.do(Engine.choice, corpus, "learning") is None
    with pytest.raises(EmptyCorpus):
        await service.do(Engine.model, corpus)
    assert hold_canary(folder) == []
    await world.bot.close()
    assert hold_canary(folder) == []


async def test_the_logs_hold_nothing_that_people_wrote(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Every scenario, at the most talkative level: ids, counts and durations, and not a word of anybody's."""
    caplog.set_level(logging.DEBUG)
    channel, member, manager = world.channel, world.member, world.manager
    world.history(SAID, f"{CANARY}@example.com", f"!{CANARY}", f"https://{CANARY}.example/{CANARY}?{CANARY}")
    await world.train()
    messages = [await member.send(channel, f"{SAID} {number}") for number in range(6)]
    await world.generate(start=CANARY, seed=3)
    await world.generate(start=CANARY, unit="characters", length=400)
    shown = await member.slash(channel, "probs", prompt=CANARY)
    assert shown.response is not None
    await member.select(shown.response.message, ["0"])
    await world.probs(CANARY * 90, unit="characters")
    await member.edit(messages[0], f"{CANARY} edited")
    await member.delete(messages[1])
    await member.context_menu(channel, "Forget this message", messages[2])
    await manager.slash(channel, "forget message", message=CANARY)
    await manager.slash(channel, "train", since=CANARY)
    await manager.slash(channel, "settings", chance=100, keep_messages=3)
    await member.send(channel, SAID)
    await manager.slash(channel, "settings", chance=0)
    await member.slash(channel, "privacy status")
    await member.slash(channel, "privacy export-me")
    await world.bot.channels.choices.set_words(world.guild.id, [])  # type: ignore[attr-defined]  # our Bot
    world.env.inject_error("POST", "/interactions/*", status=500)
    try:
        await member.slash(channel, "generate", start=CANARY)
    finally:
        world.env.backend.faults.clear()
    world.env._errors_acknowledged = world.env.error_cursor
    broken = Choices.words
    try:
        Choices.words = lambda *_: 1 / 0 and CANARY  # type: ignore[method-assign,assignment]  # a bug of ours
        await member.slash(channel, "generate", start=CANARY)
    finally:
        Choices.words = broken  # type: ignore[method-assign]
    world.env._errors_acknowledged = world.env.error_cursor
    await member.slash(channel, "privacy opt-out")
    await member.slash(channel, "privacy opt-in")
    await member.slash(channel, "privacy forget-me")
    await world.restart()
    await forget_channel(world, messages[0])
    ours = [record for record in caplog.records if not record.name.startswith("simcord")]
    assert ours
    told = [f"{record.getMessage()} {record.args!r} {record.exc_text or ''} {record.exc_info!r}" for record in ours]
    assert not [line for line in told if CANARY in line]
