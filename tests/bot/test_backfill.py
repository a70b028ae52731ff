"""Back from an absence, the bot learns what it missed and forgets what is gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.backend.serializers import guild_create_payload, member_payload

from bot import create_bot
from bot.choices import NAMES
from bot.wordfilter import Word
from engine import Corpus, Engine

if TYPE_CHECKING:
    from tests.bot.conftest import World

CATS = ("the cat sat on the mat", "the dog sat on the log", "the bird sat on the word")


async def be_away(world: World, *, environ: dict[str, str] | None = None) -> None:
    """End the bot; what happens until `come_back` it does not hear of."""
    world.environ |= environ or {}
    await world.bot.close()


async def come_back(world: World) -> None:
    await world.env.restart_bot(create_bot(world.environ))
    await world.env.settle()


async def come_to(world: World, documents: int) -> None:
    """Wait until so many messages are stored."""
    async with asyncio.timeout(10):
        while await world.documents() != documents:
            await world.env.settle()
            await asyncio.sleep(0.02)


async def test_what_was_said_while_the_bot_was_away_is_learned(world: World) -> None:
    """Nobody has to use /train again."""
    world.history(*CATS)
    await world.train()
    await be_away(world)
    world.history("the fish swam in the sea")
    await come_back(world)
    assert await world.documents() == 4
    assert "sea" in await world.probs("in the", top=25)


@pytest.mark.parametrize("shards", ["1", "2"])
async def test_what_was_said_while_one_shard_was_away_is_learned(world: World, shards: str) -> None:
    """Its session could not be taken up again, the others went on; the bot as a whole was ready all the time."""
    await be_away(world, environ={"SHARD_COUNT": shards})
    await come_back(world)
    world.history(*CATS)
    await world.train()
    shard = world.bot.get_shard((world.guild.id >> 22) % int(shards))  # type: ignore[attr-defined]  # ours has shards
    await shard.disconnect()
    world.history("the fish swam in the sea")
    await shard.reconnect()
    await come_to(world, 4)


async def test_what_was_said_while_a_server_was_unavailable_is_learned(world: World) -> None:
    """Discord had trouble with it, at the start or later, and tells when that is over."""
    world.history(*CATS)
    await world.train()
    state, backend = world.bot._connection, world.env.backend
    state.parse_guild_delete({"id": str(world.guild.id), "unavailable": True})
    world.history("the fish swam in the sea")
    await world.env.settle()
    assert await world.documents() == 3
    state.parse_guild_create(guild_create_payload(backend, backend.guilds[world.guild.id]))  # type: ignore[arg-type]
    await come_to(world, 4)


def hide(world: World, *, hidden: bool = True) -> None:
    """Take the bot's permission to see the channel, or give it back."""
    deny = discord.Permissions(view_channel=hidden).value
    world.env.backend.set_overwrite(world.channel.id, Overwrite(world.guild.id, 0, deny=deny))


async def test_what_was_said_while_the_channel_was_hidden_is_learned(world: World) -> None:
    """Discord tells of nothing in it meanwhile, nor afterwards of what was deleted."""
    gone, *_ = world.history(*CATS)
    await world.train()
    hide(world)
    await world.env.settle()
    del world.env.backend.messages[world.channel.id][gone]
    world.history("the fish swam in the sea", "the frog jumped in the pond")
    hide(world, hidden=False)
    await come_to(world, 4)
    world.history("nobody hears of this")
    hide(world, hidden=False)
    await world.env.settle()
    assert await world.documents() == 4, "nothing was hidden"


@pytest.mark.parametrize("by", ["role", "own roles"])
async def test_a_channel_hidden_when_the_bot_came_is_caught_up_with_once_it_is_shown(world: World, by: str) -> None:
    """By a role that allows it, or that the bot is given."""
    world.history(*CATS)
    await world.train()
    await be_away(world)
    hide(world)
    world.history("the fish swam in the sea")
    await come_back(world)
    assert await world.documents() == 3
    backend, me = world.env.backend, world.bot.user.id  # type: ignore[union-attr]
    role = world.guild.create_role("reader")
    if by == "own roles":
        backend.edit_role(world.guild.id, role.id, {"permissions": discord.Permissions(administrator=True).value})
    backend.add_member_role(world.guild.id, me, role.id)
    # simcord keeps from the bot what Discord tells every bot: which roles it has itself.
    member = member_payload(backend, backend.guilds[world.guild.id], backend.get_member(world.guild.id, me))
    world.bot._connection.parse_guild_member_update({**member, "guild_id": str(world.guild.id)})
    if by == "role":
        backend.edit_role(world.guild.id, role.id, {"permissions": discord.Permissions(administrator=True).value})
    await come_to(world, 4)


async def test_what_was_deleted_or_edited_while_the_bot_was_away_is_forgotten(world: World) -> None:
    """The corpus equals the history again."""
    gone, edited, _ = world.history(*CATS)
    await world.train()
    await be_away(world)
    messages = world.env.backend.messages[world.channel.id]
    del messages[gone]
    messages[edited].content = "the fish swam in the sea"
    await come_back(world)
    assert await world.documents() == 2
    shown = await world.probs("the", top=25)
    assert "cat" not in shown
    assert "dog" not in shown


async def test_the_window_bounds_what_is_read_again(world: World) -> None:
    """Older messages stay as they were, until /train."""
    ids = world.history(*(f"message number {number} of many" for number in range(1, 401)))
    await world.train()
    await be_away(world, environ={"BACKFILL": "100"})
    messages = world.env.backend.messages[world.channel.id]
    del messages[ids[0]], messages[ids[-1]]
    await come_back(world)
    assert await world.documents() == 399
    await world.train()
    assert await world.documents() == 398


