"""Answers come in time, floods are held back, and whatever goes wrong becomes a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest

from bot.client import essence
from engine import Engine

if TYPE_CHECKING:
    from tests.bot.conftest import World

SECRET = " ".join(["what", "somebody", "wrote"])  # put together here, since a traceback shows lines of code


async def test_an_unknown_error_gets_a_reference_and_no_text_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The person learns a number to tell, the log the number and where it happened; neither the other's."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(Engine, "candidates", fail)
    result = await world.member.slash(world.channel, "probs", prompt="hello")
    assert result.response is not None
    assert result.response.ephemeral
    assert SECRET not in result.response.content
    reference = result.response.content.rsplit(" ", 1)[1]
    (logged,) = [record.getMessage() for record in caplog.records if reference in record.getMessage()]
    assert "KeyError" in logged
    assert "probing.py" in logged
    assert SECRET not in caplog.text
    assert len(world.env.errors) == 1


async def test_an_error_behind_a_button_is_answered_too(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """discord.py alone would only log it."""
    world.history("the otter swims")
    await world.train()
    result = await world.member.slash(world.channel, "generate")
    assert result.response is not None

    def fail(*_: object, **__: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(Engine, "generate", fail)
    answer = await world.member.click(result.response, label="Again")
    assert answer.response is not None
    assert "reference" in answer.response.content
    assert SECRET not in caplog.text


async def test_an_error_in_an_event_is_logged_without_text(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The bot stays up and goes on."""
    await world.train()

    def fail(*_: object, **__: object) -> None:
        raise KeyError(SECRET)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "learn", fail)
        await world.member.send(world.channel, "the otter swims")
    assert "handling on_message failed: KeyError" in caplog.text
    assert SECRET not in caplog.text
    assert len(world.env.errors) == 1
    await world.member.send(world.channel, "the otter sleeps")
    assert await world.documents() == 1


async def test_a_flood_is_held_back_and_told_how_long_to_wait(world: World) -> None:
    """One person's window is another's not, and it opens again."""
    world.history("the otter swims")
    await world.train()
    answers = [await world.probs("the") for _ in range(31)]
    assert "Wait 30 s" in answers[-1]
    assert not any("Wait" in answer for answer in answers[:-1])
    result = await world.manager.slash(world.channel, "probs", prompt="the")
    assert result.response is not None
    assert "```" in result.response.content
    await world.env.advance_time(31)
    assert "```" in await world.probs("the")


async def test_a_slow_answer_is_deferred_and_still_comes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord waits three seconds for a first word; the bot says "thinking" before that."""
    world.history("the otter swims")
    await world.train()
    hurry = world.slow_down(monkeypatch)
    result = await world.member.slash(world.channel, "probs", prompt="the")
    assert result.deferred
    hurry.set()
    await world.env.settle()
    assert result.response is not None
    assert "swims" in result.response.content
    assert result.response.components


@pytest.mark.parametrize("command", ["train", "status", "settings", "filter list", "forget channel"])
async def test_what_is_for_the_asker_alone_stays_so_when_it_takes_long(
    world: World, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """An answer is seen by whoever sees its "thinking": that must be private already."""
    powers = discord.Permissions(manage_channels=True, manage_guild=True)
    owner = world.guild.add_member(
        world.env.create_user("sam"), roles=[world.guild.create_role("owners", permissions=powers)]
    )
    hurry = world.slow_down(monkeypatch)
    result = await owner.slash(world.channel, command)
    hurry.set()
    await world.env.settle()
    assert result.response is not None
    assert result.response.content
    assert result.response.ephemeral


async def test_commands_are_synced_only_when_they_changed(world: World) -> None:
    """Discord allows few syncs a day, and a restart changes nothing."""

    def syncs() -> int:
        return sum(request.method == "PUT" and "/commands" in request.path for request in world.env.http_requests)

    assert syncs() == 1
    await world.restart()
    assert syncs() == 1


async def test_the_bot_asks_for_the_least(world: World) -> None:
    """Its intents are servers, their messages and their text; it can mention nobody."""
    intents = dict(world.bot.intents)
    assert {name for name, on in intents.items() if on} == {"guilds", "guild_messages", "message_content"}
    assert world.bot.allowed_mentions is not None
    assert world.bot.allowed_mentions.to_dict() == {"parse": []}


async def test_commands_are_for_servers_only(world: World) -> None:
    """There is nothing to learn from or say in private."""
    assert world.member.user.available_commands() == ()
    privacy = {f"privacy {name}" for name in ("status", "opt-out", "opt-in", "forget-me", "export-me")}
    managing = {"train", "settings", "forget channel", "forget message"}
    asking = {"generate", "fill", "haiku", "probs", "stats"}
    assert set(world.member.available_commands(world.channel)) == asking | privacy
    assert set(world.manager.available_commands(world.channel)) == asking | privacy | managing


def test_a_command_is_the_same_when_discord_gives_it_back() -> None:
    """Discord adds ids and empty values, and gives some numbers back as text: that is no change."""
    ours = {"name": "train", "type": 1, "default_member_permissions": 16, "nsfw": False, "options": [
        {"name": "limit", "type": 4, "required": False, "min_value": 1, "choices": []},
        {"name": "heat", "type": 10, "max_value": 5},
    ]}  # fmt: skip
    theirs = {"id": "1", "version": "2", "name": "train", "type": 1, "default_member_permissions": "16", "options": [
        {"name": "limit", "type": 4, "min_value": 1, "name_localizations": None},
        {"name": "heat", "type": 10, "max_value": 5.0, "description": None},
    ]}  # fmt: skip
    assert essence(ours) == essence(theirs)
    assert essence(ours) != essence(theirs | {"name": "learn"})
