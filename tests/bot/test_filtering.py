"""/filter: words that may never be said on a server, in any answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import simcord

if TYPE_CHECKING:
    from tests.bot.conftest import World


@pytest.fixture
def boss(world: World) -> simcord.MemberActor:
    """Somebody who manages the server."""
    import discord

    powers = discord.Permissions(manage_guild=True, manage_channels=True)
    role = world.guild.create_role("bosses", permissions=powers)
    return world.guild.add_member(world.env.create_user("bo"), roles=[role])


async def forbid(world: World, boss: simcord.MemberActor, word: str, **options: object) -> str:
    """Use /filter add; returns the answer, which is private."""
    result = await boss.slash(world.channel, "filter add", word=word, **options)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


async def test_a_word_is_never_said(world: World, boss: simcord.MemberActor) -> None:
    """/generate draws again until it is not in the text, however it was spelled."""
    world.history("the otter swims", "the b4dg3r swims", "the BADGERS swim", "a b a d g e r swims", "bаdger")
    await world.train()
    said = "".join([await world.generate(seed=seed) for seed in range(25)])
    assert "dg" in said
    assert "I will not say “badger”" in await forbid(world, boss, "badger")
    await world.env.advance_time(60)
    for seed in range(25):
        text = (await world.generate(seed=seed)).casefold()
        assert "b4dg3r" not in text
        assert "badger" not in text
        assert "b a d g e r" not in text
        assert "bаdger" not in text


async def test_the_same_seed_still_gives_the_same_text(world: World, boss: simcord.MemberActor) -> None:
    """A filter makes no difference to that."""
    world.history("the otter swims", "the badger swims", "the badger sleeps")
    await world.train()
    await forbid(world, boss, "badger")
    assert len({await world.generate(seed=5) for _ in range(3)}) == 1


async def test_when_nothing_else_can_be_said_the_bot_says_so(world: World, boss: simcord.MemberActor) -> None:
    """A clear sentence, to the asker alone; the word is not in it."""
    world.history(*["badger"] * 20)
    await world.train()
    await forbid(world, boss, "badger")
    result = await world.member.slash(world.channel, "generate", length=10, temperature=0)
    assert result.response is not None
    assert result.response.ephemeral
    assert "may not be said on this server" in result.response.content
    assert "badger" not in result.response.content


async def test_a_start_that_may_not_be_said_is_refused(world: World, boss: simcord.MemberActor) -> None:
    """The bot is nobody's mouthpiece."""
    world.history("the otter swims")
    await world.train()
    await forbid(world, boss, "badger")
    assert "You typed a word" in await world.generate(start="b a d g e r")


@pytest.mark.parametrize("unit", ["words", "characters"])
async def test_probs_hides_the_word(world: World, boss: simcord.MemberActor, unit: str) -> None:
    """In its line, in the title, in the sentences below and in the menu; also where one token finishes it."""
    world.history("the badger swims", "the otter swims", "the badge shines")
    await world.train()
    await forbid(world, boss, "badger")
    for prompt in ("the", "the badge", "the badger", "badger swims", "b a d g e r"):
        result = await world.member.slash(world.channel, "probs", prompt=prompt, unit=unit, top=25)
        assert result.response is not None
        shown = result.response.content + str(result.response.components)
        assert "badger" not in shown.casefold()
    if unit == "words":
        shown = await world.probs("the", top=25)
        assert "▒▒▒" in shown
        assert "otter" in shown


async def test_the_list_is_shown_and_changed(world: World, boss: simcord.MemberActor) -> None:
    """The same word in another dress is the same word; once off the list, it may be said."""
    await forbid(world, boss, "badger")
    await forbid(world, boss, "B-A-D-G-E-R", alone=True)
    result = await boss.slash(world.channel, "filter list")
    assert result.response is not None
    assert result.response.ephemeral
    assert "1 word " in result.response.content
    assert "(alone)" in result.response.content
    removed = await boss.slash(world.channel, "filter remove", word="bádger")
    assert removed.response is not None
    assert "off the list" in removed.response.content
    removed = await boss.slash(world.channel, "filter remove", word="badger")
    assert removed.response is not None
    assert "not on the list" in removed.response.content
    empty = await boss.slash(world.channel, "filter list")
    assert empty.response is not None
    assert "empty" in empty.response.content


async def test_a_long_list_is_shown_in_whole(world: World, boss: simcord.MemberActor) -> None:
    """In several messages; and there is an end to it."""
    from bot.filtering import MOST_WORDS
    from bot.wordfilter import Word

    choices = world.bot.channels.choices  # type: ignore[attr-defined]  # our Bot
    await choices.set_words(world.guild.id, [Word(f"{'word' * 10}{number}") for number in range(MOST_WORDS)])
    result = await boss.slash(world.channel, "filter list")
    assert result.response is not None
    assert len(result.followups) > 2
    assert all(said.ephemeral and len(said.content) <= 2000 for said in (result.response, *result.followups))
    assert "all it takes" in await forbid(world, boss, "one more")


async def test_a_single_letter_is_no_word(world: World, boss: simcord.MemberActor) -> None:
    """It would forbid nearly everything; and nothing but signs would forbid nothing."""
    for word in ("a", "!?", "☃", "\u200b\u200b"):
        assert "needs 2 letters" in await forbid(world, boss, word)


async def test_the_list_outlives_a_restart_and_is_no_other_servers(world: World, boss: simcord.MemberActor) -> None:
    """It is stored with the server, and goes with it."""
    await forbid(world, boss, "badger")
    await world.restart()
    choices = world.bot.channels.choices  # type: ignore[attr-defined]  # our Bot
    assert choices.words(world.guild.id).finds("badger")
    assert not choices.words(world.guild.id + 1).finds("badger")
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    await guild.leave()
    await world.env.settle()
    assert not choices.words(world.guild.id).finds("badger")
    await choices.load()
    assert not choices.words(world.guild.id).finds("badger")


async def test_it_is_for_who_manages_the_server(world: World) -> None:
    """Discord hides the command from others; where a server shows it, the bot still refuses."""
    with pytest.raises(simcord.SetupError, match="not visible"):
        await world.manager.slash(world.channel, "filter list")
    command = next(command for command in await world.bot.tree.fetch_commands() if command.name == "filter")
    world.guild.set_command_permissions(command, {world.manager: True})
    result = await world.manager.slash(world.channel, "filter list")
    assert result.response is not None
    assert "Manage Server" in result.response.content


async def test_what_the_bot_says_by_itself_is_filtered_too(world: World, boss: simcord.MemberActor) -> None:
    """When there is nothing else to say, it stays silent."""
    await boss.slash(world.channel, "settings", learning="on", chance=100)
    await forbid(world, boss, "badger")
    await world.member.send(world.channel, "badger")
    said = [message.content for message in world.channel.history() if message.author.bot]
    assert len(said) == 1  # the announcement