async def test_a_gap_longer_than_the_window_is_read_to_its_end(world: World) -> None:
    """What is missed is missed, however much of it: up to ten windows."""
    world.history(*CATS)
    await world.train()
    await be_away(world, environ={"BACKFILL": "100"})
    world.history(*(f"message number {number} of many" for number in range(1, 401)))
    await come_back(world)
    assert await world.documents() == 403


async def test_zero_reads_nothing_again(world: World) -> None:
    """Whoever wants no backfill has none."""
    world.history(*CATS)
    await world.train()
    await be_away(world, environ={"BACKFILL": "0"})
    world.history("the fish swam in the sea")
    await come_back(world)
    assert await world.documents() == 3


async def test_a_channel_where_learning_is_off_is_not_read(world: World) -> None:
    """Consent does not come by restarting."""
    world.history(*CATS)
    await be_away(world)
    await come_back(world)
    assert await world.documents() == 0


async def test_where_learning_was_turned_off_what_is_gone_is_forgotten_too(world: World) -> None:
    """Deleted or edited while the bot was away; nothing is learned there."""
    gone, edited, _ = world.history(*CATS)
    await world.train()
    await world.manager.slash(world.channel, "settings", learning="off")
    await be_away(world)
    messages = world.env.backend.messages[world.channel.id]
    del messages[gone]
    messages[edited].content = "the fish swam in the sea"
    world.history("the frog jumped in the pond")
    await come_back(world)
    assert await world.documents() == 1
    shown = await world.probs("the", top=25)
    assert "bird" in shown
    for token in ("cat", "dog", "fish", "frog"):
        assert token not in shown


async def test_what_was_said_before_learning_was_turned_on_is_not_learned_by_returning(world: World) -> None:
    """Only /train reads what is older, as far as it was asked to; deletions are found there too."""
    ids = world.history(*CATS)
    await world.env.advance_time(60)
    await world.train(limit=2)
    await be_away(world)
    del world.env.backend.messages[world.channel.id][ids[-1]]
    await come_back(world)
    assert await world.documents() == 1


async def test_a_channel_deleted_while_the_bot_was_away_is_forgotten(world: World) -> None:
    """It is asked of Discord once the bot is back."""
    other = world.guild.create_text_channel("other")
    world.history(*CATS, channel=other)
    await world.manager.slash(other, "train")
    await world.restart()  # the bot knows this store as its own
    assert await world.documents(other) == 3
    await be_away(world)
    world.env.backend.delete_channel(other.id)
    await come_back(world)
    assert await world.documents(other) == 0


async def test_a_restart_does_not_forget_a_channel_it_merely_cannot_see(world: World) -> None:
    """A permission taken away is no deletion."""
    world.history(*CATS)
    await world.train()
    await world.restart()
    await be_away(world)
    hide(world)
    await come_back(world)
    assert await world.documents() == 3


@pytest.mark.parametrize("error", [500, 503])
async def test_an_error_of_discord_leaves_what_was_learned(world: World, error: int) -> None:
    """The bot is up all the same."""
    world.history(*CATS)
    await world.train()
    await be_away(world)
    world.env.inject_error("GET", "/channels/*/messages", status=error)
    await come_back(world)
    assert await world.documents() == 3
    await asyncio.sleep(0)
    assert "cat" in await world.probs("the", top=25)


async def leave(world: World) -> None:
    """The bot is taken out of the server; as it is away, it does not hear of that."""
    world.env.backend.remove_guild(world.guild.id)


async def test_a_server_left_while_the_bot_was_away_is_forgotten(world: World) -> None:
    """It is asked of Discord once the bot is back: messages, settings and the words of its filter go."""
    world.history(*CATS)
    await world.train()
    await world.restart()  # the bot knows this store as its own
    await world.bot.channels.choices.set_words(world.guild.id, [Word("dog", alone=False)])  # type: ignore[attr-defined]
    await be_away(world)
    await leave(world)
    await come_back(world)
    assert await world.documents() == 0
    for name in NAMES:
        assert await world.bot.service.do(Engine.choices, name) == {}  # type: ignore[attr-defined]  # our Bot


async def test_a_server_of_which_only_the_filter_is_known_is_forgotten_too(world: World) -> None:
    """Nothing was ever learned there, and its words are its own."""
    await world.bot.channels.choices.set_words(world.guild.id, [Word("dog", alone=False)])  # type: ignore[attr-defined]
    await world.restart()
    await be_away(world)
    await leave(world)
    await come_back(world)
    assert await world.bot.service.do(Engine.choices, "filter") == {}  # type: ignore[attr-defined]  # our Bot


async def test_a_server_left_and_joined_again_while_the_bot_was_away_is_forgotten(world: World) -> None:
    """Who invites the bot anew has not said yes to anything yet."""
    world.history(*CATS)
    await world.train()
    await world.restart()
    assert await world.documents() == 3
    await be_away(world)
    await world.env.advance_time(60)
    world.env.backend.get_member(world.guild.id, world.bot.user.id).joined_at = world.env.backend.now_iso()  # type: ignore[union-attr]
    await come_back(world)
    assert await world.documents() == 0
    await world.member.send(world.channel, "the fish swam in the sea")
    assert await world.documents() == 0


async def test_another_bot_on_the_same_store_forgets_nothing(world: World) -> None:
    """It sees other servers, which says nothing about these."""
    world.history(*CATS)
    await world.train()
    await world.restart()
    await world.bot.service.do(Engine.choose, Corpus(0), "bot", "1")  # type: ignore[attr-defined]  # our Bot
    await be_away(world)
    await leave(world)
    await come_back(world)
    assert await world.documents() == 3
