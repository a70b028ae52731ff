"""What people chose, refusals, jobs and keys, in the SQL that SQLite and PostgreSQL share.

Values stand as `?` in every query; a store's driver has them its own way.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from engine.store import Corpus

HERE = "space = ? AND corpus = ?"


class Result(Protocol):
    """What a query gave."""

    @property
    def rowcount(self) -> int:
        """How many rows it concerned, known when the transaction is over."""

    def fetchall(self) -> list[Any]:
        """All its rows."""


class Transaction(Protocol):
    """Where queries are run that hold together."""

    def execute(self, query: str, values: Sequence[object] = (), /) -> Result:
        """Run one query."""

    def executemany(self, query: str, values: Iterable[Sequence[object]], /) -> object:
        """Run one query with many values."""


class SqlChoices(ABC):
    """The verbs of `Store` that concern no documents. What a driver must give is abstract."""

    @abstractmethod
    def _transaction(self, *, for_good: bool = True) -> AbstractContextManager[Transaction]:
        """All that the block writes, or nothing.

        Unless it is `for_good` the end of the machine may undo it, with all that came after; that of the process not.
        """

    @abstractmethod
    def _rows(self, query: str, *values: object) -> list[Any]:
        """All rows of one query."""

    @abstractmethod
    def _alone(self, db: Transaction) -> None:
        """From here to the end of the transaction nobody puts or removes documents, or changes anything as here."""

    @abstractmethod
    def _announce(self, db: Transaction) -> None:
        """Tell other processes, once this is committed, that the version is another one."""

    def _changed(self, db: Transaction) -> None:
        """Count a change that others must hear of. First in its transaction, or two could wait for each other."""
        self._alone(db)
        db.execute("UPDATE latest SET version = version + 1")
        self._announce(db)

    def choose(self, corpus: Corpus, name: str, value: str | None) -> None:
        with self._transaction() as db:
            self._changed(db)
            self._keep(db, "choice", ("name", "value"), corpus, name, value)

    def _keep(
        self, db: Transaction, table: str, columns: tuple[str, str], corpus: Corpus, name: str, value: str | None
    ) -> None:
        key, column = columns
        if value is None:
            db.execute(f"DELETE FROM {table} WHERE {HERE} AND {key} = ?", (corpus.space, corpus.id, name))
        else:
            db.execute(
                f"INSERT INTO {table} (space, corpus, {key}, {column}) VALUES (?, ?, ?, ?) "
                f"ON CONFLICT (space, corpus, {key}) DO UPDATE SET {column} = excluded.{column}",
                (corpus.space, corpus.id, name, value),
            )

    def choices(self, name: str) -> dict[Corpus, str]:
        rows = self._rows("SELECT corpus, space, value FROM choice WHERE name = ?", name)
        return {Corpus(id, space): value for id, space, value in rows}

    def refuse(self, author: int, space: int | None) -> None:
        self._set_refusal(
            "INSERT INTO refusal (author, space, everywhere) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", author, space
        )

    def allow(self, author: int, space: int | None) -> None:
        self._set_refusal("DELETE FROM refusal WHERE author = ? AND space = ? AND everywhere = ?", author, space)

    def _set_refusal(self, query: str, author: int, space: int | None) -> None:
        with self._transaction() as db:
            self._changed(db)
            db.execute(query, (author, space or 0, space is None))

    def refusals(self) -> set[tuple[int, int | None]]:
        rows = self._rows("SELECT author, space, everywhere FROM refusal")
        return {(author, None if everywhere else space) for author, space, everywhere in rows}

    def version(self) -> int:
        return int(self._rows("SELECT version FROM latest")[0][0])

    def forgotten_since(self, version: int) -> set[Corpus]:
        return {Corpus(*row) for row in self._rows("SELECT corpus, space FROM forgotten WHERE version > ?", version)}

    def save_job(self, corpus: Corpus, kind: str, state: str | None) -> None:
        with self._transaction(for_good=False) as db:
            self._keep(db, "job", ("kind", "state"), corpus, kind, state)

    def jobs(self, kind: str) -> dict[Corpus, str]:
        rows = self._rows("SELECT corpus, space, state FROM job WHERE kind = ?", kind)
        return {Corpus(id, space): state for id, space, state in rows}

    def save_key(self, corpus: Corpus, wrapped: str) -> str:
        with self._transaction() as db:
            db.execute(
                "INSERT INTO wrapped_key (space, corpus, wrapped) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (corpus.space, corpus.id, wrapped),
            )
        return self.keys(corpus)[corpus]

    def replace_key(self, corpus: Corpus, old: str, new: str) -> None:
        with self._transaction() as db:
            db.execute(
                f"UPDATE wrapped_key SET wrapped = ? WHERE {HERE} AND wrapped = ?", (new, corpus.space, corpus.id, old)
            )

    def keys(self, corpus: Corpus | None = None) -> dict[Corpus, str]:
        where, values = (f"WHERE {HERE}", (corpus.space, corpus.id)) if corpus else ("", ())
        rows = self._rows(f"SELECT corpus, space, wrapped FROM wrapped_key {where}", *values)
        return {Corpus(id, space): wrapped for id, space, wrapped in rows}
