"""/train: learning is turned on, and the corpus becomes equal to the history."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
import simcord
from simcord.backend.models import Overwrite

from bot import create_bot
from engine import Corpus

if TYPE_CHECKING:
    from tests.bot.conftest import World

CATS = (
    "the cat sat on the mat the cat ate the rat",
    "the dog sat on the log the dog ate the frog",
    "the bird sat on the word the bird flew to the sky",
)


async def test_the_history_is_learned_and_the_report_says_what_to_do_next(world: World) -> None:
    """All messages are learned, and people are told how to go on."""
    world.history(*CATS)
    report = await world.train()
    assert "3 messages read, 3 learned" in report
    assert "/generate" in report
    assert "/probs" in report
    assert await world.documents() == 3


async def test_the_command_answers_at_once_and_only_to_the_manager(world: World) -> None:
    """The interaction says that the report is in the channel; the report is an ordinary message."""
    result = await world.manager.slash(world.channel, "train")
    assert result.response is not None
    assert result.response.ephemeral
    assert not result.deferred
    assert "Learning is on" in result.response.content


async def test_a_long_history_is_read_to_its_first_message(world: World) -> None:
    """Pages of a hundred are put together without a gap."""
    world.history(*(f"message number {number} of many" for number in range(1, 451)))
    assert "450 messages read, 450 learned" in await world.train()
    assert await world.documents() == 450


async def test_only_what_people_wrote_is_learned(world: World) -> None:
    """Bots, webhooks, system messages, forwards, polls, commands and pictures are skipped, with the reason."""
    backend, channel, member = world.env.backend, world.channel, world.member
    spoken = await member.send(channel, "a person wrote this")
    await world.guild.create_webhook(channel).send("a webhook wrote this")
    robot = world.guild.add_member(world.env.create_user("robot", bot=True))
    await robot.send(channel, "a bot wrote this")
    world.guild.create_system_message(
        channel, simcord.enums.MessageType.PINS_ADD, author=member, referenced_message=spoken
    )
    await member.send(channel, "!play something")
    await member.send(channel, "", attachments=[("cat.png", b"meow")])
    await member.forward(spoken, channel)
    backend.create_message(channel.id, member.id, "a reply", reference={"message_id": str(spoken.id)}, broadcast=False)
    report = await world.train()
    assert "8 messages read, 2 learned" in report
    assert "2 by bots and webhooks" in report
    for reason in ("1 by Discord itself", "1 with a command", "1 without text", "1 forwarded"):
        assert reason in report


async def test_it_needs_manage_channels_in_this_channel(world: World) -> None:
    """Discord hides the command from members; where a server shows it to them, the bot still refuses."""
    with pytest.raises(simcord.SetupError, match="not visible"):
        await world.member.slash(world.channel, "train")
    command = next(command for command in await world.bot.tree.fetch_commands() if command.name == "train")
    world.guild.set_command_permissions(command, {world.member: True})
    result = await world.member.slash(world.channel, "train")
    assert result.response is not None
    assert "Manage Channels" in result.response.content
    assert result.response.ephemeral
    assert await world.documents() == 0


@pytest.mark.parametrize("permission", ["read_message_history", "send_messages"])
async def test_a_permission_the_bot_lacks_is_named_with_the_cure(world: World, permission: str) -> None:
    """Without it Discord would show an empty history, or no report."""
    denied = discord.PermissionOverwrite(**{permission: False})
    channel = world.guild.create_text_channel("closed", overwrites={world.guild.default_role: denied})
    result = await world.manager.slash(channel, "train")
    assert result.response is not None
    assert permission.replace("_", " ").title() in result.response.content
    assert "Edit Channel, Permissions" in result.response.content
    assert result.response.ephemeral


async def test_a_missing_message_content_intent_is_recognised(world: World) -> None:
    """Messages that arrive without any content mean that Discord keeps it back, and the report says the cure."""
    ids = world.history("one", "two")
    for id in ids:
        world.env.backend.messages[world.channel.id][id].content = ""
    report = await world.train()
    assert "message content intent" in report
    assert "Privileged Gateway Intents" in report


async def test_text_kept_back_removes_nothing_that_was_learned(world: World) -> None:
    """An intent turned off by mistake must not empty the store."""
    ids = world.history(*CATS)
    await world.train()
    for id in ids:
        world.env.backend.messages[world.channel.id][id].content = ""
    await world.train()
    assert await world.documents() == 3


async def test_training_again_removes_what_is_gone_and_learns_what_changed(world: World) -> None:
    """The corpus equals the history, whatever the bot missed meanwhile."""
    gone, edited, _ = world.history(*CATS)
    await world.train()
    messages = world.env.backend.messages[world.channel.id]
    del messages[gone]  # without an event, as while the bot was away
    messages[edited].content = "the fish swam in the sea"
    report = await world.train()
    assert "1 learned, 1 known already, 1 removed" in report
    assert await world.documents() == 2
    assert "rat" not in await world.probs("the", top=25)
    assert "sea" in await world.probs("in the", top=25)


async def test_a_message_deleted_while_its_page_is_under_way_stays_gone(world: World) -> None:
    """A page is older than the deletion that overtakes it."""
    first, *_ = world.history(*CATS)

    async def delete() -> None:
        world.env.backend.delete_message(world.channel.id, first)

    world.at_page(1, delete)
    await world.train()
    assert await world.documents() == 2
    assert "rat" not in await world.probs("ate the", top=25)


async def test_a_message_edited_while_its_page_is_under_way_stays_edited(world: World) -> None:
    """The event's text is newer than the page's."""
    first, *_ = world.history(*CATS)

    async def edit() -> None:
        world.env.backend.edit_message(world.channel.id, first, {"content": "the fish swam in the sea"})

    world.at_page(1, edit)
    await world.train()
    assert await world.documents() == 3
    shown = await world.probs("the", top=25)
    assert "sea" in shown
    assert "rat" not in shown


async def test_a_message_written_while_a_page_is_under_way_is_kept(world: World) -> None:
    """It is not on the page, but not gone either."""
    world.history(*CATS)

    async def write() -> None:
        world.env.backend.create_message(world.channel.id, world.member.id, "the fish swam in the sea")

    world.at_page(1, write)
    await world.train()
    assert await world.documents() == 4


async def test_stop_keeps_what_was_read_and_continue_goes_on_from_there(world: World) -> None:
    """The button is there while the history is read, for those who may manage the channel."""
    world.history(*(f"message number {number} of many" for number in range(1, 301)))
    arrived = asyncio.Event()

    async def wait() -> None:
        await world.env.external_wait(arrived.wait(), reason="the second page takes its time")

    world.at_page(2, wait)
    await world.manager.slash(world.channel, "train")
    message = world.channel.last_message
    assert message is not None
    assert "Reading this channel's history" in message.content

    refused = await world.member.click(message, label="Stop")
    assert refused.response is not None
    assert "Manage Channels" in refused.response.content
    again = await world.manager.slash(world.channel, "train")
    assert again.response is not None
    assert "already: 99 messages so far" in again.response.content

    await world.manager.click(message, label="Stop")
    arrived.set()
    await world.env.settle()
    assert "Reading stopped" in world.report()
    assert await world.documents() == 199

    await world.manager.click(message, label="Continue")
    assert "300 messages read, 300 learned" in world.report()
    assert not world.channel.last_message.components  # type: ignore[union-attr]  # it is the report
    assert await world.documents() == 300


async def test_the_report_tells_pace_and_time_left(world: World) -> None:
    """It is edited as pages come, every couple of seconds at most."""
    world.history(*(f"message number {number} of many" for number in range(1, 301)))
    reports = []

    async def take_ten_seconds() -> None:
        await world.env.external_wait(asyncio.sleep(10), reason="the second page takes its time")

    async def look() -> None:
        reports.append(world.report())

    world.at_page(2, take_ten_seconds)
    world.at_page(3, look)
    await world.manager.slash(world.channel, "train", limit=250)
    await world.env.advance_time(10)
    assert "199 messages read" in reports[0]
    assert "20 messages a second, 80 % done, about 3 s left" in reports[0]


async def test_a_restart_in_the_middle_takes_the_reading_up_again(world: World) -> None:
    """Nobody has to remember that a reading was interrupted."""
    world.history(*(f"message number {number} of many" for number in range(1, 301)))

    async def wait() -> None:
        await world.env.external_wait(asyncio.Event().wait(), reason="this page never comes")

    world.at_page(2, wait)
    await world.manager.slash(world.channel, "train")
    assert await world.documents() == 99  # and the announcement
    await world.restart()
    await world.env.settle()
    assert await world.documents() == 300
    reports = [message for message in world.channel.history() if message.author.bot]
    assert len(reports) == 2
    assert "let me learn here" in reports[0].content
    assert "History read" in reports[1].content


async def test_a_restart_takes_up_the_reading_of_a_thread_that_is_archived_by_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discord does not tell of those: it is asked."""
    aside = await world.bot.get_channel(world.channel.id).create_thread(  # type: ignore[union-attr]
        name="aside", type=discord.ChannelType.public_thread
    )
    await world.env.settle()
    thread = world.channel.threads[0]
    world.history(*(f"message number {number} of many" for number in range(1, 301)), channel=thread)

    async def wait() -> None:
        await world.env.external_wait(asyncio.Event().wait(), reason="this page never comes")

    world.at_page(2, wait)
    await world.manager.slash(thread, "train")
    await aside.edit(archived=True)
    await world.env.settle()
    known = discord.Guild.get_channel_or_thread
    monkeypatch.setattr(
        discord.Guild, "get_channel_or_thread", lambda guild, id: None if id == thread.id else known(guild, id)
    )
    await world.restart()
    await world.env.settle()
    assert await world.documents(thread) == 300
    assert "History read" in world.report(thread)


