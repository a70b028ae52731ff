"""Every six hours, what is older than its channel keeps is forgotten, and what memory can spare is given back.

What is more than a channel keeps goes at once, not by this clock.
"""

from discord.ext import commands, tasks

from bot import pauses
from bot.answering import log_error
from bot.channels import Channels
from bot.choices import KEEP
from engine import EngineError


class Trimming(commands.Cog):
    """The clock."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    async def cog_load(self) -> None:
        """Start it."""
        self._trim.start()

    async def cog_unload(self) -> None:
        """Stop it."""
        self._trim.cancel()

    @tasks.loop(hours=6)
    async def _trim(self) -> None:
        for corpus in self._channels.choices.all(KEEP):
            try:
                await self._channels.trim(corpus, now=True)
            except EngineError:
                pass  # the service says what is wrong with the store; next time it is tried again
            except Exception as error:  # one channel must not keep the others from their turn
                log_error(f"trimming channel {corpus.id} failed", error)
        pauses.collect_all()
