"""/train: turn learning on in a channel, and make its corpus equal to its history.

The reading is a job (see `job`) that reports in an ordinary message, because an interaction can be answered
for fifteen minutes only.
"""

import asyncio
import logging
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands
from discord.utils import time_snowflake

from bot import reporting
from bot.answering import Answer, Refusal, answer, check_manager, corpus_of, refuse
from bot.channels import Channels
from bot.job import Job
from bot.language import ENGLISH, _, plural, speaking
from bot.outage import Outage
from bot.plan import KIND, Plan
from bot.reading import Reader
from bot.report import Report
from bot.returning import find
from bot.service import Service
from engine import Corpus, Engine, EngineError

log = logging.getLogger(__name__)


class Training(commands.Cog):
    """The command, and the readings it began."""

    def __init__(self, bot: commands.Bot, service: Service, channels: Channels, reader: Reader, outage: Outage) -> None:
        self._bot = bot
        self._service = service
        self._channels = channels
        self._reader = reader
        outage.begin_whole = self.begin_unasked
        self._jobs: dict[int, Job] = {}

    @property
    def readings(self) -> int:
        """How many histories are being read."""
        return len(self._jobs)

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
            await answer(interaction, self._begin(interaction, limit, since), private=True)
        finally:
            job = self._jobs.get(interaction.channel_id or 0)
            if job is not None and job.asked == interaction.id and job.task is None:
                self._start(job, Report(interaction.channel, interaction))

    async def _begin(self, interaction: discord.Interaction, limit: int | None, since: str | None) -> Answer:
        corpus = corpus_of(interaction)
        check_manager(interaction)
        check_own_permissions(interaction)
        plan = Plan.asked(limit, since)
        self._check_idle(corpus)
        job = self._jobs[corpus.id] = self._job(corpus, plan, interaction.id)
        try:
            await self._channels.turn_on(corpus, getattr(interaction.channel, "parent_id", None))
            plan.newest = time_snowflake(discord.utils.utcnow())
            await job.save()
        except EngineError:
            del self._jobs[corpus.id]
            raise
        return Answer(_("Learning is on in this channel. I am reading its history now and report here."))

    def _check_idle(self, corpus: Corpus) -> None:
        if corpus.id in self._jobs:
            progress = self._jobs[corpus.id].plan.progress
            raise Refusal(
                plural(
                    "I am reading this channel's history already: {number:,} message so far. "
                    "The report in the channel has a button to stop.",
                    "I am reading this channel's history already: {number:,} messages so far. "
                    "The report in the channel has a button to stop.",
                    progress.read,
                )
            )

    def _job(self, corpus: Corpus, plan: Plan, asked: int | None = None) -> Job:
        return Job(self._service, self._reader, corpus, plan, asked)

    def _start(self, job: Job, report: Report) -> None:
        self._jobs[job.corpus.id] = job
        job.task = asyncio.create_task(self._run(job, report), name=f"train {job.corpus.id}")

    async def _run(self, job: Job, report: Report) -> None:
        """Have a history read, reported in the language of its server."""
        guild = self._bot.get_guild(job.corpus.space)
        try:
            with speaking(guild.preferred_locale if guild else ENGLISH):
                await job.run(report)
        finally:
            self._jobs.pop(job.corpus.id, None)

    async def begin_unasked(self, corpus: Corpus, channel: Any) -> None:
        """Read a whole history because too much was missed to be made up for one by one."""
        if corpus.id not in self._jobs:
            since = self._channels.since(corpus)
            plan = Plan(newest=time_snowflake(discord.utils.utcnow()), learn_from=since)
            job = self._jobs[corpus.id] = self._job(corpus, plan)
            await job.save()
            self._start(job, Report(channel))

    async def stop(self, interaction: discord.Interaction, channel_id: int) -> None:
        """End a reading after the page that is under way."""
        check_manager(interaction)
        job = self._jobs.get(channel_id)
        if job is None:
            await refuse(interaction, _("No history is being read here any more."))
            return
        job.stop()
        await interaction.response.defer()

    async def continue_(self, interaction: discord.Interaction, channel_id: int) -> None:
        """Take up a reading that was stopped, where it stopped."""
        check_manager(interaction)
        check_own_permissions(interaction)
        corpus = corpus_of(interaction)
        await interaction.response.defer()
        state = (await self._service.do(Engine.jobs, KIND)).get(corpus)
        self._check_idle(corpus)
        if state is None or corpus.id != channel_id:
            raise Refusal(_("There is nothing left to continue here. /train reads the history again."))
        plan = Plan.decode(state)
        plan.stopped = False
        job = self._job(corpus, plan, interaction.id)
        self._start(job, Report(interaction.channel, earlier=plan.report, seconds=plan.seconds))

    @commands.Cog.listener()
    async def on_servers_back(self, guilds: list[discord.Guild]) -> None:
        """Take up readings that a restart interrupted."""
        back = {guild.id: guild for guild in guilds}
        for corpus, state in (await self._service.do(Engine.jobs, KIND)).items():
            plan, guild = Plan.decode(state), back.get(corpus.space)
            if guild is None or plan.stopped or not self._channels.learns(corpus.id):
                continue
            try:
                channel = await find(guild, corpus.id)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("channel %s: reading cannot go on after %s", corpus.id, type(error).__name__)
                continue
            if corpus.id not in self._jobs:
                self._start(self._job(corpus, plan), Report(channel, earlier=plan.report, seconds=plan.seconds))

    async def cog_unload(self) -> None:
        """Leave readings where they are; the next start takes them up."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def check_own_permissions(interaction: discord.Interaction) -> None:
    """Raises Refusal with the names of what the bot lacks here, and the cure."""
    thread = isinstance(interaction.channel, discord.Thread)
    needed = ["view_channel", "read_message_history", "send_messages_in_threads" if thread else "send_messages"]
    missing = [name for name in needed if not getattr(interaction.app_permissions, name)]
    if missing:
        raise Refusal(reporting.missing_permissions(missing))
