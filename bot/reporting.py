"""What /train reports while it reads and when it is done. Pure: numbers in, text out."""

from collections import Counter
from dataclasses import dataclass, field

from bot.policy import Reason

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


@dataclass(slots=True)
class Progress:
    """How far a reading of a channel's history is."""

    read: int = 0
    learned: int = 0
    known: int = 0
    """Learned earlier, and still the same."""
    removed: int = 0
    skipped: Counter[Reason] = field(default_factory=Counter)
    covered: float = 0.0
    """The share of what is to be read that has been read, as far as one can tell."""

    @property
    def unreadable(self) -> bool:
        """Whether all text was kept back, which means the message content intent is missing."""
        return self.skipped[Reason.HIDDEN] > 0 and self.learned + self.known == 0


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
        "here. /train reads the whole history again."
    )


def failed(progress: Progress, why: str) -> str:
    """What is said when the reading could not go on."""
    return f"**Reading ended early**\n{_counts(progress)}\n{why} What was read stays learned; /train starts again."


def _counts(progress: Progress) -> str:
    parts = [f"{count(progress.read, 'message')} read", f"{progress.learned:,} learned"]
    if progress.known:
        parts.append(f"{progress.known:,} known already")
    if progress.removed:
        parts.append(f"{progress.removed:,} removed because they are gone")
    text = ", ".join(parts)
    skipped = [f"{number:,} {reason.value}" for reason, number in progress.skipped.most_common()]
    return f"{text}\nSkipped: {', '.join(skipped)}" if skipped else text


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
