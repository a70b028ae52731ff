"""Texts for Discord: what the engine said and what went wrong, as people read it. Pure.

Nothing said here can notify anybody: the client allows no mentions, and `neutral` takes the life out
of what looks like one. Nothing is cut either: a text longer than a message becomes several messages,
or a file.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from discord.utils import escape_markdown

from bot.language import _, in_quotes, plural
from engine import Forgotten, Generation, join, show, tokens

LIMIT = 2_000
"""Characters in a Discord message."""
MOST_MESSAGES = 3
"""A text that needs more than these is attached as a file."""

_LIVE = re.compile(
    r"@(?=everyone|here)|<(?=[@#][!&]?\d+>|/[^<>\n:]+:\d+>|id:\w+>)"
    r"|disco(?=rd\s?(?:\.\s?(?:gg|me|io|li)|(?:app)?\.com/invite)\b)|dsc(?=\.gg\b)",
    re.IGNORECASE,
)
_BLANK = re.compile(r"\s")
_READ = 3
"""How many of the same character in a row are read of more of them."""


def neutral(text: str) -> str:
    """The text with mentions that mention nobody and invites to nowhere: a zero-width space keeps both dead."""
    return _LIVE.sub(lambda match: match.group() + "\u200b", text)


def quoted(text: str, most: int = 60) -> str:
    """A short quotation for a sentence of ours; of a long text the end counts, so its start is left out.

    Characters that are no text, or turn the rest of a line around, are left out too.
    """
    text = " ".join(join(tokens(text, "characters"), "characters").split())
    if len(text) > most:
        text = "…" + text[-most:]
    return in_quotes(neutral(escape_markdown(text)))


def typed(token: str, text: str) -> str:
    """A token quoted as it stands in a text that was typed: of a character in a row, three are read at most."""
    body = show(token)
    runs = [(re.escape(character), len(list(run))) for character, run in groupby(body)]
    longer = "".join(f"{character}{{3,}}" if times == _READ else character * times for character, times in runs)
    found = re.search(rf"(?<!\w){longer}(?!\w)" if body.isalnum() else longer, text, re.IGNORECASE)
    return quoted(found[0] if found else body, 30)


@dataclass(frozen=True, slots=True)
class Messages:
    """A text as one or more messages; `file` holds it when it would take too many."""

    texts: list[str]
    file: str | None = None


def generated(
    generation: Generation,
    start: str,
    asked: str = "",
    *,
    tell_seed: bool,
    mask: Callable[[str], str] = lambda text: text,
) -> Messages:
    """A generated text, and small below it only what the reader would miss; `mask` hides what may not be said.

    asked: all that was typed for it, the start among it.
    """
    notes = footnotes(generation, start, asked)
    if tell_seed:
        notes.append(_("seed {seed}", seed=str(generation.seed)))
    footer = f"\n-# {mask(' · '.join(notes))}" if notes else ""
    text = neutral(mask(generation.text))
    if not text.strip():
        text = f"-# {_('The text that came out is blank. Try again, or give it a start.')}"
    pieces = split(text, LIMIT - len(footer))
    if pieces is None or len(pieces) > MOST_MESSAGES:
        length = len(generation.text)
        note = _("{number:,} characters are too many for a message, so here is a file.", number=length)
        return Messages([note + footer], file=mask(generation.text))
    pieces[-1] += footer
    return Messages(pieces)


def footnotes(generation: Generation, start: str, asked: str) -> list[str]:
    """What became of what was asked for: unknown tokens, other capitals; and what the text went on from."""
    notes = []
    if generation.unseen:
        unseen = ", ".join(typed(token, asked) for token in generation.unseen[:3])
        notes.append(_("never seen here: {tokens}", tokens=unseen))
    if generation.replaced:
        notes += [
            _("{asked} read as {known}", asked=typed(token, asked), known=quoted(known, 30))
            for token, known in generation.replaced[:3]
        ]
    known = len(generation.context)
    if known < min(generation.order - 1, len(tokens(start, generation.unit))):
        end = quoted(join(generation.context, generation.unit))
        followed = (
            _("went on from {end}", end=end) if known else _("its end was never seen here: anything could follow")
        )
        notes.append(followed)
    return notes


def split(text: str, limit: int) -> list[str] | None:
    """The text in pieces of at most `limit` characters, parted at blanks; None where there is none."""
    pieces = []
    while len(text) > limit:
        at = max((blank.start() for blank in _BLANK.finditer(text[: limit + 1])), default=0)
        if at == 0:
            return None
        pieces.append(text[:at])
        text = text[at + 1 :]
    return [*pieces, text]


def receipt(forgotten: Forgotten, where: str = "") -> str:
    """What is gone, in numbers; of the reader's own messages, `where` they were."""
    if not forgotten.documents:
        if where:
            return _("Nothing was stored of you {where}, so nothing had to be forgotten.", where=where)
        return _("Nothing was stored, so nothing had to be forgotten.")
    gone = plural("{number:,} message", "{number:,} messages", forgotten.documents)
    if where:
        gone = _("{messages} of you {where}", messages=gone, where=where)
    if not forgotten.ngrams:
        return _("Gone: {what}, and every n-gram that stood nowhere else.", what=gone)
    return plural(
        "Gone: {what}, and with it {ngrams} that stood nowhere else.",
        "Gone: {what}, and with them {ngrams} that stood nowhere else.",
        forgotten.documents,
        what=gone,
        ngrams=plural("{number:,} n-gram", "{number:,} n-grams", forgotten.ngrams),
    )


def nothing_learned(learning: bool) -> str:
    """Why there is nothing to say here, and what to do about it."""
    if learning:
        return _("Nothing has been learned in this channel yet. Say something here, and ask again.")
    return _(
        "Learning is off in this channel, so there is nothing to go on. "
        "Someone who can manage the channel can turn it on with /train."
    )


def unexpected(reference: str) -> str:
    """What a person is told when a program is at fault."""
    return _(
        "Something went wrong on my side. If it happens again, tell whoever runs me this reference: {reference}",
        reference=reference,
    )
