"""/generate and its button."""

from __future__ import annotations

import re
from itertools import pairwise
from string import ascii_letters
from typing import TYPE_CHECKING

import pytest

from bot.asking import Request, decoded, words
from engine import tokens

if TYPE_CHECKING:
    from tests.bot.conftest import World

CATS = (
    "the cat sat on the mat the cat ate the rat",
    "the dog sat on the log the dog ate the frog",
    "the bird sat on the word the bird flew to the sky",
)


async def test_the_answer_is_the_text_alone(world: World) -> None:
    """A clean message: no embed, no title, no footer."""
    world.history(*CATS)
    await world.train()
    said = await world.generate(temperature=0)
    assert "-#" not in said
    assert set(tokens(said)) <= set(tokens(" ".join(CATS)))


async def test_an_untrained_channel_says_what_to_do_next(world: World) -> None:
    """Privately, and with the name of the command that helps."""
    result = await world.member.slash(world.channel, "generate")
    assert result.response is not None
    assert result.response.ephemeral
    assert "Learning is off" in result.response.content
    assert "/train" in result.response.content


async def test_an_empty_channel_that_learns_says_what_to_do_next(world: World) -> None:
    """Learning is on, but nobody said anything."""
    await world.train()
    assert "Say something here" in await world.generate()


@pytest.mark.parametrize("unit", ["words", "characters"])
@pytest.mark.parametrize("length", [1, 25, 400])
async def test_length_is_exact(world: World, unit: str, length: int) -> None:
    """`length:N` gives exactly N tokens."""
    world.history(*CATS)
    await world.train()
    said = (await world.generate(length=length, unit=unit, seed=5)).split("\n-#")[0]
    assert len(tokens(said, unit)) == length


async def test_the_same_seed_gives_the_same_text(world: World) -> None:
    """And says which one it was, since somebody cared."""
    world.history(*CATS)
    await world.train()
    first = await world.generate(seed=42)
    assert first == await world.generate(seed=42)
    assert first.endswith("-# seed 42")


async def test_a_start_is_continued(world: World) -> None:
    """The text begins with it."""
    world.history(*CATS)
    await world.train()
    said = await world.generate(start="the bird flew", seed=1)
    assert said.startswith("the bird flew to the ")


async def test_a_start_never_seen_gets_an_answer_that_says_what_it_fell_back_to(world: World) -> None:
    """Unknown tokens are named, and what the text went on from."""
    world.history(*CATS)
    await world.train()
    said = await world.generate(start="zyx the bird flew", order=5, seed=1)
    assert said.startswith("zyx the bird flew")  # what comes after it is drawn
    assert "never seen here: “zyx”" in said
    assert "went on from “the bird flew”" in said
    assert "its end was never seen here: anything could follow" in await world.generate(start="zyx")


async def test_a_start_with_mentions_mentions_nobody(world: World) -> None:
    """Neither what was typed nor what comes out is a live mention."""
    world.history(*CATS)
    await world.train()
    said = await world.generate(start=f"{world.manager.mention} @everyone <#{world.channel.id}> the cat")
    assert said.startswith("@someone everyone #somewhere the cat")
    sent = [request for request in world.env.http_requests if request.path.endswith("/callback")][-1]
    assert sent.json["data"]["allowed_mentions"] == {"parse": []}


async def test_again_asks_the_same_with_another_seed(world: World) -> None:
    """Anybody in the channel may use the button; the start and the length stay."""
    world.history(*CATS)
    await world.train()
    result = await world.member.slash(world.channel, "generate", start="the cat", length=9, temperature=3.0)
    assert result.response is not None
    said = {(await again(world, result.response)) for _ in range(8)}
    assert all(text.startswith("the cat") and len(tokens(text)) == 9 for text in said)
    assert len(said) > 1


async def test_again_works_after_a_restart(world: World) -> None:
    """The button's id holds what was asked."""
    world.history(*CATS)
    await world.train()
    result = await world.member.slash(world.channel, "generate", start="the bird: flew", temperature=0.5)
    assert result.response is not None
    await world.restart()
    assert (await again(world, result.response)).startswith("the bird: flew")


