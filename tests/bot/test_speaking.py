"""The bot joins in: on topic, where it may, and never so that it talks to itself."""

import re

import discord
import pytest

from bot.speaking import Speaking
from bot.wordfilter import Word
from tests.bot.conftest import World

SAID = (
    "the otter sleeps on the pier",
    "otters eat crabs all day",
    "the lamp in the lighthouse is broken again",
    "somebody should mend the lamp",
    "the ferry is late and the captain is asleep",
    "we row to the island on sundays",
    "the kettle in the harbour office whistles",
    "nobody saw where the gulls went",
)


@pytest.fixture
async def learned(world: World) -> World:
    """Learning is on, and some things were said by two people; nobody was answered."""
    await world.manager.slash(world.channel, "settings", learning="on")
    for text in SAID:
        await world.member.send(world.channel, text)
        await world.manager.send(world.channel, text)
    assert not answers(world)
    return world


def mine(world: World) -> list[discord.Message]:
    return [message for message in world.channel.history() if message.author.id == world.env.bot.user.id]  # type: ignore[union-attr]  # it is logged in


def answers(world: World) -> list[discord.Message]:
    """What the bot said by itself; its announcement comes first and is none."""
    return [message for message in mine(world)[1:] if message.interaction_metadata is None]


def mention(world: World) -> str:
    return f"<@{world.env.bot.user.id}>"  # type: ignore[union-attr]  # it is logged in


async def test_who_mentions_it_is_answered_about_what_they_asked(learned: World) -> None:
    """The answer is a reply, notifies nobody, and holds the rarest word of the question that is known here."""
    for question, word in (("what is wrong with the lamp?", "lamp"), ("is the ferry there", "ferry")):
        asked = await learned.member.send(learned.channel, f"{mention(learned)} {question}")
        answer = answers(learned)[-1]
        assert answer.reference is not None
        assert answer.reference.message_id == asked.id
        assert not answer.mentions
        assert word in answer.content.lower().split()


async def test_a_mention_typed_in_full_is_one(learned: World) -> None:
    """`@Name` picked from no list is plain text for Discord, and meant for the bot; part of another word it is not."""
    name = learned.env.bot.user.name  # type: ignore[union-attr]  # it is logged in
    await learned.member.send(learned.channel, f"me@{name} the lamp, @{name}y the lamp")
    assert not answers(learned)
    await learned.member.send(learned.channel, f"@{name.lower()} what is wrong with the lamp?")
    assert "lamp" in re.findall(r"\w+", answers(learned)[-1].content.lower())


async def test_who_replies_to_it_is_answered(learned: World) -> None:
    """To anything it said; who replies to somebody else is not asking it."""
    announced, other = mine(learned)[0], learned.channel.history()[-1]
    await learned.member.send(learned.channel, "do otters agree?", reply_to=other)
    assert not answers(learned)
    await learned.member.send(learned.channel, "do otters agree?", reply_to=announced)
    assert "otters" in answers(learned)[-1].content.lower()
    await learned.member.send(learned.channel, "and the gulls?", reply_to=answers(learned)[-1])
    assert "gulls" in answers(learned)[-1].content.lower()


async def test_its_own_role_is_the_bot(learned: World) -> None:
    """Discord offers both when one types its name."""
    role = learned.guild.create_role("markov")
    guild = learned.bot.get_guild(learned.guild.id)
    assert guild is not None
    await learned.member.send(learned.channel, f"<@&{role.id}> and the gulls?")
    assert not answers(learned)
    # As Discord sends it; simcord has no such tags.
    guild.get_role(role.id).tags = discord.RoleTags({"bot_id": str(guild.me.id)})  # type: ignore[union-attr]  # it was made above
    await learned.member.send(learned.channel, f"<@&{role.id}> and the gulls?")
    assert "gulls" in answers(learned)[-1].content


