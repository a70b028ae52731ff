"""A thread that waits until any process changes choices or refusals in the store, and says so on the event loop."""

import asyncio
import threading
from collections.abc import Callable

from engine import Engine, EngineError

LOOK_UP = 0.25
"""Seconds after which a wait that nothing else can end is looked up from."""


class Watcher:
    """Calls `changed` on the loop, from when it is made until `end`."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._loop = loop
        self._changed = changed
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watching", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ending.is_set():
            try:
                if self._engine.wait_for_change(LOOK_UP, self._ending.wait) and not self._ending.is_set():
                    self._loop.call_soon_threadsafe(self._changed)
            except EngineError:  # whoever uses the store says what is wrong with it
                self._ending.wait(LOOK_UP)
            except RuntimeError:  # the event loop was closed before the service
                return

    def end(self) -> None:
        """Wait no more; afterwards the store may be closed."""
        self._ending.set()
        self._thread.join()
