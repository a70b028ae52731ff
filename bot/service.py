"""The engine behind `await`: one worker thread, and one line of calls to it.

The engine blocks and must be called from one thread at a time. `Service.do` puts a call in line and
gives its result back as a future. It does so before it returns, so the calls about a corpus run in the
order in which they were made, whoever awaits them and when: a message that is learned and deleted at
once is learned first and unlearned after. Corpora take turns (`bot.line`).

A model of a large corpus is built aside (`bot.aside`): the question that needs it waits, nobody else does.
What takes long and asks the engine nothing is done apart, in a third thread.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot import pauses
from bot.aside import Aside
from bot.line import Call, Line
from bot.metrics import Metrics
from bot.missed import Missed
from bot.watching import Watcher
from engine import Corpus, Engine, StoreError, Unbuilt, open_store

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

TOGETHER = 64
"""Calls to learn that share a transaction."""


class Service:
    """An engine on a store, both living in a thread of their own from `open` to `close`."""

    def __init__(self, database_url: str, memory_budget: int, database_key: str | None = None) -> None:
        self._database_url = database_url
        self._memory_budget = memory_budget
        self._database_key = database_key
        self.metrics = Metrics()
        self.missed = Missed()
        """What could not be stored, to be read again."""
        self.on_missed: Callable[[], None] = lambda: None
        """Called, on the event loop, when something was noted in `missed`."""
        self._failure: StoreError | None = None
        self._line: Line[Call] = Line()
        self._lock = threading.Lock()
        self._lane: ThreadPoolExecutor | None = None
        self._engine: Engine | None = None
        self._watcher: Watcher | None = None
        self._closing = False

    async def open(self) -> None:
        """Raises EngineError when the store cannot be opened."""
        pauses.begin()
        self._loop = asyncio.get_running_loop()
        self._lane = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._aside = Aside(self._loop, self._put, self._carry_out, self.metrics)
        self._apart = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apart")
        self._engine = await self._loop.run_in_executor(self._lane, self._make_engine)

    def _make_engine(self) -> Engine:
        return Engine(
            open_store(self._database_url, self._database_key), memory_budget=self._memory_budget, build_aside=True
        )

    def do(self, verb: Callable[Concatenate[Engine, P], T], /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Put a verb of the engine in line, now: `await service.do(Engine.learn, corpus, documents)`.

        Cancelling the future does not take the call out of the line. What a call to learn, unlearn or
        erase could not do because of the store is noted in `missed`.
        """
        if self._engine is None or self._closing:
            raise RuntimeError("the service is not open")
        call = Call(verb, args, kwargs, self._loop.create_future(), time.perf_counter())
        self._put(call)
        answer = asyncio.shield(call.future)
        answer.add_done_callback(_mark_seen)
        return answer

    @property
    def length(self) -> int:
        """How many calls are in line."""
        return len(self._line)

    def _put(self, call: Call) -> None:
        with self._lock:
            self._line.put(call.corpus, call)
        if self._lane is not None:
            self._lane.submit(self._next)

    def _next(self) -> None:
        """Carry out whichever call is next, with those to learn that follow it. In the engine's thread."""
        with self._lock:
            if not len(self._line):
                return  # it was carried out together with an earlier one
            calls = [self._line.take()]
            while calls[0].verb == Engine.learn and len(calls) < TOGETHER:
                following = self._line.next()
                if following is None or following.verb != Engine.learn:
                    break
                calls.append(self._line.take())
        if len(calls) == 1 or not self._learn_together(calls):
            for call in calls:
                self._carry_out(call)

    def _learn_together(self, calls: list[Call]) -> bool:
        """Learn in one transaction, for the disk takes its time for each; whether that went well."""
        begun = time.perf_counter()
        if self._engine is None or self._failure is not None:
            return False
        try:
            results = self._engine.learn_together([(call.args[0], call.args[1]) for call in calls])
        except Exception:  # nothing was stored: one by one, so that each has its own outcome
            return False
        took = time.perf_counter() - begun
        for call, result in zip(calls, results, strict=True):
            self.metrics.done("learn", begun - call.since, took, result)
            self._settle(call.future.set_result, call, result)
        return True

    def _carry_out(self, call: Call) -> None:
        begun = time.perf_counter()
        name = getattr(call.verb, "__name__", "other")
        try:
            if self._failure is not None and call.verb in Missed.VERBS:
                raise self._failure  # noqa: TRY301 - it is noted below like any other
            result = call.verb(self._engine, *call.args, **call.kwargs)
        except Unbuilt as unbuilt:
            self._aside.build_first(unbuilt.build, call)
            return
        except BaseException as error:  # whatever it is, it belongs to whoever asked
            self._note_failure(call, error)
            self.metrics.failed(name, error)
            self._settle(call.future.set_exception, call, error)
        else:
            ended = time.perf_counter()
            self.metrics.done(name, begun - call.since, ended - begun, result)
            self._settle(call.future.set_result, call, result)

    def _settle(self, settle: Callable[[Any], None], call: Call, outcome: object) -> None:
        def settle_unless_cancelled() -> None:
            if not call.future.done():
                settle(outcome)

        self._loop.call_soon_threadsafe(settle_unless_cancelled)

    # The store fails

    @property
    def failing(self) -> bool:
        """Whether the store could not be used lately. Until `try_store` succeeds nothing is learned."""
        return self._failure is not None

    def _note_failure(self, call: Call, error: BaseException) -> None:
        if not isinstance(error, StoreError):
            return
        if call.verb in Missed.VERBS:
            self.missed.note(call.verb, call.args)
            self._loop.call_soon_threadsafe(self.on_missed)
        if self._failure is None and call.verb in Missed.VERBS:
            self._failure = error
            log.error("%s What could not be stored is read again when the database can be used.", error)

    async def try_store(self) -> None:
        """Find out whether the store can be written again; raises StoreError when it cannot.

        Models are dropped then: a change that failed may have reached the store after all.
        """
        await self.do(_write_something)
        await self.do(Engine.drop_models)
        self._failure = None
        log.warning("the database can be used again")

    async def apart(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something that takes long, and asks the engine nothing; one after the other."""
        return await self._loop.run_in_executor(self._apart, partial(work, *args, **kwargs))

    def watch(self, changed: Callable[[], None]) -> None:
        """From now on have `changed` called, on the event loop, when any process changed choices or refusals."""
        if self._engine is not None and self._database_url.rstrip("/") != "sqlite:":  # in memory it is nobody else's
            self._watcher = Watcher(self._engine, self._loop, changed)

    async def close(self) -> None:
        """Finish what is in line, then close the store. Closing twice is fine."""
        if self._lane is None:
            return
        self._closing = True
        self._aside.end()
        self._apart.shutdown(wait=False, cancel_futures=True)
        if self._watcher is not None:
            await self._loop.run_in_executor(self._lane, self._watcher.end)
        lane, self._lane = self._lane, None
        if self._engine is not None:
            await self._loop.run_in_executor(lane, self._engine.close)  # behind all that is in line
            self._engine = None
        lane.shutdown(wait=False)
        self._aside.cancel()
        pauses.end()


def _write_something(engine: Engine) -> None:
    engine.choose(Corpus(0), "trial", "on")
    engine.choose(Corpus(0), "trial", None)
    engine.unlearn(Corpus(0), [0], receipt=False)


def _mark_seen(future: asyncio.Future[Any]) -> None:
    """Nobody may be waiting any more for what went wrong."""
    if not future.cancelled():
        future.exception()
