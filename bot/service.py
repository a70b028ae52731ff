"""The engine behind `await`: one worker thread, one lane, and the only file with threads.

The engine blocks and must be called from one thread at a time. `Service.do` puts a call in line and
gives its result back as a future. It does so before it returns, so calls run in the order in which
they were made, whoever awaits them and when: a message that is learned and deleted at once is
learned first and unlearned after.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from engine import Engine, open_store

P = ParamSpec("P")
T = TypeVar("T")


class Service:
    """An engine on a store, both living in a thread of their own from `open` to `close`."""

    def __init__(self, database_url: str, memory_budget: int) -> None:
        self._database_url = database_url
        self._memory_budget = memory_budget
        self._lane: ThreadPoolExecutor | None = None
        self._engine: Engine | None = None

    async def open(self) -> None:
        """Raises EngineError when the store cannot be opened."""
        self._lane = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._engine = await self._submit(self._make_engine)

    def _make_engine(self) -> Engine:
        return Engine(open_store(self._database_url), memory_budget=self._memory_budget)

    def do(self, verb: Callable[Concatenate[Engine, P], T], /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Put a verb of the engine in line, now: `await service.do(Engine.learn, corpus, documents)`.

        Cancelling the future does not take the call out of the line.
        """
        if self._engine is None:
            raise RuntimeError("the service is not open")
        return self._submit(partial(verb, self._engine, *args, **kwargs))

    def _submit(self, call: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.shield(asyncio.get_running_loop().run_in_executor(self._lane, call))

    async def close(self) -> None:
        """Finish what is in line, then close the store. Closing twice is fine."""
        if self._lane is None:
            return
        lane, self._lane = self._lane, None
        if self._engine is not None:
            engine, self._engine = self._engine, None
            await asyncio.get_running_loop().run_in_executor(lane, engine.close)
        lane.shutdown(wait=False)
