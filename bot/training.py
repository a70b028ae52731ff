"""/train: turn learning on in a channel, and make its corpus equal to its history.

The history is read in pages of a hundred, newest first, by a task of its own that reports in an
ordinary message, because an interaction can be answered for fifteen minutes only. Each page is made
equal to what is stored of its stretch of time (`Channels.reconcile`), so a history read from end to
end leaves nothing that is not in it. A mark in the store outlives a restart: the reading then begins
again, which costs time but never an error, since learning the same message twice changes nothing.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands
from discord.utils import time_snowflake

from bot import reporting
from bot.answering import Answer, Refusal, answer, corpus_of, guarded, log_error, refuse
from bot.channels import ChannelGone, Channels
from bot.plan import Plan
from bot.policy import Reason, verdict
from bot.report import Report
from bot.service import Service
from engine import Corpus, Document, Engine, EngineError

log = logging.getLogger(__name__)

PAGE = 100
"""Messages Discord gives at once."""
LAST_ID = 2**63 - 1
MARK = "training"
"""The choice that says a reading is under way, so that a restart takes it up again."""


@dataclass(slots=True)
class Reading:
    """A history being read."""

    corpus: Corpus
    plan: Plan
    asked: int | None = None
    """The interaction that asked for it; None when a restart took it up."""
    progress: reporting.Progress = field(default_factory=reporting.Progress)
    stopping: bool = False
    task: asyncio.Task[None] | None = None


class Stop(ui.DynamicItem[ui.Button[ui.View]], template=r"train:stop:(?P<channel>\d+)"):
    """The button that ends a reading, for those who may begin one."""

    def __init__(self, channel_id: int) -> None:
        super().__init__(
            ui.Button(label="Stop", style=discord.ButtonStyle.danger, custom_id=f"train:stop:{channel_id}")
        )
        self.channel_id = channel_id

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: Any, /) -> Self:
        """What was used, made again from its id."""
        return cls(int(match["channel"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used it."""
        cog = interaction.client.get_cog(Training.__name__)
        await guarded(interaction, cog.stop(interaction, self.channel_id))


