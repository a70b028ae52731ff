"""The line that everything goes through which changes what is learned of a channel.

While a channel's history is being read, events speak for some of its messages. A page of history is
older than the events that came while it was under way, so of those messages the page no longer has a
say: what was deleted stays gone, what was edited stays edited. Nor has it a say against people's
choices (`bot.choices`).
"""

import asyncio
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import aiohttp
import discord

from bot.choices import ANNOUNCED, FORGOTTEN, LEARNING, PARENT, Choices
from bot.service import Service
from engine import FORGOTTEN_UP_TO, Corpus, Document, Engine, Forgotten, Learned

log = logging.getLogger(__name__)
T = TypeVar("T", Learned, Forgotten)

SINCE = "since"
"""The job that remembers from which message on a channel is learned; older ones are learned by /train alone."""
ANNOUNCE_EVERY = 600.0
"""Seconds between two attempts to tell a channel that the bot learns there."""


class ChannelGone(Exception):
    """A channel was deleted, or learning turned off in it, while its history was being read."""


class Channels:
    """The channels that learn, and the verbs that change what is learned of them.

    `announce` tells a channel that learning is turned on there, and how to say no.
    """

    def __init__(self, service: Service, announce: Callable[[Corpus], Awaitable[int]] | None = None) -> None:
        self._service = service
        self._announce = announce
        self._spoken_for: defaultdict[int, list[set[int]]] = defaultdict(list)  # by channel: a set for each reading
        self._untrimmed: Counter[Corpus] = Counter()
        self._silent: defaultdict[Corpus, float] = defaultdict(lambda: -math.inf)
        self._listeners: list[Callable[[Corpus], None]] = []
        self._since: dict[Corpus, int] = {}
        self.choices = Choices(service, self.forgot)

    async def load(self) -> None:
        """Read from the store what people chose, and carry out opt-outs and forgetting that were cut short."""
        await self.choices.load()
        self._since = {corpus: int(since) for corpus, since in (await self._service.do(Engine.jobs, SINCE)).items()}
        for author, space in await self._service.do(Engine.refusals):
            await self._forget_what_is_left(author, space)
        for who, up_to in self.choices.all(FORGOTTEN_UP_TO).items():
            await self._forget_what_is_left(who.id, who.space or None, int(up_to))
        self.choices.start_following()

    async def _forget_what_is_left(self, author: int, space: int | None, up_to: int | None = None) -> None:
        """Looked up before it is erased: mostly there is nothing, of which no other process need hear."""
        if await self._service.do(Engine.author_size, author, space, up_to=up_to):
            await self._service.do(Engine.forget_author, author, space=space, up_to=up_to, receipt=False)

    async def close(self) -> None:
        """Before the service is closed."""
        await self.choices.stop_following()

    # Learning on and off

    def learns(self, channel_id: int) -> bool:
        """Whether learning is on in a channel."""
        return self.choices.learns(channel_id)

    async def turn_on(self, corpus: Corpus, parent_id: int | None, since: int | None = None) -> None:
        """Learn here what comes after the id `since`, and say so once.

        A thread remembers its parent, with which it is deleted. Without `since` this machine's clock counts.
        """
        await self.announce(corpus)
        if parent_id is not None:
            await self.choices.choose(corpus, PARENT, str(parent_id))
        if not self.learns(corpus.id):
            # What was said before is no business of ours, also when the newest messages are read after an absence.
            if since is None:
                since = discord.utils.time_snowflake(discord.utils.utcnow())
            await self.learn_since(corpus, since)
        await self.choices.choose(corpus, LEARNING, "on")

    def since(self, corpus: Corpus) -> int:
        """From which message on a channel is learned; what is older, by /train alone."""
        return self._since.get(corpus, 0)

    async def learn_since(self, corpus: Corpus, since: int) -> None:
        """Remember from which message on."""
        self._since[corpus] = since
        await self._service.do(Engine.save_job, corpus, SINCE, str(since))

    async def announce(self, corpus: Corpus) -> None:
        """Tell a channel that I learn there, unless it has been told. What fails is tried again, not too often."""
        now = asyncio.get_running_loop().time()
        if self._announce is None or self.choices.of(corpus, ANNOUNCED) is not None or now < self._silent[corpus]:
            return
        self._silent[corpus] = now + ANNOUNCE_EVERY
        try:
            told = await self._announce(corpus)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("channel %s could not be told that I learn there: %s", corpus.id, type(error).__name__)
            return
        await self.choices.choose(corpus, ANNOUNCED, str(told))

    async def turn_off(self, corpus: Corpus) -> None:
        """Learn nothing here from now on; what was learned stays, and is forgotten as ever."""
        await self.choices.choose(corpus, LEARNING, "off")

    # Messages

    def admits(self, corpus: Corpus, author: int, message_id: int) -> bool:
        """Whether people's choices, and for how long messages are kept, let a message be learned."""
        too_old = self.choices.keep(corpus).newer_than(discord.utils.utcnow()) or 0
        return message_id > too_old and self.choices.admits(corpus, author, message_id)

    def learn(self, corpus: Corpus, document: Document) -> Awaitable[Learned]:
        """Learn one message, or its new text."""
        self._speak_for(corpus, [document.id])
        self._untrimmed[corpus] += 1
        return self._tell(corpus, self._service.do(Engine.learn, corpus, [document]))

    def stored(self, corpus: Corpus, low: int, high: int) -> Awaitable[list[int]]:
        """The messages that are stored from one id to another, ascending."""
        return self._service.do(Engine.ids, corpus, low, high)

    def relearn(self, corpus: Corpus, document: Document) -> Awaitable[Learned]:
        """Learn the new text of a message, where it is stored or may be learned without /train.

        While a history is being read, which may not have come to it yet, it is.
        """
        if document.id >= self.since(corpus) or corpus.id in self._spoken_for:
            return self.learn(corpus, document)
        return self._tell(corpus, self._service.do(Engine.relearn, corpus, [document]))

    def unlearn(self, corpus: Corpus, ids: Collection[int]) -> Awaitable[Forgotten]:
        """Unlearn messages, whether or not they were learned: forgetting asks no permission."""
        self._speak_for(corpus, ids)
        return self._tell(corpus, self._service.do(Engine.unlearn, corpus, ids, receipt=False))

    async def deleted(self, corpus: Corpus, ids: Collection[int]) -> None:
        """Messages are gone from Discord: unlearn them, and that they were forgotten need not be known any more."""
        messages = [Corpus(id, corpus.space) for id in ids if self.choices.is_forgotten(corpus, id)]
        await asyncio.gather(self.unlearn(corpus, ids), *self._no_longer_forgotten(messages))

    async def forget(self, corpus: Corpus, message_id: int) -> Forgotten:
        """Forget one message that stays on Discord: neither an edit nor a page of history brings it back."""
        self._speak_for(corpus, [message_id])
        await self.choices.choose(Corpus(message_id, corpus.space), FORGOTTEN, str(corpus.id))
        return await self._tell(corpus, self._service.do(Engine.unlearn, corpus, [message_id]))

    async def trim(self, corpus: Corpus, *, now: bool = False) -> Forgotten:
        """Forget what is older, or more, than is kept here, if that is due."""
        keep = self.choices.keep(corpus)
        due = now or (keep.due_after is not None and self._untrimmed[corpus] >= keep.due_after)
        if not due or not (keep.days or keep.messages):
            return Forgotten(0, 0)
        self._untrimmed.pop(corpus, None)
        newer_than = keep.newer_than(discord.utils.utcnow())
        trimmed = self._service.do(Engine.retain, corpus, newer_than_id=newer_than, at_most=keep.messages or None)
        return await self._tell(corpus, trimmed)

    # Whole channels

    def erase(self, corpus: Corpus, *, receipt: bool = False) -> Awaitable[Forgotten]:
        """Forget a channel: its messages and its choices."""
        self._drop(corpus)
        return self._tell(corpus, self._service.do(Engine.erase, corpus, receipt=receipt))

    async def gone(self, corpus: Corpus) -> None:
        """A channel was deleted: forget it and its threads, and which of their messages had been forgotten."""
        threads = [one for one, id in self.choices.all(PARENT).items() if (int(id), one.space) == corpus]
        erased = [self.erase(one) for one in (corpus, *threads)]
        ids = {str(one.id) for one in (corpus, *threads)}
        messages = [one for one, id in self.choices.all(FORGOTTEN).items() if one.space == corpus.space and id in ids]
        await asyncio.gather(*erased, *self._no_longer_forgotten(messages))

    def _no_longer_forgotten(self, messages: Iterable[Corpus]) -> list[Awaitable[None]]:
        """What is gone from Discord need not be known as forgotten."""
        known = [message for message in messages if self.choices.of(message, FORGOTTEN) is not None]
        return [self.choices.choose(message, FORGOTTEN, None) for message in known]

    async def erase_space(self, space: int) -> Forgotten:
        """Forget a server that is gone: all its channels."""
        erased = self._service.do(Engine.erase_space, space, receipt=False)
        for corpus in [corpus for corpus in self.choices.all(LEARNING) if corpus.space == space]:
            self._drop(corpus)
            self.forgot(corpus)
        self.choices.drop_space(space)
        return await erased

    def _drop(self, corpus: Corpus) -> None:
        self.choices.drop(corpus)
        self._spoken_for.pop(corpus.id, None)
        self._untrimmed.pop(corpus, None)
        self._silent.pop(corpus, None)

    # Who else holds something of a channel

    def when_forgotten(self, listener: Callable[[Corpus], None]) -> None:
        """Have it called with each corpus of which something was forgotten."""
        self._listeners.append(listener)

    def forgot(self, corpus: Corpus) -> None:
        """Something of a corpus was forgotten: whoever holds texts of it in memory lets go of them."""
        for listener in self._listeners:
            listener(corpus)

    def _tell(self, corpus: Corpus, changing: asyncio.Future[T]) -> Awaitable[T]:
        """Have who holds something of a channel hear of it when this is done, if anything was forgotten or replaced."""
        return asyncio.ensure_future(self._telling(corpus, changing))

    async def _telling(self, corpus: Corpus, changing: asyncio.Future[T]) -> T:
        changed = await changing
        if changed.changed if isinstance(changed, Learned) else changed.documents:
            self.forgot(corpus)
        return changed

    # Reading a history

    @contextmanager
    def reading(self, corpus: Corpus) -> Iterator[set[int]]:
        """While this holds, the messages that events speak for are put into the set that it gives.

        Each reading has its own: what an event said before a reading began is on its pages already. One that
        begins because the store could not take what an event said must not leave that to the event.
        """
        spoken_for: set[int] = set()
        self._spoken_for[corpus.id].append(spoken_for)
        try:
            yield spoken_for
        finally:
            left = [other for other in self._spoken_for.pop(corpus.id, []) if other is not spoken_for]
            if left:
                self._spoken_for[corpus.id] = left

    def _speak_for(self, corpus: Corpus, ids: Collection[int]) -> None:
        for spoken_for in self._spoken_for.get(corpus.id, []):
            spoken_for.update(ids)

    async def reconcile(
        self,
        corpus: Corpus,
        spoken_for: Collection[int],
        documents: Iterable[Document],
        unreadable: Collection[int],
        low: int,
        high: int,
        *,
        learn_from: int | None = 0,
    ) -> tuple[Learned, int]:
        """Make the corpus equal to one page of history, all of its messages from `low` to `high`.

        Messages `spoken_for`, which `reading` gives, stay as they are, and so do `unreadable` ones, of which
        nothing is known; else what is gone from the history or may no longer be learned is removed. Documents
        older than `learn_from` are kept up to date where they are stored, and not learned anew; with None, which
        is for channels where learning is off, nothing is learned, and what has another text by now is removed
        too. Returns what was learned and how many were removed. Raises ChannelGone when the channel was erased,
        or learning turned off, meanwhile.
        """
        known = set(await self._service.do(Engine.ids, corpus, low, high))
        erased = not any(one is spoken_for for one in self._spoken_for.get(corpus.id, []))
        if erased or not (learn_from is None or self.learns(corpus.id)):
            raise ChannelGone
        # From here to the last call in line nothing waits, so no event can come between.
        page = [
            document
            for document in documents
            if document.id not in spoken_for
            and (document.id in known or (learn_from is not None and document.id >= learn_from))
            and self.admits(corpus, document.author, document.id)
        ]
        gone = known.difference((document.id for document in page), unreadable, spoken_for)
        verb = _keep_same if learn_from is None else Engine.learn
        learning = self._tell(corpus, self._service.do(verb, corpus, page))
        removing = self._tell(corpus, self._service.do(Engine.unlearn, corpus, gone, receipt=False))
        learned, removed = await asyncio.gather(learning, removing)
        await self.trim(corpus, now=True)
        return learned, removed.documents


def _keep_same(engine: Engine, corpus: Corpus, documents: Collection[Document]) -> Learned:
    """Forget those documents that are stored with another text; nothing new stays."""
    changed = [document.id for document in documents if not engine.learn(corpus, [document]).unchanged]
    engine.unlearn(corpus, changed, receipt=False)
    return Learned(0, len(changed), len(documents) - len(changed))
