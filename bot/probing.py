"""/probs: which token comes next, how likely each is, and a walk from one distribution to the next.

A walk is a prompt that grows by the tokens stepped into. Its menu and button carry only its number:
prompts are too long for an id, so walks are kept in memory, the latest thousand of them, and an older
menu says so. When something of a channel is forgotten its walks go, because they may hold it.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, Cooldowns, Refusal, answer, corpus_of, guarded, refuse
from bot.channels import Channels
from bot.distribution import chance, distribution, plain, sayable
from bot.scrubbing import scrub
from bot.service import Service
from bot.wordfilter import WordFilter
from engine import Candidates, Corpus, EmptyCorpus, Engine, join

NO_STEPS = ("</s>", "<unk>")
"""Nothing follows the end of a message, and no text is the token that was never seen."""
REMEMBERED = 1_000
LONGEST_LABEL = 100


@dataclass(slots=True)
class Walk:
    """Who asked what where, the prompts so far, and the tokens that can be stepped into now."""

    key: str
    asker: int
    corpus: Corpus
    unit: str
    order: int | None
    top: int
    temperature: float
    prompts: list[str]
    steps: list[str] = field(default_factory=list)
    """The prompt after each step that is offered."""


class Step(ui.DynamicItem[ui.Select[ui.View]], template=r"probs:step:(?P<key>\d+)"):
    """The menu of tokens to step into."""

    def __init__(self, key: str, options: list[discord.SelectOption] | None = None) -> None:
        super().__init__(ui.Select(custom_id=f"probs:step:{key}", placeholder="Step into …", options=options or []))
        self.key = key

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """What was used, made again from its id."""
        return cls(match["key"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used it."""
        cog = interaction.client.get_cog(Probing.__name__)
        await guarded(interaction, cog.step(interaction, self.key, int(self.item.values[0])))


class Back(ui.DynamicItem[ui.Button[ui.View]], template=r"probs:back:(?P<key>\d+)"):
    """The button that takes the last step back."""

    def __init__(self, key: str) -> None:
        super().__init__(ui.Button(label="Back", style=discord.ButtonStyle.secondary, custom_id=f"probs:back:{key}"))
        self.key = key

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """What was used, made again from its id."""
        return cls(match["key"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used it."""
        cog = interaction.client.get_cog(Probing.__name__)
        await guarded(interaction, cog.back(interaction, self.key))


class Probing(commands.Cog):
    """The command, and the walks that began with it."""

    def __init__(self, service: Service, channels: Channels, cooldowns: Cooldowns) -> None:
        self._service = service
        self._channels = channels
        self._cooldowns = cooldowns
        self._walks: OrderedDict[str, Walk] = OrderedDict()
        channels.when_forgotten(self._let_go)

    def _let_go(self, corpus: Corpus) -> None:
        """Something of a channel was forgotten, and its walks may hold it."""
        for key in [key for key, walk in self._walks.items() if walk.corpus == corpus]:
            del self._walks[key]

    @app_commands.command(description="Show which token comes next after a text, and how likely each one is")
    @app_commands.guild_only()
    @app_commands.describe(
        prompt="The text to continue",
        top="How many tokens to show (10 when left out)",
        unit="Look at words or at characters",
        order="How many tokens are looked at together, the next one included",
        temperature="Below 1 makes likely tokens likelier, above 1 evens them out",
    )
    async def probs(
        self,
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 1000],
        top: app_commands.Range[int, 1, 25] = 10,
        unit: Literal["words", "characters"] = "words",
        order: app_commands.Range[int, 1, 8] | None = None,
        temperature: app_commands.Range[float, 0, 5] = 1.0,
    ) -> None:
        """Answer with a distribution."""
        walk = Walk(
            key=str(interaction.id),
            asker=interaction.user.id,
            corpus=corpus_of(interaction),
            unit=unit,
            order=order,
            top=top,
            temperature=temperature,
            prompts=[scrub(prompt)],
        )
        self._walks[walk.key] = walk
        while len(self._walks) > REMEMBERED:
            self._walks.popitem(last=False)
        await answer(interaction, self._show(walk, walk.prompts))

    async def step(self, interaction: discord.Interaction, key: str, number: int) -> None:
        """Show what follows the chosen token."""
        walk = await self._walk(interaction, key)
        if walk is not None and number >= len(walk.steps):
            await refuse(interaction, "This menu has changed meanwhile. Choose again.")
        elif walk is not None:
            await answer(interaction, self._show(walk, [*walk.prompts, walk.steps[number]]), edit=True)

    async def back(self, interaction: discord.Interaction, key: str) -> None:
        """Show the distribution before the last step."""
        walk = await self._walk(interaction, key)
        if walk is not None:
            await answer(interaction, self._show(walk, walk.prompts[:-1] or walk.prompts), edit=True)

    async def _walk(self, interaction: discord.Interaction, key: str) -> Walk | None:
        """The walk whose menu was used, if it may be; else the person has been told why not."""
        walk = self._walks.get(key)
        if walk is None:
            await refuse(interaction, "I no longer remember this walk. Begin a new one with /probs.")
        elif walk.asker != interaction.user.id:
            await refuse(interaction, "This walk belongs to whoever asked. Begin your own with /probs.")
        elif await self._cooldowns.admits(interaction):
            return walk
        return None

    async def _show(self, walk: Walk, prompts: list[str]) -> Answer:
        try:
            candidates = await self._service.do(
                Engine.candidates,
                walk.corpus,
                prompts[-1],
                unit=walk.unit,
                order=walk.order,
                top=walk.top,
                temperature=walk.temperature,
            )
        except EmptyCorpus:
            raise Refusal(formatting.nothing_learned(self._channels.learns(walk.corpus.id))) from None
        walk.prompts = prompts
        words = self._channels.choices.words(walk.corpus.space)
        return Answer(distribution(candidates, words), view=self._controls(walk, candidates, words))

    def _controls(self, walk: Walk, candidates: Candidates, words: WordFilter) -> ui.View | None:
        steps = [
            candidate
            for candidate in candidates.candidates
            if candidate.token not in NO_STEPS and sayable(candidates, candidate.token, words)
        ]
        walk.steps = [join([*candidates.prompt, step.token], walk.unit) for step in steps]
        view = ui.View(timeout=None)
        if steps:
            options = [
                discord.SelectOption(
                    label=f"{plain(step.token)[: LONGEST_LABEL - 12]} · {chance(step.probability)}", value=str(number)
                )
                for number, step in enumerate(steps)
            ]
            view.add_item(Step(walk.key, options))
        if len(walk.prompts) > 1:
            view.add_item(Back(walk.key))
        return view if view.children else None
