"""What can be set, read once from the environment; every setting stands in `.env.example` too.

A setting that cannot be understood is an error that names the variable, what was found and what was
expected. An empty variable counts as one that is not set.
"""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

METRICS_EXTRA = "METRICS_PORT needs the extra “metrics”: pip install -e '.[metrics]'."
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class SettingsError(ValueError):
    """A variable that cannot be understood; `str(error)` is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run. What is secret is kept out of the repr, so that it never reaches a log."""

    database_url: str = field(repr=False)
    """May hold a password."""
    token: str | None = field(default=None, repr=False)
    database_key: str | None = field(default=None, repr=False)
    """With it what people wrote is stored encrypted; several, with commas between, to change it."""
    memory_budget: int = 512 * 2**20
    """Bytes the models may take together."""
    log_level: int = logging.INFO
    shard_count: int | None = None
    """How many shards there are in all; None asks Discord."""
    shard_ids: tuple[int, ...] | None = None
    """Which of them run in this process; None takes all."""
    backfill: int = 500
    """Messages per channel read again after an absence; 0 reads none."""
    metrics_port: int | None = None
    """Where Prometheus finds the numbers, on this machine only; None publishes none."""
    playground_port: int = 8642
    """0 lets the system choose a free one."""
    playground_browser: bool = True
    """Whether the playground opens its page by itself."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What was read, for whoever makes a second bot with other settings."""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Raises SettingsError."""
        return cls(
            database_url=_database_url(environ),
            token=_text(environ, "DISCORD_TOKEN"),
            database_key=_text(environ, "DATABASE_KEY"),
            memory_budget=_number(environ, "MEMORY_BUDGET_MB", 512, low=1, high=1_048_576) * 2**20,
            log_level=_log_level(environ),
            shard_count=_number(environ, "SHARD_COUNT", 0, low=0, high=65_536) or None,
            shard_ids=_shard_ids(environ),
            backfill=_number(environ, "BACKFILL", 500, low=0, high=100_000),
            metrics_port=_number(environ, "METRICS_PORT", 0, low=0, high=65_535) or None,
            playground_port=_number(environ, "PLAYGROUND_PORT", 8642, low=0, high=65_535),
            playground_browser=bool(_number(environ, "PLAYGROUND_BROWSER", 1, low=0, high=1)),
            environ=environ,
        )


def _text(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(name, "").strip() or None


def _number(environ: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = _text(environ, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingsError(f"{name} is {text!r}; it must be a whole number from {low} to {high}.")
    return int(text)


def _shard_ids(environ: Mapping[str, str]) -> tuple[int, ...] | None:
    """The shards given as 0,1,2 or 0-15, or both."""
    text = _text(environ, "SHARD_IDS")
    if text is None:
        return None
    count = _number(environ, "SHARD_COUNT", 0, low=0, high=65_536)
    ids: list[int] = []
    for part in text.split(","):
        bounds = part.strip().split("-")
        if len(bounds) > 2 or not all(bound.isascii() and bound.isdigit() for bound in bounds):  # noqa: PLR2004
            raise SettingsError(f"SHARD_IDS is {text!r}; it must look like 0,1,2 or 0-15.")
        ids += range(int(bounds[0]), min(int(bounds[-1]), count) + 1)
    if not ids or len(set(ids)) < len(ids) or max(ids) >= count:
        raise SettingsError(
            f"SHARD_IDS is {text!r} and SHARD_COUNT is {count}; the ids must be different, each below SHARD_COUNT."
        )
    return tuple(sorted(ids))


def _log_level(environ: Mapping[str, str]) -> int:
    text = _text(environ, "LOG_LEVEL") or "INFO"
    if text.upper() not in LOG_LEVELS:
        raise SettingsError(f"LOG_LEVEL is {text!r}; it must be one of {', '.join(LOG_LEVELS)}.")
    return logging.getLevelNamesMapping()[text.upper()]


def _database_url(environ: Mapping[str, str]) -> str:
    url = _text(environ, "DATABASE_URL")
    if url is None:
        return f"sqlite:///{_data_folder(environ) / 'markov-channel-bot' / 'store.sqlite3'}"
    if not url.startswith(("sqlite://", "postgresql://", "postgres://")):
        # What was found may hold a password: only the part before :// is said.
        raise SettingsError(
            f"DATABASE_URL starts with {url.partition('://')[0][:20]!r}; "
            "it must look like sqlite:///path/to/file.sqlite3 or postgresql://user:password@host:5432/name."
        )
    return url


def _data_folder(environ: Mapping[str, str]) -> Path:
    """Where this system keeps what programs store for their user."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
