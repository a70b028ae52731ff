"""Buttons and menus that outlive restarts: their ids hold what they do."""

import re
from typing import Any, ClassVar, Self, TypeVar

import discord
from discord import ui

from bot.answering import guarded

ItemT = TypeVar("ItemT", bound=ui.Item[Any])


class Lasting(ui.DynamicItem[ItemT], template=r"(?!)"):
    """Hands what its id says to a cog when somebody uses it."""

    COG: ClassVar[str]
    """The name of the cog."""

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        raise NotImplementedError

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """`of`, as discord.py calls it."""
        return cls.of(match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody used it."""
        await guarded(interaction, self.use(interaction.client.get_cog(self.COG), interaction))


def lasting(*items: ui.Item[Any]) -> ui.View:
    """Items under an answer, for as long as it stands."""
    view = ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    return view
