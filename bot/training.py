"""/train: turn learning on in a channel, and make its corpus equal to its history.

A reading is a durable job: how far it is stands in the store after every page, so a process that ends
at any moment goes on from there when it starts again. It reports in an ordinary message, because an
interaction can be answered for fifteen minutes only. What goes wrong by itself, on Discord's side or
the database's, is tried again by itself, less and less often.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import discord
from discord import app_commands, ui
from discord.ext import commands
from discord.utils import time_snowflake

from bot import reporting
from bot.answering import Answer, Refusal, answer, check_manager, corpus_of, guarded, log_error, refuse, told
from bot.channels import SINCE, ChannelGone, Channels
from bot.language import ENGLISH, _, plural, speaking
from bot.outage import Outage
from bot.plan import KIND, LAST_ID, Plan
from bot.reading import Lacking, Reader
from bot.report import Report
from bot.service import Service
from engine import Corpus, Engine, EngineError, StoreError

log = logging.getLogger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 5.0, 600.0
"""Seconds before what went wrong is tried again: twice as long after each time, within these."""


@dataclass(slots=True)
class Reading:
    """A history being read."""

    corpus: Corpus
    plan: Plan
    asked: int | None = None
    """The interaction that asked for it; None when a restart took it up."""
    stopping: bool = False
    waiting: bool = False
    """Whether it waits before it tries again."""
    task: asyncio.Task[None] | None = None
    failures: int = 0
    """In a row."""


class Control(ui.DynamicItem[ui.Button[ui.View]], template=r"train:(?P<verb>stop|continue):(?P<channel>\d+)"):
    """The button that stops a reading or lets it continue, for those who may begin one."""

    def __init__(self, verb: str, channel_id: int) -> None:
        style = discord.ButtonStyle.danger if verb == "stop" else discord.ButtonStyle.primary
        label = _("Stop") if verb == "stop" else _("Continue")
        super().__init__(ui.Button(label=label, style=style, custom_id=f"train:{verb}:{channel_id}"))
        self.verb = verb
        self.channel_id = channel_id

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: Any, /) -> Self:
        """What was used, made again from its id."""
        return cls(match["verb"], int(match["channel"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used it."""
        cog = interaction.client.get_cog(Training.__name__)
        act = cog.stop if self.verb == "stop" else cog.continue_
        await guarded(interaction, act(interaction, self.channel_id))


