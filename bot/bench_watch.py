"""What `bench` watches meanwhile: how long answers take, and how long the event loop is blocked."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

TICK = 0.005
"""Seconds between two looks at the event loop."""
HEADER = "| meanwhile | number | p50 | p99 | longest |\n|---|--:|--:|--:|--:|"
"""Of a table of `Watch.row`."""


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


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f} ms"
