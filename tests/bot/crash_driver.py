"""Starts processes that learn, edit, unlearn and read histories through the real service, and kills them.

Run by test_crash.py in a process of its own: `python crash_driver.py URL KILLS`. Each child tells
over a pipe what it is about to do and what was acknowledged; after each kill -9 the database is compared
with that. Prints one line at the end.
"""

import asyncio
import os
import random
import select
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from bot.bench_past import FIRST_ID, STEP, Past
from bot.channels import Channels
from bot.plan import KIND, Plan
from bot.reading import Reader
from bot.service import Service
from engine import Corpus, Document, Engine, open_store

CORPORA = [Corpus(number, 7) for number in range(1, 5)]
HISTORY = Corpus(99, 7)
MESSAGES = 3_000
PAST = Past(MESSAGES, ["the cat sat on the mat", "the dog sat on the log"])


async def work(url: str, seed: int, tell: int) -> None:
    """What a bot does, until it is killed."""
    draw = random.Random(seed)
    service = Service(url, 2**24)
    await service.open()
    channels = Channels(service)
    await channels.load()

    def say(*words: object) -> None:
        os.write(tell, (" ".join(map(str, words)) + "\n").encode())

    async def talk(corpus: Corpus) -> None:
        while True:
            id = draw.randrange(1, 200)
            if draw.random() < 0.7:
                text = f"text {seed} {draw.random()}"
                say("will", corpus.id, id, text)
                await service.do(Engine.learn, corpus, [Document(id, text, 5)])
                say("did", corpus.id, id, text)
            else:
                say("will", corpus.id, id)
                await service.do(Engine.unlearn, corpus, [id], receipt=False)
                say("did", corpus.id, id)

    async def read() -> None:
        await channels.turn_on(HISTORY, None)
        state = (await service.do(Engine.jobs, KIND)).get(HISTORY)
        plan = Plan.decode(state) if state else Plan(newest=FIRST_ID + MESSAGES * STEP)
        reader = Reader(channels)
        with reader.reading(HISTORY) as spoken_for:
            last = plan.progress.read >= MESSAGES
            say("resumed", plan.progress.read)
            while not last:
                last = await reader.page(HISTORY, PAST, plan, spoken_for)
                await service.do(Engine.save_job, HISTORY, KIND, plan.encode())
                say("read", plan.progress.read)

    await asyncio.gather(read(), *map(talk, CORPORA))


def run_and_kill(url: str, seed: int, seconds: float) -> list[list[str]]:
    """Have a child work for a while, most often from when it opened its store, and kill it; returns what it told."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        try:
            asyncio.run(work(url, seed, into))
        finally:
            os._exit(1)
    os.close(into)
    if seed % 5:
        select.select([out], [], [], 30)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(out) as told:
        return [line.rstrip("\n").split(" ", 3) for line in told if line.endswith("\n")]


def stored(url: str) -> tuple[dict[tuple[int, int], str | None], int]:
    """What is in the database: the texts that were talked, and how much of the history."""
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite") and file.exists():
        with closing(sqlite3.connect(file)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(open_store(url)) as store:
        talked = {(corpus.id, one.id): one.text for corpus in CORPORA for one in store.documents(corpus)}
        return talked, store.size(HISTORY).documents


def main(url: str, kills: int) -> None:
    """Raises AssertionError where something acknowledged is not there."""
    known: dict[tuple[int, int], str | None] = {}
    draw, acknowledged, read, resumed = random.Random(0), 0, 0, 0
    for kill in range(kills):
        told = run_and_kill(url, kill, draw.uniform(0.02, 0.25))
        possible: dict[tuple[int, int], set[str | None]] = {}
        for kind, *rest in told:
            if kind == "resumed":
                assert int(rest[0]) >= read, f"kill {kill}: the reading began again at {rest[0]}, not at {read}"
                resumed += int(rest[0]) > 0
            elif kind == "read":
                read = int(rest[0])
            else:
                where, text = (int(rest[0]), int(rest[1])), rest[2] if len(rest) > 2 else None
                if kind == "did":
                    known[where] = text
                    possible.pop(where, None)
                    acknowledged += 1
                else:
                    possible[where] = {known.get(where), text}
        found, history = stored(url)
        assert history >= read, f"kill {kill}: {read} read, {history} stored"
        for where in known.keys() | possible.keys() | found.keys():
            text = found.get(where)
            assert text in possible.get(where, {known.get(where)}), f"kill {kill}: {where} is {text!r}"
            known[where] = text
    print(f"{kills} kills, {acknowledged} acknowledged, {read} read, {resumed} resumed")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
