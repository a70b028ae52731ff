"""/forget and "Forget this message": what goes, goes for good, with a receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest
import simcord
from simcord.backend.models import Overwrite

if TYPE_CHECKING:
    from tests.bot.conftest import World

MENU = "Forget this message"


async def test_the_author_may_have_a_message_forgotten(world: World) -> None:
    """It stays on Discord, and neither a history nor an edit nor a restart brings it back."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims in the harbour")
    result = await world.member.context_menu(world.channel, MENU, message)
    assert result.response is not None
    assert result.response.ephemeral
    assert "Gone: 1 message, and with it" in result.response.content
    assert "n-grams" in result.response.content
    assert await world.documents() == 0
    await world.restart()
    await world.train()
    await world.member.edit(message, "the otter sleeps in the harbour")
    assert await world.documents() == 0


async def test_who_manages_the_channel_may_too_and_nobody_else(world: World) -> None:
    """By the menu, or by the message's link or id."""
    await world.train()
    sent = [await world.member.send(world.channel, f"message number {number}") for number in range(4)]
    stranger = world.guild.add_member(world.env.create_user("sam"))
    refused = await stranger.context_menu(world.channel, MENU, sent[0])
    assert refused.response is not None
    assert "Manage Channels" in refused.response.content
    assert await world.documents() == 4
    await world.manager.context_menu(world.channel, MENU, sent[0])
    await world.manager.slash(world.channel, "forget message", message=str(sent[1].id))
    await world.manager.slash(world.channel, "forget message", message=sent[2].jump_url)
    await world.manager.slash(world.channel, "forget message", message=f"<{sent[3].jump_url}>")
    assert await world.documents() == 0


@pytest.mark.parametrize(
    "named", ["nonsense", "1", "9" * 20, "https://discord.com/channels/1/2/3", "١" * 18, "' OR 1=1"]
)
async def test_what_is_no_message_of_this_channel_is_said_to_be(world: World, named: str) -> None:
    """And nothing is forgotten."""
    await world.train()
    await world.member.send(world.channel, "the otter swims")
    result = await world.manager.slash(world.channel, "forget message", message=named)
    assert result.response is not None
    assert "That is no message" in result.response.content
    assert await world.documents() == 1


async def test_a_message_of_another_channel_is_forgotten_there(world: World) -> None:
    """Who manages one channel has no say in another."""
    other = world.guild.create_text_channel("other")
    message = await world.member.send(other, "the badger digs")
    result = await world.manager.slash(world.channel, "forget message", message=message.jump_url)
    assert result.response is not None
    assert "another channel" in result.response.content


async def test_a_message_that_was_not_learned_is_never_learned(world: World) -> None:
    """Forgetting may come first."""
    (id,) = world.history("the otter swims")
    result = await world.manager.slash(world.channel, "forget message", message=str(id))
    assert result.response is not None
    assert "nothing stored" in result.response.content
    await world.train()
    assert await world.documents() == 0


async def test_a_channel_is_forgotten_after_a_question(world: World) -> None:
    """Its messages, its settings, and learning is off; a new /train begins anew, with an announcement."""
    world.history(*(f"the otter number {number}" for number in range(20)))
    await world.train()
    asked = await world.manager.slash(world.channel, "forget channel")
    assert asked.response is not None
    assert asked.response.ephemeral
    assert "20 messages of 1 person" in asked.response.content
    assert await world.documents() == 20
    done = await world.manager.click(asked.response.message, label="Forget everything")
    assert done.response is not None
    assert "Gone: 20 messages" in done.response.content
    assert "n-grams" in done.response.content
    assert "Learning is off" in done.response.content
    assert await world.documents() == 0
    await world.member.send(world.channel, "is anybody there?")
    assert await world.documents() == 0
    await world.train()
    assert await world.documents() == 21


