"""/probs: bars, what they rest on, and the walk from one distribution to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest
from wcwidth import wcswidth

from bot.columns import WIDTH

if TYPE_CHECKING:
    import simcord

    from tests.bot.conftest import World

CATS = (
    "the cat sat on the mat the cat ate the rat",
    "the dog sat on the log the dog ate the frog",
    "the bird sat on the word the bird flew to the sky",
)


async def ask(world: World, prompt: str, **options: Any) -> simcord.ResponseMessage:
    result = await world.member.slash(world.channel, "probs", prompt=prompt, **options)
    assert result.response is not None
    return result.response


def menu(message: simcord.ResponseMessage) -> list[dict[str, Any]]:
    return next(row["components"][0]["options"] for row in message.components if "options" in row["components"][0])


async def test_it_shows_bars_what_they_rest_on_and_how_sure_they_are(world: World) -> None:
    """Token, bar, chance and count; the context that answered; entropy in bits and in words; the rest."""
    world.history(*CATS)
    await world.train()
    shown = await world.probs("the cat sat on the", top=3)
    lines = shown.splitlines()
    assert lines[0] == "```"
    assert lines[1] == "the cat sat on the ▁"
    assert lines[2].split() == ["next", "token", "chance", "seen"]
    assert lines[3].startswith("mat")
    assert "█" in lines[3]
    assert lines[3].endswith("% " + "1".rjust(5))
    assert "The last 4 tokens, “cat sat on the”, were seen once." in shown
    assert "bits: about as unsure as a choice among" in shown
    assert "14 more tokens share" in shown


async def test_a_guess_at_what_one_person_wrote_is_not_confirmed(world: World) -> None:
    """In characters the right beginning of a secret is answered as a wrong one is: with a sentence, and no bar."""
    await world.train()
    people = [world.guild.add_member(world.env.create_user(f"person{number}")) for number in range(4)]
    for person in people:
        await person.send(world.channel, "the code is on the door")
    await people[0].send(world.channel, "the code is 8f3k2p")
    right, wrong = [await ask(world, f"the code is {guess}", unit="characters") for guess in ("8f3", "8f9")]
    assert right.content == wrong.content.replace("8f9", "8f3")
    assert "No two people here wrote a word that begins like this" in right.content
    assert "%" not in right.content
    sample = next(button for row in right.components for button in row["components"] if button["label"] == "Sample one")
    assert sample["disabled"]


async def test_an_untrained_channel_says_what_to_do_next(world: World) -> None:
    """Privately, and with the name of the command that helps."""
    message = await ask(world, "the")
    assert message.ephemeral
    assert "/train" in message.content


async def test_a_prompt_never_seen_is_answered_and_explained(world: World) -> None:
    """Unknown tokens are named as typed; other capitals are told; and what the bars rest on is what they do rest on."""
    world.history(*CATS)
    await world.train()
    shown = await world.probs("zyx qqq")
    assert "Never seen here: “zyx”, “qqq”." in shown
    assert "Never seen here: “Zzzzzz”, “!!!!!?”." in await world.probs("the Zzzzzz cat !!!!!?")
    with_gap = await world.probs("the cat zyx", order=3)
    assert "never seen here, so this is what comes one token after those before it" in with_gap
    message = await ask(world, "the cat zyx", order=3)
    await world.member.click(message, label="X-ray")
    assert "with a gap between" in message.content
    assert "never seen here, so this is how often tokens come at all" in await world.probs("the zyx", order=2)
    assert "With order 1 no token before counts" in await world.probs("the cat", order=1)
    assert "Read “CAT” as “cat”" in await world.probs("the CAT")


async def test_stepping_into_a_token_shows_what_follows_it_and_back_returns(world: World) -> None:
    """The message becomes the next distribution, and the one before again."""
    world.history(*CATS)
    await world.train()
    message = await ask(world, "the bird")
    first = message.content
    labels = [option["label"] for option in menu(message)]
    flew = next(number for number, label in enumerate(labels) if label.startswith("flew · "))
    await world.member.select(message, [str(flew)])
    assert "the bird flew ▁" in message.content
    assert menu(message)[0]["label"].startswith("to · ")
    await world.member.select(message, ["0"])
    assert "the bird flew to ▁" in message.content
    await world.member.click(message, label="Back")
    assert "the bird flew ▁" in message.content
    await world.member.click(message, label="Back")
    assert message.content == first


async def test_the_end_of_a_message_cannot_be_stepped_into(world: World) -> None:
    """Nothing follows it."""
    world.history("ahoy")
    await world.train()
    message = await ask(world, "ahoy", top=1, temperature=0)
    assert "⏎ end" in message.content
    assert all("options" not in row["components"][0] for row in message.components)


async def test_only_the_asker_steps(world: World) -> None:
    """Others are told privately how to begin a walk of their own."""
    world.history(*CATS)
    await world.train()
    message = await ask(world, "the")
    before = message.content
    result = await world.manager.select(message, ["0"])
    assert result.response is not None
    assert result.response.ephemeral
    assert "/probs" in result.response.content
    assert message.content == before


async def test_a_menu_of_before_a_restart_says_so(world: World) -> None:
    """An old menu is not dead, it says a sentence."""
    world.history(*CATS)
    await world.train()
    message = await ask(world, "the")
    await world.restart()
    result = await world.member.select(message, ["0"])
    assert result.response is not None
    assert "no longer remember this walk" in result.response.content


@pytest.mark.parametrize(
    "text",
    [
        "猫が マットの 上に 座った",
        "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 😀",
        "`code` ```more``` ` a ` b",
        "שלום לכולם מה שלומכם היום",
        "z̵̡̢̛̗̘̙̜̝̞̟̠a̴̡̢̗̘̙̜̝̞̟l̸̡̢̗̘̙̜̝g̵̡̢̗̘̙̜o̶̡̢̗̘̙",
        "pneumonoultramicroscopicsilicovolcanoconiosis " + "supercalifragilistic" * 5,
        "line one\nline two\n\nline three\ttabbed",
    ],
    ids=["chinese", "emoji", "backticks", "hebrew", "zalgo", "long words", "lines"],
)
@pytest.mark.parametrize("unit", ["words", "characters"])
async def test_columns_are_aligned_whatever_the_tokens_are(world: World, text: str, unit: str) -> None:
    """All lines end in the same column, none is wider than a phone shows, and no token ends the block."""
    world.history(text)
    await world.train()
    shown = await world.probs(text[:30], unit=unit, top=25)
    assert len(shown) <= 2000
    assert shown.startswith("```\n")
    assert shown.count("```") == 2
    block = shown.split("```")[1].strip("\n").split("\n")
    assert {wcswidth(line) for line in block[1:]} == {wcswidth(block[1])}
    assert wcswidth(block[0]) <= WIDTH
    assert wcswidth(block[1]) <= WIDTH


async def test_a_long_prompt_shows_its_end(world: World) -> None:
    """What comes next depends on the end; an ellipsis stands for the rest."""
    world.history(*CATS)
    await world.train()
    shown = await world.probs("sky to flew bird " * 50 + "the cat ate the")
    assert "…" in shown.splitlines()[1]
    assert shown.splitlines()[1].endswith("the cat ate the ▁")
    assert "rat" in shown.splitlines()[3]


async def test_low_order_and_characters_are_views_of_the_same_messages(world: World) -> None:
    """Unit, order and temperature are chosen with each question."""
    world.history(*CATS)
    await world.train()
    assert "The last 2 tokens, “on the”, were seen 3 times." in await world.probs("on the")
    assert "The last token, “the”, was seen 12 times." in await world.probs("on the", order=2)
    assert "The last 2 tokens, “the cat”, were seen 2 times." in await world.probs("the cat")
    assert "␣" in await world.probs("sat on the", unit="characters")
    assert "100 %" in await world.probs("sat on the", temperature=0)


def bars(shown: str) -> list[str]:
    """The bar of each line of a distribution."""
    block = shown.split("```")[1].strip("\n").split("\n\n")[0]
    return [line[14:26].rstrip() for line in block.split("\n")[2:]]


async def test_the_xray_cuts_bars_into_what_each_context_adds_and_back(world: World) -> None:
    """Each bar stretched alike, and said to be; the legend says what each mark is; the button goes both ways."""
    world.history(*CATS)
    await world.train()
    message = await ask(world, "the cat sat on the", top=4)
    before, likeliest = message.content, chances(message.content)
    await world.member.click(message, label="X-ray")
    shown, block = message.content, message.content.split("```")[1]
    legend = dict(line.split(" ", 1) for line in block.strip("\n").split("\n\n")[1].split("\n"))
    assert legend["█"] == "after “cat sat on the”"
    assert legend["▒"] == "after “on the”"
    assert legend["▓"] == "after “sat on the”"
    assert bars(shown)[0].startswith("█")
    assert {mark for bar in bars(shown) for mark in bar} == legend.keys()
    times = int(100 / likeliest[0])
    assert f"The bars are {times} times as long here" in shown
    assert [len(bar) for bar in bars(shown)] == [max(1, round(0.12 * times * chance)) for chance in likeliest]
    assert all(wcswidth(line) <= WIDTH for line in block.split("\n"))
    await world.member.click(message, label="Plain bars")
    assert message.content == before


async def test_the_scale_of_an_xray_stays_from_temperature_to_temperature(world: World) -> None:
    """So bars can be compared; it changes where one would not fit, and begins anew with another prompt."""
    world.history(*CATS)
    await world.train()
    message = await ask(world, "the cat sat on the", top=4)
    await world.member.click(message, label="X-ray")
    for turn in ("Warmer", "Warmer", "Warmer", "Cooler"):
        await world.member.click(message, label=turn)
        assert "The bars are 2 times as long here" in message.content
        assert len(bars(message.content)[0]) == round(0.24 * chances(message.content)[0])
        await world.env.advance_time(3)
    for _ in range(4):
        await world.member.click(message, label="Cooler")
        await world.env.advance_time(3)
    assert "times as long" not in message.content
    await world.member.click(message, label="Plain bars")
    await world.member.click(message, label="Warmer")
    assert "times as long" not in message.content


@pytest.mark.parametrize("unit", ["words", "characters"])
async def test_an_xray_fits_into_a_message(world: World, unit: str) -> None:
    """However many lines and however long the contexts are; a phone need not wrap it."""
    long = [f"{letter * 3}-dreisamtalbrücke{letter} 👩‍👩‍👧‍👦 {letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    world.history(" ".join(long), " ".join(reversed(long)))
    await world.train()
    message = await ask(world, " ".join(long[:4]), top=25, unit=unit, order=8)
    await world.member.click(message, label="X-ray")
    assert len(message.content) <= 2000
    assert message.content.count("```") == 2
    assert all(wcswidth(line) <= WIDTH for line in message.content.split("```")[1].split("\n"))


async def test_warmer_and_cooler_change_the_bars(world: World) -> None:
    """One temperature after the other, until there is none; the answer says which one it is."""
    world.history(*CATS)
    await world.train()
    message = await ask(world, "the cat sat on the", top=4, temperature=2.0)
    likeliest = [chances(message.content)[0]]
    for temperature in ("1.5", "1.25", "1", "0.75", "0.5", "0.25", "0"):
        await world.member.click(message, label="Cooler")
        assert (f"Temperature {temperature}:" in message.content) == (temperature != "1")
        likeliest.append(chances(message.content)[0])
    assert likeliest == sorted(likeliest)
    assert likeliest[-1] == 100
    assert button(message, "Cooler")["disabled"]
    await world.member.click(message, label="Warmer")
    assert "Temperature 0.25: likely tokens are made likelier" in message.content
    assert button(message, "Back")["disabled"]


def chances(shown: str) -> list[float]:
    """The percentage of each line of a distribution."""
    return [float(line.split("%")[0].split()[-1]) for line in shown.split("\n") if line.count("%") == 1 and "█" in line]


def button(message: simcord.ResponseMessage, label: str) -> dict[str, Any]:
    found = [part for row in message.components for part in row["components"] if part.get("label") == label]
    return found[0]


async def test_a_sample_is_drawn_shown_and_stepped_into(world: World) -> None:
    """With temperature 0 it is the likeliest; the end of a message can be drawn, and nothing follows it."""
    world.history("ahoy there")
    await world.train()
    message = await ask(world, "ahoy", temperature=0)
    await world.member.click(message, label="Sample one")
    assert message.content.startswith("Drawn: “there”, which had 100 %.\n```\nahoy there ▁")
    await world.member.click(message, label="Sample one")
    assert message.content.startswith("Drawn: “⏎ end”, which had 100 %. So the message ends here.\n```\nahoy there ▁")
    assert button(message, "Sample one")["disabled"]
    await world.member.click(message, label="Back")
    assert message.content.startswith("```\nahoy there ▁")
    assert not button(message, "Sample one").get("disabled")
    await world.member.click(message, label="Back")
    assert message.content.startswith("```\nahoy ▁")
    assert button(message, "Back")["disabled"]


async def test_an_end_drawn_at_once_is_one_step(world: World) -> None:
    """Back is before it, with the prompt as it was asked."""
    world.history("ahoy")
    await world.train()
    message = await ask(world, "ahoy", temperature=0)
    before = message.content
    await world.member.click(message, label="Sample one")
    assert "So the message ends here." in message.content
    await world.member.click(message, label="Back")
    assert message.content == before


async def test_what_has_no_chance_shares_none(world: World) -> None:
    """With temperature 0 one token has it all, and nothing is said of the others' share."""
    world.history(*CATS)
    await world.train()
    shown = await world.probs("the cat sat on the", temperature=0)
    assert "100 %" in shown
    assert "<0.1 %" not in shown


