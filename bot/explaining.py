"""*Why?* under a generated text: what chose each token, how original it is, and whose messages its spans come from.

Nothing is kept for it. The text is read off the message the button stands under, and explained by the model
as it is now: after a restart, and when something was forgotten meanwhile, with what is left.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

import discord
from discord import ui
from discord.ext import commands

from bot import formatting, reasons
from bot.answering import Answer, Cooldowns, Refusal, answer, corpus_of
from bot.channels import Channels
from bot.language import _
from bot.lasting import Lasting, lasting
from bot.service import Service
from bot.typed import coded, not_all_typed, places, typed_words
from engine import Corpus, EmptyCorpus, Engine, Forgotten, Generation, Span, tokens

UNITS = {"w": "words", "c": "characters"}
MOST_LINKS = 6
"""As many ids of messages as a button's id has room for."""
SPANS, LOOKED_AT = 3, 20
"""As many spans as are told, of the longest ones: some may have been typed."""
MOST_TYPED = 60
"""Characters of an id for what was typed; the rest is for a page's numbers."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Why(
    Lasting[ui.Button[ui.View]],
    template=r"why:(?P<unit>[wc])(?P<verse>v?):(?P<order>\d):(?P<typed>[\d.-]+):(?P<messages>\d+)(?::(?P<id>\d+):(?P<first>\d+))?",
):
    """Asks for the explanation of a text, or for another page of it.

    Its id says how the text is to be read: the unit, whether lines were parted only afterwards, the order, which
    tokens were typed, of how many messages it is. A page's says in which message the text stands, and the
    first token to show.
    """

    COG = "Explaining"
    match: re.Match[str]

    def __init__(self, code: str, label: str | None = None, *, possible: bool = True) -> None:
        style = discord.ButtonStyle.secondary
        super().__init__(
            ui.Button(label=label or _("Why?"), style=style, custom_id=f"why:{code}", disabled=not possible)
        )

    @classmethod
    def under(cls, generation: Generation, messages: int, *, verse: bool = False) -> Self:
        """The button under a text, which takes so many messages; `verse` was parted into lines after it was drawn."""
        unit, parted = generation.unit, "v" if verse else ""
        return cls(f"{unit[0]}{parted}:{generation.order}:{coded(generation.asked, MOST_TYPED)}:{messages}")

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        self = cls(match.string.removeprefix("why:"))
        self.match = match
        return self

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        await cog.why(interaction, self.match)


class ForgetThese(Lasting[ui.Button[ui.View]], template=r"forget-these:(?P<ids>[0-9a-z.]+)"):
    """Forgets the messages that a text's spans come from. Its id holds theirs."""

    COG = "Explaining"

    def __init__(self, ids: Sequence[int]) -> None:
        style, id = discord.ButtonStyle.danger, f"forget-these:{'.'.join(map(_short, ids))}"
        super().__init__(ui.Button(label=_("Forget these"), style=style, custom_id=id))
        self.ids = ids

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """What was used, made again from its id."""
        return cls([int(id, 36) for id in match["ids"].split(".")])

    async def use(self, cog: Any, interaction: discord.Interaction[Any]) -> None:
        """Have the cog do what the id says."""
        await cog.forget(interaction, self.ids)


