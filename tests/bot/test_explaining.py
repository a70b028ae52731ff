"""*Why?* under a generated text: what chose each token, whose messages its spans come from, and forgetting them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import discord
import pytest
import simcord
from wcwidth import wcswidth

from bot import reasons
from bot.columns import WIDTH
from bot.language import speaking
from engine import Piece, Step, tokens

if TYPE_CHECKING:
    from tests.bot.conftest import World

CATS = (
    "the cat sat on the mat the cat ate the rat",
    "the dog sat on the log the dog ate the frog",
    "the bird sat on the word the bird flew to the sky",
)


async def say(world: World, channel: simcord.ChannelHandle | None = None, **options: Any) -> simcord.ResponseMessage:
    """Use /generate as the member; returns the answer's last message."""
    result = await world.member.slash(channel or world.channel, "generate", **options)
    assert result.response is not None
    return result.followups[-1] if result.followups else result.response


async def why(
    world: World, message: Any, *, by: simcord.MemberActor | None = None, label: str = "Why?"
) -> simcord.ResponseMessage:
    result = await (by or world.member).click(message, label=label)
    assert result.response is not None
    return result.response


def labels(message: simcord.ResponseMessage) -> list[str]:
    return [part["label"] for row in message.components for part in row["components"] if "label" in part]


def lines(message: simcord.ResponseMessage) -> list[str]:
    """The lines of the table, without its head."""
    return message.content.split("```")[1].strip("\n").split("\n")[1:]


async def test_each_token_is_shown_with_its_chance_and_the_context_that_chose_it(world: World) -> None:
    """To the asker alone; the end of the text too; what was typed was chosen by whoever asked."""
    world.history(*CATS)
    await world.train()
    message = await say(world, start="the bird flew", length=5, temperature=0)
    assert message.content == "the bird flew to the"
    answer = await why(world, message)
    assert answer.ephemeral
    table = lines(answer)
    assert [line.split()[0] for line in table] == ["the", "bird", "flew", "to", "the", "⏎"]
    assert all(line.endswith("whoever asked") for line in table[:3])
    assert table[3].endswith("after “bird flew”")
    assert re.search(r"\d+\.\d %", table[3])
    assert all(wcswidth(line) <= WIDTH for line in table)
    assert "as /probs shows them" in answer.content


async def test_all_that_was_asked_for_was_chosen_by_whoever_asked(world: World) -> None:
    """Also how the text ends, what it was to hold and what stood in a template; on every page of it."""
    world.history(*CATS)
    await world.train()
    message = await say(world, start="the", containing='"dog sat" sky', ending="the frog", length=26, seed=2)
    text = tokens(message.content.split("\n-#")[0])
    answer = await why(world, message)
    shown = lines(answer)
    await world.member.click(answer, label="Later")
    shown += lines(answer)
    typed = [line.split()[0] for line in shown if line.endswith("whoever asked")]
    assert sorted(typed) == sorted(["the", "dog", "sat", "sky", "the", "frog"])
    assert [line.split()[0] for line in shown[:-1]] == text
    assert all(line.endswith("whoever asked") for line in shown[-3:-1])
    filled = await world.member.slash(world.channel, "fill", text="the ___ sat on ... frog", seed=1)
    assert filled.response is not None
    marked = [line.endswith("whoever asked") for line in lines(await why(world, filled.response))]
    assert marked == [True, False, True, True, *[False] * (len(marked) - 6), True, False]


async def test_what_was_asked_for_is_not_counted_as_copied(world: World) -> None:
    """A span that was typed as a whole is none, and of another it is said how much of it was typed."""
    world.history(*CATS)
    await world.train()
    answer = await why(world, await say(world, start="the bird flew", length=5, temperature=0))
    assert answer.content.count("“the bird flew to the”") == 1
    assert "has 5 words, “the bird flew to the”" in answer.content
    assert "3 of these words were asked for." in answer.content
    answer = await why(world, await say(world, start="the dog ate the frog sat", length=7, temperature=0))
    assert "but for what was asked for, no three words in a row stand in any message" in answer.content


