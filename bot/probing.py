"""/probs: which token comes next, how likely each is, and a walk from one distribution to the next.

A walk is a prompt that grows by the tokens stepped into. Walks are kept in memory, the latest thousand of
them, and the menu of an older one says so. When something of a channel is forgotten its walks go, because
they may hold it.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

from bot import formatting
from bot.answering import Answer, Cooldowns, Refusal, answer, corpus_of, refuse
from bot.channels import Channels
from bot.columns import chance, plain
from bot.distribution import distribution, fitting, sayable
from bot.drawing import DRAWS
from bot.language import _
from bot.scrubbing import scrub
from bot.service import Service
from bot.walking import LONGEST_LABEL, Turn, Walk, controls
from bot.wordfilter import WordFilter
from engine import Candidate, Candidates, Corpus, EmptyCorpus, Engine, join, tokens

T = TypeVar("T")

END = "</s>"
NO_STEPS = (END, "<unk>")
"""Nothing follows the end of a message, and no text is the token that was never seen."""
REMEMBERED = 1_000


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

    async def step(self, interaction: discord.Interaction, key: str, shown: int, number: int) -> None:
        """Show what follows the chosen token."""
        walk = await self._walk(interaction, key)
        if walk is not None and (shown != walk.shown or number >= len(walk.steps)):
            await refuse(interaction, _("This menu has changed meanwhile. Choose again."))
        elif walk is not None:
            await answer(interaction, self._show(walk, [*walk.prompts, walk.steps[number]]), edit=True)

    async def turn(self, interaction: discord.Interaction, key: str, turn: Turn) -> None:
        """Do what a button says."""
        walk = await self._walk(interaction, key)
        if walk is not None:
            await answer(interaction, self._turned(walk, turn), edit=True)

    async def _turned(self, walk: Walk, turn: Turn) -> Answer:
        match turn:
            case "back":
                return await self._show(walk, walk.prompts if walk.ended else walk.prompts[:-1] or walk.prompts)
            case "sample":
                return await self._sample(walk)
            case "xray":
                walk.xray = not walk.xray
            case "cooler":
                walk.temperature = walk.temperature if walk.cooler is None else walk.cooler
            case "warmer":
                walk.temperature = walk.temperature if walk.warmer is None else walk.warmer
        return await self._show(walk, walk.prompts)

    async def _walk(self, interaction: discord.Interaction, key: str) -> Walk | None:
        """The walk whose menu was used, if it may be; else the person has been told why not."""
        walk = self._walks.get(key)
        if walk is None:
            await refuse(interaction, _("I no longer remember this walk. Begin a new one with /probs."))
        elif walk.asker != interaction.user.id:
            await refuse(interaction, _("This walk belongs to whoever asked. Begin your own with /probs."))
        elif await self._cooldowns.admits(interaction):
            return walk
        return None

    async def _ask(self, walk: Walk, verb: Callable[..., T], prompt: str, **options: Any) -> T:
        """Ask the engine about a prompt of a walk."""
        try:
            return await self._service.do(
                verb,
                walk.corpus,
                prompt,
                unit=walk.unit,
                order=walk.order,
                temperature=walk.temperature,
                **options,
            )
        except EmptyCorpus:
            raise Refusal(formatting.nothing_learned(self._channels.learns(walk.corpus.id))) from None

    async def _sample(self, walk: Walk) -> Answer:
        """Draw a token, and step into it."""
        prompt = walk.prompts[-1]
        words = self._channels.choices.words(walk.corpus.space)
        for _attempt in range(DRAWS):
            drawn = await self._ask(walk, Engine.pick, prompt)
            after = [*tokens(prompt, walk.unit), drawn.token]
            if sayable(tuple(after[:-1]), walk.unit, drawn.token, words):
                break
        else:
            raise Refusal(
                _(
                    "Each of {number} tokens I drew may not be said on this server. Try another prompt.",
                    number=DRAWS,
                )
            )
        prompts = walk.prompts if drawn.token == END else [*walk.prompts, join(after, walk.unit)]
        return await self._show(walk, prompts, drawn)

    async def _show(self, walk: Walk, prompts: list[str], drawn: Candidate | None = None) -> Answer:
        candidates = await self._ask(walk, Engine.candidates, prompts[-1], top=walk.top, pieces=walk.xray)
        fits = fitting(candidates.candidates)
        walk.times = min(walk.times or fits, fits) if walk.xray and prompts == walk.prompts else fits * walk.xray
        walk.prompts = prompts
        walk.ended = drawn is not None and drawn.token == END
        walk.shown += 1
        words = self._channels.choices.words(walk.corpus.space)
        text = distribution(candidates, prompts[-1], words, temperature=walk.temperature, drawn=drawn, times=walk.times)
        return Answer(text, view=self._controls(walk, candidates, words))

    def _controls(self, walk: Walk, candidates: Candidates, words: WordFilter) -> discord.ui.View:
        steps = [
            candidate
            for candidate in candidates.candidates
            if candidate.token not in NO_STEPS and sayable(candidates.prompt, candidates.unit, candidate.token, words)
        ]
        walk.steps = [join([*candidates.prompt, step.token], walk.unit) for step in steps]
        labels = [f"{plain(step.token)[: LONGEST_LABEL - 12]} · {chance(step.probability)}" for step in steps]
        return controls(walk, labels, drawable=bool(candidates.candidates))
