"""What people may ask of the bot about themselves: to stop learning from them, to forget, to give it all back."""

import json
from datetime import UTC

from discord.utils import snowflake_time

from bot.channels import Channels
from bot.service import Service
from engine import FORGOTTEN_UP_TO, Corpus, Engine, Forgotten

PART = 8_000_000
"""Bytes of an exported file; Discord takes ten million."""


class People:
    """Opt-outs and the like; a space of None means everywhere."""

    def __init__(self, service: Service, channels: Channels) -> None:
        self._service = service
        self._channels = channels

    async def opt_out(self, author: int, space: int | None) -> Forgotten:
        """Learn nothing from them again, and forget what there is."""
        await self._channels.choices.refuse(author, space)
        return await self._forget(author, space)

    async def opt_in(self, author: int, space: int | None, now: int) -> None:
        """Learn from them again, but not what they wrote up to the id `now`, under the promise that it is not."""
        if space in self._channels.choices.refusals_of(author):
            await self._channels.choices.allow(author, space, now)

    async def forget(self, author: int, space: int | None, now: int) -> Forgotten:
        """Forget what there is, for good: a history read later brings nothing back up to the id `now`."""
        await self._channels.choices.choose(Corpus(author, space or 0), FORGOTTEN_UP_TO, str(now))
        return await self._forget(author, space)

    async def _forget(self, author: int, space: int | None) -> Forgotten:
        """Channel by channel, so that nobody has to wait for all of them, then whatever came meanwhile."""
        gone = []
        for corpus in await self.stored(author, space):
            gone.append(await self._service.do(Engine.forget_author, author, corpus=corpus))
            self._channels.forgot(corpus)
        gone.append(await self._service.do(Engine.forget_author, author, space=space))
        return Forgotten(sum(one.documents for one in gone), sum(one.ngrams for one in gone))

    async def stored(self, author: int, space: int | None) -> dict[Corpus, int]:
        """How many messages of theirs are stored, by channel."""
        return await self._service.do(Engine.author_size, author, space)

    async def export(self, author: int, space: int | None, now: int) -> list[tuple[str, bytes]]:
        """All that is stored of them, as JSON files of a size that Discord takes."""
        parts = await self._service.do(_parts, author, space)
        about = {
            "user": str(author),
            "exported": _time(now),
            "scope": "everywhere" if space is None else "server",
            "opted_out": sorted(
                "everywhere" if where is None else str(where) for where in self._channels.choices.refusals_of(author)
            ),
        }
        files = []
        for number, messages in enumerate(parts, start=1):
            name = "messages.json" if len(parts) == 1 else f"messages-{number}-of-{len(parts)}.json"
            head, listed = json.dumps(about, ensure_ascii=False, indent=1)[:-2], ",\n".join(messages)
            files.append((name, f'{head},\n "messages": [\n{listed}\n ]\n}}\n'.encode()))
        return files


def _parts(engine: Engine, author: int, space: int | None) -> list[list[str]]:
    """The messages as JSON, in parts of at most `PART` bytes or so; one part when there are none."""
    parts: list[list[str]] = [[]]
    size = 0
    for corpus, document in engine.author_documents(author, space):
        message = json.dumps(
            {
                "server": str(corpus.space),
                "channel": str(corpus.id),
                "message": str(document.id),
                "time": _time(document.id),
                "text": document.text,
            },
            ensure_ascii=False,
        )
        size += len(message.encode()) + 2
        if size > PART and parts[-1]:
            parts.append([])
            size = len(message.encode())
        parts[-1].append(f"  {message}")
    return parts


def _time(id: int) -> str:
    """When a message was written, as its id says."""
    return snowflake_time(id).astimezone(UTC).isoformat(timespec="seconds")
