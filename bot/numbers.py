"""The numbers of a channel, in words and as charts. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from discord.utils import snowflake_time

from bot.formatting import LIMIT, quoted
from bot.language import _, plural
from bot.picture import Chart
from bot.wordfilter import WordFilter
from engine import Statistics, Telling

LEAST = 20
"""Messages of which there is something to tell."""
WEEK = 7
MOST_WEEKS_BY_DAYS = 8
LONGEST_ALTERNATIVE = 1024
"""Characters that describe a picture on Discord."""


def days(first_id: int, last_id: int) -> int:
    """How long the periods are that messages from the first to the last are counted by: a day, or a week of seven."""
    weeks = (snowflake_time(last_id) - snowflake_time(first_id)).days / WEEK
    return WEEK if weeks > MOST_WEEKS_BY_DAYS else 1


def period(id: int, *, days: int) -> int:
    """The number of the day, or of the week from Monday on, in which a message was written."""
    return (snowflake_time(id).astimezone(UTC).toordinal() - 1) // days


def _noon(period: int, days: int) -> datetime:
    """When a period's first day is half over: the same date nearly everywhere."""
    return datetime.fromordinal(period * days + 1).replace(hour=12, tzinfo=UTC)


def too_few(number: int) -> str:
    """What is said of a channel of little data."""
    messages = plural("{number:,} message", "{number:,} messages", number)
    return _(
        "I have learned {messages} here, which is too little to tell anything from: ask again when there are {least}.",
        messages=messages,
        least=LEAST,
    )


def moving() -> str:
    """What is said when messages were forgotten each time they were counted."""
    return _("Messages are being forgotten in this channel just now. Ask again in a minute.")


def told(found: Statistics, days: int, stored: int, words: WordFilter) -> str:
    """The whole answer as text; what may not be said is left out of it. Growth is by periods of so many days."""
    lines = [
        _("**This channel in numbers**"),
        _(
            "{messages} by {people}: {tokens:,} tokens, {vocabulary:,} different ones.",
            messages=plural("{number:,} message", "{number:,} messages", found.documents),
            people=plural("{number:,} person", "{number:,} people", found.authors),
            tokens=found.tokens,
            vocabulary=found.vocabulary,
        ),
        _growth(found, days),
        *_predictability(found),
    ]
    if sayable := _sayable(found.words, words):
        lines.append(_("**Telling words**: {words}", words=sayable))
    if sayable := _sayable(found.phrases, words):
        lines.append(_("**Telling phrases**: {phrases}", phrases=sayable))
    if found.authors < 2:  # noqa: PLR2004 - one person and two
        lines.append(_("-# Words and phrases are named when two people said them; here only one has spoken."))
    elif found.words or found.phrases:
        lines.append(_("-# Words and phrases that two people said at least, more than people say them elsewhere."))
    if found.documents < stored:
        lines.append(_("-# Of the latest {number:,} messages.", number=found.documents))
    return "\n".join(lines)[:LIMIT]


def _growth(found: Statistics, days: int) -> str:
    number = len(found.growth)
    busiest, most = max(found.growth, key=lambda period: period[1])
    date, average = f"<t:{int(_noon(busiest, days).timestamp())}:D>", found.documents / number
    if days == WEEK:
        return _(
            "**Growth**: {average:,.0f} messages a week over {weeks}; most in the week of {date}, {most:,}.",
            average=average,
            weeks=plural("{number:,} week", "{number:,} weeks", number),
            date=date,
            most=most,
        )
    return _(
        "**Growth**: {average:,.0f} messages a day over {days}; most on {date}, {most:,}.",
        average=average,
        days=plural("{number:,} day", "{number:,} days", number),
        date=date,
        most=most,
    )


def _predictability(found: Statistics) -> list[str]:
    if len(found.predictability) < 2:  # noqa: PLR2004 - a first and a last
        return []
    return [
        _(
            "**Predictable**: {first:.2f} bits per character at first, {last:.2f} lately, given what was said before; "
            "lower is easier to guess.",
            first=found.predictability[0][1],
            last=found.predictability[-1][1],
        )
    ]


def _sayable(found: Sequence[Telling], words: WordFilter) -> str:
    return ", ".join(quoted(one.text, 40) for one in found if not words.finds(one.text))


def charts(found: Statistics, days: int) -> list[Chart]:
    """The rows of numbers, as charts."""
    drawn = [
        Chart(
            _("Messages a week") if days == WEEK else _("Messages a day"),
            [number for _period, number in found.growth],
            f"{_noon(found.growth[0][0], days):%Y-%m-%d}",
            f"{_noon(found.growth[-1][0], days):%Y-%m-%d}",
            bars=True,
        ),
        Chart(
            _("Different tokens, by messages"),
            [0, *(tokens for _documents, tokens in found.vocabularies)],
            "0",
            f"{found.documents:,}",
        ),
    ]
    if len(found.predictability) >= 2:  # noqa: PLR2004 - a line has two ends
        drawn.append(
            Chart(
                _("Bits per character, given what was said before"),
                [bits for _id, bits in found.predictability],
                f"{snowflake_time(found.predictability[0][0]):%Y-%m-%d}",
                f"{snowflake_time(found.predictability[-1][0]):%Y-%m-%d}",
                decimals=2,
            )
        )
    return drawn


def alternative(found: Statistics, days: int) -> str:
    """What the picture shows, in numbers."""
    growth = ", ".join(f"{number:,}" for _period, number in found.growth[-20:])
    tokens = ", ".join(f"{tokens:,}" for _documents, tokens in found.vocabularies[::4])
    bits = ", ".join(f"{bits:.2f}" for _id, bits in found.predictability)
    lines = [
        _("Messages a week, the latest weeks: {numbers}.", numbers=growth)
        if days == WEEK
        else _("Messages a day, the latest days: {numbers}.", numbers=growth),
        _("Different tokens as the channel grew: {numbers}.", numbers=tokens),
    ]
    if bits:
        lines.append(_("Bits per character, stretch by stretch: {numbers}.", numbers=bits))
    return "\n".join(lines)[:LONGEST_ALTERNATIVE]