def _short(id: int) -> str:
    """A number in as few digits and letters as may be."""
    return (_short(id // 36) if id >= 36 else "") + _DIGITS[id % 36]  # noqa: PLR2004 - of them there are 36


class Explaining(commands.Cog):
    """What the buttons do."""

    def __init__(self, service: Service, channels: Channels, cooldowns: Cooldowns) -> None:
        self._service = service
        self._channels = channels
        self._cooldowns = cooldowns
        self.name: Callable[[Corpus, int, int], str] = link
        """How a message is named; the playground has no links."""

    async def why(self, interaction: discord.Interaction, asked: re.Match[str]) -> None:
        """Explain a text, to the asker alone."""
        if await self._cooldowns.admits(interaction):
            await answer(interaction, self._explain(interaction, asked), edit=asked["id"] is not None, private=True)

    async def _explain(self, interaction: discord.Interaction, asked: re.Match[str]) -> Answer:
        message = await _message(interaction, asked["id"])
        text = await _text(message, int(asked["messages"]))
        if asked["verse"]:
            text = text.replace("\n", " ")
        corpus, unit, first = corpus_of(interaction), UNITS[asked["unit"]], int(asked["first"] or 0)
        order, typed = int(asked["order"]), places(asked["typed"])
        try:
            steps = await self._service.do(
                Engine.explain, corpus, text, unit=unit, order=order, first=first, most=reasons.PAGE
            )
            found = await self._service.do(Engine.sources, corpus, text, most=LOOKED_AT)
        except EmptyCorpus:
            raise Refusal(formatting.nothing_learned(self._channels.learns(corpus.id))) from None
        own = typed_words(text, unit, typed)
        spans = not_all_typed(found, own, SPANS)
        linked = _linked(spans)
        readable = interaction.permissions.read_message_history
        words = self._channels.choices.words(corpus.space)
        lines = [
            words.mask(reasons.page(steps, first, typed, unit)),
            words.mask(reasons.originality(spans, text, own, besides=bool(found))),
        ]
        if linked and readable:
            lines += reasons.origins(spans, text, linked, partial(self.name, corpus), words)
        elif linked:
            lines.append(_("-# You may not read this channel's older messages, so I name none."))
        chances = _(
            "-# Chances as they are now and as /probs shows them with order {order}, before any dial, wish or filter.",
            order=order,
        )
        lines.append(chances)
        code = f"{asked['unit']}{asked['verse']}:{order}:{asked['typed']}:{asked['messages']}:{message.id}"
        view = _pages(code, first, len(tokens(text, unit)) + 1)
        if readable and (mine := await self._forgettable(interaction, corpus, linked)):
            view.add_item(ForgetThese(mine))
        return Answer(reasons.fitting(lines), view=view)

    async def _forgettable(self, interaction: discord.Interaction, corpus: Corpus, ids: Sequence[int]) -> list[int]:
        """Those that the asker may have forgotten: their own, or, for who manages the channel, all."""
        if not ids or interaction.permissions.manage_channels:
            return list(ids)
        own = await self._service.do(_own, interaction.user.id, corpus, ids)
        return [id for id in ids if id in own]

    async def forget(self, interaction: discord.Interaction, ids: Sequence[int]) -> None:
        """Forget messages, with a receipt."""
        await answer(interaction, self._forget(interaction, ids), private=True)

    async def _forget(self, interaction: discord.Interaction, ids: Sequence[int]) -> Answer:
        corpus = corpus_of(interaction)
        allowed = await self._forgettable(interaction, corpus, ids)
        if not allowed:
            raise Refusal(
                _("None of these messages is stored as yours any more, so there is nothing for you to forget.")
            )
        gone = [await self._channels.forget(corpus, id) for id in allowed]
        total = Forgotten(sum(one.documents for one in gone), sum(one.ngrams for one in gone))
        if not total.documents:
            return Answer(_("They were forgotten already."))
        stays = _("They stay forgotten, even when the history is read again.")
        return Answer(f"{formatting.receipt(total)} {stays}")


def _own(engine: Engine, author: int, corpus: Corpus, ids: Sequence[int]) -> set[int]:
    """Which of these documents an author wrote."""
    mine = engine.author_documents(author, corpus.space)
    return {document.id for where, document in mine if where == corpus}.intersection(ids)


def link(corpus: Corpus, id: int, number: int) -> str:
    """A message as it is named: a link to it, with a number."""
    return f"[{number}](<https://discord.com/channels/{corpus.space}/{corpus.id}/{id}>)"


def _linked(spans: Sequence[Span]) -> list[int]:
    """The messages that are named: of each span in turn the latest, until there are enough."""
    ranked = dict.fromkeys(span.documents[i] for i in range(MOST_LINKS) for span in spans if i < len(span.documents))
    return list(ranked)[:MOST_LINKS]


def _pages(code: str, first: int, tokens: int) -> ui.View:
    """Buttons to the pages before and after, where there is more than one."""
    view = lasting()
    if tokens > reasons.PAGE:
        view.add_item(Why(f"{code}:{max(first - reasons.PAGE, 0)}", _("Earlier"), possible=first > 0))
        view.add_item(Why(f"{code}:{first + reasons.PAGE}", _("Later"), possible=first + reasons.PAGE < tokens))
    return view


async def _message(interaction: discord.Interaction, id: str | None) -> discord.Message:
    """The message in which the text stands: the one with the button, or the one a page tells of."""
    if id is None and interaction.message is not None:
        return interaction.message
    channel = interaction.channel
    if id is None or not isinstance(channel, discord.abc.Messageable):
        raise Refusal(_("That works in a server's channels only."))
    try:
        return await channel.fetch_message(int(id))
    except discord.NotFound:
        raise Refusal(_("The message is gone, so there is nothing left to explain.")) from None
    except discord.Forbidden:
        raise Refusal(_("I may not read that message again. Give my role Read Message History here.")) from None


async def _text(message: discord.Message, messages: int) -> str:
    """The generated text: of the file, or of the message and those before it, without what stands small below."""
    for attachment in message.attachments:
        return (await attachment.read()).decode()
    parts = [message.content.partition("\n-# ")[0]]
    if messages > 1:
        try:
            async for earlier in message.channel.history(before=message, limit=4 * messages):
                if earlier.author == message.author and len(parts) < messages:
                    parts.insert(0, earlier.content)
        except discord.Forbidden:
            raise Refusal(_("I may not read the rest of that text. Give my role Read Message History here.")) from None
    text = " ".join(parts)
    if not text.strip() or text.startswith("-# "):
        raise Refusal(_("That text is blank, so there is nothing to explain."))
    return text
