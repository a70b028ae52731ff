"""/privacy: everybody's say in what is learned of them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord

from bot.channels import Channels
from bot.people import People
from bot.service import Service
from engine import FORGOTTEN_UP_TO, Corpus, Document, Engine, open_store

if TYPE_CHECKING:
    from tests.bot.conftest import World


async def privacy(world: World, name: str, *, who: simcord.MemberActor | None = None, **options: object) -> str:
    """Use a command of /privacy as the member; returns the answer, which is for their eyes only."""
    result = await (who or world.member).slash(world.channel, f"privacy {name}", **options)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


async def export(world: World, **options: object) -> Any:
    """What /privacy export-me gives."""
    result = await world.member.slash(world.channel, "privacy export-me", **options)
    assert result.response is not None
    assert result.response.ephemeral
    (attached,) = result.response.attachments
    assert attached.filename == "messages.json"
    return json.loads(await attached.read())


async def second_server(world: World) -> tuple[simcord.ChannelHandle, simcord.MemberActor]:
    """Another server with the same member in it, where the bot learns; returns its channel and the member there."""
    guild = world.env.create_guild("elsewhere")
    channel = guild.create_text_channel("elsewhere")
    role = guild.create_role("managers", permissions=discord.Permissions(manage_channels=True))
    manager = guild.add_member(world.env.create_user("mo"), roles=[role])
    member = guild.add_member(world.member.user)
    await manager.slash(channel, "train")
    return channel, member


async def test_status_says_how_many_messages_are_stored_where(world: World) -> None:
    """By channel, of the asker alone."""
    assert "0 messages of you on this server" in await privacy(world, "status")
    await world.train()
    for text in ("the otter swims", "the otter sleeps"):
        await world.member.send(world.channel, text)
    await world.manager.send(world.channel, "not mine")
    status = await privacy(world, "status")
    assert "2 messages of you on this server" in status
    assert f"<#{world.channel.id}>: 2" in status
    assert "opt-out" in status


async def test_status_everywhere_counts_all_servers(world: World) -> None:
    """And names the server."""
    await world.train()
    await world.member.send(world.channel, "the otter swims")
    channel, there = await second_server(world)
    await there.send(channel, "the badger digs")
    assert "1 message of you" in await privacy(world, "status")
    everywhere = await privacy(world, "status", scope="everywhere")
    assert "2 messages of you everywhere" in everywhere
    assert "elsewhere" in everywhere


async def test_opting_out_erases_the_past_and_refuses_the_future(world: World) -> None:
    """New messages, edits and a history read later are not learned."""
    await world.train()
    old = await world.member.send(world.channel, "the otter swims in the harbour")
    await world.manager.send(world.channel, "somebody else is here")
    receipt = await privacy(world, "opt-out")
    assert "Gone: 1 message, and with it" in receipt
    assert "n-grams" in receipt
    assert await world.documents() == 1
    await world.member.send(world.channel, "the otter is still here")
    await world.member.edit(old, "the otter sleeps")
    assert await world.documents() == 1
    await world.train()
    assert await world.documents() == 1
    assert "opted out on this server" in await privacy(world, "status")


async def test_an_opt_out_outlives_a_restart(world: World) -> None:
    """It is stored, not remembered."""
    await world.train()
    await privacy(world, "opt-out")
    await world.restart()
    await world.member.send(world.channel, "the otter is still here")
    assert await world.documents() == 0


async def test_an_opt_out_here_is_not_one_elsewhere(world: World) -> None:
    """Unless it is asked for everywhere."""
    await world.train()
    channel, there = await second_server(world)
    await privacy(world, "opt-out")
    await there.send(channel, "the badger digs")
    assert "1 message of you everywhere" in await privacy(world, "status", scope="everywhere")
    assert "Gone: 1 message" in await privacy(world, "opt-out", scope="everywhere")
    await there.send(channel, "the badger digs again")
    assert "0 messages of you everywhere" in await privacy(world, "status", scope="everywhere")


async def test_opting_in_again_counts_from_now_on(world: World) -> None:
    """What was written before, or under the promise not to be learned, stays out."""
    await world.train()
    await world.member.send(world.channel, "said before")
    await privacy(world, "opt-out")
    await world.member.send(world.channel, "said meanwhile")
    assert "You have opted in" in await privacy(world, "opt-in")
    await world.member.send(world.channel, "said after")
    assert await world.documents() == 1
    await world.train()
    assert await world.documents() == 1


async def test_who_opts_out_while_an_opt_in_is_under_way_has_opted_out(world: World) -> None:
    """The last word counts, though both wait in the same line."""
    await world.train()
    await privacy(world, "opt-out")
    member, space = world.member.id, world.guild.id
    people = world.bot.get_cog("Privacy")._people  # type: ignore[union-attr]  # simcord does one thing at a time
    await asyncio.gather(people.opt_in(member, space, 2**62), people.opt_out(member, space))
    assert await world.bot.service.do(Engine.refusals) == {(member, space)}  # type: ignore[attr-defined]  # our Bot
    assert "You have opted out on this server" in await privacy(world, "status")


async def test_opting_in_without_having_opted_out_changes_nothing(world: World) -> None:
    """And says so; an opt-out everywhere is taken back everywhere only."""
    await world.train()
    await world.member.send(world.channel, "the otter swims")
    assert "nothing to take back" in await privacy(world, "opt-in")
    assert await world.documents() == 1
    await privacy(world, "opt-out", scope="everywhere")
    assert "scope:everywhere" in await privacy(world, "opt-in")
    await world.member.send(world.channel, "the otter swims")
    assert await world.documents() == 0
    await privacy(world, "opt-in", scope="everywhere")
    await world.member.send(world.channel, "the otter swims")
    assert await world.documents() == 1


async def test_forget_me_erases_the_past_for_good(world: World) -> None:
    """The future may be learned, but no history brings the past back, nor does an edit of it, nor a restart."""
    await world.train()
    old = await world.member.send(world.channel, "the otter swims")
    assert "Gone: 1 message of you on this server" in await privacy(world, "forget-me")
    assert await world.documents() == 0
    await world.restart()
    await world.train()
    await world.member.edit(old, "the otter sleeps")
    assert await world.documents() == 0
    await world.member.send(world.channel, "the otter is back")
    assert await world.documents() == 1
    assert "Nothing was stored" in await privacy(world, "forget-me", who=world.manager)


async def test_a_second_opt_out_says_that_it_is_one(world: World) -> None:
    """Once there is nothing left to do; an opt-out everywhere is more than one here."""
    await world.train()
    await world.member.send(world.channel, "the otter swims")
    assert "Gone: 1 message" in await privacy(world, "opt-out")
    assert "already" in await privacy(world, "opt-out")
    assert "already" not in await privacy(world, "opt-out", scope="everywhere")
    assert "everywhere already" in await privacy(world, "opt-out", scope="everywhere")


async def test_forget_me_while_the_history_is_being_read(world: World) -> None:
    """A page under way does not bring back what its author had forgotten."""
    world.history(*(f"message number {number} of many" for number in range(150)))

    people = world.bot.get_cog("Privacy")._people  # type: ignore[union-attr]  # to act in the middle of a page

    async def forget_in_the_middle() -> None:
        await people.forget(world.member.id, world.guild.id, 2**62)

    world.at_page(2, forget_in_the_middle)
    await world.train()
    assert await world.documents() == 0


async def test_an_opt_out_while_the_history_is_being_read(world: World) -> None:
    """The page under way is not learned, and the pages before it are forgotten."""
    world.history(*(f"message number {number} of many" for number in range(150)))
    people = world.bot.get_cog("Privacy")._people  # type: ignore[union-attr]  # to act in the middle of a page

    async def opt_out() -> None:
        await people.opt_out(world.member.id, world.guild.id)

    world.at_page(2, opt_out)
    await world.train()
    assert await world.documents() == 0


async def test_export_me_gives_everything_back(world: World) -> None:
    """As a file only the asker sees: their messages, where and when, and where they opted out."""
    await world.train()
    sent = await world.member.send(world.channel, "the “otter” \\ swims\nin the 🌊")
    await world.manager.send(world.channel, "not mine")
    exported = await export(world)
    assert exported["user"] == str(world.member.id)
    (message,) = exported["messages"]
    assert message == {
        "server": str(world.guild.id),
        "channel": str(world.channel.id),
        "message": str(sent.id),
        "time": sent.created_at.isoformat(timespec="seconds"),
        "text": "the “otter” \\ swims\nin the 🌊",
    }
    await privacy(world, "opt-out", scope="everywhere")
    exported = await export(world, scope="everywhere")
    assert exported["messages"] == []
    assert exported["opted_out"] == ["everywhere"]


async def test_an_export_too_large_for_discord_comes_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message is in one of them, and each is JSON by itself."""
    monkeypatch.setattr("bot.people.PART", 2_000)
    world.history(*(f"message number {number} of many" for number in range(300)))
    await world.train()
    result = await world.member.slash(world.channel, "privacy export-me")
    assert result.response is not None
    files = [file for said in (result.response, *result.followups) for file in said.attachments]
    assert len(files) > 10
    assert all(said.ephemeral for said in result.followups)
    texts = {message["text"] for file in files for message in json.loads(await file.read())["messages"]}
    assert texts == {f"message number {number} of many" for number in range(300)}


