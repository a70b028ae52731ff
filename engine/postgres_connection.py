"""A PostgreSQL database: reached, brought to the latest schema, reached again after it was lost.

The schema keeps to what every distributed PostgreSQL can do with it as it stands. Every key begins
with the space, so all of a space lies together and every verb but the few that ask across spaces
touches one partition. On PostgreSQL itself the table of documents is hash-partitioned by space; where
the server spreads tables by their keys on its own (YugabyteDB, CockroachDB) it is plain, and with the
Citus extension all tables of corpora are distributed by space. Kept out for that: foreign keys,
sequences and identity columns (ids come from outside), triggers and stored functions, unique keys
without the space, extensions, temporary tables, table locks, advisory locks, session state.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.errors import InvalidArgument, NewerSchema, NotADatabase, StoreError

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError as error:
    raise StoreError(
        f"PostgreSQL needs the package psycopg ({error.name} is missing); install this software with its "
        'extra "postgres": pip install "markov-channel-bot[postgres]".'
    ) from error

DriverError = psycopg.Error
Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMA_VERSION = 2
"""Counted along with the schema of SQLite files; the first on PostgreSQL was 2."""
PARTITIONS = 16
CHANNEL = "markov_channel_bot"
"""What processes listen to for each other's choices."""
_TABLES = {
    "document": "id bigint NOT NULL, author bigint NOT NULL, text text NOT NULL, PRIMARY KEY (space, corpus, id)",
    "choice": "name text NOT NULL, value text NOT NULL, PRIMARY KEY (space, corpus, name)",
    "job": "kind text NOT NULL, state text NOT NULL, PRIMARY KEY (space, corpus, kind)",
    "wrapped_key": "wrapped text NOT NULL, PRIMARY KEY (space, corpus)",
    "forgotten": "version bigint NOT NULL, PRIMARY KEY (space, corpus)",
}
_SMALL_TABLES = """
CREATE TABLE refusal (
    space bigint NOT NULL, author bigint NOT NULL, everywhere boolean NOT NULL,
    PRIMARY KEY (space, author, everywhere)
);
CREATE TABLE latest (schema bigint PRIMARY KEY, version bigint NOT NULL);
"""
_REACH = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "markov-channel-bot",
}
"""How soon a network that was cut is noticed; what the URL says goes before it."""
_PAUSE = 1.0
"""Seconds for which a database that could not be reached is not tried again: verbs fail at once instead."""


