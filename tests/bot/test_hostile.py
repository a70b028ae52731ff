"""Bad input everywhere: thousands of hostile messages and arguments neither break the bot nor leave the channel."""

from __future__ import annotations

import asyncio
import logging
import threading
from random import Random
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord

if TYPE_CHECKING:
    from tests.bot.conftest import World

A_FEW_AND_MANY = [200, pytest.param(10_000, marks=pytest.mark.slow)]
LONGEST = 2_000

PIECES = [
    "\x00", "\x07\x1b[31m", "\r\n", "\u2028", "\x85", "\t" * 20,  # controls
    "\u202e", "\u202d", "\u2066", "\u2069", "\u200f", "\u061c",  # direction
    "\u200b", "\u200d", "\ufeff", "\u2060", "\u00ad", "\U000e0041", "\ufe0f",  # invisible
    "Z̷̢̛͔͍̀͘a̴̡̛l̶̨̛g̸̨̛o̷̢̕", "e" + "\u0301" * 400,  # marks
    "😀" * 40, "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇩", "<:blob:123456789012345678>", "<a:x:1>",
    "\ud800", "\udfff\ud83d", "\ufffe\uffff", "\U0010ffff",  # surrogates, no characters
    "*" * 50, "_~`|" * 20, "```", "||", "> " * 20, "# " * 9, "[a](https://example.com/b)", "\\" * 30, "-# ",
    "'; DROP TABLE document; --", '" OR 1=1 --', "%s%n%x", "{0.__class__}", "${jndi:ldap://x}", "<script>",
    "../../../etc/passwd", "C:\\Windows\\System32", "file:///etc/shadow", "/dev/null", "~/.ssh/id_rsa",
    "9" * 300, "-1e309", "NaN", "Infinity", "0x" + "f" * 64, "1" + "0" * 1000,
    "@everyone", "@here", "<@1>", "<@&2>", "<#3>", "<@" + "1" * 30 + ">", "</generate:123>", "<id:customize>",
    "https://discord.gg/abc", "discord.com/invite/xyz", "https://[", "https://" + "a" * 500, "http://user:pass@h/?q#f",
    "<s>", "</s>", "<unk>", "\u2581", "▒▒▒", "猫", "ไทย", "שלום", "السلام", "हिन्दी", "ﷺ", "𒐫", "ﬀ", "ß", "İ", "ı",
    "a" * 2000, "word " * 50, "the otter", "swims", ".", "!", "?!?!", "“", "”", "(", ")", "",
]  # fmt: skip


