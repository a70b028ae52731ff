"""/settings: everything about a channel, shown and changed by who manages it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest
import simcord

if TYPE_CHECKING:
    from tests.bot.conftest import World


async def settings(world: World, **options: object) -> str:
    """Use /settings as the manager; returns the answer, which is private."""
    result = await world.manager.slash(world.channel, "settings", **options)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


def announcements(world: World) -> list[str]:
    """What the channel was told."""
    said = [message.content for message in world.channel.history() if message.author.bot]
    return [text for text in said if "/privacy opt-out" in text]


async def test_everything_is_shown(world: World) -> None:
    """Also when nothing was ever chosen."""
    shown = await settings(world)
    assert "learning: **off** (0 messages of 0 people learned)" in shown
    assert "never, unless asked" in shown
    assert "every message, until it is deleted" in shown


async def test_it_says_whether_words_of_one_person_are_said(world: World) -> None:
    """Never where four people wrote; where fewer did, the rule cannot hold."""
    await world.train()
    for number in range(1, 5):
        assert "until 4 people have written here" in await settings(world)
        somebody = world.guild.add_member(world.env.create_user(f"person{number}"))
        await somebody.send(world.channel, "the cat sat on the mat")
    assert "words only one person said: **never said**" in await settings(world)


async def test_learning_is_turned_on_from_now_on_and_off_again(world: World) -> None:
    """What was said before is for /train; what was learned stays."""
    world.history("said before")
    assert "learning: **on**" in await settings(world, learning="on")
    await world.member.send(world.channel, "said now")
    assert await world.documents() == 1
    assert "learning: **off** (1 message of 1 person learned)" in await settings(world, learning="off")
    message = await world.member.send(world.channel, "said later")
    await world.member.edit(message, "edited later")
    assert await world.documents() == 1
    await world.restart()
    await world.member.send(world.channel, "said after a restart")
    assert await world.documents() == 1


async def test_what_was_said_before_stays_out_after_a_restart(world: World) -> None:
    """What is read again after an absence goes back to when learning was turned on, not further."""
    world.history("said before")
    await settings(world, learning="on")
    await world.member.send(world.channel, "said now")
    await world.restart()
    await world.env.settle()
    assert await world.documents() == 1


async def test_turning_learning_on_is_announced_once(world: World) -> None:
    """In the channel, in plain words, with how to say no; whether by /settings or by /train, and not again."""
    assert announcements(world) == []
    await settings(world, learning="on")
    await world.train()
    await settings(world, learning="off")
    await settings(world, learning="on")
    await world.restart()
    await world.train()
    (told,) = announcements(world)
    assert len(told) < 800


async def test_train_announces_it_too(world: World) -> None:
    """Before the report."""
    await world.train()
    assert len(announcements(world)) == 1
    assert "let me learn here" in world.channel.history()[0].content


async def test_where_it_cannot_be_announced_nothing_is_learned(world: World) -> None:
    """Consent is visible, or it is none."""
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.set_permissions(channel.guild.me, send_messages=False)
    await world.env.settle()
    assert "where I cannot say so" in await settings(world, learning="on")
    assert "learning: **off**" in await settings(world)


async def test_an_announcement_that_fails_is_made_up_for(world: World) -> None:
    """At a later message in the channel."""
    world.env.inject_error("POST", "/channels/*/messages", status=500, times=20)
    await settings(world, learning="on")
    world.env.backend.faults.clear()
    await world.env.advance_time(700)
    await world.member.send(world.channel, "hello?")
    assert len(announcements(world)) == 1


async def test_only_so_many_messages_are_kept(world: World) -> None:
    """The newest ones; what is too much goes at once, and a receipt tells what went."""
    await settings(world, learning="on", keep_messages=5)
    for number in range(8):
        await world.member.send(world.channel, f"message number {number}")
    assert await world.documents() == 5
    assert "Gone: 3 messages" in await settings(world, keep_messages=2)
    assert "the newest 2 messages" in await settings(world)
    await world.train()
    assert await world.documents() == 2
    await settings(world, keep_messages=0)
    await world.train()
    assert await world.documents() == 8


async def test_messages_are_kept_for_so_many_days(world: World) -> None:
    """Older ones go by themselves, and /train does not bring them back."""
    await settings(world, learning="on", keep_days=2)
    await world.member.send(world.channel, "an old message")
    await world.env.advance_time(24 * 60 * 60)
    await world.member.send(world.channel, "a younger message")
    assert await world.documents() == 2
    await world.env.advance_time(36 * 60 * 60)
    assert await world.documents() == 1
    await world.train()
    assert await world.documents() == 1
    assert "messages of the last 2 days" in await settings(world)


async def test_the_bot_joins_in_as_often_as_was_chosen(world: World) -> None:
    """Always at 100, never at 0, and never in answer to a bot."""
    await settings(world, learning="on")

    def answers() -> int:
        return len([message for message in world.channel.history() if message.author == world.bot.user])

    before = answers()
    await world.member.send(world.channel, "the otter swims in the harbour")
    assert answers() == before
    assert "100 %" in await settings(world, chance=100)
    await world.member.send(world.channel, "the otter swims in the harbour again")
    assert answers() == before + 1
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(world.channel, "beep")
    assert answers() == before + 1
    await settings(world, chance=0)
    await world.member.send(world.channel, "the otter swims")
    assert answers() == before + 1


async def test_it_needs_manage_channels(world: World) -> None:
    """Discord hides the command from members; where a server shows it, the bot still refuses."""
    with pytest.raises(simcord.SetupError, match="not visible"):
        await world.member.slash(world.channel, "settings", learning="on")
    command = next(command for command in await world.bot.tree.fetch_commands() if command.name == "settings")
    world.guild.set_command_permissions(command, {world.member: True})
    result = await world.member.slash(world.channel, "settings", learning="on")
    assert result.response is not None
    assert "Manage Channels" in result.response.content
    assert "learning: **off**" in await settings(world)


async def test_turning_learning_off_ends_a_reading(world: World) -> None:
    """The page under way is not learned any more."""
    world.history(*(f"message number {number} of many" for number in range(250)))
    channels = world.bot.channels  # type: ignore[attr-defined]  # our Bot

    async def turn_off() -> None:
        await channels.turn_off(next(iter(channels.choices.all("learning"))))

    world.at_page(2, turn_off)
    assert "Reading ended" in await world.train()
    assert await world.documents() < 250
    await world.member.send(world.channel, "not learned")
    held = await world.documents()
    await world.restart()
    await world.env.settle()
    assert await world.documents() == held


def longest_copy(text: str, messages: list[str]) -> int:
    """The most words in a row that a text shares with one message."""
    words = text.split("\n", maxsplit=1)[0].split()
    runs = [words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    return max(len(run) for run in runs if any(f" {' '.join(run)} " in f" {message} " for message in messages))


@pytest.mark.parametrize(("limit", "most"), [(2, 2), (5, 5), (0, 9)])
async def test_no_more_words_in_a_row_are_copied_than_may_be(world: World, limit: int, most: int) -> None:
    """Of nine words each: at most so many of one message, or, with 0, as many as it happens to be."""
    messages = ["the cat sat on the mat and was happy", "the dog sat on the log and was happy"]
    world.history(*messages)
    await world.train()
    shown = await settings(world, copy_limit=limit)
    assert f"copy from one message: **{limit or 'any number'}**" in shown
    copied = [longest_copy(await world.generate(seed=seed), messages) for seed in range(12)]
    assert max(copied) == most


async def test_the_copying_limit_holds_where_the_bot_joins_in(world: World) -> None:
    """And everywhere it speaks by itself."""
    messages = ["the cat sat on the mat and was happy", "the dog sat on the log and was happy"]
    world.history(*messages)
    await world.train()
    await settings(world, copy_limit=2, chance=100)
    for _ in range(5):
        await world.member.send(world.channel, "and")
    said = [message.content for message in world.channel.history() if message.author.bot][-5:]
    assert max(longest_copy(text, messages) for text in said) <= 2