async def test_an_opt_out_in_another_process_holds_here(world: World) -> None:
    """At once for what is stored, and a moment later for what is known in memory."""
    await world.train()
    other = Engine(open_store(world.environ["DATABASE_URL"]))
    other.refuse(world.member.id, None)
    await world.member.send(world.channel, "the otter swims")
    assert await world.documents() == 0
    choices = world.bot.channels.choices  # type: ignore[attr-defined]  # our Bot
    for _ in range(100):
        if choices.refuses(world.member.id, world.guild.id):
            break
        await asyncio.sleep(0.05)
    assert choices.refuses(world.member.id, world.guild.id)
    other.allow(world.member.id, None)
    other.close()


async def test_forget_me_everywhere_in_another_process_while_a_page_arrives(world: World) -> None:
    """Fetched before, the page would be stored after it: it brings nothing back, wherever one asked."""
    world.history("the otter swims", "the otter sleeps")
    service = Service(world.environ["DATABASE_URL"], 2**24)
    await service.open()

    async def forget_there() -> None:
        elsewhere = Channels(service)
        await elsewhere.load()
        await People(service, elsewhere).forget(world.member.id, None, 2**62)
        await elsewhere.close()

    deaf = world.bot.channels.choices  # type: ignore[attr-defined]  # our Bot
    deaf._following = False  # as in the moment before it hears of it
    world.at_page(1, forget_there)
    await world.train()
    assert await world.documents() == 0
    await service.close()


