"""`python -m bot check`, `backup` and `restore`: for whoever runs the bot, from the command line."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import discord
import pytest

from bot.check import NEEDED
from engine import Corpus, Document, Engine, open_store

NO_TOKEN = {"DISCORD_TOKEN": "none.at.all"}
PROJECT = Path(__file__).parent.parent.parent


def bot(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m bot` with these settings only."""
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite3'}"} | environ
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)} | settings,
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def fill(path: Path, *texts: str) -> None:
    engine = Engine(open_store(f"sqlite:///{path}"))
    engine.learn(Corpus(1, 1), [Document(id, text) for id, text in enumerate(texts, start=1)])
    engine.close()


def test_check_says_that_all_is_well(tmp_path: Path) -> None:
    """And that without a token the playground opens."""
    ended = bot(tmp_path, "check")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "The database can be read and written" in ended.stdout
    assert "DISCORD_TOKEN is not set" in ended.stdout
    assert "encrypted volume" in ended.stdout


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"MEMORY_BUDGET_MB": "much"}, "MEMORY_BUDGET_MB"),
        ({"SHARD_IDS": "0,1"}, "SHARD_COUNT"),
        ({"SHARD_COUNT": "2", "SHARD_IDS": "2"}, "below SHARD_COUNT"),
        ({"DATABASE_URL": "sqlite:////proc/none/store.sqlite3"}, "/proc/none"),
    ],
)
def test_check_names_what_is_wrong(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    """Exit status 2, and a sentence with the cure."""
    ended = bot(tmp_path, "check", **environ)
    assert ended.returncode == 2
    assert "FAIL" in ended.stdout
    assert said in ended.stdout
    assert "Traceback" not in ended.stderr


def test_check_looks_for_what_the_invitation_asks_for() -> None:
    """Who was invited as README.md says lacks nothing, and the cure it names gives what is missing."""
    address = re.search(r"&permissions=(\d+)", (PROJECT / "README.md").read_text())
    assert address is not None
    assert discord.Permissions(int(address[1])) == discord.Permissions(**dict.fromkeys(NEEDED, True))


def test_check_without_a_network_says_what_was_not_checked(tmp_path: Path) -> None:
    """A token cannot be tried then; that is no failure."""
    ended = bot(tmp_path, "check", **NO_TOKEN)
    assert "Traceback" not in ended.stderr
    assert "not checked" in ended.stdout or "does not accept" in ended.stdout
    assert "none.at.all" not in ended.stdout + ended.stderr


def test_a_backup_is_made_and_restored(tmp_path: Path) -> None:
    """The copy holds what was there then, and an existing file is never overwritten."""
    store, copy = tmp_path / "store.sqlite3", tmp_path / "copy.sqlite3"
    fill(store, "the cat sat on the mat", "the dog sat on the log")
    assert bot(tmp_path, "backup", str(copy)).returncode == 0
    again = bot(tmp_path, "backup", str(copy))
    assert again.returncode == 2
    assert "exists already" in again.stderr
    in_the_way = bot(tmp_path, "restore", str(copy))
    assert in_the_way.returncode == 2
    assert "move it away" in in_the_way.stderr
    store.unlink()
    restored = bot(tmp_path, "restore", str(copy))
    assert restored.returncode == 0, restored.stderr
    with sqlite3.connect(store) as db:
        assert db.execute("SELECT count(*) FROM document").fetchone() == (2,)
    db.close()


def test_what_is_no_backup_is_not_restored(tmp_path: Path) -> None:
    """One sentence, and nothing is put in place."""
    (tmp_path / "notes.txt").write_text("these are notes, and no database at all" * 50, encoding="utf-8")
    ended = bot(tmp_path, "restore", str(tmp_path / "notes.txt"))
    assert ended.returncode == 2
    assert "not a database" in ended.stderr
    assert not (tmp_path / "store.sqlite3").exists()


def test_a_word_that_is_no_command_is_answered_with_those_there_are(tmp_path: Path) -> None:
    """Exit status 2."""
    ended = bot(tmp_path, "chekc")
    assert ended.returncode == 2
    assert "check | backup" in ended.stderr
