"""`python -m bot bench`: how fast the bot is here, in tables. Nothing of Discord is involved, nor any network.

`train` reads a made-up history of many messages through the very code that /train runs, while /probs
is asked elsewhere. `load` has many channels talk at once, while /generate is asked. Both count what is
stored in the end, and watch how long the event loop is blocked.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import discord

from bot.channels import Channels
from bot.plan import Plan
from bot.reading import PAGE, Reader
from bot.service import Service
from engine import Corpus, Document, Engine, read_corpus

CORPUS = Path(__file__).parent.parent / "corpora" / "harbour.txt"
FIRST_ID = 1 << 60
STEP = 1 << 22
"""From one message's id to the next: a millisecond."""
TICK = 0.005


def main(arguments: list[str]) -> int:
    """Run what was asked for and print its table."""
    parser = argparse.ArgumentParser(prog="python -m bot bench", description=__doc__)
    parser.add_argument("which", nargs="?", choices=["train", "load", "all"], default="all")
    parser.add_argument("--messages", type=int, default=200_000, help="messages in the history (default 200,000)")
    parser.add_argument("--seconds", type=float, default=60, help="how long channels talk (default 60)")
    parser.add_argument("--channels", type=int, default=200)
    parser.add_argument("--rate", type=int, default=500, help="messages a second, in all (default 500)")
    parser.add_argument(
        "--database", help="a database URL of your own, empty; default is a SQLite file that is removed"
    )
    parser.add_argument("--memory", type=int, default=512, help="MEMORY_BUDGET_MB (default 512)")
    asked = parser.parse_args(arguments)
    if asked.which in ("train", "all"):
        asyncio.run(_with_service(asked, lambda service: train(service, asked.messages)))
    if asked.which in ("load", "all"):
        asyncio.run(_with_service(asked, lambda service: load(service, asked.channels, asked.rate, asked.seconds)))
    return 0


async def _with_service(asked: argparse.Namespace, bench: Callable[[Service], Any]) -> None:
    with TemporaryDirectory(prefix="markov-channel-bot-bench-") as folder:
        service = Service(asked.database or f"sqlite:///{folder}/store.sqlite3", asked.memory * 2**20)
        await service.open()
        try:
            await bench(service)
        finally:
            await service.close()


# A history that was never written


@dataclass(frozen=True, slots=True)
class Author:
    """Who is said to have written a message."""

    id: int
    bot: bool = False


@dataclass(slots=True)
class Message:
    """As much of a message as is looked at before it is learned."""

    id: int
    content: str
    author: Author
    guild: Any = None
    channel: Any = None
    webhook_id: None = None
    type: discord.MessageType = discord.MessageType.default
    message_snapshots: tuple[()] = ()
    poll: None = None
    attachments: tuple[()] = ()
    stickers: tuple[()] = ()
    embeds: tuple[()] = ()
    components: tuple[()] = ()
    flags: discord.MessageFlags = field(default_factory=discord.MessageFlags)


