"""Settings are read once, and a bad one is named."""

import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import discord
import pytest
import simcord

from bot import create_bot
from bot.__main__ import explanation
from bot.settings import Settings, SettingsError
from engine import StoreError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MEMORY_BUDGET_MB", "much"),
        ("MEMORY_BUDGET_MB", "0"),
        ("MEMORY_BUDGET_MB", "-5"),
        ("LOG_LEVEL", "chatty"),
        ("PLAYGROUND_PORT", "70000"),
        ("PLAYGROUND_BROWSER", "yes"),
        ("DATABASE_URL", "mysql://host/db"),
    ],
)
def test_an_error_names_the_variable_what_was_found_and_what_was_expected(variable: str, value: str) -> None:
    """Nobody has to look into the code to put a setting right."""
    with pytest.raises(SettingsError) as error:
        Settings.read({variable: value})
    assert str(error.value).startswith(variable)
    assert value.partition(":")[0] in str(error.value)
    assert "must" in str(error.value)


def test_a_password_in_a_database_url_is_not_said() -> None:
    """An error ends up in logs."""
    with pytest.raises(SettingsError) as error:
        Settings.read({"DATABASE_URL": "mysql://me:hunter2@host/db"})
    assert "hunter2" not in str(error.value)


def test_defaults_are_sane() -> None:
    """With no variables at all there is a file in the user's data folder, and no token."""
    settings = Settings.read({"XDG_DATA_HOME": "/data", "DISCORD_TOKEN": "  "})
    assert settings.token is None
    assert settings.database_url.startswith("sqlite:///")
    assert settings.memory_budget == 512 * 2**20


def test_the_token_is_not_in_the_repr() -> None:
    """Settings may be printed."""
    assert "s3cret" not in repr(Settings.read({"DISCORD_TOKEN": "s3cret"}))


def test_every_setting_stands_in_the_example_file() -> None:
    """`.env.example` is the list of all there is."""
    example = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    read = set(re.findall(r'environ, "(\w+)"', (ROOT / "bot" / "settings.py").read_text()))
    assert example == read


def test_the_program_ends_with_one_sentence_and_status_2() -> None:
    """Bad settings are explained to whoever starts the bot, without a traceback."""
    ended = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=ROOT,
        env={"LOG_LEVEL": "loud"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == "LOG_LEVEL is 'loud'; it must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL.\n"


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (discord.LoginFailure("Improper token has been passed."), "copy the bot's token again"),
        (discord.PrivilegedIntentsRequired(None), "message content intent is off; turn it on"),
        (aiohttp.ClientConnectionError(), "check this machine's connection"),
        (StoreError("The file cannot be opened; name another."), "name another"),
    ],
)
def test_what_only_its_owner_can_put_right_is_said_with_the_cure(error: Exception, cure: str) -> None:
    """A bad token, a missing intent, no network and no database are no tracebacks."""
    assert cure in (explanation(error) or "")


async def test_a_database_that_cannot_be_opened_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    """The bot does not start without its store, and says what is wrong with it."""
    file = tmp_path / "store.sqlite3"
    file.write_text("this is no database, whatever its name says" * 100)
    bot = create_bot({"DATABASE_URL": f"sqlite:///{file}"})
    with pytest.raises(StoreError, match="is not a database; name another file"):
        await simcord.Env(bot).start()
    await bot.close()
