"""Once learning is on: messages, edits and deletions are followed as they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
import pytest

if TYPE_CHECKING:
    from tests.bot.conftest import World


async def test_nothing_is_learned_before_somebody_turned_learning_on(world: World) -> None:
    """Consent is the default's job."""
    await world.member.send(world.channel, "nobody asked me")
    assert await world.documents() == 0


async def test_new_messages_are_learned(world: World) -> None:
    """What is said after /train is known at once."""
    await world.train()
    await world.member.send(world.channel, "the otter swims in the harbour")
    assert "harbour" in await world.probs("swims in the")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 2000,
        "猫がマットの上に座った",
        "Привет, как дела?",
        "שלום עולם",
        "👩‍👩‍👧‍👦 🏳️‍🌈 <:blob:123456789012345678>",
        "```py\nprint()\n```",
        "| * _ ~ ` #",
    ],
    ids=["two thousand characters", "japanese", "russian", "hebrew", "emoji", "code", "markdown"],
)
async def test_any_text_is_learned_and_shown(world: World, text: str) -> None:
    """Two thousand characters, other scripts, emoji and code: /generate and /probs answer all the same."""
    await world.train()
    await world.member.send(world.channel, text)
    assert await world.documents() == 1
    for unit in ("words", "characters"):
        assert len(await world.probs(text[:100], unit=unit, top=25)) <= 2000
        await world.generate(unit=unit, seed=1)


async def test_an_edit_replaces_what_was_learned(world: World) -> None:
    """The old text is as if it had never been said."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims in the harbour")
    await world.member.edit(message, "the otter sleeps in the boat")
    shown = await world.probs("in the", top=25)
    assert "boat" in shown
    assert "harbour" not in shown
    assert await world.documents() == 1


async def test_an_edit_into_what_may_not_be_learned_unlearns(world: World) -> None:
    """An edited message is judged again."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims")
    await world.member.edit(message, "!otter swims")
    assert await world.documents() == 0


async def test_an_edit_is_followed_where_learning_was_turned_off(world: World) -> None:
    """The old text is no more, and the new one is none of the bot's business."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims in the harbour")
    await world.manager.slash(world.channel, "settings", learning="off")
    await world.member.edit(message, "the otter sleeps in the boat")
    assert await world.documents() == 0


async def test_an_edit_of_a_message_too_old_to_be_kept_does_not_bring_it_back(world: World) -> None:
    """Its age is that of the message."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims in the harbour")
    await world.manager.slash(world.channel, "settings", keep_days=2)
    await world.env.advance_time(3 * 24 * 60 * 60)
    assert await world.documents() == 0
    await world.member.edit(message, "the otter sleeps in the boat")
    assert await world.documents() == 0


async def test_the_preview_of_a_link_is_no_edit(world: World) -> None:
    """Discord updates a message it adds a preview to; a message left out on purpose stays out."""
    id, *_ = world.history("see https://example.com/otters")
    await world.train(since="2030-01-01")
    stored = world.env.backend.messages[world.channel.id][id]
    world.env.backend.emit(
        "MESSAGE_UPDATE",
        {
            "id": str(id),
            "channel_id": str(world.channel.id),
            "guild_id": str(world.guild.id),
            "author": {"id": str(world.member.id), "username": "robin", "discriminator": "0", "avatar": None},
            "content": stored.content,
            "timestamp": stored.timestamp,
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [{"type": "link", "url": "https://example.com/otters"}],
            "pinned": False,
            "type": 0,
        },
    )
    await world.env.settle()
    assert await world.documents() == 0


async def test_a_deleted_message_is_forgotten(world: World) -> None:
    """Also one of before the bot's start, of which the event carries no text."""
    await world.train()
    message = await world.member.send(world.channel, "the otter swims in the harbour")
    await world.restart()
    await world.member.delete(message)
    assert await world.documents() == 0


async def test_a_message_deleted_at_once_is_forgotten(world: World) -> None:
    """Its deletion does not overtake it."""
    await world.train()
    backend = world.env.backend
    for _ in range(20):
        message = backend.create_message(world.channel.id, world.member.id, "gone in a moment")
        backend.delete_message(world.channel.id, message.id)
    await world.env.settle()
    assert await world.documents() == 0


async def test_messages_deleted_together_are_forgotten(world: World) -> None:
    """A bulk deletion is one event with many ids."""
    await world.train()
    sent = [await world.member.send(world.channel, f"message number {number}") for number in range(5)]
    world.env.backend.bulk_delete_messages(world.channel.id, [message.id for message in sent[:4]])
    await world.env.settle()
    assert await world.documents() == 1