def hostile(random: Random, longest: int) -> str:
    """A few pieces thrown together, sometimes a great many of one."""
    pieces = random.choices(PIECES, k=random.randint(1, 6))
    if random.random() < 0.1:
        pieces *= 50
    text = random.choice(["", " ", "\n"]).join(pieces)[:longest]
    return text if text.strip() else "x"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cooldown: here one person asks a great deal."""

    async def admits(*_: object) -> bool:
        return True

    monkeypatch.setattr("bot.answering.Cooldowns.admits", admits)


def said(result: Any) -> list[Any]:
    """All that an interaction was answered with."""
    return [answer for answer in (result.response, *result.followups) if answer is not None]


def check(answers: list[Any]) -> None:
    """Within Discord's limits, mentioning nobody, inviting to nowhere, and no error of ours."""
    assert answers
    for answer in answers:
        assert 0 < len(answer.content) <= 2000
        assert "Something went wrong on my side" not in answer.content
        message = answer.message
        assert not message.mention_everyone
        assert not message.mentions
        assert not message.role_mentions
        assert "discord.gg/" not in answer.content
        assert "discord.com/invite" not in answer.content


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("messages", A_FEW_AND_MANY)
async def test_hostile_messages(world: World, messages: int, caplog: pytest.LogCaptureFixture) -> None:
    """All of them are learned, edited and deleted without an error, and none shows up elsewhere."""
    caplog.set_level(logging.INFO)
    other = world.guild.create_text_channel("other")
    await world.train()
    await world.manager.slash(other, "train")
    await world.member.send(other, "the badger digs in the garden")
    random, backend = Random(1), world.env.backend
    ids = []
    for _ in range(messages):
        ids.append(backend.create_message(world.channel.id, world.member.id, hostile(random, LONGEST)).id)
        if random.random() < 0.2:
            backend.edit_message(world.channel.id, random.choice(ids[-50:]), {"content": hostile(random, LONGEST)})
        if len(ids) % 100 == 0:
            await world.env.settle()
    await world.env.settle()
    learned = await world.documents()
    assert learned > messages // 2
    assert await world.documents(other) == 1
    for unit in ("words", "characters"):
        for seed in range(5 if messages < 1000 else 20):
            check(said(await world.member.slash(world.channel, "generate", unit=unit, seed=seed, length=200)))
    answer = await world.member.slash(other, "probs", prompt="the", top=25)
    assert answer.response is not None
    assert "badger" in answer.response.content
    assert not [piece for piece in ("😀", "otter", "DROP", "aaa", "猫") if piece in answer.response.content]

    await world.restart()
    await world.env.settle()
    assert await world.documents() == learned
    backend.bulk_delete_messages(world.channel.id, ids)
    await world.env.settle()
    assert await world.documents() == 0
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    "arguments", [50, pytest.param(300, marks=pytest.mark.slow), pytest.param(10_000, marks=pytest.mark.endless)]
)
async def test_hostile_arguments(world: World, arguments: int, caplog: pytest.LogCaptureFixture) -> None:
    """Every command answers within Discord's limits, mentions nobody, and changes nothing it should not."""
    caplog.set_level(logging.INFO)
    powers = discord.Permissions(manage_guild=True, manage_channels=True)
    boss = world.guild.add_member(world.env.create_user("bo"), roles=[world.guild.create_role("b", permissions=powers)])
    world.history("the otter swims in the harbour", "the badger digs in the garden", "@everyone <@1> discord.gg/abc")
    await world.train()
    random = Random(2)

    async def ask(who: simcord.MemberActor, name: str, **options: object) -> None:
        check(said(await who.slash(world.channel, name, **options)))

    for _ in range(arguments // 10):  # ten of them each time
        unit = random.choice(["words", "characters"])
        await ask(world.member, "generate", start=hostile(random, 200), unit=unit, length=random.randint(1, 400))
        await ask(world.member, "probs", prompt=hostile(random, 1000), unit=unit, top=random.randint(1, 25))
        await ask(boss, "forget message", message=hostile(random, 200))
        await ask(boss, "train", since=hostile(random, 200) + "x")
        await ask(boss, "filter remove", word=hostile(random, 50))
        await ask(boss, "filter add", word=f"qqq{hostile(random, 40)}")
    await ask(boss, "filter list")
    for option, number in (("keep_days", 3650), ("keep_messages", 10_000_000), ("chance", 100)):
        await ask(boss, "settings", **{option: number})
    await ask(world.member, "privacy status")
    assert await world.documents() == 3
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_numbers_out_of_range_are_refused_by_discord_itself(world: World) -> None:
    """The ranges are told to Discord, so no such number ever reaches the bot."""
    await world.train()
    for name, options in (
        ("generate", {"length": 10**12}),
        ("generate", {"temperature": float("inf")}),
        ("generate", {"seed": 2**60}),
        ("probs", {"prompt": "x", "top": -1}),
    ):
        with pytest.raises(simcord.SetupError):
            await world.member.slash(world.channel, name, **options)
    for options in ({"keep_days": -1}, {"keep_messages": 2**60}, {"chance": 101}):
        with pytest.raises(simcord.SetupError):
            await world.manager.slash(world.channel, "settings", **options)


async def test_a_flood_does_not_block_the_event_loop(world: World) -> None:
    """While the engine is at work for long, hostile messages wait in line and other things on the loop go on."""
    await world.train()
    random, backend = Random(3), world.env.backend
    held = threading.Event()
    holding = world.bot.service.do(lambda _engine: held.wait(30))  # type: ignore[attr-defined]  # our Bot
    for _ in range(200):
        backend.create_message(world.channel.id, world.member.id, hostile(random, LONGEST))
        await asyncio.sleep(0)
    for _ in range(200):
        await asyncio.sleep(0)
    assert not holding.done(), "something on the loop waited for the engine"
    assert world.bot.service.length > 100  # type: ignore[attr-defined]
    held.set()
    await holding
    await world.env.settle()
    assert await world.documents() > 100
