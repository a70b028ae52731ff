"""The bot is the same on every store; encrypted, no file of its data folder holds what people wrote."""

from pathlib import Path
from typing import Any

import pytest

from engine import make_key

CANARY = "kanarienvogel"


@pytest.fixture(params=["sqlite", "postgres", "encrypted sqlite", "encrypted postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def environ(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    url = f"sqlite:///{tmp_path}/data/store.sqlite3"
    if "postgres" in kind:
        url = request.getfixturevalue("postgres_url")
    return {"DATABASE_URL": url, "DATABASE_KEY": make_key() if "encrypted" in kind else ""}


async def test_learning_answering_forgetting_and_restarting(world: Any, kind: str, tmp_path: Path) -> None:
    """History and live messages are learned, answered from, forgotten; after a restart all is as it was."""
    world.history("the cat sat on the mat", f"the cat sat on the {CANARY}")
    await world.train()
    said = await world.member.send(world.channel, "the dog sat on the log")
    assert await world.documents() == 3
    assert CANARY in await world.probs("sat on the")
    data = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert (CANARY.encode() in data) == (kind == "sqlite")
    await world.restart()
    assert await world.documents() == 3
    assert CANARY in await world.probs("sat on the")
    await world.member.delete(said)
    assert await world.documents() == 2
    assert "log" not in await world.probs("sat on the")


def test_no_error_tells_a_key_or_a_password() -> None:
    """Settings may be printed, and errors end up in logs."""
    from bot.settings import Settings

    settings = Settings.read({"DATABASE_URL": "postgresql://me:hunter2@host/db", "DATABASE_KEY": "s3cret"})
    assert "hunter2" not in repr(settings)
    assert "s3cret" not in repr(settings)