async def test_an_answer_is_found_whatever_was_asked(learned: World) -> None:
    """Unknown words, none at all, and a picture of nothing."""
    for number, question in enumerate(("xylophone quizzes?", "", "?!", "@someone"), start=1):
        await learned.member.send(learned.channel, f"{mention(learned)} {question}")
        assert len(answers(learned)) == number
        assert answers(learned)[-1].content.strip()


async def test_the_question_itself_is_no_source(learned: World) -> None:
    """The answer is made of what was said before: of a word only the question has, nothing is known yet."""
    for _ in range(5):
        await learned.member.send(learned.channel, f"{mention(learned)} bring the zeppelin")
        assert "zeppelin" not in answers(learned)[0].content
    assert await learned.documents() == 2 * len(SAID) + 5


async def test_two_bots_do_not_talk_to_each_other(learned: World) -> None:
    """Another bot that answers and mentions it every time gets one answer: to what a person said."""
    await learned.manager.slash(learned.channel, "settings", chance=100)
    robot = learned.guild.add_member(learned.env.create_user("robot", bot=True))
    hook = learned.guild.create_webhook(learned.channel, name="hook")
    await learned.member.send(learned.channel, "good morning otters")
    for _ in range(3):
        latest = answers(learned)[-1]
        await robot.send(learned.channel, f"{mention(learned)} tell me more", reply_to=latest)
        await hook.send(f"{mention(learned)} beep")
    assert len(answers(learned)) == 1


async def test_it_says_nothing_twice_in_a_row(learned: World) -> None:
    """Two people speak at once: who came first is answered; then somebody has to say something again."""
    cog = learned.bot.get_cog(Speaking.__name__)
    assert isinstance(cog, Speaking)
    await learned.member.send(learned.channel, f"{mention(learned)} where are the gulls?")
    before_the_answer = learned.channel.history()[-2]
    assert len(answers(learned)) == 1
    seen = await learned.env.bot.get_channel(learned.channel.id).fetch_message(before_the_answer.id)  # type: ignore[union-attr]  # a text channel
    await cog.on_message(seen)
    assert len(answers(learned)) == 1


async def test_it_is_silent_where_it_does_not_learn_or_may_not_speak(learned: World) -> None:
    """Nobody agreed to it there; and what Discord would not let it say is not tried."""
    other = learned.guild.create_text_channel("elsewhere")
    await learned.member.send(other, f"{mention(learned)} hello?")
    assert not other.history()[1:]
    channel = learned.env.bot.get_channel(learned.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.set_permissions(channel.guild.me, send_messages=False)
    await learned.member.send(learned.channel, f"{mention(learned)} hello?")
    assert not answers(learned)
    path = f"/channels/{learned.channel.id}/messages"
    tried = [request for request in learned.env.http_requests if (request.method, request.path) == ("POST", path)]
    assert len(tried) == 1, "the announcement"


async def test_who_asks_without_end_is_left_alone(learned: World) -> None:
    """Ten times a minute from one person, twenty in one channel."""
    for _ in range(12):
        await learned.member.send(learned.channel, f"{mention(learned)} otters?")
    assert len(answers(learned)) == 10


async def test_the_filter_holds_for_what_it_says_by_itself(learned: World) -> None:
    """It answers about something else."""
    await learned.bot.channels.choices.set_words(learned.guild.id, [Word("otter")])  # type: ignore[attr-defined]  # our Bot
    for _ in range(5):
        await learned.member.send(learned.channel, f"{mention(learned)} otter otters")
    assert len(answers(learned)) == 5
    assert "otter" not in " ".join(message.content for message in answers(learned)).lower()


async def test_its_answer_can_be_explained(learned: World) -> None:
    """*Why?* stands under what somebody asked for, as under every text."""
    await learned.member.send(learned.channel, f"{mention(learned)} what is wrong with the lamp?")
    result = await learned.member.click(answers(learned)[-1], label="Why?")
    assert result.response is not None
    assert "lamp" in result.response.content
