"""What /train reports while it reads and when it is done. Pure: numbers in, text out."""

from bot.plan import Progress

INTENT_CURE = (
    "Discord kept back the text of every message: the bot's **message content intent** is off. Whoever runs me turns "
    "it on at <https://discord.com/developers/applications> (Bot, Privileged Gateway Intents), restarts me, and "
    "then /train can be used again."
)
NEEDED = {
    "view_channel": "View Channel",
    "read_message_history": "Read Message History",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
}
"""The permissions /train needs of the bot itself, as Discord's settings name them."""


_SOON = 90
"""Up to so many seconds, or minutes, people count on in the same unit."""

OVER = "**Reading ended**\nLearning was turned off in this channel, or what was learned here was forgotten."
"""What is said when there is no more to be read, because nobody wants it any more."""


def underway(progress: Progress, seconds: float) -> str:
    """What is said while the history is being read."""
    lines = [f"**Reading this channel's history**\n{_counts(progress)}"]
    if seconds > 0 and progress.read:
        pace = f"{progress.read / seconds:,.0f} messages a second"
        if progress.covered > 0:
            left = seconds * (1 - progress.covered) / progress.covered
            pace += f", {100 * progress.covered:.0f} % done, about {duration(left)} left"
        lines.append(pace)
    return "\n".join(lines)


def finished(progress: Progress, seconds: float) -> str:
    """What is said when the whole history has been read."""
    if progress.unreadable:
        return f"**Nothing could be learned**\n{_counts(progress)}\n{INTENT_CURE}"
    took = f" in {duration(seconds)}" if seconds >= 1 else ""
    said = f"**History read{took}**\n{_counts(progress)}\nFrom now on I learn what is said here as it is said. "
    if progress.learned + progress.known == 0:
        return said + "There was nothing to learn yet: say something, then try /generate."
    return said + "Try /generate for new text, or /probs to see which word comes next."


def stopped(progress: Progress) -> str:
    """What is said when somebody stopped the reading."""
    return (
        f"**Reading stopped**\n{_counts(progress)}\nWhat was read stays learned, and I go on learning what is said "
        "here. *Continue* goes on from here; /train begins again with the newest message."
    )


def waiting(progress: Progress, why: str, seconds: float) -> str:
    """What is said while the reading waits for something to come right again."""
    again = f"I go on from here by myself, and try again in {duration(seconds)}."
    return f"**Reading is interrupted**\n{_counts(progress)}\n{why} What was read stays learned. {again}"


def failed(progress: Progress, why: str) -> str:
    """What is said when the reading could not go on."""
    return (
        f"**Reading ended early**\n{_counts(progress)}\n{why} What was read stays learned. "
        "*Continue* goes on from here; /train begins again with the newest message."
    )


def _counts(progress: Progress) -> str:
    parts = [f"{count(progress.read, 'message')} read", f"{progress.learned:,} learned"]
    if progress.known:
        parts.append(f"{progress.known:,} known already")
    if progress.removed:
        parts.append(f"{progress.removed:,} removed because they are gone")
    text = ", ".join(parts)
    skipped = [f"{number:,} {reason.value}" for reason, number in progress.skipped.most_common()]
    return f"{text}\nSkipped: {', '.join(skipped)}" if skipped else text


def lacking(permissions: list[str]) -> str:
    """Why a history cannot be read any further, and the cure."""
    names = ", ".join(NEEDED[name] for name in permissions)
    return f"I cannot read older messages: I lack {names} here. Give it to my role under Edit Channel, Permissions."


def count(number: int, noun: str) -> str:
    """So many of them: 1 message, 2 messages."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """A time as people say it: 5 s, 3 min, 2 h 10 min."""
    minutes = round(seconds / 60)
    if seconds < _SOON:
        return f"{max(1, round(seconds))} s"
    return f"{minutes} min" if minutes < _SOON else f"{minutes // 60} h {minutes % 60} min"


def missing_permissions(missing: list[str]) -> str:
    """Which permissions the bot lacks in this channel, and how to give them."""
    names = ", ".join(NEEDED[name] for name in missing)
    return (
        f"I cannot do that here yet: I lack {names} in this channel. Give them to my role under "
        "Edit Channel, Permissions, then use /train again."
    )
