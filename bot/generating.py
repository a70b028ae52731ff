"""/generate: new text in this channel's voice, and the button that asks for more of it.

The button *Again* outlives restarts: its id holds what was asked. Only a long start does not fit into
the hundred characters of an id; such requests are kept in memory, the latest few hundred of them.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, Cooldowns, Refusal, answer, corpus_of, guarded
from bot.channels import Channels
from bot.drawing import draw
from bot.explaining import Why
from bot.scrubbing import scrub
from bot.service import Service
from engine import EmptyCorpus

LONGEST_ID = 100
"""Characters in a button's id."""
REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What /generate was asked, but for the seed, which is new every time."""

    unit: str = "words"
    order: int | None = None
    length: int | None = None
    temperature: float = 1.0
    start: str = ""

    def encode(self) -> str:
        """The request in as few characters as may be; `decode` reads it."""
        return f"{self.unit[0]}:{self.order or ''}:{self.length or ''}:{self.temperature:g}:{self.start}"

    @classmethod
    def decode(cls, code: str) -> Self:
        """The inverse of `encode`."""
        unit, order, length, temperature, start = code.split(":", 4)
        return cls(
            unit={"w": "words", "c": "characters"}[unit],
            order=int(order) if order else None,
            length=int(length) if length else None,
            temperature=float(temperature),
            start=start,
        )


class Again(ui.DynamicItem[ui.Button[ui.View]], template=re.compile(r"again:(?P<code>.+)", re.DOTALL)):
    """The same request, another seed."""

    def __init__(self, code: str) -> None:
        super().__init__(ui.Button(label="Again", style=discord.ButtonStyle.secondary, custom_id=f"again:{code}"))
        self.code = code

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """What was used, made again from its id."""
        return cls(match["code"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used it."""
        cog = interaction.client.get_cog(Generating.__name__)
        await guarded(interaction, cog.again(interaction, self.code))


class Generating(commands.Cog):
    """The command, and what its buttons do."""

    def __init__(self, service: Service, channels: Channels, cooldowns: Cooldowns) -> None:
        self._service = service
        self._channels = channels
        self._cooldowns = cooldowns
        self._remembered: OrderedDict[str, Request] = OrderedDict()

    @app_commands.command(description="Write new text in this channel's voice")
    @app_commands.guild_only()
    @app_commands.describe(
        length="Exactly this many tokens; as long as a message usually is when left out",
        start="How the text begins",
        temperature="0 always takes the likeliest token, 1 speaks as people here do, above 1 is wilder",
        unit="Put the text together from words or from characters",
        order="How many tokens are looked at together, the new one included: higher stays closer to what was said",
        seed="The same seed and options give the same text, as long as nothing new was learned",
    )
    async def generate(
        self,
        interaction: discord.Interaction,
        length: app_commands.Range[int, 1, 400] | None = None,
        start: app_commands.Range[str, 1, 200] = "",
        temperature: app_commands.Range[float, 0, 5] = 1.0,
        unit: Literal["words", "characters"] = "words",
        order: app_commands.Range[int, 1, 8] | None = None,
        seed: app_commands.Range[int, 0, 2**53 - 1] | None = None,
    ) -> None:
        """Answer with a new text."""
        request = Request(unit, order, length, temperature, scrub(start))
        await answer(interaction, self._write(interaction, request, seed))

    async def again(self, interaction: discord.Interaction, code: str) -> None:
        """Answer a request once more, with a new seed."""
        if await self._cooldowns.admits(interaction):
            await answer(interaction, self._write_again(interaction, code))

    async def _write_again(self, interaction: discord.Interaction, code: str) -> Answer:
        if not code.startswith("#"):
            return await self._write(interaction, Request.decode(code), None)
        request = self._remembered.get(code)
        if request is None:
            raise Refusal("I no longer remember how this text was asked for. Ask anew with /generate.")
        return await self._write(interaction, request, None)

    async def _write(self, interaction: discord.Interaction, request: Request, seed: int | None) -> Answer:
        corpus = corpus_of(interaction)
        try:
            generation = await draw(
                self._service,
                self._channels.choices,
                corpus,
                unit=request.unit,
                order=request.order,
                length=request.length,
                start=request.start,
                temperature=request.temperature,
                seed=seed,
            )
        except EmptyCorpus:
            raise Refusal(formatting.nothing_learned(self._channels.learns(corpus.id))) from None
        mask = self._channels.choices.words(corpus.space).mask
        messages = formatting.generated(generation, request.start, tell_seed=seed is not None, mask=mask)
        view = ui.View(timeout=None)
        view.add_item(Again(self._code(interaction, request)))
        view.add_item(Why.under(generation, request.start, len(messages.texts)))
        first, *more = messages.texts
        return Answer(first, more, messages.file, view)

    def _code(self, interaction: discord.Interaction, request: Request) -> str:
        code = request.encode()
        if len(f"again:{code}") <= LONGEST_ID:
            return code
        key = f"#{interaction.id}"
        self._remembered[key] = request
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return key