async def test_mentions_and_addresses_are_not_learned(world: World) -> None:
    """What is stored is scrubbed, and nothing said back can mention anybody."""
    await world.train()
    await world.member.send(
        world.channel, f"{world.manager.mention} @everyone write to otter@example.com or call 555-0199"
    )
    said = await world.generate(temperature=0, length=7)
    assert said == "@someone everyone write to or call"[: len(said)] or "@someone" in said
    assert str(world.manager.id) not in said
    assert "example.com" not in await world.probs("write to", top=25)


async def test_commands_and_the_bots_own_answers_are_not_learned(world: World) -> None:
    """The bot does not listen to itself."""
    await world.train()
    await world.member.send(world.channel, "the otter swims in the harbour")
    await world.generate()
    await world.probs("the")
    assert await world.documents() == 1


async def test_another_channel_stays_out(world: World) -> None:
    """What is said elsewhere is neither learned nor shown here."""
    other = world.guild.create_text_channel("other")
    await world.train()
    await world.member.send(world.channel, "the otter swims in the harbour")
    await world.member.send(other, "the badger digs in the garden")
    await world.manager.slash(other, "train")
    assert await world.documents() == 1
    assert await world.documents(other) == 1
    assert "garden" not in await world.probs("in the", top=25)


async def test_a_deleted_channel_is_forgotten_with_its_threads(world: World) -> None:
    """Also archived threads, which Discord does not mention when it deletes the channel."""
    await world.train()
    await world.member.send(world.channel, "the otter swims in the harbour")
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    aside = await channel.create_thread(name="aside", type=discord.ChannelType.public_thread)
    await world.env.settle()
    thread = world.channel.threads[0]
    await world.manager.slash(thread, "train")
    await world.member.send(thread, "said in the thread")
    assert await world.documents(thread) == 1
    await aside.edit(archived=True)
    await world.env.settle()
    await channel.delete()
    await world.env.settle()
    assert await world.documents() == 0
    assert await world.documents(thread) == 0


async def test_a_deleted_thread_is_forgotten(world: World) -> None:
    """A thread is a channel like any other."""
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    thread = await channel.create_thread(name="aside", type=discord.ChannelType.public_thread)
    await world.env.settle()
    handle = world.channel.threads[0]
    await world.manager.slash(handle, "train")
    await world.member.send(handle, "said in the thread")
    await thread.delete()
    await world.env.settle()
    assert await world.documents(handle) == 0


async def test_a_server_the_bot_leaves_is_forgotten(world: World) -> None:
    """Nothing of it stays."""
    await world.train()
    await world.member.send(world.channel, "the otter swims in the harbour")
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    await guild.leave()
    await world.env.settle()
    assert await world.documents() == 0


async def test_a_restart_keeps_everything(world: World) -> None:
    """What was learned, that learning is on, and the same seed's same text."""
    world.history(*(f"the otter number {number} swims in the harbour" for number in range(20)))
    await world.train()
    shown, said = await world.probs("the otter"), await world.generate(seed=7)
    await world.restart()
    assert await world.probs("the otter") == shown
    assert await world.generate(seed=7) == said
    await world.member.send(world.channel, "the otter has come back")
    assert await world.documents() == 21


async def test_what_people_write_is_never_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Logs hold ids, counts and durations, at every level."""
    world.history("the canary sings zebrafinch")
    await world.train()
    message = await world.member.send(world.channel, "zebrafinch, said the canary")
    await world.generate(start="zebrafinch")
    await world.probs("zebrafinch")
    await world.member.edit(message, "no zebrafinch any more")
    await world.member.delete(message)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("simcord")]
    assert ours
    assert not [line for line in ours if "zebrafinch" in line]


async def test_an_edit_brings_in_nothing_from_before_learning_was_turned_on(world: World) -> None:
    """What was said before is for /train; a message that is stored follows its edits whatever its age."""
    old = world.history("the cat sat on the mat")[0]
    await world.env.advance_time(60)
    await world.manager.slash(world.channel, "settings", learning="on")
    world.env.backend.edit_message(world.channel.id, old, {"content": "the dog sat on the mat"})
    await world.env.settle()
    assert await world.documents() == 0
    await world.train()
    world.env.backend.edit_message(world.channel.id, old, {"content": "the owl sat on the mat"})
    await world.env.settle()
    assert "owl" in await world.probs("the")
