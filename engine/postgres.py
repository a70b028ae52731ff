"""The store in a PostgreSQL database, which several processes may share.

What deletion means here. A verb that forgets has committed when it returns: no query finds the text
again. PostgreSQL keeps deleted rows (so overwriting a text before deleting it would only leave one
more of them) until VACUUM, which we run on the partition concerned: at once after an author or a
corpus was forgotten, within a minute or at closing after single documents were, and autovacuum is the
net. VACUUM frees the space without blanking it: bytes stay in the table's file until they are written
over, or `VACUUM FULL document` was run, and in the write-ahead log until its segments are recycled;
replicas and archives of the log have their own. Who needs more sets DATABASE_KEY: none of those bytes
can be read without it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from engine.errors import StoreError
from engine.postgres_connection import CHANNEL, Connection, DriverError, PostgresConnection
from engine.sql import SqlStore
from engine.sql_choices import Result, Transaction
from engine.store import Corpus, Document

_VACUUM_EVERY = 60.0
"""Seconds between two vacuums after single documents were forgotten."""
_LOOK_EVERY = 2.0
"""Seconds between two looks at the version, should a notification be lost or the server send none."""


class _PostgresTransaction:
    """Queries of ours, run the way psycopg has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, query: str, values: Sequence[object] = (), /) -> Result:
        return self._connection.execute(_in_psycopg(query), values)

    def executemany(self, query: str, values: Iterable[Sequence[object]], /) -> None:
        self._connection.cursor().executemany(_in_psycopg(query), values)


def _in_psycopg(query: str) -> bytes:
    """No query of ours has a question mark or a percent sign but for a value."""
    return query.replace("?", "%s").encode()


class PostgresStore(SqlStore):
    """`Store` on the database at `url`, which is reached and may fail as `PostgresConnection` says."""

    def __init__(self, url: str) -> None:
        self._server = PostgresConnection(url)
        self._listening: Connection | None = None
        self._waited_for = self.version()
        self._unvacuumed: set[int] = set()
        self._vacuumed = time.monotonic()
        self._together: Connection | None = None

    @contextmanager
    def _transaction(self, *, for_good: bool = True) -> Iterator[Transaction]:
        # Always for good: how long the server waits for its disk is for who runs it to say (synchronous_commit).
        if self._together is not None:
            with self._together.pipeline():
                yield _PostgresTransaction(self._together)
            return
        with self._server.use() as connection, connection.pipeline(), connection.transaction():
            yield _PostgresTransaction(connection)

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._server.use() as connection:
            return connection.execute(_in_psycopg(query), values).fetchall()

    def _among(self, column: str, numbers: Collection[int]) -> tuple[str, object]:
        return f"{column} = ANY(?)", list(numbers)

    # Many put at the same time; who changes something (refuses, forgets) waits for all of them, and they for it.
    # Were that one lock on the row, those who put would keep it among themselves for as long as there are enough of
    # them. So there is a door before it: whoever puts goes through in a moment, and who changes something shuts it.

    def _hold(self, db: Transaction) -> None:
        if self._together is None:  # else it is held already
            db.execute("SAVEPOINT door")
            db.execute("SELECT FROM latest FOR SHARE")
            db.execute("ROLLBACK TO SAVEPOINT door")
            db.execute("RELEASE SAVEPOINT door")
            db.execute("SELECT FROM latest FOR KEY SHARE")

    def _alone(self, db: Transaction) -> None:
        db.execute("SELECT FROM latest FOR NO KEY UPDATE")  # shuts the door
        db.execute("SELECT FROM latest FOR UPDATE")  # waits for those behind it

    def _announce(self, db: Transaction) -> None:
        if self._server.notifies:
            db.execute(f"NOTIFY {CHANNEL}")

    def _write(self, db: Transaction, corpus: Corpus, documents: list[Document]) -> None:
        db.execute(
            "INSERT INTO document (space, corpus, id, author, text) "
            "SELECT ?::bigint, ?::bigint, * FROM unnest(?::bigint[], ?::bigint[], ?::text[]) "
            "ON CONFLICT (space, corpus, id) DO UPDATE SET author = excluded.author, text = excluded.text",
            (
                corpus.space,
                corpus.id,
                [document.id for document in documents],
                [document.author for document in documents],
                [document.text for document in documents],
            ),
        )

    def _deleted(self, corpora: Iterable[Corpus], *, thoroughly: bool) -> None:
        self._unvacuumed.update(corpus.space for corpus in corpora)
        if self._together is None and (thoroughly or time.monotonic() - self._vacuumed > _VACUUM_EVERY):
            self._vacuum()

    def _vacuum(self) -> None:
        """Free what was deleted, where we may; what fails here is autovacuum's to do."""
        spaces, self._unvacuumed = self._unvacuumed, set()
        self._vacuumed = time.monotonic()
        try:
            partitions = self._server.partitions(spaces)
            with self._server.use() as connection:
                for partition in partitions:
                    connection.execute(f"VACUUM {partition}".encode())
        except StoreError:
            pass

    def wait_for_change(self, timeout: float, pause: Callable[[float], object] = time.sleep) -> bool:
        # A connection of its own: the other one is another thread's.
        until = time.monotonic() + timeout
        try:
            if self._listening is None or self._listening.closed:
                self._listening = self._server.connect()
                if self._server.notifies:
                    self._listening.execute(f"LISTEN {CHANNEL}".encode())
            while (version := self._version_now(self._listening)) == self._waited_for:
                if (left := until - time.monotonic()) <= 0 or pause(0):
                    return False
                for _ in self._listening.notifies(timeout=min(left, _LOOK_EVERY), stop_after=1):
                    pass
        except DriverError as error:
            if self._listening is not None:
                self._listening.close()
            raise self._server.explained(error) from None
        self._waited_for = version
        return True

    def _version_now(self, connection: Connection) -> int:
        return int(connection.execute("SELECT version FROM latest").fetchall()[0][0])

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._server.use() as connection, connection.transaction():
            with connection.pipeline():
                self._hold(_PostgresTransaction(connection))
            self._together = connection
            try:
                yield
            finally:
                self._together = None

    def backup(self, path: str) -> None:
        raise StoreError(
            "A PostgreSQL database is not copied from here; use pg_dump --format=custom "
            f"--exclude-table-data=wrapped_key --file={path} with the database's URL."
        )

    def close(self) -> None:
        if self._unvacuumed:
            self._vacuum()
        if self._listening is not None:
            self._listening.close()
        self._server.close()
