"""What could not be stored while the database could not be used: ids to read again, no text.

Where more ids are missed in a channel than are kept, the channel's whole history has to be read again;
ids are few bytes, so that takes a flood.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, ClassVar

from engine import Corpus, Engine

MOST = 100_000
"""Ids kept, of all channels together."""


class Missed:
    """Noted in the engine's thread, taken up by `bot.outage`."""

    VERBS: ClassVar[Collection[Callable[..., Any]]] = (
        *(Engine.learn, Engine.relearn, Engine.unlearn),
        *(Engine.erase, Engine.erase_space),
    )
    """What is made up for later. All else has somebody who waits for it, is told, and can ask again."""

    def __init__(self) -> None:
        self.ids: dict[Corpus, set[int]] = {}
        """Messages of which the store may not know what Discord knows."""
        self.whole: set[Corpus] = set()
        """Corpora of which too many were missed."""
        self.erased: list[tuple[Callable[..., Any], Any]] = []
        """What was to be erased: the verb, and the corpus or space."""

    def __len__(self) -> int:
        return sum(map(len, self.ids.values())) + len(self.whole) + len(self.erased)

    def note(self, verb: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """A call did not reach the store."""
        if verb in (Engine.erase, Engine.erase_space):
            self.erased.append((verb, args[0]))
        elif verb in (Engine.learn, Engine.relearn):
            self._add(args[0], [document.id for document in args[1]])
        elif verb == Engine.unlearn:
            self._add(args[0], args[1])

    def _add(self, corpus: Corpus, ids: Iterable[int]) -> None:
        if corpus in self.whole:
            return
        self.ids.setdefault(corpus, set()).update(ids)
        if len(self) > MOST:
            fullest = max(self.ids, key=lambda corpus: len(self.ids[corpus]))
            del self.ids[fullest]
            self.whole.add(fullest)

    def take(self) -> "Missed":
        """Everything there is; nothing is left."""
        taken = Missed()
        taken.ids, taken.whole, taken.erased = self.ids, self.whole, self.erased
        self.ids, self.whole, self.erased = {}, set(), []
        return taken

    def give_back(self, missed: "Missed") -> None:
        """What was taken and not made up for."""
        self.erased += missed.erased
        self.whole |= missed.whole
        for corpus, ids in missed.ids.items():
            self._add(corpus, ids)