async def test_limit_reads_the_latest_messages_only(world: World) -> None:
    """What was learned of older ones stays."""
    world.history(*(f"message number {number} of many" for number in range(1, 301)))
    assert "150 messages read, 150 learned" in await world.train(limit=150)
    await world.train()
    await world.train(limit=10)
    assert await world.documents() == 300


async def test_since_reads_back_to_a_day(world: World) -> None:
    """Older messages are not learned."""
    world.history("an old message")
    await world.env.advance_time(3 * 24 * 60 * 60)
    world.history("a new message")
    assert "1 message read, 1 learned" in await world.train(since="2026-01-03")


@pytest.mark.parametrize("day", ["2030-12-31", "9999-12-31"])
async def test_since_a_day_to_come_learns_from_now_on(world: World, day: str) -> None:
    """Also what is said while the bot is away, though that day has not come by then."""
    world.history("an old message")
    assert "0 messages read, 0 learned" in await world.train(since=day)
    await world.bot.close()
    await world.env.advance_time(60)
    world.history("a new message")
    await world.env.restart_bot(create_bot(world.environ))
    await world.env.settle()
    assert await world.documents() == 1


async def test_a_day_that_is_none_is_refused_with_the_form_expected(world: World) -> None:
    """The sentence shows how a day is written."""
    result = await world.manager.slash(world.channel, "train", since="yesterday")
    assert result.response is not None
    assert "yesterday" in result.response.content
    assert "2025-12-31" in result.response.content
    assert await world.documents() == 0


