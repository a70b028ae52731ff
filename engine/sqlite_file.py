"""One SQLite file: opened, brought to the latest schema, kept in sight, copied while in use.

What is deleted is overwritten (`secure_delete`) and leaves the write-ahead log at once (a truncating
checkpoint after each deletion): the bytes of a forgotten text are in no file of ours.

A transaction is in the file for good once the disk says so, which takes its time. Learning does not wait for
that: what it wrote outlives the end of the process at any moment, but perhaps not that of the machine. All
else does wait, and then what was learned before is there for good as well.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import NewerSchema, NotADatabase, StoreError

SCHEMA_VERSION = 2
_APPLICATION = 0x4D61726B  # "Mark": tells our files from other people's databases
_WAIT = 10_000
"""Milliseconds to wait for another process's transaction."""
_BETWEEN_TURNS = 0.02
"""Seconds between two attempts to open a file that another process is opening."""
_WAIT_TO_WIPE = 50
"""Milliseconds to wait for another process to have read, before the log is wiped later."""
_WIPE_EVERY = 1.0
"""Seconds between two attempts at that."""
_FOLD_AT, _FOLD_AT_LAST = 1_000, 16_000
"""Pages in the log at which a commit folds them into the file; and where another thread does that meanwhile."""
_STEPS = {
    1: """
CREATE TABLE document (
    space INTEGER NOT NULL, corpus INTEGER NOT NULL, id INTEGER NOT NULL,
    author INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (space, corpus, id)
) WITHOUT ROWID;
CREATE INDEX document_author ON document (author, space, corpus, id);
CREATE TABLE choice (
    space INTEGER NOT NULL, corpus INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (space, corpus, name)
) WITHOUT ROWID;
""",
    2: """
CREATE TABLE refusal (
    space INTEGER NOT NULL, author INTEGER NOT NULL, everywhere INTEGER NOT NULL,
    PRIMARY KEY (space, author, everywhere)
) WITHOUT ROWID;
CREATE TABLE job (
    space INTEGER NOT NULL, corpus INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (space, corpus, kind)
) WITHOUT ROWID;
CREATE TABLE wrapped_key (
    space INTEGER NOT NULL, corpus INTEGER NOT NULL, wrapped TEXT NOT NULL,
    PRIMARY KEY (space, corpus)
) WITHOUT ROWID;
CREATE TABLE forgotten (
    space INTEGER NOT NULL, corpus INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (space, corpus)
) WITHOUT ROWID;
CREATE TABLE latest (version INTEGER NOT NULL);
INSERT INTO latest (version) VALUES (1);
""",
}
"""What each version of the schema added to the one before."""


def make_private(path: Path) -> None:
    """Make a file that its owner alone may read, whatever is usual here; one that is there stays as it is.

    SQLite gives the log beside a file, and what else it makes there, the mode of the file.
    """
    with suppress(OSError):  # SQLite says what is wrong
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


