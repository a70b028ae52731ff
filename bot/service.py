"""The engine behind `await`: one worker thread, one line, and the only file with threads.

The engine blocks and must be called from one thread at a time. `Service.do` puts a call in line and
gives its result back as a future. It does so before it returns, so the calls about a corpus run in the
order in which they were made, whoever awaits them and when: a message that is learned and deleted at
once is learned first and unlearned after. Corpora take turns (`bot.line`).

A model of a large corpus is built in a second thread: the question that needs it waits, nobody else does.
What takes long and needs no engine is done in a third.
"""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from bot.line import Line
from bot.metrics import Metrics
from bot.missed import Missed
from engine import Build, Corpus, Engine, EngineError, StoreError, Unbuilt, open_store

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

SWITCH = 0.0005
"""Seconds after which Python lets another thread go on; at its default of 5 ms a model being built would
make every answer stutter."""

LOOK_UP = 0.25
"""Seconds after which the thread that waits for other processes' changes looks up to see whether to end."""


TOGETHER = 64
"""Calls to learn that share a transaction."""


@dataclass(slots=True)
class Call:
    """A verb of the engine, in line."""

    verb: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: asyncio.Future[Any]
    since: float

    @property
    def corpus(self) -> Corpus | None:
        """What it is about."""
        return self.args[0] if self.args and isinstance(self.args[0], Corpus) else None


class Closing(Exception):
    """The service is being closed, so a build ends here."""


class Service:
    """An engine on a store, both living in a thread of their own from `open` to `close`."""

    def __init__(
        self, database_url: str, memory_budget: int, database_key: str | None = None, metrics: Metrics | None = None
    ) -> None:
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
        self._aside: ThreadPoolExecutor | None = None
        self._third: ThreadPoolExecutor | None = None
        self._engine: Engine | None = None
        self._waiting: dict[Build, list[Call]] = {}
        self._watcher: threading.Thread | None = None
        self._closing = False

    async def open(self) -> None:
        """Raises EngineError when the store cannot be opened."""
        sys.setswitchinterval(SWITCH)
        self._loop = asyncio.get_running_loop()
        self._lane = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="building")
        self._third = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
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
            self._build_first(unbuilt.build, call)
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

    # Work aside

    async def aside(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something that takes long, and asks the engine nothing, in a third thread, one after the other."""
        if self._third is None:
            raise RuntimeError("the service is not open")
        return await self._loop.run_in_executor(self._third, partial(work, *args, **kwargs))

    # Models built aside

    def _build_first(self, build: Build, call: Call) -> None:
        """Have the call wait for the build. In the engine's thread."""
        waiting = self._waiting.get(build)
        if waiting is not None:
            waiting.append(call)
            return
        self._waiting[build] = [call]
        if self._aside is not None:
            self._aside.submit(self._build, build)

    def _build(self, build: Build) -> None:
        """Carry out a build, reading through the line. In the second thread."""
        begun = time.perf_counter()
        error: BaseException | None = None
        try:
            build.learn_from(lambda: self._in_lane(build.key.corpus, lambda _: build.read()))
            self._in_lane(build.key.corpus, lambda engine: engine.adopt(build))
        except BaseException as problem:  # it belongs to those who wait for the model
            error = problem
            if not isinstance(problem, Closing):
                self._in_lane(build.key.corpus, lambda engine: engine.abandon(build))
        self.metrics.done("build", 0.0, time.perf_counter() - begun, None)
        self._loop.call_soon_threadsafe(self._ask_again, build, error)

    def _in_lane(self, corpus: Corpus, work: Callable[[Engine], T]) -> T:
        """Do something in the engine's thread, in turn, and wait for it. In the second thread."""
        done = threading.Event()
        outcome: list[Any] = [None, None]

        def verb(engine: Engine, _: Corpus) -> None:
            try:
                outcome[0] = work(engine)
            except BaseException as error:  # raised again below
                outcome[1] = error
            done.set()

        if self._closing:
            raise Closing
        self._loop.call_soon_threadsafe(self._put_quietly, verb, corpus)
        while not done.wait(0.5):
            if self._closing:
                raise Closing
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]  # type: ignore[no-any-return]  # what `work` returned

    def _put_quietly(self, verb: Callable[..., Any], corpus: Corpus) -> None:
        self._put(Call(verb, (corpus,), {}, self._loop.create_future(), time.perf_counter()))

    def _ask_again(self, build: Build, error: BaseException | None) -> None:
        for call in self._waiting.pop(build, []):
            if error is None:
                self._put(call)
            elif not call.future.done():
                call.future.set_exception(error)

    # Other processes change something

    def watch(self, changed: Callable[[], None]) -> None:
        """From now on have `changed` called, on the event loop, when any process changed choices or refusals."""
        if self._database_url.rstrip("/") == "sqlite:":
            return  # a store in memory is nobody else's
        self._watcher = threading.Thread(target=self._watch, args=(changed,), name="watching", daemon=True)
        self._watcher.start()

    def _watch(self, changed: Callable[[], None]) -> None:
        """Wait for changes until the service is closed. In a thread of its own."""
        engine = self._engine
        while engine is not None and not self._closing:
            try:
                if engine.wait_for_change(LOOK_UP) and not self._closing:
                    self._loop.call_soon_threadsafe(changed)
            except EngineError:  # whoever uses the store says what is wrong with it
                time.sleep(LOOK_UP)
            except RuntimeError:  # the event loop was closed before the service
                return

    async def close(self) -> None:
        """Finish what is in line, then close the store. Closing twice is fine."""
        if self._lane is None or self._aside is None:
            return
        self._closing = True
        if self._watcher is not None:
            await self._loop.run_in_executor(self._lane, self._watcher.join)
            self._watcher = None
        lane, aside, self._lane, self._aside = self._lane, self._aside, None, None
        aside.shutdown(wait=False, cancel_futures=True)
        if self._third is not None:
            self._third.shutdown(wait=False, cancel_futures=True)
            self._third = None
        if self._engine is not None:
            await self._loop.run_in_executor(lane, self._engine.close)  # behind all that is in line
            self._engine = None
        lane.shutdown(wait=False)
        for calls in self._waiting.values():
            for call in calls:
                call.future.cancel()


def _write_something(engine: Engine) -> None:
    engine.choose(Corpus(0), "trial", "on")
    engine.choose(Corpus(0), "trial", None)


def _mark_seen(future: asyncio.Future[Any]) -> None:
    """Nobody may be waiting any more for what went wrong."""
    if not future.cancelled():
        future.exception()
