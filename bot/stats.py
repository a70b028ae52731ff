"""/stats: the channel in numbers and as a picture: how it grows, how predictable it is, what is telling of it."""

import asyncio
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice

import discord
from discord import app_commands
from discord.ext import commands

from bot import formatting, numbers
from bot.answering import Answer, Refusal, answer, corpus_of
from bot.channels import Channels
from bot.picture import DRAWS, picture
from bot.service import Service
from engine import Corpus, Document, Engine, Statistics, statistics

MOST = 50_000
"""Of a larger channel, the latest so many messages are looked at."""
BATCH = 1_000
ATTEMPTS = 3


class Stats(commands.Cog):
    """The command."""

    def __init__(self, service: Service, channels: Channels) -> None:
        self._service = service
        self._channels = channels
        self._under_way: dict[Corpus, asyncio.Task[tuple[Statistics, int]]] = {}
        self._stale: set[Corpus] = set()
        channels.when_forgotten(self._forgotten)

    def _forgotten(self, corpus: Corpus) -> None:
        if corpus in self._under_way:
            self._stale.add(corpus)

    @app_commands.command(description="This channel in numbers: its growth, its vocabulary, how predictable it is")
    @app_commands.guild_only()
    async def stats(self, interaction: discord.Interaction) -> None:
        """Answer with numbers, and with a picture where it can be drawn."""
        await answer(interaction, self._tell(corpus_of(interaction)))

    async def _tell(self, corpus: Corpus) -> Answer:
        size = await self._service.do(Engine.size, corpus)
        if not size.documents:
            raise Refusal(formatting.nothing_learned(self._channels.learns(corpus.id)))
        if size.documents < numbers.LEAST:
            return Answer(numbers.too_few(size.documents))
        found, days = await self._statistics(corpus)
        words = self._channels.choices.words(corpus.space)
        text = numbers.told(found, days, size.documents, words)
        if not DRAWS:
            return Answer(text)
        image = await self._service.apart(picture, numbers.charts(found, days))
        return Answer(text, picture=(image, numbers.alternative(found, days)))

    async def _statistics(self, corpus: Corpus) -> tuple[Statistics, int]:
        """With the days of a period. Counted once, however many ask at the same time; nothing is kept afterwards."""
        task = self._under_way.get(corpus)
        if task is None:
            task = self._under_way[corpus] = asyncio.create_task(self._count(corpus))
            task.add_done_callback(lambda _: self._under_way.pop(corpus, None))
        return await asyncio.shield(task)

    async def _count(self, corpus: Corpus) -> tuple[Statistics, int]:
        """In a thread of its own; again when something was forgotten meanwhile."""
        for _attempt in range(ATTEMPTS):
            self._stale.discard(corpus)
            reading = await self._service.do(Engine.documents, corpus)
            latest: deque[Document] = deque(maxlen=MOST)
            while batch := await self._service.do(_next, corpus, reading):
                latest.extend(batch)
            if not latest:
                raise Refusal(formatting.nothing_learned(self._channels.learns(corpus.id)))
            days = numbers.days(latest[0].id, latest[-1].id)
            found = await self._service.apart(statistics, list(latest), partial(numbers.period, days=days))
            if corpus not in self._stale:
                return found, days
        raise Refusal(numbers.moving())


def _next(_engine: Engine, _corpus: Corpus, reading: Iterator[Document]) -> list[Document]:
    return list(islice(reading, BATCH))
