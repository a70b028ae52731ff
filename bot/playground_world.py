"""The playground's pretend Discord: a server, its people, and what they said.

simcord's public API is made for tests, and this is a place to stay: laying down a long past
(`write_past`) and letting time pass (`pass_time`) reach past it. So does playground_pages, and nothing else.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import discord
from simcord import ChannelHandle, Env, MemberActor, WebhookHandle

from engine import Corpus, read_corpus

CORPORA = Path(__file__).parent.parent / "corpora"
MANAGER, MEMBER = "mags_hm", "nora"

TOPICS = {
    "cats": "Three sentences, small enough to check by hand",
    "harbour": "The people of a small harbour town",
    "quiet": "The lighthouse at night",
}

# Minutes between one message and the next, over and over: people talk in bursts.
PAUSES = (1, 1, 2, 1, 4, 1, 17, 1, 1, 3, 1, 55)

LIGHTHOUSE_LOG = """\
brannoch: light on at 16:52, wind westerly, nothing to report
nora: can I ask what nothing to report looks like
brannoch: like this
penrose: it looks like a calm sea and a kettle
brannoch: kettle on at 17:10
nora: is somebody up there the whole night?
brannoch: somebody is. tonight it is me and the cat
penrose: the cat has the better chair
brannoch: the cat has the only chair
brannoch: light on at 16:50, wind south west, one trawler heading in
nora: I can see the light from my kitchen, it goes round every eight seconds
brannoch: every seven and a half
nora: I counted eight
brannoch: then you count slowly
penrose: everybody counts slowly when the kettle is on
brannoch: fog since midnight, horn on, sorry everyone
nora: is that what that was
brannoch: that is what that was
penrose: I like the horn. it means somebody is awake
brannoch: somebody is awake
nora: goodnight to the light and to the cat
brannoch: the cat says nothing to report
brannoch: light on at 16:47, wind north, the cat is asleep on the log book
penrose: then how do you write the log
brannoch: around the cat
nora: wind from the north means snow?
brannoch: wind from the north means a coat
brannoch: light on at 16:45, wind north, one trawler heading out, one cat heading in
penrose: was the cat out?
brannoch: the cat was out. nothing to report, she says
nora: is somebody up there tonight?
brannoch: somebody is. light on, kettle on, cat on the chair
"""


class Said(NamedTuple):
    """A message before it is one: who wrote it, and what."""

    author: str
    text: str


class Line(NamedTuple):
    """What is to be a message."""

    channel: ChannelHandle
    author: MemberActor
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """The channels by name, a voice of the playground's own in each, the two people to be, and the past."""

    channels: dict[str, ChannelHandle]
    voices: dict[str, WebhookHandle]
    manager: MemberActor
    member: MemberActor
    past: list[Line]


def build_world(env: Env) -> World:
    """Create the server and its people. Nothing is written yet, and nothing learned."""
    pasts = {"cats": _read("cats"), "quiet": _read_log(LIGHTHOUSE_LOG), "harbour": _read("harbour")}
    names = dict.fromkeys([MANAGER, MEMBER, *(said.author for past in pasts.values() for said in past)])

    guild = env.create_guild("The Harbour")
    harbour_office = guild.create_role(
        "harbour office", permissions=discord.Permissions(manage_channels=True, manage_guild=True)
    )
    people = {
        name: guild.add_member(
            env.create_user(name),
            roles=[harbour_office] if name == MANAGER else [],
            nick={MANAGER: f"{MANAGER} (manager)", MEMBER: f"{MEMBER} (member)"}.get(name),
        )
        for name in names
    }
    channels = {name: guild.create_text_channel(name, topic=topic) for name, topic in TOPICS.items()}
    # What a webhook says is never learned.
    voices = {name: guild.create_webhook(channel, "playground") for name, channel in channels.items()}
    past = [Line(channels[name], people[said.author], said.text) for name, past in pasts.items() for said in past]
    return World(channels, voices, people[MANAGER], people[MEMBER], past)


def write_past(env: Env, world: World) -> None:
    """Lay messages down in order, so that the last was written a moment ago.

    `member.send` is the public way, and waits after each until the bot has dealt with it: minutes
    for a long past. These were there before the bot came, so it is not told of them.
    """
    pauses = [60 * pause for pause, _ in zip(cycle(PAUSES), world.past, strict=False)]
    env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds() - sum(pauses)))
    for pause, line in zip(pauses, world.past, strict=True):
        env.backend.advance_clock(pause)
        env.backend.create_message(
            channel_id=line.channel.id, author_id=line.author.id, content=line.text, broadcast=False
        )


async def pass_time(env: Env, turn: asyncio.Lock) -> None:
    """Keep the pretend clock at the pace of the real one, for ever.

    simcord's clock stands still between a test's steps; cooldowns would never end, and every
    message would carry the same minute. `env.advance_time` is the public way, but it waits until
    the bot is idle. In turn, because an interaction that is being answered must not grow old at once.
    """
    while True:
        await asyncio.sleep(1)
        async with turn:
            env.backend.advance_clock(max(0.0, (datetime.now(UTC) - env.now()).total_seconds()))


def name_message(env: Env, corpus: Corpus, id: int, _number: int) -> str:
    """What *Why?* names a message here, where a link would lead to Discord: who wrote it, and when."""
    message = env.backend.messages[corpus.id][id]
    when = int(datetime.fromisoformat(message.timestamp).timestamp())
    return f"{env.backend.users[message.author_id].name} <t:{when}:f>"


def _read(name: str) -> list[Said]:
    corpus = read_corpus(CORPORA / f"{name}.txt")
    narrators = cycle(("pip", "fenn", "nora"))
    return [
        Said(corpus.authors[document.author - 1] if document.author else next(narrators), document.text)
        for document in corpus.documents
    ]


def _read_log(log: str) -> list[Said]:
    return [Said(*line.split(": ", 1)) for line in log.splitlines()]