class Training(commands.Cog):
    """The command, and the readings it began."""

    def __init__(self, bot: commands.Bot, service: Service, channels: Channels, reader: Reader, outage: Outage) -> None:
        self._bot = bot
        self._service = service
        self._channels = channels
        self._reader = reader
        outage.begin_whole = self.begin_unasked
        self._readings: dict[int, Reading] = {}

    @property
    def readings(self) -> int:
        """How many histories are being read."""
        return len(self._readings)

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
            if reading is not None and reading.asked == interaction.id and reading.task is None:
                self._start(reading, Report(interaction.channel, interaction))

    async def _begin(self, interaction: discord.Interaction, limit: int | None, since: str | None) -> Answer:
        corpus = corpus_of(interaction)
        check_manager(interaction)
        check_own_permissions(interaction)
        plan = Plan.asked(limit, since)
        self._check_idle(corpus)
        self._readings[corpus.id] = Reading(corpus, plan, interaction.id)
        try:
            await self._channels.turn_on(corpus, getattr(interaction.channel, "parent_id", None))
            plan.newest = time_snowflake(discord.utils.utcnow())
            await self._service.do(Engine.save_job, corpus, KIND, plan.encode())
        except EngineError:
            del self._readings[corpus.id]
            raise
        told = _("Learning is on in this channel. I am reading its history now and report here.")
        return Answer(told, private=True)

    def _check_idle(self, corpus: Corpus) -> None:
        if corpus.id in self._readings:
            progress = self._readings[corpus.id].plan.progress
            raise Refusal(
                plural(
                    "I am reading this channel's history already: {number:,} message so far. "
                    "The report in the channel has a button to stop.",
                    "I am reading this channel's history already: {number:,} messages so far. "
                    "The report in the channel has a button to stop.",
                    progress.read,
                )
            )

    def _start(self, reading: Reading, report: Report) -> None:
        self._readings[reading.corpus.id] = reading
        reading.task = asyncio.create_task(self._run(reading, report), name=f"train {reading.corpus.id}")

    async def begin_unasked(self, corpus: Corpus, channel: Any) -> None:
        """Read a whole history because too much was missed to be made up for one by one."""
        if corpus.id not in self._readings:
            plan = Plan(newest=time_snowflake(discord.utils.utcnow()))
            reading = self._readings[corpus.id] = Reading(corpus, plan)
            await self._service.do(Engine.save_job, corpus, KIND, plan.encode())
            self._start(reading, Report(channel))

    async def stop(self, interaction: discord.Interaction, channel_id: int) -> None:
        """End a reading after the page that is under way."""
        check_manager(interaction)
        reading = self._readings.get(channel_id)
        if reading is None:
            await refuse(interaction, _("No history is being read here any more."))
            return
        reading.stopping = True
        if reading.waiting and reading.task is not None:
            reading.task.cancel()
        await interaction.response.defer()

    async def continue_(self, interaction: discord.Interaction, channel_id: int) -> None:
        """Take up a reading that was stopped, where it stopped."""
        check_manager(interaction)
        check_own_permissions(interaction)
        corpus = corpus_of(interaction)
        state = (await self._service.do(Engine.jobs, KIND)).get(corpus)
        self._check_idle(corpus)
        if state is None or corpus.id != channel_id:
            raise Refusal(_("There is nothing left to continue here. /train reads the history again."))
        plan = Plan.decode(state)
        plan.stopped = False
        reading = self._readings[corpus.id] = Reading(corpus, plan, interaction.id)
        await interaction.response.defer()
        self._start(reading, Report(interaction.channel, earlier=plan.report, seconds=plan.seconds))

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Take up readings that a restart interrupted."""
        for corpus, state in (await self._service.do(Engine.jobs, KIND)).items():
            guild = self._bot.get_guild(corpus.space)
            channel = guild and guild.get_channel_or_thread(corpus.id)
            plan = Plan.decode(state)
            if channel is None or corpus.id in self._readings or plan.stopped or not self._channels.learns(corpus.id):
                continue
            self._start(Reading(corpus, plan), Report(channel, earlier=plan.report, seconds=plan.seconds))

    async def cog_unload(self) -> None:
        """Leave readings where they are; the next start takes them up."""
        tasks = [reading.task for reading in self._readings.values() if reading.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # One reading

    async def _run(self, reading: Reading, report: Report) -> None:
        """Read to the end, trying again what fails by itself."""
        corpus, plan = reading.corpus, reading.plan
        guild = self._bot.get_guild(corpus.space)
        with self._reader.reading(corpus), speaking(guild.preferred_locale if guild else ENGLISH):
            try:
                await report.begin(reporting.underway(plan.progress, 0), self._button("stop", corpus))
                if plan.high == LAST_ID and report.message_id is not None and plan.report is None:
                    plan.high = report.message_id - 1  # what comes after the report comes by events
                plan.report = report.message_id
                while not await self._read(reading, report):
                    pass
            except ChannelGone:
                await self._service.do(Engine.save_job, corpus, KIND, None)
                await report.end(_(reporting.OVER))
            except discord.NotFound:
                log.info("channel %s is gone", corpus.id)
            except Exception as error:  # a task's error would be seen by nobody
                log_error(f"reading the history of channel {corpus.id} failed", error)
                why = _("Something went wrong on my side.")
                await self._leave(reading, report, reporting.failed(plan.progress, why))
            finally:
                self._readings.pop(corpus.id, None)

    async def _read(self, reading: Reading, report: Report) -> bool:
        """Read pages until the end, a stop, or something that fails; returns whether this is the end of it."""
        corpus, plan, progress = reading.corpus, reading.plan, reading.plan.progress
        try:
            await self._service.do(Engine.save_job, corpus, KIND, plan.encode())
            while not reading.stopping:
                last = await self._reader.page(corpus, report.channel, plan)
                reading.failures = 0
                plan.seconds = report.seconds
                if last:
                    if plan.limit is None:
                        await self._service.do(Engine.save_job, corpus, SINCE, str(plan.since))
                    await self._service.do(Engine.save_job, corpus, KIND, None)
                    await report.end(reporting.finished(progress, report.seconds))
                    log.info("channel %s: %d messages read, %d learned", corpus.id, progress.read, progress.learned)
                    return True
                await self._service.do(Engine.save_job, corpus, KIND, plan.encode())
                await report.update(reporting.underway(progress, report.seconds))
        except (Lacking, discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError, StoreError) as problem:
            if isinstance(problem, discord.NotFound):
                raise
            await self._wait(reading, report, problem)
        if reading.stopping:
            await self._leave(reading, report, reporting.stopped(progress))
            return True
        return False

    async def _wait(self, reading: Reading, report: Report, problem: Exception) -> None:
        """Say what went wrong, and wait until it is time to try again or somebody stops the reading."""
        wait = min(SHORTEST_WAIT * 2**reading.failures, LONGEST_WAIT)
        reading.failures += 1
        log.warning("channel %s: reading waits %d s after %s", reading.corpus.id, wait, type(problem).__name__)
        await report.say(reporting.waiting(reading.plan.progress, _reason(problem), wait))
        reading.waiting = True
        try:
            await asyncio.sleep(wait)
        except asyncio.CancelledError:
            if not reading.stopping or reading.task is None:
                raise
            reading.task.uncancel()  # only the waiting was to end
        finally:
            reading.waiting = False

    async def _leave(self, reading: Reading, report: Report, text: str) -> None:
        """Keep the position for whoever continues."""
        reading.plan.stopped = True
        try:
            await self._service.do(Engine.save_job, reading.corpus, KIND, reading.plan.encode())
        except EngineError as error:
            log_error(f"the position of channel {reading.corpus.id} stays where it was", error)
        await report.end(text, self._button("continue", reading.corpus))

    def _button(self, verb: str, corpus: Corpus) -> ui.View:
        view = ui.View(timeout=None)
        view.add_item(Control(verb, corpus.id))
        return view


def _reason(problem: Exception) -> str:
    match problem:
        case Lacking():
            return reporting.lacking(problem.permissions)
        case discord.Forbidden():
            return reporting.lacking(["view_channel", "read_message_history"])
        case discord.HTTPException():
            return _("Discord answered with an error (HTTP {status}).", status=problem.status)
        case StoreError():
            return told(problem)
    return _("Discord cannot be reached.")


def check_own_permissions(interaction: discord.Interaction) -> None:
    """Raises Refusal with the names of what the bot lacks here, and the cure."""
    thread = isinstance(interaction.channel, discord.Thread)
    needed = ["view_channel", "read_message_history", "send_messages_in_threads" if thread else "send_messages"]
    missing = [name for name in needed if not getattr(interaction.app_permissions, name)]
    if missing:
        raise Refusal(reporting.missing_permissions(missing))