class Past:
    """A channel with so many messages: each is made when its page is asked for."""

    guild = None

    def __init__(self, messages: int, lines: list[str], authors: int = 500) -> None:
        self._messages = messages
        self._lines = lines
        self._authors = [Author(number) for number in range(1, authors + 1)]

    async def history(self, *, limit: int, before: Any = None, **_: Any) -> AsyncIterator[Message]:
        """A page, the newest first."""
        newest = self._messages if before is None else min(self._messages, (before.id - FIRST_ID - 1) // STEP + 1)
        for number in range(newest - 1, max(newest - 1 - limit, -1), -1):
            yield self.message(number)

    def message(self, number: int) -> Message:
        """The same for the same number: half of one line and half of another."""
        draw = random.Random(number)  # noqa: S311 - made-up text is no secret
        first, second = draw.choice(self._lines).split(), draw.choice(self._lines).split()
        text = " ".join(first[: len(first) // 2 + 1] + second[len(second) // 2 :])
        return Message(FIRST_ID + number * STEP, text, draw.choice(self._authors))


# What is watched meanwhile


@dataclass(slots=True)
class Watch:
    """How long answers took, and how long the event loop was blocked."""

    seconds: list[float] = field(default_factory=list)
    late: float = 0.0
    blocked: float = 0.0
    over: bool = False

    async def loop(self) -> None:
        """Notice each time the loop comes late, and how much this process worked meanwhile.

        When it worked less, the loop waited for a processor that was busy with something else.
        """
        while not self.over:
            before, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(TICK)
            late = time.perf_counter() - before - TICK
            self.late = max(self.late, late)
            self.blocked = max(self.blocked, min(late, time.process_time() - worked))

    def lateness(self) -> str:
        """As a sentence."""
        return f"event loop blocked for {_ms(self.blocked)} at most ({_ms(self.late)} with waiting for a processor)"

    async def ask(self, question: Callable[[], Any], every: float) -> None:
        """Ask at a steady pace, whether or not the answers keep up."""
        async with asyncio.TaskGroup() as answers:
            due = time.perf_counter()
            while not self.over:
                answers.create_task(self._timed(question, due))
                due += every
                await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def _timed(self, question: Callable[[], Any], since: float) -> None:
        await question()
        self.seconds.append(time.perf_counter() - since)

    def row(self, name: str) -> str:
        """As a row of a table."""
        if not self.seconds:
            return f"| {name} | | | | |"
        ordered = sorted(self.seconds)
        half, most = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.99))
        return f"| {name} | {len(ordered):,} | {_ms(half)} | {_ms(most)} | {_ms(ordered[-1])} |"


@asynccontextmanager
async def watching(watch: Watch, *work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Have this go on meanwhile, and wait for the last answers."""
    async with asyncio.TaskGroup() as tasks:
        for one in (watch.loop(), *work):
            tasks.create_task(one)
        yield
        watch.over = True


HEADER = "| meanwhile | number | p50 | p99 | longest |\n|---|--:|--:|--:|--:|"


async def train(service: Service, messages: int) -> None:
    """Read a long history, while elsewhere people ask."""
    lines = [document.text for document in read_corpus(CORPUS).documents]
    elsewhere, here = Corpus(1, 1), Corpus(2, 1)
    past = Past(messages, lines)
    await service.do(Engine.learn, elsewhere, [Document(FIRST_ID + i, line, 1) for i, line in enumerate(lines)])
    await service.do(Engine.candidates, elsewhere, "the")
    channels = Channels(service)
    await channels.load()
    await channels.turn_on(here, None)
    reader, plan, watch = Reader(channels), Plan(newest=FIRST_ID + messages * STEP), Watch()
    begun, memory = time.perf_counter(), _peak_memory()
    async with watching(watch, watch.ask(lambda: service.do(Engine.candidates, elsewhere, "the ferry"), 0.02)):
        with reader.reading(here):
            while not await reader.page(here, past, plan):
                await service.do(Engine.save_job, here, "train", plan.encode())
        took, after = time.perf_counter() - begun, _peak_memory()
    stored = (await service.do(Engine.size, here)).documents
    _say(
        f"\n/train of {messages:,} messages: {took:,.1f} s, {messages / took:,.0f} messages a second, {stored:,} stored"
    )
    _say(f"memory: {memory:,.0f} MB before, {after:,.0f} MB at most; pages of {PAGE}; {len(lines):,} lines elsewhere")
    _say(f"{watch.lateness()}\n\n{HEADER}\n{watch.row('/probs elsewhere')}")

    begun, watch = time.perf_counter(), Watch()
    async with watching(watch, watch.ask(lambda: service.do(Engine.candidates, elsewhere, "the ferry"), 0.02)):
        await service.do(Engine.candidates, here, "the ferry")
    models, held = await service.do(Engine.held)
    _say(f"\nthe first /probs there, for which the model is built: {time.perf_counter() - begun:,.1f} s")
    _say(f"{models} models hold {held / 2**20:,.0f} MB; memory {_peak_memory():,.0f} MB at most")
    _say(f"{watch.lateness()}\n\n{HEADER}\n{watch.row('/probs elsewhere')}")


async def load(service: Service, channels: int, rate: int, seconds: float) -> None:
    """Have many channels talk, and ask for text."""
    lines = [document.text for document in read_corpus(CORPUS).documents]
    corpora = [Corpus(number, number % 50 + 1) for number in range(1, channels + 1)]
    draw = random.Random(1)  # noqa: S311 - made-up text is no secret
    for corpus in corpora:
        start = [Document(id, draw.choice(lines), id % 50) for id in range(1, 101)]
        await service.do(Engine.learn, corpus, start)
    learning, asking = Watch(), Watch()
    sent = 0

    async def learn() -> None:
        nonlocal sent
        sent += 1
        document = Document(FIRST_ID + sent, draw.choice(lines), sent % 500)
        await service.do(Engine.learn, draw.choice(corpora), [document])

    def generate() -> Any:
        return service.do(Engine.generate, draw.choice(corpora))

    async with watching(learning, learning.ask(learn, 1 / rate), asking.ask(generate, 1 / 20)):
        await asyncio.sleep(seconds)
        asking.over = True
    stored = sum([(await service.do(Engine.size, corpus)).documents for corpus in corpora]) - 100 * channels
    models, held = await service.do(Engine.held)
    _say(f"\nload: {channels} channels, {sent:,} messages in {seconds:,.0f} s, {stored:,} stored, {sent - stored} lost")
    _say(f"{models} models hold {held / 2**20:,.0f} MB; memory {_peak_memory():,.0f} MB at most")
    _say(f"{learning.lateness()}\n\n{HEADER}")
    _say(f"{learning.row('a message learned')}\n{asking.row('/generate')}")


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms"


def _peak_memory() -> float:
    """The most this process has taken, in MB; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _say(text: str) -> None:
    print(text, flush=True)