async def test_what_another_process_forgets_is_let_go_of_here(world: World) -> None:
    """Whoever opts out everywhere is answered by one process, and a walk of /probs may be held by another."""
    await world.train()
    await world.member.send(world.channel, "the otter swims")
    await world.manager.send(world.channel, "the badger digs")
    await world.probs("the")
    probing = world.bot.get_cog("Probing")
    assert "otter" in repr(vars(probing))
    other = Engine(open_store(world.environ["DATABASE_URL"]))
    other.forget_author(world.member.id)
    other.close()
    for _ in range(100):
        if "otter" not in repr(vars(probing)):
            break
        await asyncio.sleep(0.05)
    assert "otter" not in repr(vars(probing))


async def test_an_opt_out_cut_short_is_carried_out_at_the_next_start(world: World) -> None:
    """A process that ends between the refusal and the erasing leaves nothing behind in the end."""
    await world.train()
    await world.member.send(world.channel, "the otter swims")
    await world.bot.service.do(Engine.refuse, world.member.id, world.guild.id)  # type: ignore[attr-defined]  # our Bot
    assert await world.documents() == 1
    await world.restart()
    assert await world.documents() == 0


@pytest.mark.parametrize("scope", ["server", "everywhere"])
async def test_a_forgetting_cut_short_is_carried_out_at_the_next_start(world: World, scope: str) -> None:
    """A process that ends between the promise and the erasing keeps it later; what was written since stays."""
    await world.train()
    before = await world.member.send(world.channel, "the otter swims")
    await world.member.send(world.channel, "the badger digs")
    await world.manager.send(world.channel, "somebody else is here")
    here = Corpus(world.member.id, world.guild.id if scope == "server" else 0)
    await world.bot.service.do(Engine.choose, here, FORGOTTEN_UP_TO, str(before.id))  # type: ignore[attr-defined]
    assert await world.documents() == 3
    await world.restart()
    assert "1 message of you" in await privacy(world, "status")
    assert await world.documents() == 2


async def test_what_is_private_stays_private_when_it_takes_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The "thinking" of a slow answer is for the asker alone already."""
    for name in ("status", "opt-out", "forget-me", "export-me"):
        with monkeypatch.context() as patch:
            hurry = world.slow_down(patch)
            result = await world.member.slash(world.channel, f"privacy {name}")
            assert result.deferred
            assert result.ephemeral
            hurry.set()
            await world.env.settle()
        said = [answer for answer in (result.response, *result.followups) if answer is not None and answer.content]
        assert said
        assert all(answer.ephemeral for answer in said)


async def test_what_was_asked_for_is_done_though_nobody_can_be_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord takes no answer after three seconds; an opt-out is not left half done for that."""
    await world.train()
    await world.member.send(world.channel, "the otter swims")
    with monkeypatch.context() as patch:
        hurry = world.slow_down(patch)
        world.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062, times=None)
        await world.member.slash(world.channel, "privacy opt-out")
        hurry.set()
        await world.env.settle()
    assert await world.documents() == 0
    assert len(world.env.errors) == 1, "the receipt, which Discord did not take"


async def test_the_status_of_many_channels_on_servers_with_long_names_is_told(world: World) -> None:
    """Twenty lines of them fit into one message, in the longest language."""
    far = world.env.create_guild("Q" * 100)
    for number in range(25):
        document = Document(10**18 + number, "hello you", world.member.id)
        await world.bot.service.do(Engine.learn, Corpus(10**18 + number, far.id), [document])  # type: ignore[attr-defined]
    result = await world.member.slash(world.channel, "privacy status", scope="everywhere")
    assert result.response is not None
    assert "25 messages" in result.response.content
    assert "5 more channels" in result.response.content