class Training(commands.Cog):
    """The command, and the readings it began."""

    def __init__(self, bot: commands.Bot, service: Service, channels: Channels) -> None:
        self._bot = bot
        self._service = service
        self._channels = channels
        self._readings: dict[int, Reading] = {}

    @app_commands.command(description="Turn learning on in this channel and read its history")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_channels=True)
    @app_commands.describe(
        limit="Read the latest messages only, this many; what was learned of older ones stays",
        since="Read back to this day only, as 2025-12-31; what was learned of older ones stays",
    )
    async def train(
        self,
        interaction: discord.Interaction,
        limit: app_commands.Range[int, 1] | None = None,
        since: str | None = None,
    ) -> None:
        """Turn learning on, then read the history in the background."""
        try:
            await answer(interaction, self._begin(interaction, limit, since))
        finally:
            reading = self._readings.get(interaction.channel_id or 0)
            if reading is not None and reading.asked == interaction.id:
                self._start(reading, Report(interaction.channel, interaction))

    async def _begin(self, interaction: discord.Interaction, limit: int | None, since: str | None) -> Answer:
        corpus = corpus_of(interaction)
        check_manager(interaction)
        check_own_permissions(interaction)
        if corpus.id in self._readings:
            progress = self._readings[corpus.id].progress
            raise Refusal(
                f"I am reading this channel's history already: {reporting.count(progress.read, 'message')} so far. "
                "The report in the channel has a button to stop."
            )
        self._readings[corpus.id] = Reading(corpus, Plan.asked(limit, since), interaction.id)
        try:
            await self._channels.turn_on(corpus, getattr(interaction.channel, "parent_id", None))
        except EngineError:
            del self._readings[corpus.id]
            raise
        return Answer("Learning is on in this channel. I am reading its history now and report here.", private=True)

    def _start(self, reading: Reading, report: Report) -> None:
        self._readings[reading.corpus.id] = reading
        reading.task = asyncio.create_task(self._run(reading, report), name=f"train {reading.corpus.id}")

    async def stop(self, interaction: discord.Interaction, channel_id: int) -> None:
        """End a reading after the page that is under way."""
        check_manager(interaction)
        reading = self._readings.get(channel_id)
        if reading is None:
            await refuse(interaction, "No history is being read here any more.")
            return
        reading.stopping = True
        await interaction.response.defer()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Take up readings that a restart interrupted."""
        for corpus, mark in (await self._service.do(Engine.choices, MARK)).items():
            channel = self._bot.get_channel(corpus.id)
            if corpus.id in self._readings or not isinstance(channel, discord.abc.Messageable):
                continue
            reading = Reading(corpus, Plan.decode(mark))
            self._start(reading, Report(channel, earlier=reading.plan.report))

    async def cog_unload(self) -> None:
        """Leave readings where they are; their marks stay, so the next start takes them up."""
        tasks = [reading.task for reading in self._readings.values() if reading.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, reading: Reading, report: Report) -> None:
        """Read, report, and remove the mark, unless the bot is closed meanwhile."""
        corpus, progress = reading.corpus, reading.progress
        self._channels.start_reading(corpus)
        try:
            controls = ui.View(timeout=None)
            controls.add_item(Stop(corpus.id))
            await report.begin(reporting.underway(progress, 0), controls)
            reading.plan.report = report.message_id
            await self._service.do(Engine.choose, corpus, MARK, reading.plan.encode())
            await self._read(reading, report)
            end = reporting.stopped(progress) if reading.stopping else reporting.finished(progress, report.seconds)
            await self._service.do(Engine.choose, corpus, MARK, None)
            await report.end(end)
            log.info("channel %s: %d messages read, %d learned", corpus.id, progress.read, progress.learned)
        except ChannelGone:
            pass  # with its documents, its choices and the report
        except discord.Forbidden:
            await self._fail(reading, report, "I may no longer read this channel: give me View Channel again.")
        except discord.HTTPException as error:
            await self._fail(reading, report, f"Discord answered with an error (HTTP {error.status}).")
        except EngineError as error:
            await self._fail(reading, report, str(error))
        except Exception as error:  # a task's error would be seen by nobody
            log_error(f"reading the history of channel {corpus.id} failed", error)
            await self._fail(reading, report, "Something went wrong on my side.")
        finally:
            self._channels.stop_reading(corpus)
            self._readings.pop(corpus.id, None)

    async def _fail(self, reading: Reading, report: Report, why: str) -> None:
        try:
            await self._service.do(Engine.choose, reading.corpus, MARK, None)
        except EngineError as error:
            log_error(f"the mark of channel {reading.corpus.id} stays", error)
        await report.end(reporting.failed(reading.progress, why))

    async def _read(self, reading: Reading, report: Report) -> None:
        """All pages, newest first, until the plan is fulfilled, the history ends or somebody stops it."""
        plan, progress = reading.plan, reading.progress
        newest = time_snowflake(discord.utils.utcnow())
        # A report just posted is the newest message: what comes after it comes by events.
        high = LAST_ID if report.earlier or report.message_id is None else report.message_id - 1
        while not reading.stopping:
            size = PAGE if plan.limit is None else min(PAGE, plan.limit - progress.read)
            before = None if high == LAST_ID else discord.Object(high + 1)
            fetched = [message async for message in report.channel.history(limit=size, before=before)]
            page = [message for message in fetched if message.id >= plan.since]
            last = len(page) < size
            low = plan.since if last else page[-1].id
            await self._learn_page(reading, page, low, high)
            if last or progress.read == plan.limit:
                return
            progress.covered = plan.covered(progress.read, low, newest, reading.corpus.id)
            await report.update(reporting.underway(progress, report.seconds))
            high = low - 1

    async def _learn_page(self, reading: Reading, page: list[discord.Message], low: int, high: int) -> None:
        progress = reading.progress
        documents, unreadable = [], []
        for message in page:
            text = verdict(message)
            if isinstance(text, str):
                documents.append(Document(message.id, text, message.author.id))
                continue
            progress.skipped[text] += 1
            if text is Reason.HIDDEN:
                unreadable.append(message.id)
        learned, removed = await self._channels.reconcile(reading.corpus, documents, unreadable, low, high)
        progress.read += len(page)
        progress.learned += learned.added + learned.changed
        progress.known += learned.unchanged
        progress.removed += removed


def check_manager(interaction: discord.Interaction) -> None:
    """Raises Refusal unless the person may manage this very channel."""
    if not interaction.permissions.manage_channels:
        raise Refusal("You need the permission Manage Channels in this channel for that.")


def check_own_permissions(interaction: discord.Interaction) -> None:
    """Raises Refusal with the names of what the bot lacks here, and the cure."""
    thread = isinstance(interaction.channel, discord.Thread)
    needed = ["view_channel", "read_message_history", "send_messages_in_threads" if thread else "send_messages"]
    missing = [name for name in needed if not getattr(interaction.app_permissions, name)]
    if missing:
        raise Refusal(reporting.missing_permissions(missing))
