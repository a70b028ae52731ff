"""What must be known of a channel without waiting, and the line everything learned goes through.

Two things cannot be asked of the store, because asking would mean waiting, and whoever waits can be
overtaken: whether a channel learns, and, while its history is being read, which messages an event
has already spoken for. A page of history is older than the events that came while it was under way,
so of those messages the page no longer has a say: what was deleted stays gone, what was edited stays
edited.
"""

import asyncio
from collections.abc import Collection, Iterable

from bot.service import Service
from engine import Corpus, Document, Engine, Learned


class ChannelGone(Exception):
    """A channel was deleted while its history was being read."""


class Channels:
    """The channels that learn, and the verbs that change what is learned of them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._learning: dict[int, Corpus] = {}
        self._spoken_for: dict[int, set[int]] = {}

    async def load(self) -> None:
        """Read from the store which channels learn."""
        self._learning = {corpus.id: corpus for corpus in await self._service.do(Engine.choices, "learning")}

    def learns(self, channel_id: int) -> bool:
        """Whether learning is on in a channel."""
        return channel_id in self._learning

    async def turn_on(self, corpus: Corpus, parent_id: int | None) -> None:
        """Learn here from now on. A thread remembers its parent, with which it is deleted."""
        if parent_id is not None:
            await self._service.do(Engine.choose, corpus, "parent", str(parent_id))
        await self._service.do(Engine.choose, corpus, "learning", "on")
        self._learning[corpus.id] = corpus

    def learn(self, corpus: Corpus, document: Document) -> asyncio.Future[Learned]:
        """Learn one message, or its new text."""
        self._speak_for(corpus, [document.id])
        return self._service.do(Engine.learn, corpus, [document])

    def unlearn(self, corpus: Corpus, ids: Collection[int]) -> asyncio.Future[int]:
        """Unlearn messages, whether or not they were learned: forgetting asks no permission."""
        self._speak_for(corpus, ids)
        return self._service.do(Engine.unlearn, corpus, ids)

    def erase(self, corpus: Corpus) -> asyncio.Future[int]:
        """Forget a channel that is gone: its messages and its choices."""
        self._drop(corpus.id)
        return self._service.do(Engine.erase, corpus)

    def erase_space(self, space: int) -> asyncio.Future[int]:
        """Forget a server that is gone: all its channels."""
        for corpus in [corpus for corpus in self._learning.values() if corpus.space == space]:
            self._drop(corpus.id)
        return self._service.do(Engine.erase_space, space)

    def _drop(self, channel_id: int) -> None:
        self._learning.pop(channel_id, None)
        self._spoken_for.pop(channel_id, None)

    async def children(self, parent: Corpus) -> list[Corpus]:
        """The threads of a channel that have learned."""
        parents = await self._service.do(Engine.choices, "parent")
        return [corpus for corpus, id in parents.items() if (int(id), corpus.space) == (parent.id, parent.space)]

    def start_reading(self, corpus: Corpus) -> None:
        """From now on remember which messages events speak for."""
        self._spoken_for[corpus.id] = set()

    def stop_reading(self, corpus: Corpus) -> None:
        """The history has been read."""
        self._spoken_for.pop(corpus.id, None)

    def _speak_for(self, corpus: Corpus, ids: Iterable[int]) -> None:
        if corpus.id in self._spoken_for:
            self._spoken_for[corpus.id].update(ids)

    async def reconcile(
        self, corpus: Corpus, documents: Iterable[Document], unreadable: Collection[int], low: int, high: int
    ) -> tuple[Learned, int]:
        """Make the corpus equal to one page of history, all of its messages from `low` to `high`.

        Removed is what is gone from the history or may no longer be learned; of `unreadable` messages
        nothing is known, so they stay as they are. Returns what was learned and how many were removed.
        Raises ChannelGone when the channel was erased meanwhile.
        """
        stored = await self._service.do(Engine.ids, corpus, low, high)
        if corpus.id not in self._spoken_for:
            raise ChannelGone
        spoken_for = self._spoken_for[corpus.id]
        # From here to the last call in line nothing waits, so no event can come between.
        page = [document for document in documents if document.id not in spoken_for]
        gone = set(stored).difference((document.id for document in page), unreadable, spoken_for)
        learning = self._service.do(Engine.learn, corpus, page)
        removing = self._service.do(Engine.unlearn, corpus, gone)
        return await learning, await removing