async def test_an_error_of_discord_is_said_and_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read stays, and the reading goes on by itself a few seconds later."""
    monkeypatch.setattr("bot.job.SHORTEST_WAIT", 0.1)
    world.history(*CATS)
    world.env.inject_error("GET", "/channels/*/messages", status=500)
    reports = []

    async def look() -> None:
        reports.append(world.report())

    world.at_page(2, look)
    assert "3 messages read, 3 learned" in await world.train()
    assert "Reading is interrupted" in reports[0]
    assert "HTTP 500" in reports[0]


async def test_a_reading_that_waits_can_be_stopped_at_once(world: World) -> None:
    """Nobody has to wait until it is tried again; Continue goes on."""
    world.history(*(f"message number {number} of many" for number in range(1, 201)))

    world.env.inject_error("GET", "/channels/*/messages", status=500, times=None)
    world.env.settle_timeout = 3
    await world.manager.slash(world.channel, "train")
    assert "HTTP 500" in world.report()
    message = world.channel.last_message
    assert message is not None
    await world.manager.click(message, label="Stop")
    assert "Reading stopped" in world.report()


async def test_a_continue_that_comes_too_late_is_no_reading(world: World) -> None:
    """Discord takes no answer to it after three seconds; whoever asks again is not told that it is under way."""
    world.history(*CATS)
    world.env.inject_error("GET", "/channels/*/messages", status=500)
    world.env.settle_timeout = 3
    await world.manager.slash(world.channel, "train")
    message = world.channel.last_message
    assert message is not None
    await world.manager.click(message, label="Stop")
    world.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
    await world.manager.click(message, label="Continue")
    await world.manager.click(message, label="Continue")
    assert "3 learned" in world.report()


async def test_a_history_hidden_on_the_way_empties_nothing(world: World) -> None:
    """Without the permission Discord shows an empty history; what was learned of it stays, and the report says why."""
    world.history(*(f"message number {number} of many" for number in range(1, 201)))
    await world.train()

    async def hide() -> None:
        everyone = Overwrite(world.guild.id, 0, deny=discord.Permissions(read_message_history=True).value)
        world.env.backend.set_overwrite(world.channel.id, everyone)

    world.at_page(1, hide)
    world.env.settle_timeout = 3
    await world.manager.slash(world.channel, "train")
    assert "I lack Read Message History" in world.report()
    assert await world.documents() == 200


async def test_many_channels_take_turns(world: World) -> None:
    """One long history does not keep the others waiting: pages are read in turn."""
    from bot import reading

    channels = [world.guild.create_text_channel(f"channel-{number}") for number in range(reading.AT_ONCE + 2)]
    for channel in channels:
        world.history(*(f"message number {number} of many" for number in range(1, 251)), channel=channel)
    order: list[int] = []
    fetch = world.bot.http.logs_from

    async def note(channel_id: int, *args: Any, **kwargs: Any) -> Any:
        order.append(channel_id)
        await asyncio.sleep(0.01)
        return await fetch(channel_id, *args, **kwargs)

    world.bot.http.logs_from = note  # type: ignore[method-assign]  # the bot's own way to Discord
    await asyncio.gather(*(start(world, channel) for channel in channels))
    while world.bot.get_cog("Training").readings:  # type: ignore[union-attr]  # our cog
        await asyncio.sleep(0.01)
    for channel in channels:
        assert await world.documents(channel) == 250
        assert order.count(channel.id) == 3
    assert max(map(order.index, order)) < 2 * len(channels)


async def start(world: World, channel: simcord.ChannelHandle) -> None:
    cog = world.bot.get_cog("Training")
    corpus = Corpus(channel.id, world.guild.id)
    await world.bot.channels.turn_on(corpus, None, since=0)  # type: ignore[attr-defined]  # our Bot
    await cog.begin_unasked(corpus, world.bot.get_channel(channel.id))  # type: ignore[union-attr]  # our cog


async def test_where_the_report_cannot_be_posted_the_interaction_has_it(world: World) -> None:
    """A report only the manager sees is better than none."""
    world.history(*CATS)
    world.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, times=2)
    result = await world.manager.slash(world.channel, "train")
    assert "3 learned" in result.followups[-1].content
    assert result.followups[-1].ephemeral


async def test_an_empty_channel_says_so(world: World) -> None:
    """Nothing to learn is no error."""
    assert "nothing to learn yet" in await world.train()


async def test_a_thread_is_a_corpus_of_its_own(world: World) -> None:
    """Learning in a channel is not learning in its threads, and the other way round."""
    thread = (await make_thread(world)).id
    await world.train()
    handle = next(handle for handle in world.channel.threads if handle.id == thread)
    world.history(*CATS, channel=handle)
    await world.member.send(handle, "said in the thread")
    assert await world.documents(handle) == 0
    await world.manager.slash(handle, "train")
    assert await world.documents(handle) == 4
    assert await world.documents() == 0


async def make_thread(world: World) -> discord.Thread:
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    thread = await channel.create_thread(name="aside", type=discord.ChannelType.public_thread)
    await world.env.settle()
    return thread


@pytest.mark.parametrize("error", [aiohttp.ClientConnectionError("net"), aiohttp.ServerDisconnectedError()])
async def test_a_reading_outlives_a_cut_of_the_network(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Neither a page nor the report can be sent for a while: then the reading goes on to the end."""
    monkeypatch.setattr("bot.job.SHORTEST_WAIT", 0.05)
    world.history(*(f"message number {number} of many" for number in range(1, 301)))
    send, cut = world.bot.http.request, False

    async def request(route: Any, **options: Any) -> Any:
        if cut:
            raise error
        return await send(route, **options)

    def mend() -> None:
        nonlocal cut
        cut = False

    async def snip() -> None:
        nonlocal cut
        cut = True
        asyncio.get_running_loop().call_later(0.3, mend)

    monkeypatch.setattr(world.bot.http, "request", request)
    world.at_page(2, snip)
    await world.manager.slash(world.channel, "train")
    for _ in range(100):
        if "History read" in world.report():
            break
        await asyncio.sleep(0.05)
    assert "300 learned" in world.report()
    assert await world.documents() == 300