async def test_samples_come_as_often_as_their_bars_say(world: World) -> None:
    """After "the" of "the cat", "the dog" and the like no token has half; so fifty draws are never all alike."""
    world.history(*CATS)
    await world.train()
    drawn = set()
    for _ in range(50):
        message = await ask(world, "the")
        await world.member.click(message, label="Sample one")
        drawn.add(message.content.split("”")[0])
        await world.env.advance_time(3)
    assert len(drawn) > 3


async def test_a_filtered_word_is_not_sampled(world: World) -> None:
    """Where every token drawn is one, that is said, and the word is not."""
    world.history(*["ahoy badger"] * 20)
    await world.train()
    role = world.guild.create_role("bosses", permissions=discord.Permissions(manage_guild=True))
    boss = world.guild.add_member(world.env.create_user("bo"), roles=[role])
    await boss.slash(world.channel, "filter add", word="badger")
    message = await ask(world, "ahoy", temperature=0)
    result = await world.member.click(message, label="Sample one")
    assert result.response is not None
    assert "may not be said on this server" in result.response.content
    assert "badger" not in message.content + result.response.content


async def test_the_menu_has_a_new_id_after_each_step_and_an_old_one_says_so(world: World) -> None:
    """Discord goes on showing what was chosen last in a menu whose id stays."""
    world.history(*CATS)
    await world.train()
    message = await ask(world, "the bird")
    first = message.components[0]["components"][0]["custom_id"]
    await world.member.select(message, ["0"])
    assert message.components[0]["components"][0]["custom_id"] != first


async def test_an_invite_that_was_typed_leads_nowhere(world: World) -> None:
    """Also where it is part of another word, which is what scrubbing looks for."""
    world.history("the cat sat on the mat")
    await world.train()
    said = await world.probs("infinityhttps://discord.gg/abc the cat discord.gg/x")
    assert "discord.gg/" not in said
