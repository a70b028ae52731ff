"""The store in one SQLite file: what only SQLite does its way."""

import json
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from typing import Any

from engine.sql import SqlStore
from engine.sql_choices import Transaction
from engine.sqlite_file import SqliteFile
from engine.store import Corpus, Document

_LOOK_EVERY = 0.5
"""Seconds between two looks at the version while waiting for another process to change it."""


class SqliteStore(SqlStore):
    """`Store` on the file at `path`, which is opened and may fail as `SqliteFile` says."""

    def __init__(self, path: str) -> None:
        self._file = SqliteFile(path)
        self._watched: SqliteFile | None = None
        self._waited_for = self.version()

    def _transaction(self, *, for_good: bool = True) -> AbstractContextManager[Transaction]:
        return self._file.transaction(for_good=for_good)

    def _rows(self, query: str, *values: object) -> list[Any]:
        return self._file.rows(query, *values)

    def _among(self, column: str, numbers: Collection[int]) -> tuple[str, object]:
        return f"{column} IN (SELECT value FROM json_each(?))", json.dumps(list(numbers))

    def _hold(self, db: Transaction) -> None:
        pass  # one transaction writes at a time

    def _alone(self, db: Transaction) -> None:
        pass

    def _announce(self, db: Transaction) -> None:
        pass  # others look at the version

    def _write(self, db: Transaction, corpus: Corpus, documents: list[Document]) -> None:
        db.executemany(
            "INSERT OR REPLACE INTO document (space, corpus, id, author, text) VALUES (?, ?, ?, ?, ?)",
            [(corpus.space, corpus.id, document.id, document.author, document.text) for document in documents],
        )

    def _deleted(self, corpora: Iterable[Corpus], *, thoroughly: bool) -> None:
        self._file.wipe_log()

    def wait_for_change(self, timeout: float, pause: Callable[[float], object] = time.sleep) -> bool:
        # A connection of its own: the other one may be in the middle of a transaction.
        if self._watched is None:
            self._watched = SqliteFile(str(self._file.path)) if self._file.path else self._file
            self._file.is_folded = self._watched is not self._file
        if self._file.is_folded:
            self._watched.fold_log_of(self._file)
        until = time.monotonic() + timeout
        while (version := int(self._watched.rows("SELECT version FROM latest")[0][0])) == self._waited_for:
            if (left := until - time.monotonic()) <= 0 or pause(min(left, _LOOK_EVERY)):
                return False
        self._waited_for = version
        return True

    def together(self) -> AbstractContextManager[None]:
        return self._file.together()

    def backup(self, path: str) -> None:
        self._file.copy(path)

    def close(self) -> None:
        if self._watched is not None and self._watched is not self._file:
            self._watched.close()
        self._file.close()