@pytest.mark.parametrize("locale", ["en-US", "de", "es-ES", "fr"])
def test_what_chose_a_token_fits_beside_it(locale: str) -> None:
    """Whatever it is and in every language, none of it cut; and a table fits into a page 500 pixels wide."""
    with speaking(locale):
        for kind in ("word", "lately", "gap", "background", "other"):
            step = Step("harbourmaster", True, 0.5, 1, (Piece(kind, (), 0.5),))
            line = reasons.page([step], 0, (), "words").split("\n")[2]
            assert wcswidth(line) <= 39
            assert not line.endswith("…")


async def test_the_lines_of_a_haiku_are_no_tokens(world: World) -> None:
    """They were drawn as one text, and are explained as one."""
    world.history("the cat sat on the mat by the sea", "the dog ate the rat in the old red house", "we sat by the sea")
    await world.train()
    result = await world.member.slash(world.channel, "haiku", seed=1)
    assert result.response is not None
    assert result.response.content.count("\n") >= 2
    shown = lines(await why(world, result.response))
    assert not any("↵" in line for line in shown)
    assert len(shown) == len(tokens(result.response.content.split("\n-#")[0].replace("\n", " "))) + 1


async def test_the_chances_are_those_of_probs(world: World) -> None:
    """One number, wherever one asks with the same order; words are said at order 3."""
    world.history(*CATS)
    await world.train()
    answer = await why(world, await say(world, start="the bird flew", length=5, temperature=0))
    chance = re.search(r"\d+\.\d %", lines(answer)[3])
    assert chance is not None
    assert chance[0] in (await world.probs("the bird flew", top=1, order=3)).splitlines()[3]


async def test_it_tells_how_original_a_text_is_and_links_to_the_messages(world: World) -> None:
    """The longest span that somebody wrote, by how many, and where."""
    ids = world.history(*CATS, "the bird flew to the sea")
    await world.train()
    answer = await why(world, await say(world, start="the bird flew", length=5, temperature=0))
    assert "**How original it is**: the longest span that somebody wrote just so has 5 words" in answer.content
    assert f"https://discord.com/channels/{world.guild.id}/{world.channel.id}/{ids[2]}" in answer.content


async def test_who_may_not_read_older_messages_is_given_no_links(world: World) -> None:
    """Nor a button to have them forgotten: it would tell them apart."""
    reader = world.guild.create_role("newcomers", permissions=discord.Permissions.none())
    newcomer = world.guild.add_member(world.env.create_user("sam"), roles=[reader])
    channel = world.guild.create_text_channel(
        "walled", overwrites={reader: discord.PermissionOverwrite(read_message_history=False)}
    )
    world.history(*CATS, channel=channel)
    await world.manager.slash(channel, "train")
    message = await say(world, channel, start="the bird flew", length=5, temperature=0)
    assert "https://" in (await why(world, message)).content
    answer = await why(world, message, by=newcomer)
    assert "https://" not in answer.content
    assert "You may not read this channel's older messages" in answer.content
    assert labels(answer) == []


async def test_filtered_words_are_hidden(world: World) -> None:
    """Also those that came onto the list after the text was said."""
    world.history(*CATS)
    await world.train()
    message = await say(world, start="the bird flew", length=5, temperature=0)
    role = world.guild.create_role("bosses", permissions=discord.Permissions(manage_guild=True))
    boss = world.guild.add_member(world.env.create_user("bo"), roles=[role])
    await boss.slash(world.channel, "filter add", word="bird")
    answer = await why(world, message)
    assert "bird" not in answer.content
    assert "▒▒▒" in answer.content
    assert "https://discord.com/channels/" in answer.content


async def test_authors_have_their_own_forgotten_and_managers_all(world: World) -> None:
    """With a receipt; who wrote none of it has no button; what is left explains the text from then on."""
    await world.train()
    stranger = world.guild.add_member(world.env.create_user("sam"))
    await world.member.send(world.channel, "the bird flew to the sky")
    await world.manager.send(world.channel, "the bird flew to the sea")
    await world.manager.send(world.channel, "the cat slept")
    message = await say(world, start="the bird flew", temperature=0, length=5)
    assert labels(await why(world, message, by=stranger)) == []
    mine = await why(world, message)
    assert labels(mine) == ["Forget these"]
    gone = await why(world, mine, label="Forget these")
    assert gone.ephemeral
    assert "Gone: 1 message" in gone.content
    assert await world.documents() == 2
    again = await why(world, mine, label="Forget these")
    assert "nothing for you to forget" in again.content
    rest = await why(world, message, by=world.manager)
    assert "Gone: 1 message" in (await why(world, rest, by=world.manager, label="Forget these")).content
    assert await world.documents() == 1


