"""What /train reports while it reads and when it is done. Pure: numbers in, text out."""

from bot.language import _, later, plural
from bot.plan import Progress

INTENT_CURE = later(
    "Discord kept back the text of every message: the bot's **message content intent** is off. Whoever runs me turns "
    "it on at <https://discord.com/developers/applications> (Bot, Privileged Gateway Intents), restarts me, and "
    "then /train can be used again."
)
NEEDED = {
    "view_channel": later("View Channel"),
    "read_message_history": later("Read Message History"),
    "send_messages": later("Send Messages"),
    "send_messages_in_threads": later("Send Messages in Threads"),
}
"""The permissions /train needs of the bot itself, as Discord's settings name them."""


_SOON = 90
"""Up to so many seconds, or minutes, people count on in the same unit."""

OVER = later("**Reading ended**\nLearning was turned off in this channel, or what was learned here was forgotten.")
"""What is said when there is no more to be read, because nobody wants it any more."""


def underway(progress: Progress, seconds: float) -> str:
    """What is said while the history is being read."""
    lines = [_("**Reading this channel's history**"), _counts(progress)]
    if seconds > 0 and progress.read:
        pace = [_("{pace:,.0f} messages a second", pace=progress.read / seconds)]
        if progress.covered > 0:
            left = duration(seconds * (1 - progress.covered) / progress.covered)
            pace.append(_("{percent:.0f} % done, about {time} left", percent=100 * progress.covered, time=left))
        lines.append(", ".join(pace))
    return "\n".join(lines)


def finished(progress: Progress, seconds: float) -> str:
    """What is said when the whole history has been read."""
    if progress.unreadable:
        return "\n".join([_("**Nothing could be learned**"), _counts(progress), _(INTENT_CURE)])
    title = _("**History read in {time}**", time=duration(seconds)) if seconds >= 1 else _("**History read**")
    said = _("From now on I learn what is said here as it is said.")
    if progress.learned + progress.known == 0:
        then = _("There was nothing to learn yet: say something, then try /generate.")
    else:
        then = _("Try /generate for new text, or /probs to see which word comes next.")
    return f"{title}\n{_counts(progress)}\n{said} {then}"


def stopped(progress: Progress) -> str:
    """What is said when somebody stopped the reading."""
    return _(
        "**Reading stopped**\n{counts}\nWhat was read stays learned, and I go on learning what is said "
        "here. *Continue* goes on from here; /train begins again with the newest message.",
        counts=_counts(progress),
    )


def waiting(progress: Progress, why: str, seconds: float) -> str:
    """What is said while the reading waits for something to come right again."""
    return _(
        "**Reading is interrupted**\n{counts}\n{why} What was read stays learned. "
        "I go on from here by myself, and try again in {time}.",
        counts=_counts(progress),
        why=why,
        time=duration(seconds),
    )


def failed(progress: Progress, why: str) -> str:
    """What is said when the reading could not go on."""
    return _(
        "**Reading ended early**\n{counts}\n{why} What was read stays learned. "
        "*Continue* goes on from here; /train begins again with the newest message.",
        counts=_counts(progress),
        why=why,
    )


def _counts(progress: Progress) -> str:
    parts = [
        plural("{number:,} message read", "{number:,} messages read", progress.read),
        _("{number:,} learned", number=progress.learned),
    ]
    if progress.known:
        parts.append(_("{number:,} known already", number=progress.known))
    if progress.removed:
        parts.append(_("{number:,} removed because they are gone", number=progress.removed))
    text = ", ".join(parts)
    skipped = [_("{number:,} {why}", number=n, why=_(reason.value)) for reason, n in progress.skipped.most_common()]
    return f"{text}\n{_('Skipped: {list}', list=', '.join(skipped))}" if skipped else text


def lacking(permissions: list[str]) -> str:
    """Why a history cannot be read any further, and the cure."""
    names = ", ".join(_(NEEDED[name]) for name in permissions)
    return _(
        "I cannot read older messages: I lack {names} here. Give it to my role under Edit Channel, Permissions.",
        names=names,
    )


def duration(seconds: float) -> str:
    """A time as people say it: 5 s, 3 min, 2 h 10 min."""
    minutes = round(seconds / 60)
    if seconds < _SOON:
        return f"{max(1, round(seconds))} s"
    return f"{minutes} min" if minutes < _SOON else f"{minutes // 60} h {minutes % 60} min"


def missing_permissions(missing: list[str]) -> str:
    """Which permissions the bot lacks in this channel, and how to give them."""
    names = ", ".join(_(NEEDED[name]) for name in missing)
    return _(
        "I cannot do that here yet: I lack {names} in this channel. Give them to my role under "
        "Edit Channel, Permissions, then use /train again.",
        names=names,
    )