class SqliteFile:
    """A connection to the file at `path` (made when missing, with its folders); "" keeps it in memory.

    Raises NotADatabase for a file that is something else, NewerSchema for one written by a newer
    version, StoreError for one that cannot be opened or written. None of them changes the file.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path) if path else None
        self.name = path or "the database in memory"
        if self.path:
            self._make_folder(self.path.parent)
        self.unwiped = False
        """Whether the log may still hold what was deleted."""
        self._wiped = 0.0
        self._closed = False
        self._together = False
        self.is_folded = False
        """Whether another thread folds the log into the file (see `fold_log_of`)."""
        self._connect()

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The folder {folder} cannot be made ({error.strerror}); name one that can be written."
            ) from error

    def _connect(self) -> None:
        if self.path:
            make_private(self.path)
        with self.sentences():
            self.db = sqlite3.connect(self.path or ":memory:", isolation_level=None, check_same_thread=False)
            try:
                self._prepare_in_turn()
            except BaseException:
                self.db.close()
                raise
        self._identity = self._look()

    def _prepare_in_turn(self) -> None:
        """Where two processes open a file at once, SQLite refuses one of them at once instead of making it wait."""
        until = time.monotonic() + _WAIT / 1000
        while True:
            try:
                return self._prepare()
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(_BETWEEN_TURNS)

    def _prepare(self) -> None:
        version = self._pragma("user_version")
        if version == 0 and self._pragma("application_id") == 0 and not self._pragma("schema_version"):
            pass  # a new, empty file
        elif self._pragma("application_id") != _APPLICATION:
            raise NotADatabase(f"{self.name} is a database of another program; name another file.")
        elif version > SCHEMA_VERSION:
            raise NewerSchema(
                f"{self.name} has schema version {version} and this version reads up to "
                f"{SCHEMA_VERSION}; update this software, or name another file."
            )
        self.db.execute(f"PRAGMA busy_timeout = {_WAIT}")
        self.db.execute("PRAGMA secure_delete = ON")
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("BEGIN IMMEDIATE")
        with self._ending():
            for step in range(self._pragma("user_version") + 1, SCHEMA_VERSION + 1):
                for statement in _STEPS[step].split(";"):
                    self.db.execute(statement)
                self.db.execute(f"PRAGMA application_id = {_APPLICATION}")
                self.db.execute(f"PRAGMA user_version = {step}")

    def _pragma(self, name: str) -> int:
        return int(self.db.execute(f"PRAGMA {name}").fetchone()[0])

    def _look(self) -> tuple[int, int] | None:
        """Which file stands at the path now; None when there is none."""
        try:
            there = self.path and self.path.stat()
        except OSError:
            return None
        return (there.st_dev, there.st_ino) if there else None

    def _check_in_sight(self) -> None:
        """A file that was deleted or replaced still takes writes, which nobody would ever see again."""
        if self.path and not self._closed and (found := self._look()) != self._identity:
            if found is None:
                raise StoreError(
                    "{name} is gone; put the file back (from a backup, perhaps), or restart to begin a new one.",
                    name=self.name,
                )
            self.db.close()
            self._connect()

    @contextmanager
    def sentences(self) -> Iterator[None]:
        """Turn what sqlite3 raises into a sentence."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
                raise NotADatabase(
                    f"{self.name} is not a database; name another file, or one that does not exist yet."
                ) from error
            raise StoreError(
                "{name} could not be used ({error}); check that the file and its folder can be "
                "written, that the disk is not full, and that no other program holds it.",
                name=self.name,
                error=error,
            ) from error

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Commit what the block did, or, when it fails, none of it."""
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    @contextmanager
    def transaction(self, *, for_good: bool = True) -> Iterator[sqlite3.Connection]:
        """All that the block writes, or nothing; within `together` it is part of that."""
        if self._together:
            with self.sentences():
                yield self.db
            return
        self._check_in_sight()
        with self.sentences():
            self.db.execute(f"PRAGMA wal_autocheckpoint = {_FOLD_AT_LAST if self.is_folded else _FOLD_AT}")
            self.db.execute(f"PRAGMA synchronous = {'FULL' if for_good else 'NORMAL'}")
            self.db.execute("BEGIN IMMEDIATE")
            with self._ending():
                yield self.db
        self._wipe_again()

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction for all that the block learns."""
        with self.transaction(for_good=False):
            self._together = True
            try:
                yield
            finally:
                self._together = False
        if self.unwiped:
            self.wipe_log()

    def rows(self, query: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]  # as many kinds as queries
        """All rows at once, so that no read stays open while documents change."""
        self._check_in_sight()
        self._wipe_again()
        with self.sentences():
            return self.db.execute(query, values).fetchall()

    def wipe_log(self) -> None:
        """Empty the write-ahead log, which still holds the pages as they were before a deletion.

        The deletion itself is done; where this cannot be (another process is reading, the disk is
        full), it is tried again with the verbs that follow, or happens at closing.
        """
        if self._together:
            self.unwiped = True  # when all of it is stored
            return
        try:
            self.db.execute(f"PRAGMA busy_timeout = {_WAIT_TO_WIPE}")
            try:
                self.unwiped = bool(self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            finally:
                self.db.execute(f"PRAGMA busy_timeout = {_WAIT}")
        except sqlite3.DatabaseError:
            self.unwiped = True
        self._wiped = time.monotonic()

    def fold_log_of(self, writing: "SqliteFile") -> None:
        """Write into the file what another connection to it put into the log; for a thread that has the time.

        And wipe the log where that one could not, perhaps because this one was reading.
        """
        if writing.unwiped:
            writing.unwiped = False
            self.wipe_log()
            writing.unwiped |= self.unwiped
        else:
            with self.sentences():
                self.db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _wipe_again(self) -> None:
        if self.unwiped and not self._together and time.monotonic() - self._wiped >= _WIPE_EVERY:
            self.wipe_log()

    def copy(self, path: str) -> None:
        """Write a complete copy to a new file, while this one is in use; keys stay out of it."""
        if Path(path).exists():
            raise StoreError(f"{path} exists already; name a file that does not, and no backup is ever overwritten.")
        self._check_in_sight()
        self._make_folder(Path(path).parent)
        make_private(Path(path))
        with self.sentences():
            copy = sqlite3.connect(path, isolation_level=None)
            try:
                self.db.backup(copy)
                copy.execute("PRAGMA secure_delete = ON")
                copy.execute("DELETE FROM wrapped_key")
                copy.execute("PRAGMA journal_mode = DELETE")
                found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            finally:
                copy.close()
        if found != "ok":
            raise StoreError(f"The copy {path} is damaged ({found}); check the disk, and make another.")

    def close(self) -> None:
        """Finish; whatever is asked afterwards is a StoreError."""
        self._closed = True
        with self.sentences():
            self.db.close()