async def test_a_channel_can_be_kept_after_all(world: World) -> None:
    """The other button."""
    world.history("the otter swims")
    await world.train()
    asked = await world.manager.slash(world.channel, "forget channel")
    assert asked.response is not None
    kept = await world.manager.click(asked.response.message, label="Keep it")
    assert kept.response is not None
    assert "Nothing was forgotten" in kept.response.content
    assert await world.documents() == 1


async def test_the_question_is_for_who_manages_the_channel(world: World) -> None:
    """Discord hides the command from members; where a server shows it, the bot still refuses."""
    with pytest.raises(simcord.SetupError, match="not visible"):
        await world.member.slash(world.channel, "forget channel")
    command = next(command for command in await world.bot.tree.fetch_commands() if command.name == "forget")
    world.guild.set_command_permissions(command, {world.member: True})
    result = await world.member.slash(world.channel, "forget channel")
    assert result.response is not None
    assert "Manage Channels" in result.response.content


async def test_what_an_author_had_forgotten_stays_so_when_the_channel_begins_anew(world: World) -> None:
    """A manager's new beginning does not undo a member's wish."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims")
    await world.member.context_menu(world.channel, MENU, message)
    asked = await world.manager.slash(world.channel, "forget channel")
    assert asked.response is not None
    await world.manager.click(asked.response.message, label="Forget everything")
    await world.train()
    assert await world.documents() == 0


async def test_a_channel_forgotten_while_its_history_is_read(world: World) -> None:
    """The page under way does not bring it back."""
    world.history(*(f"message number {number} of many" for number in range(250)))
    channels = world.bot.channels  # type: ignore[attr-defined]  # our Bot

    async def forget() -> None:
        await channels.erase(next(iter(channels.choices.all("learning"))))

    world.at_page(2, forget)
    assert "Reading ended" in await world.train()
    assert await world.documents() == 0
    await world.restart()
    assert await world.documents() == 0


@pytest.mark.parametrize("how", ["deleted", "edited", "edited, which /train finds"])
async def test_a_menu_of_probs_lets_go_of_what_was_forgotten(world: World, how: str) -> None:
    """A walk holds tokens of the channel in memory."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims")
    await world.manager.send(world.channel, "the badger digs")
    shown = await world.member.slash(world.channel, "probs", prompt="the")
    assert shown.response is not None
    assert "otter" in repr(vars(world.bot.get_cog("Probing")))
    match how:
        case "deleted":
            await world.member.delete(message)
        case "edited":
            await world.member.edit(message, "the fox runs")
        case _:
            world.env.backend.messages[world.channel.id][message.id].content = "the fox runs"
            await world.train()
    assert "otter" not in repr(vars(world.bot.get_cog("Probing")))
    stepped = await world.member.select(shown.response.message, ["0"])
    assert stepped.response is not None
    assert "no longer remember" in stepped.response.content


async def test_a_thread_is_forgotten_by_itself(world: World) -> None:
    """A thread is a channel of its own."""
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.create_thread(name="aside", type=discord.ChannelType.public_thread)
    await world.env.settle()
    thread = world.channel.threads[0]
    for where in (world.channel, thread):
        await world.manager.slash(where, "train")
        await world.member.send(where, "the otter swims")
    asked = await world.manager.slash(thread, "forget channel")
    assert asked.response is not None
    await world.manager.click(asked.response.message, label="Forget everything")
    assert await world.documents(thread) == 0
    assert await world.documents() == 1


async def test_who_manages_one_channel_forgets_nothing_in_another(world: World) -> None:
    """A bare id of a message elsewhere: it stays, also when the history there is read again."""
    other = world.guild.create_text_channel("other")
    ids = world.history("the cat sat on the mat", "the dog sat on the log")
    await world.train()
    allowed = discord.Permissions(manage_channels=True, view_channel=True).value
    manager = world.guild.add_member(world.env.create_user("other_manager"))
    world.env.backend.set_overwrite(other.id, Overwrite(manager.id, 1, allow=allowed))
    await manager.slash(other, "forget message", message=str(ids[0]))
    await world.train()
    assert await world.documents() == 2