async def test_longer_asks_for_twice_as_many_tokens(world: World) -> None:
    """With the same start, as often as there is room; after a restart too, and not where the form is given."""
    world.history(*CATS)
    await world.train()
    result = await world.member.slash(world.channel, "generate", start="the cat", length=100, seed=2)
    assert result.response is not None
    await world.restart()
    longer = await world.manager.click(result.response, label="Longer")
    assert longer.response is not None
    said = longer.response.content.split("\n-#")[0]
    assert said.startswith("the cat")
    assert len(tokens(said)) == 200
    longest = await world.manager.click(longer.response, label="Longer")
    last = (longest.followups or [longest.response])[-1]
    assert last is not None
    assert not any(part.get("label") == "Longer" for row in last.components for part in row["components"])


async def test_again_with_a_long_start_says_after_a_restart_that_it_is_forgotten(world: World) -> None:
    """What does not fit into an id is kept in memory only."""
    world.history(*CATS)
    await world.train()
    start = " ".join(["the cat sat on the mat"] * 8)
    result = await world.member.slash(world.channel, "generate", start=start)
    assert result.response is not None
    assert (await again(world, result.response)).startswith(start)
    await world.restart()
    assert "Ask anew with /generate" in await again(world, result.response)


async def again(world: World, message: object) -> str:
    result = await world.manager.click(message, label="Again")  # type: ignore[arg-type]
    assert result.response is not None
    return result.response.content


async def test_a_text_too_long_for_a_message_comes_in_several(world: World) -> None:
    """Parted at blanks, with nothing lost; the button is under the last one."""
    world.history(*(f"lighthouse{letter} harbourmaster{letter} fishmonger{letter}" for letter in ascii_letters[:20]))
    await world.train()
    result = await world.member.slash(world.channel, "generate", length=200, seed=1)
    assert result.response is not None
    messages = [result.response, *result.followups]
    assert len(messages) == 2
    assert all(len(message.content) <= 2000 for message in messages)
    assert [bool(message.components) for message in messages] == [False, True]
    text = " ".join(message.content for message in messages).split("\n-#")[0]
    assert len(tokens(text)) == 200


async def test_a_text_too_long_for_some_messages_comes_as_a_file(world: World) -> None:
    """Nothing is cut."""
    world.history(*(f"{f'{letter}o' * 90} and" for letter in "abcdefghijkl"))
    await world.train()
    result = await world.member.slash(world.channel, "generate", length=150, seed=1)
    assert result.response is not None
    assert "too many for a message" in result.response.content
    assert [attachment.filename for attachment in result.response.attachments] == ["text.txt"]
    text = (await result.response.attachments[0].read()).decode()
    assert len(tokens(text)) == 150


async def test_a_start_longer_than_the_length_is_explained(world: World) -> None:
    """The engine's sentence reaches the asker, privately."""
    world.history(*CATS)
    await world.train()
    result = await world.member.slash(world.channel, "generate", start="the cat sat on", length=2)
    assert result.response is not None
    assert result.response.ephemeral
    assert "4" in result.response.content
    assert "2" in result.response.content


async def test_what_is_asked_of_a_text_holds(world: World) -> None:
    """Beginning, end, words to hold and to do without, and length, all at once; a phrase in quotes is one."""
    world.history(*CATS)
    await world.train()
    for seed in range(8):
        said = await world.generate(
            start="the bird", ending="the mat", containing='Cat, "sat on"', without="dog ate", length=14, seed=seed
        )
        text = said.split("\n-#")[0]
        assert text.startswith("the bird")
        assert text.endswith("the mat")
        assert "cat" in text.split()
        assert "sat on" in text
        assert not {"dog", "ate"} & set(text.split())
        assert len(tokens(text)) == 14


async def test_a_word_nobody_said_here_may_be_asked_for(world: World) -> None:
    """It stands in the text as it was typed, and it is said that it is new here."""
    world.history(*CATS)
    await world.train()
    said = await world.generate(containing="Zyx", seed=1)
    assert "Zyx" in said.split("\n-#")[0].split()
    assert "never seen here: “Zyx”" in said
    assert "never seen here: “Zzzzzz”" in await world.generate(containing="Zzzzzz", seed=1)