@pytest.mark.parametrize("gone", [False, True])
async def test_an_empty_page_empties_no_corpus_unless_the_messages_are_gone(
    world: World, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    """Read Message History was lost, and discord.py has not heard of it: the history seems to be empty."""
    ids = world.history(*CATS)
    await world.train()
    if gone:
        with monkeypatch.context() as deaf:
            deaf.setattr(world.bot._connection, "dispatch", lambda *_args, **_options: None)
            world.env.backend.bulk_delete_messages(world.channel.id, ids)
            await world.env.settle()
    assert await world.documents() == 3

    async def hidden(*_args: Any, **_options: Any) -> Any:
        return []

    world.bot.http.logs_from = hidden  # type: ignore[method-assign]  # the bot's own way to Discord
    world.env.settle_timeout = 3
    await world.manager.slash(world.channel, "train")
    assert ("I lack Read Message History" in world.report()) != gone
    assert await world.documents() == (0 if gone else 3)


async def test_messages_of_people_who_opted_out_are_counted(world: World) -> None:
    """So that the numbers of the report add up: three read, of two people, one of whom opted out."""
    await world.member.slash(world.channel, "privacy opt-out")
    world.history("the owl sat on the mat", "the fish swam")
    world.env.backend.create_message(world.channel.id, world.manager.id, "the cat sat on the mat", broadcast=False)
    await world.train()
    assert "3 messages read, 1 learned" in world.report()
    assert "2 of people who opted out or had it forgotten" in world.report()
