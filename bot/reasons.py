"""Why a text was said, as Discord text: what chose each token, and where its spans come from. Pure."""

from collections.abc import Callable, Collection, Sequence

from bot.columns import WIDTH, begin, chance, pad, plain
from bot.formatting import LIMIT, quoted
from bot.language import _, plural
from bot.typed import typed_of
from bot.wordfilter import WordFilter
from bot.xray import source
from engine import Span, Step

PAGE = 20
"""Tokens on a page."""
_TOKEN, _CHANCE = 12, 6
_REASON = WIDTH - _TOKEN - _CHANCE - 3
_LONGEST_QUOTE = 120


def page(steps: Sequence[Step], first: int, typed: Collection[int], unit: str) -> str:
    """Some tokens of a text, from the `first` on, each with what chose it; those at some places were typed."""
    head = f"{pad(_('token'), _TOKEN)} {_('chance'):>{_CHANCE}}  {_('chosen by')}"
    lines = [_line(step, unit, typed=number in typed) for number, step in enumerate(steps, start=first)]
    return "\n".join(["```", head, *lines, "```"])


def _line(step: Step, unit: str, *, typed: bool) -> str:
    token = pad(begin(plain(step.token), _TOKEN), _TOKEN)
    if typed:
        return f"{token} {'':>{_CHANCE}}  {_('whoever asked')}"
    why = source(step.main, unit, _REASON) if step.main else _("nothing I know now")
    return f"{token} {chance(step.probability):>{_CHANCE}}  {why}"


def originality(spans: Sequence[Span], text: str, typed: Sequence[int], *, besides: bool) -> str:
    """How much of a text stands in one message just so.

    typed: where words begin that whoever asked typed. besides: whether spans stand there that were typed as a whole.
    """
    if not spans and besides:
        return _("**How original it is**: but for what was asked for, no three words in a row stand in any message.")
    if not spans:
        return _("**How original it is**: no three words in a row of it stand in any one message.")
    longest = spans[0]
    said = _(
        "**How original it is**: the longest span that somebody wrote just so has {words}, {span}. "
        "It stands in {messages} by {people}.",
        words=plural("{number:,} word", "{number:,} words", longest.words),
        span=quoted(text[longest.start : longest.end], _LONGEST_QUOTE),
        messages=plural("{number:,} message", "{number:,} messages", longest.times),
        people=plural("{number:,} person", "{number:,} people", longest.authors),
    )
    own = typed_of(longest, typed)
    if not own:
        return said
    given = plural("{number:,} of these words was asked for.", "{number:,} of these words were asked for.", own)
    return f"{said} {given}"


def origins(
    spans: Sequence[Span], text: str, ids: Collection[int], name: Callable[[int, int], str], words: WordFilter
) -> list[str]:
    """A line for each span that stands in messages of these ids; what may not be said is hidden, and no name touched.

    The first is not quoted again: the sentence before says it. name: what a message is named, by its id and number.
    """
    lines = []
    for span in spans:
        here = [name(id, number) for number, id in enumerate(span.documents, start=1) if id in ids]
        quote = words.mask(quoted(text[span.start : span.end], _LONGEST_QUOTE // 2))
        if here:
            lines.append(f"- {quote}: {' · '.join(here)}" if span != spans[0] else f"- {' · '.join(here)}")
    return lines


def fitting(lines: Sequence[str]) -> str:
    """As many of these lines as a message takes."""
    text = ""
    for line in lines:
        if len(text) + len(line) + 1 > LIMIT:
            break
        text += f"{line}\n"
    return text.rstrip("\n")
