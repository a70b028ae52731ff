"""A walk through next tokens: where it stands, and the menu and buttons it is continued with.

They carry only the walk's number: prompts are too long for an id.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast, get_args

import discord
from discord import ui

from bot.language import _
from bot.lasting import Lasting, lasting
from engine import Corpus

TEMPERATURES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
"""Those that *Cooler* and *Warmer* go through."""
LONGEST_LABEL = 100

Turn = Literal["back", "sample", "xray", "cooler", "warmer"]


@dataclass(slots=True)
class Walk:
    """Who asked what where, the prompts so far, and how the next token is looked at now."""

    key: str
    asker: int
    corpus: Corpus
    unit: str
    order: int | None
    top: int
    temperature: float
    prompts: list[str]
    ended: bool = False
    """Whether the end of the message was drawn just now: nothing follows, and one step back is before it."""
    xray: bool = False
    """Whether bars are cut into what each context adds."""
    times: int = 0
    """How many times as long they are then; for one prompt as long as it fits, so that temperatures compare."""
    steps: list[str] = field(default_factory=list)
    """The prompt after each step that is offered."""
    shown: int = 0
    """How often it was shown: the menu of an earlier time counts no more."""

    @property
    def cooler(self) -> float | None:
        """The next lower temperature, if there is one."""
        return max((t for t in TEMPERATURES if t < self.temperature), default=None)

    @property
    def warmer(self) -> float | None:
        """The next higher temperature, if there is one."""
        return min((t for t in TEMPERATURES if t > self.temperature), default=None)


class Step(Lasting[ui.Select[ui.View]], template=r"probs:step:(?P<key>\d+)(?::(?P<shown>\d+))?"):
    """The menu of tokens to step into. A new id each time, or people would see what they chose last still chosen."""

    COG = "Probing"

    def __init__(self, key: str, shown: int, options: list[discord.SelectOption] | None = None) -> None:
        id = f"probs:step:{key}:{shown}"
        super().__init__(ui.Select(custom_id=id, placeholder=_("Step into …"), options=options or []))
        self.key = key
        self.shown = shown

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        return cls(match["key"], int(match["shown"] or 0))

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        await cog.step(interaction, self.key, self.shown, int(self.item.values[0]))


class Button(Lasting[ui.Button[ui.View]], template=rf"probs:(?P<turn>{'|'.join(get_args(Turn))}):(?P<key>\d+)"):
    """One of the buttons below the menu."""

    COG = "Probing"

    def __init__(self, turn: Turn, key: str, label: str = "…", *, possible: bool = True) -> None:
        id = f"probs:{turn}:{key}"
        style = discord.ButtonStyle.secondary
        super().__init__(ui.Button(label=label, style=style, custom_id=id, disabled=not possible))
        self.turn = turn
        self.key = key

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        return cls(cast("Turn", match["turn"]), match["key"])

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        await cog.turn(interaction, self.key, self.turn)


def controls(walk: Walk, labels: list[str], *, drawable: bool = True) -> ui.View:
    """The menu, with a label for each step of the walk, and the buttons; `drawable` if a token can be drawn."""
    view = lasting()
    if labels:
        options = [
            discord.SelectOption(label=label[:LONGEST_LABEL], value=str(number)) for number, label in enumerate(labels)
        ]
        view.add_item(Step(walk.key, walk.shown, options))
    view.add_item(Button("back", walk.key, _("Back"), possible=walk.ended or len(walk.prompts) > 1))
    view.add_item(Button("sample", walk.key, _("Sample one"), possible=drawable and not walk.ended))
    view.add_item(Button("xray", walk.key, _("Plain bars") if walk.xray else _("X-ray")))
    view.add_item(Button("cooler", walk.key, _("Cooler"), possible=walk.cooler is not None))
    view.add_item(Button("warmer", walk.key, _("Warmer"), possible=walk.warmer is not None))
    return view
