"""/stats: the channel in numbers and as a picture."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord
from discord.utils import time_snowflake

from bot import numbers, picture
from bot.wordfilter import WordFilter
from engine import Corpus, Document, Engine, statistics

if TYPE_CHECKING:
    from tests.bot.conftest import World

TALK = ("the otter pond is frozen", "who saw the otter today", "nobody saw it, the pond is shut", "again the ferry")


async def stats(world: World) -> simcord.ResponseMessage:
    result = await world.member.slash(world.channel, "stats")
    assert result.response is not None
    return result.response


async def talk(world: World, rounds: int = 8) -> None:
    """Two people say the same things; one of them something more."""
    await world.train()
    for text in TALK * rounds:
        await world.member.send(world.channel, text)
        await world.manager.send(world.channel, text)
    for _ in range(5):
        await world.member.send(world.channel, "zebrafish")


async def test_a_channel_of_little_data_is_answered_with_a_sentence(world: World) -> None:
    """And one of none with what to do."""
    assert "/train" in (await stats(world)).content
    world.history(*TALK)
    await world.train()
    message = await stats(world)
    assert message.content.startswith("I have learned 4 messages here, which is too little")
    assert not message.attachments


async def test_it_tells_growth_predictability_and_what_two_people_said(world: World) -> None:
    """A word of one person alone is not in it, however often they said it."""
    await talk(world)
    message = await stats(world)
    assert "69 messages by 2 people: " in message.content
    assert "69 messages a day over 1 day; most on <t:" in message.content
    assert "bits per character at first" in message.content
    assert "“otter”" in message.content
    assert "“pond is shut”" in message.content
    assert "zebrafish" not in message.content


async def test_the_picture_is_a_png_with_its_numbers_in_words(world: World) -> None:
    """Three charts, and a description of at most 1,024 characters for who cannot see them."""
    await talk(world)
    (attachment,) = (await stats(world)).attachments
    content = await attachment.read()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (800, 3 * 220 + 24)
    sent = [request for request in world.env.http_requests if request.path.endswith("/callback")][-1]
    described = str(sent.json["data"]["attachments"][0]["description"])
    assert described.startswith("Messages a day, the latest days: 69.")
    assert "Bits per character" in described
    assert len(described) <= 1024


async def test_without_pillow_it_is_told_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `pictures` is optional."""
    monkeypatch.setattr("bot.stats.DRAWS", False)
    await talk(world)
    message = await stats(world)
    assert "**Predictable**" in message.content
    assert not message.attachments


def test_months_are_counted_by_weeks_from_monday_on() -> None:
    """Up to eight weeks by days; the first of 2024 was a Monday, so the seventh ends its week."""
    ids = [time_snowflake(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)) for day in range(57)]
    assert numbers.days(ids[0], ids[56]) == 1
    assert numbers.days(ids[0], time_snowflake(datetime(2024, 3, 1, tzinfo=UTC))) == 7
    assert [numbers.period(id, days=7) - numbers.period(ids[0], days=7) for id in ids[:8]] == [0] * 7 + [1]
    found = statistics([Document(id, "the tide") for id in ids], partial(numbers.period, days=7))
    assert [number for _week, number in found.growth] == [7] * 8 + [1]
    told = numbers.told(found, 7, len(ids), WordFilter())
    assert "6 messages a week over 9 weeks; most in the week of <t:1704110400:D>, 7." in told
    assert numbers.charts(found, 7)[0].title == "Messages a week"


async def test_filtered_words_are_left_out(world: World) -> None:
    """Whatever is shown goes through the server's filter."""
    await talk(world)
    role = world.guild.create_role("bosses", permissions=discord.Permissions(manage_guild=True))
    boss = world.guild.add_member(world.env.create_user("bo"), roles=[role])
    await boss.slash(world.channel, "filter add", word="otter")
    content = (await stats(world)).content
    assert "otter" not in content
    assert "“pond”" in content


async def test_what_is_forgotten_is_gone_from_it(world: World) -> None:
    """With one of two people gone, nothing that the other said is named any more."""
    await talk(world)
    await world.manager.slash(world.channel, "privacy forget-me")
    content = (await stats(world)).content
    assert "37 messages by 1 person" in content
    assert "otter" not in content
    assert "here only one has spoken" in content


async def test_what_is_forgotten_while_it_counts_is_counted_again(world: World) -> None:
    """The answer holds nothing that was forgotten before it was given."""
    await talk(world)
    service: Any = world.bot.service  # type: ignore[attr-defined]  # our Bot
    apart, rounds = service.apart, []
    corpus = Corpus(world.channel.id, world.guild.id)
    ids = await service.do(Engine.ids, corpus, 0, 2**62)

    async def forget_meanwhile(work: Any, *args: Any) -> Any:
        found = await apart(work, *args)
        rounds.append(work)
        if len(rounds) == 1:
            await world.bot.get_cog("Stats")._channels.forget(corpus, ids[0])  # type: ignore[union-attr]
        return found

    service.apart = forget_meanwhile
    assert "68 messages" in (await stats(world)).content
    assert [work.__name__ for work in rounds] == ["statistics", "statistics", "picture"]


def test_many_weeks_become_bars_wide_enough_to_be_seen() -> None:
    """500 weeks are drawn as 100 bars, each the mean of five; a flat line is drawn too."""
    assert len(picture._joined([1.0] * 500)) == 100
    assert picture._joined([1.0, 3.0] * 120) == [2.0] * 120
    image = picture.picture(
        [picture.Chart("flat", [2.0, 2.0], "a", "b"), picture.Chart("one", [3], "a", "b", bars=True)]
    )
    assert io.BytesIO(image).read(4) == b"\x89PNG"