async def test_a_forgotten_message_stays_forgotten(world: World) -> None:
    """As with "Forget this message": no later reading of the history brings it back."""
    world.history(*CATS)
    await world.train()
    answer = await why(world, await say(world, start="the bird flew", length=5, temperature=0), by=world.manager)
    await why(world, answer, by=world.manager, label="Forget these")
    left = await world.documents()
    assert left < 3
    await world.train()
    assert await world.documents() == left


async def test_it_answers_after_a_restart(world: World) -> None:
    """All it needs stands in the message and in the button."""
    world.history(*CATS)
    await world.train()
    start = " ".join(["the cat sat on the mat"] * 6)
    message = await say(world, start=start, temperature=0)
    before = (await why(world, message)).content
    await world.restart()
    assert (await why(world, message)).content == before


async def test_when_all_is_forgotten_it_says_so(world: World) -> None:
    """Nothing of the text is kept by which to explain it."""
    world.history(*CATS)
    await world.train()
    message = await say(world, temperature=0)
    await world.manager.slash(world.channel, "privacy opt-out")
    await world.member.slash(world.channel, "privacy opt-out")
    assert "Nothing has been learned in this channel" in (await why(world, message)).content


@pytest.mark.parametrize("unit", ["words", "characters"])
async def test_a_long_text_has_pages(world: World, unit: str) -> None:
    """Twenty tokens each, in one message that changes; the text is read anew, so it may be gone."""
    world.history(*CATS)
    await world.train()
    message = await say(world, length=45, unit=unit, seed=3)
    answer = await why(world, message)
    assert labels(answer)[:2] == ["Earlier", "Later"]
    shown = lines(answer)
    for _ in range(2):
        await world.member.click(answer, label="Later")
        shown += lines(answer)
    assert len(shown) == 46  # and the end
    assert shown[-1].startswith("⏎ end")
    buttons = [part for row in answer.components for part in row["components"]]
    assert [bool(button.get("disabled")) for button in buttons[:2]] == [False, True]
    await world.member.click(answer, label="Earlier")
    assert lines(answer) == shown[20:40]
    await world.bot.http.delete_message(world.channel.id, message.id)
    gone = await world.member.click(answer, label="Earlier")
    assert gone.response is not None
    assert "The message is gone" in gone.response.content


async def test_a_text_in_several_messages_and_one_in_a_file_are_explained_whole(world: World) -> None:
    """From the first token on."""
    world.history(*(f"lighthouse{number} harbourmaster{number} fishmonger{number}" for number in range(20)))
    await world.train()
    message = await say(world, length=200, start="lighthouse7", seed=1)
    await world.member.send(world.channel, "in between")
    assert lines(await why(world, message))[0].endswith("whoever asked")
    other = world.guild.create_text_channel("links")
    world.history(*(f"https://example.com/{letter * 180} and" for letter in "abcdefghijkl"), channel=other)
    await world.manager.slash(other, "train")
    await world.manager.slash(other, "settings", copy_limit=0)  # a link alone is more words than may be copied
    message = await say(world, other, length=150, start="https://example.com/" + "a" * 180, seed=1)
    assert lines(await why(world, message))[0].endswith("whoever asked")


async def test_an_explanation_fits_into_a_message(world: World) -> None:
    """However wide its tokens and long its spans."""
    world.history(*(f"{'ü' * 40}{letter} 👩‍👩‍👧‍👦 " * 20 for letter in "abcdefghij"))
    await world.train()
    answer = await why(world, await say(world, length=60, seed=1))
    assert len(answer.content) <= 2000
    assert answer.content.count("```") == 2