class PostgresConnection:
    """A connection to the database a URL names, made anew when it was lost.

    Raises InvalidArgument for a URL that is none, NewerSchema for a database written by a newer
    version, NotADatabase for tables of another program, StoreError when it cannot be reached.
    """

    def __init__(self, url: str) -> None:
        try:
            asked = conninfo_to_dict(url)
        except psycopg.ProgrammingError:  # its text may hold the password
            raise InvalidArgument(
                "The database URL cannot be understood; it must look like postgresql://user:password@host:5432/name."
            ) from None
        self._conninfo: dict[str, Any] = {**_REACH, **asked}
        self.name = f"The database {asked.get('dbname', '')!r} on {asked.get('host', 'this machine')}"
        self._connection: Connection | None = None
        self._closed = False
        self._tried = -_PAUSE
        self._unreached = StoreError("")
        self.notifies = False
        try:
            with self.use() as connection:
                self._prepare(connection)
        except BaseException:
            self.close()
            raise

    def _reached(self) -> Connection:
        """A connection that is alive as far as can be seen without asking the server."""
        if self._connection is not None and not self._connection.closed:
            try:
                for _ in range(2):  # reads that the server hung up, if it did: first why, then that
                    self._connection.pgconn.consume_input()
            except psycopg.Error:
                self._connection.close()
            if not self._connection.broken and not self._connection.closed:
                return self._connection
        if time.monotonic() - self._tried < _PAUSE:
            raise self._unreached.with_traceback(None)
        try:
            self._connection = self.connect()
        except StoreError as error:
            self._tried, self._unreached = time.monotonic(), error
            raise
        return self._connection

    def connect(self) -> Connection:
        """One more connection, the caller's to close."""
        if self._closed:
            raise StoreError(f"{self.name} was closed; open it again.")
        try:
            connection: Connection = psycopg.connect(**self._conninfo, autocommit=True)
            connection.execute("SET lock_timeout = '10s'")
        except (psycopg.Error, UnicodeError) as error:
            raise self.explained(error) from None
        return connection

    def explained(self, error: Exception) -> StoreError:
        """Turn what psycopg raises into a sentence without a password or anything people wrote.

        To be raised `from None`: a log of the cause would show the details, a whole row perhaps.
        """
        diagnosis = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        found = diagnosis or (str(error).splitlines() or [type(error).__name__])[0]
        if password := self._conninfo.get("password"):
            found = found.replace(str(password), "***")
        return StoreError(
            "{name} could not be used ({error}); check that it runs and can be reached, that user and password "
            "are right and may create tables, and that its disk is not full.",
            name=self.name,
            error=found,
        )

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """The connection; what goes wrong on it becomes a sentence, and the next use connects anew if need be."""
        connection = self._reached()
        try:
            yield connection
        except psycopg.Error as error:
            raise self.explained(error) from None

    def close(self) -> None:
        """Finish; whatever is asked afterwards is a StoreError."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _prepare(self, connection: Connection) -> None:
        if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
            raise StoreError(f"{self.name} stores text as {encoding}; make one with ENCODING 'UTF8'.")
        version = self._schema_version(connection)
        if version is None:
            try:
                self._create(connection)
            except (psycopg.errors.DuplicateTable, psycopg.errors.UniqueViolation) as error:
                # Either another process was quicker by a moment, or the tables are not ours.
                if self._schema_version(connection) is None:
                    raise NotADatabase(f"{self.name} holds another program's tables; name another one.") from error
            version = self._schema_version(connection) or 0
        if version > SCHEMA_VERSION:
            raise NewerSchema(
                f"{self.name} has schema version {version} and this version reads up to {SCHEMA_VERSION}; "
                "update this software, or name another database."
            )
        self.notifies = self._can(connection, f"NOTIFY {CHANNEL}")
        self._partitioned = bool(connection.execute("SELECT 1 FROM pg_partitioned_table").fetchall())

    def partitions(self, spaces: Iterable[int]) -> list[str]:
        """The tables that hold these spaces' documents."""
        if not self._partitioned:
            return ["document"]
        with self.use() as connection:
            found = connection.execute(
                "SELECT DISTINCT i FROM unnest(%s::bigint[]) AS space, generate_series(0, %s - 1) AS i "
                "WHERE satisfies_hash_partition('document'::regclass, %s, i, space) ORDER BY i",
                (list(spaces), PARTITIONS, PARTITIONS),
            )
            return [f"document_{i}" for (i,) in found.fetchall()]

    def _schema_version(self, connection: Connection) -> int | None:
        try:
            row = connection.execute("SELECT schema FROM latest").fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            return None
        return int(row[0]) if row else None

    def _create(self, connection: Connection) -> None:
        kind = str(connection.execute("SELECT version()").fetchone())
        citus = bool(connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone())
        spreads_by_itself = citus or "CockroachDB" in kind or "-YB-" in kind
        with connection.transaction():
            for statement in _statements(partitions=0 if spreads_by_itself else PARTITIONS, distribute=citus):
                connection.execute(statement.encode())
            connection.execute("INSERT INTO latest (schema, version) VALUES (%s, 1)", (SCHEMA_VERSION,))

    def _can(self, connection: Connection, statement: str) -> bool:
        """Whether the server does this: not every distributed PostgreSQL does all."""
        try:
            connection.execute(statement.encode())
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            return False
        return True


def _statements(*, partitions: int, distribute: bool) -> Iterator[str]:
    """What makes the schema."""
    for table, columns in _TABLES.items():
        definition = f"CREATE TABLE {table} (space bigint NOT NULL, corpus bigint NOT NULL, {columns})"
        yield f"{definition} PARTITION BY HASH (space)" if partitions and table == "document" else definition
        if distribute:
            yield f"SELECT create_distributed_table('{table}', 'space')"
    for i in range(partitions):
        yield f"CREATE TABLE document_{i} PARTITION OF document FOR VALUES WITH (MODULUS {partitions}, REMAINDER {i})"
    yield "CREATE INDEX document_author ON document (author, space, corpus, id)"
    yield from _SMALL_TABLES.strip().removesuffix(";").split(";")
