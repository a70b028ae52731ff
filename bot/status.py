"""/status: how the bot is doing, for who manages the server. Counts, bytes and seconds only."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import discord
from discord import app_commands
from discord.ext import commands

from bot import reporting
from bot.answering import Answer, Refusal, answer
from bot.channels import Channels
from bot.language import _, plural
from bot.metrics import publish
from bot.service import Service
from bot.settings import METRICS_EXTRA, SettingsError
from bot.training import Training
from engine import Engine, EngineError

PATIENCE = 2.0
"""Seconds that Prometheus is kept waiting for the engine."""


class Status(commands.Cog):
    """The command, and the numbers behind it."""

    def __init__(
        self, bot: commands.AutoShardedBot, service: Service, channels: Channels, training: Training, port: int | None
    ) -> None:
        self._bot = bot
        self._service = service
        self._channels = channels
        self._training = training
        self._since = time.monotonic()
        self._port = port
        self._unpublish: Callable[[], None] | None = None

    async def cog_load(self) -> None:
        """Publish the numbers, where that is wanted; raises SettingsError where it is not possible."""
        if self._port is None:
            return
        self._loop = asyncio.get_running_loop()
        try:
            self._unpublish = publish(self._service.metrics, self._port, self._gauges)
        except ImportError:
            raise SettingsError(METRICS_EXTRA) from None
        except OSError as error:
            raise SettingsError(
                f"METRICS_PORT is {self._port}, where nothing can be served ({error.strerror}); choose another port."
            ) from None

    async def cog_unload(self) -> None:
        """No longer publish them."""
        if self._unpublish is not None:
            await asyncio.to_thread(self._unpublish)

    @app_commands.command(description="How I am doing: what is learned, what waits, how fast I answer")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def status(self, interaction: discord.Interaction) -> None:
        """Answer with numbers, to the asker alone."""
        await answer(interaction, self._look(interaction), private=True)

    async def _look(self, interaction: discord.Interaction) -> Answer:
        if interaction.guild is None or not interaction.permissions.manage_guild:
            raise Refusal(_("You need the permission Manage Server for that."))
        metrics, service = self._service.metrics, self._service
        models, held = await self._held()
        choices = await service.do(Engine.choices, "learning")
        learning = [corpus for corpus, choice in choices.items() if choice == "on"]
        here = sum(corpus.space == interaction.guild.id for corpus in learning)
        half, most = _ms(metrics.waited.percentile(0.5)), _ms(metrics.waited.percentile(0.99))
        lines = [
            _(
                "**This server**: I learn in {channels}; shard {shard} of {shards}.",
                channels=plural("{number:,} channel", "{number:,} channels", here),
                shard=interaction.guild.shard_id + 1,
                shards=self._bot.shard_count or 1,
            ),
            _(
                "**This process**: runs for {time}, {messages} learned meanwhile.",
                time=reporting.duration(time.monotonic() - self._since),
                messages=plural("{number:,} message", "{number:,} messages", metrics.learned),
            ),
            _(
                "**At work**: {histories:,} histories being read, {channels:,} channels that learn.",
                histories=self._training.readings,
                channels=len(learning),
            ),
            _("**Models**: {models:,} in memory, {size:,.0f} MB.", models=models, size=held / 2**20),
            _(
                "**In line**: {length:,} now. A call waits {half} as a rule, {most} at the 99th percentile.",
                length=service.length,
                half=half,
                most=most,
            ),
        ]
        for verb, name in (("generate", "/generate"), ("candidates", "/probs")):
            if seen := metrics.latency.get(verb):
                half, most = _ms(seen.percentile(0.5)), _ms(seen.percentile(0.99))
                took = _("takes {half} as a rule, {most} at the 99th percentile.", half=half, most=most)
                lines.append(f"**{name}**: {took}")
        if metrics.errors:
            errors = ", ".join(f"{number:,} {kind}" for kind, number in metrics.errors.items())
            lines.append(_("**Errors**: {errors}.", errors=errors))
        if service.failing:
            lines.append(
                _(
                    "**The database cannot be used at the moment.** {messages} will be read again when it can.",
                    messages=plural("{number:,} message", "{number:,} messages", len(service.missed)),
                )
            )
        return Answer("\n".join(lines))

    async def _held(self) -> tuple[int, int]:
        """How many models are in memory, and their bytes."""
        metrics = self._service.metrics
        metrics.models, metrics.model_bytes = await self._service.do(Engine.held)
        return metrics.models, metrics.model_bytes

    def _gauges(self) -> dict[str, float]:
        """What is measured rather than counted, for `bot.metrics.publish`. In that one's thread."""
        with suppress(TimeoutError, RuntimeError, EngineError):  # then they are as they were a while ago
            asyncio.run_coroutine_threadsafe(self._held(), self._loop).result(PATIENCE)
        return {
            "queue_length Calls in line": self._service.length,
            "missed_messages Messages to be read again, which the store could not take": len(self._service.missed),
            "store_failing Whether the store cannot be used": self._service.failing,
            "models Models in memory": self._service.metrics.models,
            "model_bytes Bytes the models take, about": self._service.metrics.model_bytes,
            "histories Histories being read": self._training.readings,
        }


def _ms(seconds: float) -> str:
    return _("{number:,.1f} ms", number=1000 * seconds)
