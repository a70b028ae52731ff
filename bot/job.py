"""One history being read for /train: a durable job, page by page, with a report in the channel.

How far it is stands in the store after every page, so a process that ends at any moment goes on from there
when it starts again. What goes wrong by itself, on Discord's side or the database's, is tried again by
itself, less and less often.
"""

import asyncio
import logging
import re
from collections.abc import Collection
from typing import Any, Self

import aiohttp
import discord
from discord import ui

from bot import reporting
from bot.answering import log_error, told
from bot.channels import ChannelGone
from bot.language import _
from bot.lasting import Lasting, lasting
from bot.plan import KIND, LAST_ID, Plan
from bot.reading import Lacking, Reader
from bot.report import Report
from bot.service import Service
from engine import Corpus, Engine, EngineError, StoreError

log = logging.getLogger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = 5.0, 600.0
"""Seconds before what went wrong is tried again: twice as long after each time, within these."""


class Control(Lasting[ui.Button[ui.View]], template=r"train:(?P<verb>stop|continue):(?P<channel>\d+)"):
    """The button that stops a reading or lets it continue, for those who may begin one."""

    COG = "Training"

    def __init__(self, verb: str, channel_id: int) -> None:
        style = discord.ButtonStyle.danger if verb == "stop" else discord.ButtonStyle.primary
        label = _("Stop") if verb == "stop" else _("Continue")
        super().__init__(ui.Button(label=label, style=style, custom_id=f"train:{verb}:{channel_id}"))
        self.verb = verb
        self.channel_id = channel_id

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        return cls(match["verb"], int(match["channel"]))

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        act = cog.stop if self.verb == "stop" else cog.continue_
        await act(interaction, self.channel_id)


def button(verb: str, corpus: Corpus) -> ui.View:
    """The button under a report."""
    return lasting(Control(verb, corpus.id))


class Job:
    """A history being read.

    Attributes:
        asked: the interaction that asked for it; None when nobody did, or a restart took it up
        task: in which it runs, once it was started
    """

    def __init__(self, service: Service, reader: Reader, corpus: Corpus, plan: Plan, asked: int | None = None) -> None:
        self._service = service
        self._reader = reader
        self.corpus = corpus
        self.plan = plan
        self.asked = asked
        self.task: asyncio.Task[None] | None = None
        self._stopping = False
        self._waiting = False  # before it tries again
        self._failures = 0  # in a row

    async def save(self) -> None:
        """Keep in the store how far it is."""
        await self._service.do(Engine.save_job, self.corpus, KIND, self.plan.encode())

    async def _over(self) -> None:
        await self._service.do(Engine.save_job, self.corpus, KIND, None)

    def stop(self) -> None:
        """End after the page that is under way."""
        self._stopping = True
        if self._waiting and self.task is not None:
            self.task.cancel()

    async def run(self, report: Report) -> None:
        """Read to the end, trying again what fails by itself."""
        plan = self.plan
        with self._reader.reading(self.corpus) as spoken_for:
            try:
                await report.begin(reporting.underway(plan.progress, 0), button("stop", self.corpus))
                if plan.high == LAST_ID and report.message_id is not None and plan.report is None:
                    plan.high = report.message_id - 1  # what comes after the report comes by events
                plan.report = report.message_id
                while not await self._read(report, spoken_for):
                    pass
            except ChannelGone:
                await self._over()
                await report.end(_(reporting.OVER))
            except discord.NotFound:
                log.info("channel %s is gone", self.corpus.id)
            except Exception as error:  # a task's error would be seen by nobody
                log_error(f"reading the history of channel {self.corpus.id} failed", error)
                why = _("Something went wrong on my side.")
                await self._leave(report, reporting.failed(plan.progress, why))

    async def _read(self, report: Report, spoken_for: Collection[int]) -> bool:
        """Read pages until the end, a stop, or something that fails; returns whether this is the end of it."""
        corpus, plan, progress = self.corpus, self.plan, self.plan.progress
        try:
            await self.save()
            while not self._stopping:
                last = await self._reader.page(corpus, report.channel, plan, spoken_for)
                self._failures = 0
                plan.seconds = report.seconds
                if last:
                    if plan.limit is None and not plan.learn_from:
                        await self._reader.read_since(corpus, plan.since)
                    await self._over()
                    await report.end(reporting.finished(progress, report.seconds))
                    log.info("channel %s: %d messages read, %d learned", corpus.id, progress.read, progress.learned)
                    return True
                await self.save()
                await report.update(reporting.underway(progress, report.seconds))
        except (Lacking, discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError, StoreError) as problem:
            if isinstance(problem, discord.NotFound):
                raise
            await self._wait(report, problem)
        if self._stopping:
            await self._leave(report, reporting.stopped(progress))
            return True
        return False

    async def _wait(self, report: Report, problem: Exception) -> None:
        """Say what went wrong, and wait until it is time to try again or somebody stops the reading."""
        wait = min(SHORTEST_WAIT * 2**self._failures, LONGEST_WAIT)
        self._failures += 1
        log.warning("channel %s: reading waits %d s after %s", self.corpus.id, wait, type(problem).__name__)
        await report.say(reporting.waiting(self.plan.progress, _reason(problem), wait))
        self._waiting = True
        try:
            await asyncio.sleep(wait)
        except asyncio.CancelledError:
            if not self._stopping or self.task is None:
                raise
            self.task.uncancel()  # only the waiting was to end
        finally:
            self._waiting = False

    async def _leave(self, report: Report, text: str) -> None:
        """Keep the position for whoever continues."""
        self.plan.stopped = True
        try:
            await self.save()
        except EngineError as error:
            log_error(f"the position of channel {self.corpus.id} stays where it was", error)
        await report.end(text, button("continue", self.corpus))


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
