"""What people chose, kept in memory, because who waits to look it up can be overtaken.

The store's copy is the truth. Every process holds all of it and hears of changes by others within a
second; that an author refuses, or had all up to a message forgotten, is looked up by the store itself
whenever it stores, so that never waits for hearing of it. A change made here counts here at once, before it is stored.

A choice about a channel is kept under its corpus. Three are not about a channel: the words of a server's
filter are kept under `(0, server)`; that one message is forgotten, under `(message, server)`; and up to
which message an author is forgotten, under `(author, server)`, or `(author, 0)` for everywhere. Ids are
unique on Discord, so these never meet.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

from bot.answering import log_error
from bot.retention import Keep
from bot.service import Service
from bot.wordfilter import Word, WordFilter
from engine import FORGOTTEN_UP_TO, Corpus, Engine, EngineError

LEARNING, ANNOUNCED, KEEP, CHANCE, COPY, FILTER = "learning", "announced", "keep", "chance", "copy", "filter"
FORGOTTEN, PARENT = "forgotten", "parent"
"""Of which channel a thread is."""
NAMES = (LEARNING, ANNOUNCED, KEEP, CHANCE, COPY, FILTER, PARENT, FORGOTTEN, FORGOTTEN_UP_TO)

USUAL_COPY = 5
"""Words in a row of one message that may be said where nobody chose another number."""


class Choices:
    """All choices and refusals; `forgot` is called with each corpus of which another process forgot something."""

    def __init__(self, service: Service, forgot: Callable[[Corpus], None] = lambda _: None) -> None:
        self._service = service
        self._forgot = forgot
        self._chosen: dict[str, dict[Corpus, str]] = {name: {} for name in NAMES}
        self._learning: set[int] = set()
        self._refusals: set[tuple[int, int | None]] = set()
        self._version: int | None = None
        self._known: int | None = None  # the version up to which it is known what was forgotten
        self._changes = 0
        self._following = False
        self._loading: asyncio.Task[None] | None = None

    # Read

    def learns(self, channel_id: int) -> bool:
        """Whether learning is on in a channel."""
        return channel_id in self._learning

    def of(self, corpus: Corpus, name: str) -> str | None:
        """A choice about a corpus."""
        return self._chosen[name].get(corpus)

    def all(self, name: str) -> dict[Corpus, str]:
        """Every corpus for which this choice was made."""
        return dict(self._chosen[name])

    def by_space(self) -> dict[int, list[Corpus]]:
        """Every space in which anything was chosen, with its corpora that learn or have learned."""
        spaces: dict[int, list[Corpus]] = {corpus.space: [] for chosen in self._chosen.values() for corpus in chosen}
        spaces.pop(0, None)
        for corpus in self._chosen[LEARNING]:
            spaces[corpus.space].append(corpus)
        return spaces

    def told(self, corpus: Corpus) -> int | None:
        """The message that told a channel that the bot learns there; None when there was none."""
        announced = self._chosen[ANNOUNCED].get(corpus, "")
        return int(announced) if announced.isdigit() else None

    def refuses(self, author: int, space: int) -> bool:
        """Whether an author opted out, on this server or everywhere."""
        return (author, space) in self._refusals or (author, None) in self._refusals

    def refusals_of(self, author: int) -> set[int | None]:
        """Where an author opted out; None stands for everywhere."""
        return {space for who, space in self._refusals if who == author}

    def admits(self, corpus: Corpus, author: int, message_id: int) -> bool:
        """Whether a message may be learned as far as its author, and who had it forgotten, are concerned."""
        up_to = self._chosen[FORGOTTEN_UP_TO]
        reached = max(int(up_to.get(Corpus(author, space), 0)) for space in (corpus.space, 0))
        forgotten = self.is_forgotten(corpus, message_id)
        return message_id > reached and not forgotten and not self.refuses(author, corpus.space)

    def is_forgotten(self, corpus: Corpus, message_id: int) -> bool:
        """Whether somebody had this message forgotten, in the channel where it stands."""
        return self._chosen[FORGOTTEN].get(Corpus(message_id, corpus.space)) == str(corpus.id)

    def words(self, space: int) -> WordFilter:
        """The words that may never be said on a server."""
        return _filter(self._chosen[FILTER].get(Corpus(0, space), "[]"))

    def keep(self, corpus: Corpus) -> Keep:
        """For how long, and how many, messages of a channel are kept."""
        return Keep.decode(self._chosen[KEEP].get(corpus))

    def chance(self, corpus: Corpus) -> int:
        """In how many of a hundred cases the bot joins in."""
        return int(self._chosen[CHANCE].get(corpus, "0"))

    def max_copy(self, corpus: Corpus) -> int:
        """How many words in a row of one message may be said in a channel; 0 for any number."""
        return int(self._chosen[COPY].get(corpus, USUAL_COPY))

    # Change

    async def choose(self, corpus: Corpus, name: str, value: str | None) -> None:
        """Keep a choice; None removes it. It counts from the moment of the call."""
        self._changes += 1
        if value is None:
            self._chosen[name].pop(corpus, None)
        else:
            self._chosen[name][corpus] = value
        if name == LEARNING:
            (self._learning.add if value == "on" else self._learning.discard)(corpus.id)
        await self._store(self._service.do(Engine.choose, corpus, name, value))

    async def refuse(self, author: int, space: int | None) -> None:
        """Keep that an author opts out. It counts from the moment of the call, elsewhere when stored."""
        self._changes += 1
        self._refusals.add((author, space))
        await self._store(self._service.do(Engine.refuse, author, space))

    async def allow(self, author: int, space: int | None, up_to: int) -> None:
        """Take an opt-out back, but not for what was written up to an id. It counts from the moment of the call.

        One call in line does both: whoever refuses again meanwhile comes after it.
        """
        self._changes += 1
        self._chosen[FORGOTTEN_UP_TO][Corpus(author, space or 0)] = str(up_to)
        self._refusals.discard((author, space))
        await self._store(self._service.do(_allow, author, space, up_to))

    async def set_words(self, space: int, words: list[Word]) -> None:
        """Keep the words of a server's filter."""
        await self.choose(Corpus(0, space), FILTER, json.dumps(words) if words else None)

    def drop(self, corpus: Corpus) -> None:
        """A corpus was erased, and its choices with it."""
        self._changes += 1
        for chosen in self._chosen.values():
            chosen.pop(corpus, None)
        self._learning.discard(corpus.id)

    def drop_space(self, space: int) -> None:
        """A server was erased."""
        for corpus in {corpus for chosen in self._chosen.values() for corpus in chosen if corpus.space == space}:
            self.drop(corpus)

    async def _store(self, stored: asyncio.Future[None]) -> None:
        """Wait until a change is stored; when it cannot be, what is in the store counts again."""
        try:
            await stored
        except EngineError:
            self._version = None
            self._changed()
            raise

    # Follow

    async def load(self) -> None:
        """Read everything from the store."""
        while True:
            changes = self._changes
            version, chosen, refusals, forgotten = await self._service.do(_read, self._known)
            if changes == self._changes:  # else what was read may be older than what was changed here
                break
        for corpus in forgotten:
            self._forgot(corpus)
        self._known = version
        self._version, self._refusals = version, refusals
        self._chosen = defaultdict(dict, chosen)
        self._learning = {corpus.id for corpus, value in chosen[LEARNING].items() if value == "on"}

    def start_following(self) -> None:
        """From now on see what other processes change."""
        self._following = True
        self._service.watch(self._changed)

    def _changed(self) -> None:
        if self._following and (self._loading is None or self._loading.done()):
            self._loading = asyncio.create_task(self._look(), name="choices")

    async def stop_following(self) -> None:
        """Before the store is closed."""
        self._following = False
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)

    async def _look(self) -> None:
        try:
            while await self._service.do(Engine.version) != self._version:
                await self.load()
        except EngineError:
            self._version = None  # the service says what is wrong with the store
        except Exception as error:  # whatever it is, opt-outs go on being followed
            log_error("looking for changed choices failed", error)


def _allow(engine: Engine, author: int, space: int | None, up_to: int) -> None:
    engine.choose(Corpus(author, space or 0), FORGOTTEN_UP_TO, str(up_to))
    engine.allow(author, space)


def _read(
    engine: Engine, known: int | None
) -> tuple[int, dict[str, dict[Corpus, str]], set[tuple[int, int | None]], set[Corpus]]:
    # The version comes first: a change while the rest is read is then seen at the next look.
    version = engine.version()
    forgotten = set() if known is None else engine.forgotten_since(known)
    return version, {name: engine.choices(name) for name in NAMES}, engine.refusals(), forgotten


@lru_cache(maxsize=1024)
def _filter(words: str) -> WordFilter:
    return WordFilter(Word(*word) for word in json.loads(words))
