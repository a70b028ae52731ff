"""Models of large corpora, built in a second thread: whoever needs one waits for it, nobody else does.

Only what is learned is worked out there. The documents are read, and the finished model is handed over,
in the engine's thread, as calls in line like any other.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from bot.line import Call
from bot.metrics import Metrics
from engine import Build, Corpus, Engine

T = TypeVar("T")


class Ending(Exception):
    """The service is being closed, so a build ends here."""


class Aside:
    """The second thread, and the calls that wait for what it builds.

    `put` puts a call in line; `carry_out` does what a call asks for, and is for the engine's thread.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        put: Callable[[Call], None],
        carry_out: Callable[[Call], None],
        metrics: Metrics,
    ) -> None:
        self._loop = loop
        self._put = put
        self._carry_out = carry_out
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="building")
        self._waiting: dict[Build, list[Call]] = {}
        self._ending = False

    def build_first(self, build: Build, call: Call) -> None:
        """Have the call wait for the build. In the engine's thread."""
        waiting = self._waiting.get(build)
        if waiting is not None:
            waiting.append(call)
            return
        self._waiting[build] = [call]
        if not self._ending:
            self._thread.submit(self._build, build)

    def _build(self, build: Build) -> None:
        """Carry out a build, reading through the line. In the second thread."""
        begun, corpus = time.perf_counter(), build.key.corpus
        try:
            try:
                build.learn_from(lambda: self._in_line(corpus, lambda _: build.read()))
                build.prepare()
            except Exception as error:  # it belongs to those who wait for the model
                problem = error
                self._in_line(corpus, lambda engine: self._give_up(engine, build, problem))
            else:
                self._in_line(corpus, lambda engine: self._hand_over(engine, build))
        except Ending:
            return
        self._metrics.done("build", 0.0, time.perf_counter() - begun, None)

    def _hand_over(self, engine: Engine, build: Build) -> None:
        """Adopt the model, and answer who waits for it before it can be dropped again. In the engine's thread."""
        try:
            engine.adopt(build)
        except Exception as error:  # theirs too
            self._give_up(engine, build, error)
        for call in self._waiting.pop(build, []):
            self._carry_out(call)

    def _give_up(self, engine: Engine, build: Build, error: Exception) -> None:
        """Tell those who wait what went wrong. In the engine's thread."""
        engine.abandon(build)
        for call in self._waiting.pop(build, []):
            self._loop.call_soon_threadsafe(_fail, call, error)

    def _in_line(self, corpus: Corpus, work: Callable[[Engine], T]) -> T:
        """Do something in the engine's thread, in turn, and wait for it. In the second thread."""
        done = threading.Event()
        outcome: list[Any] = [None, None]

        def verb(engine: Engine, _: Corpus) -> None:
            try:
                outcome[0] = work(engine)
            except BaseException as error:  # raised again below
                outcome[1] = error
            done.set()

        if self._ending:
            raise Ending
        self._loop.call_soon_threadsafe(self._put_quietly, verb, corpus)
        while not done.wait(0.5):
            if self._ending:
                raise Ending
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]  # type: ignore[no-any-return]  # what `work` returned

    def _put_quietly(self, verb: Callable[..., Any], corpus: Corpus) -> None:
        self._put(Call(verb, (corpus,), {}, self._loop.create_future(), time.perf_counter()))

    def end(self) -> None:
        """Begin no build any more, and give up the one under way."""
        self._ending = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def cancel(self) -> None:
        """Tell those who wait that nothing comes, once nothing is in line any more."""
        for calls in self._waiting.values():
            for call in calls:
                call.future.cancel()


def _fail(call: Call, error: Exception) -> None:
    if not call.future.done():
        call.future.set_exception(error)
