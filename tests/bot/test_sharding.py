"""Two bots, each with its half of the servers, on one database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import discord
import pytest
from discord.ext import commands

from bot import create_bot
from bot.settings import Settings, SettingsError

PROJECT = Path(__file__).parent.parent.parent


def start(url: str, shard: int) -> subprocess.Popen[str]:
    driver = [sys.executable, str(Path(__file__).with_name("shard_driver.py")), url, "2", str(shard)]
    return subprocess.Popen(  # noqa: S603 - our own script
        driver, env=os.environ | {"PYTHONPATH": str(PROJECT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_processes_share_the_servers_and_the_database(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each learns and answers for its own servers; neither touches the other's."""
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path}/store.sqlite3"
    processes = [start(url, shard) for shard in (0, 1)]
    try:
        corpora = [json.loads(process.stdout.readline()) for process in processes if process.stdout]
        assert [(space >> 22) % 2 for _, space in corpora] == [0, 1]
        for shard, process in enumerate(processes):
            out, _ = process.communicate(json.dumps(corpora) + "\n", timeout=60)
            shown, sizes = json.loads(out)
            assert f"\n{shard} " in shown
            assert f"\n{1 - shard} " not in shown
            assert sizes == [2, 2]
            assert process.returncode == 0
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_the_bot_is_sharded_by_default(tmp_path: Path) -> None:
    """And any bot of discord.py's, as far as others can tell."""
    bot = create_bot({"DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite3'}"})
    assert isinstance(bot, commands.Bot)
    assert isinstance(bot, discord.AutoShardedClient)


def test_shards_are_read_from_the_settings() -> None:
    """As a list, or as a range."""
    settings = Settings.read({"SHARD_COUNT": "32", "SHARD_IDS": "0, 4-6"})
    assert settings.shard_count == 32
    assert settings.shard_ids == (0, 4, 5, 6)


@pytest.mark.parametrize("ids", ["x", "1-", "-1", "3", "0,0", "2-1"])
def test_shards_that_cannot_be_are_refused(ids: str) -> None:
    """The error names the variable and what was found."""
    with pytest.raises(SettingsError, match="SHARD_IDS"):
        Settings.read({"SHARD_COUNT": "3", "SHARD_IDS": ids})
