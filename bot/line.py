"""Calls in line, fairly: each corpus's calls in their order, the corpora in turn.

A corpus about which much is asked at once does not keep the others waiting: one call of each is taken
before the next of any. A call about no corpus in particular is a barrier: what was put in line before
it comes before it, what was put in line after it comes after.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from engine import Corpus

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """A verb of the engine, in line; its result goes into the future."""

    verb: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: asyncio.Future[Any]
    since: float

    @property
    def corpus(self) -> Corpus | None:
        """What it is about."""
        return self.args[0] if self.args and isinstance(self.args[0], Corpus) else None


class Line(Generic[T]):
    """Put in order of arrival, taken in turn."""

    def __init__(self) -> None:
        self._stretches: deque[OrderedDict[Corpus | None, deque[T]]] = deque()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, corpus: Corpus | None, item: T) -> None:
        """Put an item at the end of its corpus's line; with no corpus, behind everything."""
        if not self._stretches or (corpus is None) != (None in self._stretches[-1]):
            self._stretches.append(OrderedDict())
        self._stretches[-1].setdefault(corpus, deque()).append(item)
        self._length += 1

    def next(self) -> T | None:
        """What `take` would give; None when nothing is in line."""
        if not self._stretches:
            return None
        return next(iter(self._stretches[0].values()))[0]

    def take(self) -> T:
        """The next item, of the corpus that has waited longest for its turn."""
        stretch = self._stretches[0]
        corpus, items = stretch.popitem(last=False)
        item = items.popleft()
        if items:
            stretch[corpus] = items
        if not stretch:
            self._stretches.popleft()
        self._length -= 1
        return item
