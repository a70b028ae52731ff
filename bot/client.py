"""The bot itself: what it may see, whom it may mention (nobody), its parts, and where errors go."""

import logging
import sys
from functools import partial
from random import Random
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answering import Cooldowns, explain, log_error
from bot.backfill import Backfill
from bot.channel_settings import ChannelSettings
from bot.channels import Channels
from bot.consent import announce
from bot.drawing import Drawing
from bot.explaining import Explaining, ForgetThese, Why
from bot.filtering import Filtering
from bot.forgetting import Confirm, Forgetting
from bot.generating import Again, Generating
from bot.job import Control
from bot.language import Translator, speak
from bot.learning import Learning
from bot.outage import Outage
from bot.privacy import Privacy
from bot.probing import Probing
from bot.reading import Reader
from bot.returning import Returning
from bot.service import Service
from bot.settings import Settings
from bot.sight import Sight
from bot.speaking import Speaking
from bot.stats import Stats
from bot.status import Status
from bot.training import Training
from bot.trimming import Trimming
from bot.walking import Button, Step
from engine import StoreError

log = logging.getLogger(__name__)

ESSENTIAL = {
    "name", "description", "type", "options", "choices", "value", "required", "default_member_permissions",
    "contexts", "integration_types", "min_value", "max_value", "min_length", "max_length", "nsfw",
    "name_localizations", "description_localizations",
}  # fmt: skip
"""What of a command's description people see or Discord checks."""


class Tree(app_commands.CommandTree["Bot"]):
    """The slash commands."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """The language of whoever asks, and cooldowns, for every command alike."""
        speak(interaction.locale)
        return await self.client.cooldowns.admits(interaction)

    async def on_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError, /) -> None:
        """Errors of all commands."""
        await explain(interaction, error)


class Bot(commands.AutoShardedBot, commands.Bot):
    """A bot with no prefix commands, the least intents, and no power to mention anybody.

    It is a `commands.Bot` as any, and sharded. One shard is the default here, for test harnesses and the
    playground; `python -m bot` asks Discord how many it takes, unless SHARD_COUNT says.
    """

    def __init__(self, settings: Settings) -> None:
        # This bot never speaks aloud, so nobody needs to hear that the packages for that are missing.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        # discord.py logs whole payloads, with what people wrote in them, below INFO.
        logging.getLogger("discord").setLevel(max(settings.log_level, logging.INFO))
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents(guilds=True, guild_messages=True, message_content=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
            max_messages=None,
            shard_count=settings.shard_count or 1,
            shard_ids=settings.shard_ids,  # type: ignore[arg-type]  # None takes all, though it is not declared so
        )
        self.service = Service(settings.database_url, settings.memory_budget, settings.database_key)
        self.settings = settings
        self.channels = Channels(self.service, partial(announce, self))
        self.cooldowns = Cooldowns()

    async def setup_hook(self) -> None:
        """Open the store, add the parts, and tell Discord the commands if they changed."""
        await self.service.open()
        await self.channels.load()
        drawing = Drawing(self, self.service, self.channels.choices)
        # Before what learns: the answer to a message is made of what was said before it.
        await self.add_cog(Speaking(drawing, self.channels, Random()))  # noqa: S311 - whether to join in is no secret
        await self.add_cog(Learning(self.channels))
        reader = Reader(self.channels)
        backfill = Backfill(self, self.service, self.channels, reader, self.settings.backfill)
        outage = Outage(self, self.service, self.channels, reader)
        training = Training(self, self.service, self.channels, reader, outage)
        await self.add_cog(backfill)
        await self.add_cog(outage)
        await self.add_cog(training)
        await self.add_cog(Sight(self.channels, backfill.begin))
        await self.add_cog(Returning(self))
        await self.add_cog(Status(self, self.service, self.channels, training, self.settings.metrics_port))
        await self.add_cog(Generating(drawing, self.channels, self.cooldowns))
        await self.add_cog(Explaining(self.service, self.channels, self.cooldowns))
        await self.add_cog(Probing(self.service, self.channels, self.cooldowns))
        await self.add_cog(Stats(self.service, self.channels))
        await self.add_cog(ChannelSettings(self.service, self.channels))
        await self.add_cog(Privacy(self, self.service, self.channels))
        await self.add_cog(Forgetting(self, self.service, self.channels))
        await self.add_cog(Filtering(self.channels))
        await self.add_cog(Trimming(self.channels))
        self.add_dynamic_items(Again, Why, ForgetThese, Step, Button, Control, Confirm)
        await self._sync_changed()

    async def _sync_changed(self) -> None:
        """Send the commands only when Discord has others: it allows few syncs a day."""
        translator = Translator()
        await self.tree.set_translator(translator)
        ours = [await command.get_translated_payload(self.tree, translator) for command in self.tree.get_commands()]
        route = discord.http.Route("GET", "/applications/{id}/commands", id=self.application_id or 0)
        theirs = await self.http.request(route, params={"with_localizations": "true"})
        if sorted(map(essence, ours)) != sorted(map(essence, theirs)):
            await self.tree.sync()
            log.info("synced %d commands", len(ours))

    async def on_message(self, message: discord.Message, /) -> None:
        """No prefix commands: what is typed is only ever learned, by a listener."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Errors of event handlers."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, StoreError):  # the service says that, once
            log_error(f"handling {event_method} failed", error)

    async def close(self) -> None:
        """Leave Discord, then finish what is in line and close the store."""
        if "_AutoShardedClient__queue" in self.__dict__:  # discord.py cannot close what was never started
            await super().close()
        await self.channels.close()
        await self.service.close()


def essence(command: Any) -> str:
    """What matters of a command's description, alike for what is sent to Discord and what comes back."""
    return repr(_essence(command))


def _essence(value: Any) -> Any:
    """Only essential keys, in order, without empty values; numbers as text, as Discord gives some of them back."""
    if isinstance(value, dict):
        kept = {key: _essence(value[key]) for key in ESSENTIAL & value.keys()}
        return sorted((key, inner) for key, inner in kept.items() if inner not in (None, False, "", []))
    if isinstance(value, list):
        return [_essence(inner) for inner in value]
    if isinstance(value, float):
        return f"{value:g}"
    return value if value is None or isinstance(value, bool) else str(value)
