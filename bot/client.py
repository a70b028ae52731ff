"""The bot itself: what it may see, whom it may mention (nobody), its parts, and where errors go."""

import logging
import sys
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answering import Cooldowns, explain, log_error
from bot.channels import Channels
from bot.generating import Again, Generating
from bot.learning import Learning
from bot.probing import Back, Probing, Step
from bot.service import Service
from bot.settings import Settings
from bot.training import Stop, Training

log = logging.getLogger(__name__)

ESSENTIAL = {
    "name", "description", "type", "options", "choices", "value", "required", "default_member_permissions",
    "contexts", "integration_types", "min_value", "max_value", "min_length", "max_length", "nsfw",
}  # fmt: skip
"""What of a command's description people see or Discord checks."""


class Tree(app_commands.CommandTree["Bot"]):
    """The slash commands."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Cooldowns, for every command alike."""
        return await self.client.cooldowns.admits(interaction)

    async def on_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError, /) -> None:
        """Errors of all commands."""
        await explain(interaction, error)


class Bot(commands.Bot):
    """A bot with no prefix commands, the least intents, and no power to mention anybody."""

    def __init__(self, settings: Settings) -> None:
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
        )
        self.service = Service(settings.database_url, settings.memory_budget)
        self.channels = Channels(self.service)
        self.cooldowns = Cooldowns()

    async def setup_hook(self) -> None:
        """Open the store, add the parts, and tell Discord the commands if they changed."""
        await self.service.open()
        await self.channels.load()
        await self.add_cog(Learning(self.channels))
        await self.add_cog(Training(self, self.service, self.channels))
        await self.add_cog(Generating(self.service, self.channels, self.cooldowns))
        await self.add_cog(Probing(self.service, self.channels, self.cooldowns))
        self.add_dynamic_items(Again, Step, Back, Stop)
        await self._sync_changed()

    async def _sync_changed(self) -> None:
        """Send the commands only when Discord has others: it allows few syncs a day."""
        ours = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        theirs = await self.http.get_global_commands(self.application_id or 0)
        if sorted(map(essence, ours)) != sorted(map(essence, theirs)):
            await self.tree.sync()
            log.info("synced %d commands", len(ours))

    async def on_message(self, message: discord.Message, /) -> None:
        """No prefix commands: what is typed is only ever learned, by a listener."""

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Errors of event handlers."""
        error = sys.exc_info()[1]
        if error is not None:
            log_error(f"handling {event_method} failed", error)

    async def close(self) -> None:
        """Leave Discord, then finish what is in line and close the store."""
        await super().close()
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
