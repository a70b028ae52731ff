"""What `bench` measures in a process of its own: for its memory, or to begin as after a restart."""

import multiprocessing
import random
from collections.abc import Callable
from typing import TypeVar

import engine.sqlite  # noqa: F401 - importing is no part of a first answer
from engine.engine import Engine
from engine.memory import megabytes, peak_megabytes
from engine.model import LanguageModel
from engine.opening import open_store
from engine.peers import cpu_seconds
from engine.store import Corpus

Result = TypeVar("Result")


def apart(function: Callable[..., Result], *arguments: object) -> Result:
    """What a function of this file returns in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def grow(path: str, order: int) -> tuple[float, float | None]:
    """From a file to a model: seconds, and the most megabytes the process held."""
    model = LanguageModel(order, smoothing="mkn")

    def build() -> None:
        with open(path, encoding="utf-8") as lines:
            model.learn(line.rstrip("\n") for line in lines)

    return cpu_seconds(build), peak_megabytes()


def answer(url: str, smoothing: str) -> tuple[float, float]:
    """Seconds to make an engine on a store, and from there to its first answer."""
    made: list[Engine] = []
    making = cpu_seconds(lambda: made.append(Engine(open_store(url))))
    answering = cpu_seconds(lambda: made[0].candidates(Corpus(1), "the", smoothing=smoothing))
    made[0].close()
    return making, answering


def serve(url: str, corpora: int, budget: int) -> tuple[float | None, int, list[float]]:
    """Corpora asked at random: megabytes the process grew by, models held in the end, seconds of each answer."""
    engine, rng = Engine(open_store(url), budget), random.Random(3)  # noqa: S311 - the same in every run
    before = megabytes()
    asked = rng.sample(range(corpora), corpora) + rng.choices(range(corpora), k=corpora // 2)
    times = [cpu_seconds(lambda c=c: engine.candidates(Corpus(c), "the", smoothing="mkn")) for c in asked]
    now = peak_megabytes()
    return None if now is None or before is None else now - before, engine.held()[0], times
