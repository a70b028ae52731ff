"""/generate, /fill and /haiku: new text in this channel's voice, and the buttons that ask for more of it.

The buttons *Again* and *Longer* outlive restarts: their ids hold what they ask. Only a long request does not
fit into the hundred characters of an id; such requests are kept in memory, the latest few hundred of them.
"""

import re
from collections import OrderedDict
from dataclasses import replace
from typing import Any, Literal, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, Cooldowns, Refusal, answer, corpus_of
from bot.asking import MOODS, Mood, Request, decoded, words
from bot.channels import Channels
from bot.drawing import Drawing
from bot.explaining import Why
from bot.language import _
from bot.lasting import Lasting, lasting
from bot.scrubbing import scrub
from engine import EmptyCorpus, Engine

LONGEST_ID = 100
"""Characters in a button's id."""
REMEMBERED = 500
LONGEST = 400
"""Tokens that a text can be asked to have."""


class Again(Lasting[ui.Button[ui.View]], template=re.compile(r"(?P<what>again|longer):(?P<code>.+)", re.DOTALL)):
    """A request: the same as before, or for a longer text, with another seed."""

    COG = "Generating"

    def __init__(self, code: str, what: str = "again") -> None:
        label = _("Again") if what == "again" else _("Longer")
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=f"{what}:{code}"))
        self.code = code

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        return cls(match["code"], match["what"])

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        await cog.again(interaction, self.code)


class Generating(commands.Cog):
    """The command, and what its buttons do."""

    def __init__(self, drawing: Drawing, channels: Channels, cooldowns: Cooldowns) -> None:
        self._drawing = drawing
        self._channels = channels
        self._cooldowns = cooldowns
        self._remembered: OrderedDict[str, Request] = OrderedDict()

    @app_commands.command(description="Write new text in this channel's voice")
    @app_commands.guild_only()
    @app_commands.describe(
        start="How the text begins",
        ending="How the text ends",
        containing="Words the text holds, in any order; a phrase in quotes",
        without="Words the text does not hold; a phrase in quotes",
        about="What the text leans to",
        length="Exactly this many tokens; as long as a message usually is when left out",
        mood="How it is said: close to what people say here, or wild",
        temperature="0 always takes the likeliest token, 1 speaks as people here do, above 1 is wilder",
        originality="Towards 0 the text stays closer to what was said, towards 1 it strays",
        unit="Put the text together from words or from characters",
        order="How many tokens are looked at together, the new one included: higher stays closer to what was said",
        seed="The same seed and options give the same text, as long as nothing new was learned",
    )
    async def generate(
        self,
        interaction: discord.Interaction,
        start: app_commands.Range[str, 1, 200] = "",
        ending: app_commands.Range[str, 1, 100] = "",
        containing: app_commands.Range[str, 1, 100] = "",
        without: app_commands.Range[str, 1, 200] = "",
        about: app_commands.Range[str, 1, 100] = "",
        length: app_commands.Range[int, 1, 400] | None = None,
        mood: Mood = "normal",
        temperature: app_commands.Range[float, 0, 5] | None = None,
        originality: app_commands.Range[float, 0, 1] | None = None,
        unit: Literal["words", "characters"] = "words",
        order: app_commands.Range[int, 1, 8] | None = None,
        seed: app_commands.Range[int, 0, 2**53 - 1] | None = None,
    ) -> None:
        """Answer with a new text."""
        heat, closeness = MOODS[mood]
        request = Request(
            unit=unit,
            order=order,
            length=length,
            temperature=heat if temperature is None else temperature,
            originality=closeness if originality is None else originality,
            start=scrub(start),
            ending=scrub(ending),
            containing=words(scrub(containing)),
            without=words(without),
            about=scrub(about),
        )
        await answer(interaction, self._write(interaction, request, seed))

    @app_commands.command(description="Fill the blanks of a text in this channel's voice")
    @app_commands.guild_only()
    @app_commands.describe(
        text="___ is a blank for one word, ... for several: the ___ sat on the ___ and ...",
        mood="How it is said: close to what people say here, or wild",
        seed="The same seed and options give the same text, as long as nothing new was learned",
    )
    async def fill(
        self,
        interaction: discord.Interaction,
        text: app_commands.Range[str, 1, 300],
        mood: Mood = "normal",
        seed: app_commands.Range[int, 0, 2**53 - 1] | None = None,
    ) -> None:
        """Answer with the text, its blanks filled."""
        temperature, originality = MOODS[mood]
        request = Request(temperature=temperature, originality=originality, template=scrub(text))
        await answer(interaction, self._write(interaction, request, seed))

    @app_commands.command(description="Write a haiku from this channel's words: 5, 7 and 5 syllables (English)")
    @app_commands.guild_only()
    @app_commands.describe(
        about="What the text leans to",
        mood="How it is said: close to what people say here, or wild",
        seed="The same seed and options give the same text, as long as nothing new was learned",
    )
    async def haiku(
        self,
        interaction: discord.Interaction,
        about: app_commands.Range[str, 1, 100] = "",
        mood: Mood = "normal",
        seed: app_commands.Range[int, 0, 2**53 - 1] | None = None,
    ) -> None:
        """Answer with three lines."""
        temperature, originality = MOODS[mood]
        request = Request(temperature=temperature, originality=originality, about=scrub(about), haiku=True)
        await answer(interaction, self._write(interaction, request, seed))

    async def again(self, interaction: discord.Interaction, code: str) -> None:
        """Answer a request once more, with a new seed."""
        if await self._cooldowns.admits(interaction):
            await answer(interaction, self._write_again(interaction, code))

    async def _write_again(self, interaction: discord.Interaction, code: str) -> Answer:
        request = self._remembered.get(code) if code.startswith("#") else decoded(code)
        if request is None:
            raise Refusal(_("I no longer remember how this text was asked for. Ask anew with /generate."))
        return await self._write(interaction, request, None)

    async def _write(self, interaction: discord.Interaction, request: Request, seed: int | None) -> Answer:
        corpus = corpus_of(interaction)
        try:
            generation = await self._drawing.draw(
                corpus, Engine.generate, typed=request.typed, seed=seed, **request.options
            )
        except EmptyCorpus:
            raise Refusal(formatting.nothing_learned(self._channels.learns(corpus.id))) from None
        mask = self._channels.choices.words(corpus.space).mask
        messages = formatting.generated(generation, request.start, request.typed, tell_seed=seed is not None, mask=mask)
        view = lasting(Again(self._code(interaction, request, "again")))
        length = 2 * len(generation.tokens)
        if length <= LONGEST and not (request.template or request.haiku):
            longer = replace(request, length=length)
            view.add_item(Again(self._code(interaction, longer, "longer"), "longer"))
        view.add_item(Why.under(generation, len(messages.texts), verse=request.haiku))
        first, *more = messages.texts
        return Answer(first, more, messages.file, view)

    def _code(self, interaction: discord.Interaction, request: Request, what: str) -> str:
        code = request.encode()
        if len(f"{what}:{code}") <= LONGEST_ID:
            return code
        key = f"#{interaction.id}{what[0]}"
        self._remembered[key] = request
        while len(self._remembered) > REMEMBERED:
            self._remembered.popitem(last=False)
        return key
