"""A text that may be said: drawn, and drawn again as long as it holds what is not for this server.

That is a word of the server's filter, or a custom emoji the server does not have. Which it has is asked of
Discord when a text holds one, and known for some minutes: most texts hold none, and the events that tell of
emoji would need another intent.
"""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import discord

from bot.answering import Refusal
from bot.choices import Choices
from bot.language import _
from bot.service import Service
from engine import Corpus, Generation

DRAWS = 25
"""How often a text is drawn before giving up."""
LAST_SEED = 2**53
KNOWN_FOR = 300.0
"""Seconds for which a server's emoji are taken to be the same."""

_EMOJI = re.compile(r"<a?:(?P<name>\w+):(?P<id>\d+)>")


class Drawing:
    """Draws texts that may be said where they are asked for."""

    def __init__(self, client: discord.Client, service: Service, choices: Choices) -> None:
        self._client = client
        self._service = service
        self._choices = choices
        self._emoji: dict[int, tuple[float, frozenset[str]]] = {}

    async def draw(
        self,
        corpus: Corpus,
        verb: Callable[..., Generation],
        *,
        typed: str = "",
        seed: int | None = None,
        **options: Any,
    ) -> Generation:
        """A new text without what may not be said here; the seeds after a given one are those that follow it.

        It copies no more from one message than may be copied in this channel. The first call is put in line before
        anything is waited for, as `Service.do` has it. Raises Refusal when there is none, or when what was typed
        holds such a word already. An emoji that is in every text in the end stands there by its name.
        """
        words = self._choices.words(corpus.space)
        if words.finds(typed):
            raise Refusal(_("You typed a word that may not be said on this server. Ask for something else."))
        options["max_copy"] = self._choices.max_copy(corpus)
        named = None
        for number in range(DRAWS):
            this = None if seed is None else (seed + number) % LAST_SEED
            generation = await self._service.do(verb, corpus, seed=this, **options)
            if not words.finds(generation.text):
                text = await self._with_emoji_of(corpus.space, generation.text)
                if text == generation.text:
                    return generation
                named = replace(generation, text=text)
        if named is not None:
            return named
        raise Refusal(
            _(
                "Each of {number} texts I drew held a word that may not be said on this server. "
                "Try again, with another start or a higher temperature.",
                number=DRAWS,
            )
        )

    async def _with_emoji_of(self, space: int, text: str) -> str:
        """The text with those custom emoji that the server has, and the names of all others."""
        if not _EMOJI.search(text):
            return text
        here = await self._emoji_of(space)
        return _EMOJI.sub(lambda emoji: emoji[0] if emoji["id"] in here else f":{emoji['name']}:", text)

    async def _emoji_of(self, space: int) -> frozenset[str]:
        """The ids of a server's custom emoji; none where Discord does not say."""
        asked, here = self._emoji.get(space, (-KNOWN_FOR, frozenset()))
        if time.monotonic() - asked < KNOWN_FOR:
            return here
        guild = self._client.get_guild(space)
        try:
            found = await guild.fetch_emojis() if guild else []
        except discord.HTTPException:
            return here
        here = frozenset(str(emoji.id) for emoji in found if emoji.available)
        self._emoji[space] = time.monotonic(), here
        return here
