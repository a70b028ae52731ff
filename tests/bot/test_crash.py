"""A kill -9 at any moment: nothing acknowledged is lost, nothing is corrupted, and a reading goes on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parent.parent.parent


@pytest.mark.skipif(sys.platform == "win32", reason="the processes are forked")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_killed_process_loses_nothing_it_acknowledged(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Fifty processes killed in the middle of work, compared after each; the history is read through meanwhile."""
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path}/store.sqlite3"
    driver = [sys.executable, str(Path(__file__).with_name("crash_driver.py")), url, "50"]
    ended = subprocess.run(  # noqa: S603 - our own script
        driver, env={"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stderr
    found = re.search(r"50 kills, (\d+) acknowledged, (\d+) read, (\d+) resumed", ended.stdout)
    assert found is not None
    acknowledged, read, resumed = map(int, found.groups())
    assert acknowledged > 500
    assert read > 0
    assert resumed > 10
