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
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.bench_past import FIRST_ID, STEP, Past
from bot.bench_watch import HEADER, Watch, watching
from bot.channels import Channels
from bot.plan import Plan
from bot.reading import PAGE, Reader
from bot.service import Service
from engine import Corpus, Document, Engine, read_corpus

CORPUS = Path(__file__).parent.parent / "corpora" / "harbour.txt"


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
        with reader.reading(here) as spoken_for:
            while not await reader.page(here, past, plan, spoken_for):
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