async def test_what_no_text_can_be_is_explained(world: World) -> None:
    """Privately, with the reason."""
    world.history(*CATS)
    await world.train()
    for options, why in (
        ({"containing": "cat dog bird", "length": 2}, "takes at least 3 tokens"),
        ({"containing": "cat", "without": "CAT"}, "to do without"),
        ({"ending": "mat", "unit": "characters"}, "words"),
        ({"about": "zyx"}, "“zyx”"),
    ):
        result = await world.member.slash(world.channel, "generate", **options)
        assert result.response is not None
        assert result.response.ephemeral
        assert why in result.response.content


async def test_moods_turn_both_dials(world: World) -> None:
    """An unhinged text has more pairs of words that nobody said in a row; numbers have the last word."""
    world.history(*CATS)
    await world.train()
    known = {pair for text in CATS for pair in pairwise(text.split())}
    strayed = {}
    for mood in ("calm", "unhinged"):
        said = [(await world.generate(mood=mood, length=9, seed=seed)).split("\n-#")[0] for seed in range(12)]
        strayed[mood] = sum(pair not in known for text in said for pair in pairwise(text.split()))
    assert strayed["unhinged"] > strayed["calm"]
    cold = [await world.generate(mood="unhinged", temperature=0.0, originality=0.4, start="the cat sat") for _ in "12"]
    assert cold[0] == cold[1]


async def test_blanks_are_filled(world: World) -> None:
    """What was typed stays; `___` becomes one word, `...` one or more."""
    world.history(*CATS)
    await world.train()
    result = await world.member.slash(world.channel, "fill", text="The ___ sat on the ___, and ...", seed=3)
    assert result.response is not None
    assert re.match(r"The \w+ sat on the \w+, and \w+", result.response.content)
    assert (await again(world, result.response)).startswith("The ")
    result = await world.member.slash(world.channel, "fill", text="no blank")
    assert result.response is not None
    assert result.response.ephemeral
    assert "no blank to fill" in result.response.content


async def test_a_haiku_has_three_lines(world: World) -> None:
    """Of five, seven and five syllables, which in these words are one each."""
    world.history(*CATS)
    await world.train()
    result = await world.member.slash(world.channel, "haiku", about="bird", seed=1)
    assert result.response is not None
    lines = result.response.content.split("\n-#")[0].split("\n")
    assert [len(re.findall(r"\w+", line)) for line in lines] == [5, 7, 5]


async def test_again_keeps_all_options(world: World) -> None:
    """After a restart too."""
    world.history(*CATS)
    await world.train()
    result = await world.member.slash(world.channel, "generate", ending="sky", containing="cat", length=12, mood="calm")
    assert result.response is not None
    await world.restart()
    for _ in range(4):
        said = (await again(world, result.response)).split("\n-#")[0]
        assert said.endswith("sky")
        assert "cat" in said.split()
        assert len(tokens(said)) == 12


def test_a_button_of_another_version_is_no_request() -> None:
    """It is told so, and nothing breaks."""
    assert decoded("w:5:9:1:the cat") is None
    assert decoded('{"q":1}') is None
    assert decoded("[1]") is None
    request = Request("characters", 3, 9, 0.5, 0.1, "a: b", "c", ("d e", "f"), ("g",), "h", "", haiku=True)
    assert decoded(request.encode()) == request


def test_words_of_an_option_are_parted_by_blanks_and_kept_together_by_quotes() -> None:
    """In whatever quotes people write."""
    assert words("cat, dog  :) don't") == ("cat", "dog", ":)", "don't")
    assert words('"well done" “so long” «au revoir» x') == ("well done", "so long", "au revoir", "x")
    assert words(",") == (",",)


async def test_custom_emoji_are_said_only_where_they_exist(world: World) -> None:
    """One of this server is; one from elsewhere is not drawn, and where nothing else is left it stands by its name."""
    here = world.guild.create_emoji("otter")
    world.history(*[f"good morning <:otter:{here.id}>", "good evening <:gull:123456789012345678>"] * 2)
    await world.train()
    said = [await world.generate(start="good", seed=seed) for seed in range(8)]
    assert any(f"<:otter:{here.id}>" in text for text in said)
    assert not any("gull" in text for text in said)
    assert "good evening :gull:" in await world.generate(start="good evening <:gull:123456789012345678>", seed=1)
