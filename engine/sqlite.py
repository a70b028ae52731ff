"""The store in one SQLite file.

What is deleted is overwritten (`secure_delete`) and leaves the write-ahead log at once (a truncating
checkpoint after each deletion): the bytes of a forgotten text are in no file of ours.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import NewerSchema, NotADatabase, StoreError
from engine.store import Change, Corpus, Document, Size

SCHEMA_VERSION = 1
_APPLICATION = 0x4D61726B  # "Mark": tells our files from other people's databases
_SCHEMA = """
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
"""
_HERE = "space = ? AND corpus = ?"
_READ_ROWS = 10_000


class SqliteStore:
    """`Store` on the file at `path` (made when missing, with its folders); "" keeps it in memory.

    Raises NotADatabase for a file that is something else, NewerSchema for one written by a newer
    version, StoreError for one that cannot be opened or written. None of them changes the file.
    """

    def __init__(self, path: str) -> None:
        self._name = path or "the database in memory"
        if path:
            self._make_folder(Path(path).parent)
        with self._sentences():
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The folder {folder} cannot be made ({error.strerror}); name one that can be written."
            ) from error

    def _prepare(self) -> None:
        version = self._pragma("user_version")
        if version == 0 and self._pragma("application_id") == 0 and not self._pragma("schema_version"):
            pass  # a new, empty file
        elif self._pragma("application_id") != _APPLICATION:
            raise NotADatabase(f"{self._name} is a database of another program; name another file.")
        elif version > SCHEMA_VERSION:
            raise NewerSchema(
                f"{self._name} has schema version {version} and this version reads up to "
                f"{SCHEMA_VERSION}; update this software, or name another file."
            )
        self._db.execute("PRAGMA busy_timeout = 10000")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            if self._pragma("user_version") == 0:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn what sqlite3 raises into a sentence."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
                raise NotADatabase(
                    f"{self._name} is not a database; name another file, or one that does not exist yet."
                ) from error
            raise StoreError(
                f"{self._name} could not be used ({error}); check that the file and its folder can be "
                "written, that the disk is not full, and that no other program holds it."
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._sentences():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _wipe_log(self) -> None:
        """Empty the write-ahead log, which still holds the pages as they were before a deletion."""
        with self._sentences():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def put(self, corpus: Corpus, documents: Iterable[Document]) -> list[Change]:
        changes = []
        with self._transaction():
            for new in documents:
                old = self._find(corpus, new.id)
                if old != new:
                    self._db.execute(
                        "INSERT OR REPLACE INTO document (space, corpus, id, author, text) VALUES (?, ?, ?, ?, ?)",
                        (corpus.space, corpus.id, new.id, new.author, new.text),
                    )
                    changes.append(Change(old, new))
        if any(change.old for change in changes):
            self._wipe_log()
        return changes

    def _find(self, corpus: Corpus, id: int) -> Document | None:
        row = self._db.execute(
            f"SELECT id, text, author FROM document WHERE {_HERE} AND id = ?", (corpus.space, corpus.id, id)
        ).fetchone()
        return Document(*row) if row else None

    def remove(self, corpus: Corpus, ids: Iterable[int]) -> list[Document]:
        removed = []
        with self._transaction():
            for id in ids:
                if document := self._find(corpus, id):
                    self._db.execute(f"DELETE FROM document WHERE {_HERE} AND id = ?", (corpus.space, corpus.id, id))
                    removed.append(document)
        if removed:
            self._wipe_log()
        return removed

    def remove_author(
        self, author: int, *, corpus: Corpus | None = None, space: int | None = None
    ) -> dict[Corpus, list[Document]]:
        where, values = "author = ?", [author]
        if corpus is not None:
            where, values = f"{where} AND {_HERE}", [author, corpus.space, corpus.id]
        elif space is not None:
            where, values = f"{where} AND space = ?", [author, space]
        removed: dict[Corpus, list[Document]] = defaultdict(list)
        with self._transaction():
            rows = self._db.execute(f"SELECT space, corpus, id, text, author FROM document WHERE {where}", values)
            for in_space, in_corpus, *document in rows:
                removed[Corpus(in_corpus, in_space)].append(Document(*document))
            self._db.execute(f"DELETE FROM document WHERE {where}", values)
        if removed:
            self._wipe_log()
        return dict(removed)

    def erase(self, corpus: Corpus) -> int:
        with self._transaction():
            here = (corpus.space, corpus.id)
            gone = self._db.execute(f"DELETE FROM document WHERE {_HERE}", here).rowcount
            self._db.execute(f"DELETE FROM choice WHERE {_HERE}", here)
        self._wipe_log()
        return gone

    def documents(self, corpus: Corpus) -> Iterator[Document]:
        after = -(2**63)
        while rows := self._rows(
            f"SELECT id, text, author FROM document WHERE {_HERE} AND id > ? ORDER BY id LIMIT {_READ_ROWS}",
            (corpus.space, corpus.id, after),
        ):
            for row in rows:
                yield Document(*row)
            after = rows[-1][0]

    def _rows(self, query: str, values: tuple[object, ...]) -> list[tuple]:  # type: ignore[type-arg]
        """All rows at once, so that no read stays open while documents change."""
        with self._sentences():
            return self._db.execute(query, values).fetchall()

    def ids(self, corpus: Corpus, low: int, high: int) -> list[int]:
        query = f"SELECT id FROM document WHERE {_HERE} AND id BETWEEN ? AND ? ORDER BY id"
        return [id for (id,) in self._rows(query, (corpus.space, corpus.id, low, high))]

    def size(self, corpus: Corpus) -> Size:
        query = f"SELECT count(*), count(DISTINCT author), min(id), max(id) FROM document WHERE {_HERE}"
        return Size(*self._rows(query, (corpus.space, corpus.id))[0])

    def corpora(self, space: int) -> list[Corpus]:
        query = "SELECT corpus FROM document WHERE space = ? UNION SELECT corpus FROM choice WHERE space = ?"
        return [Corpus(id, space) for (id,) in self._rows(query, (space, space))]

    def choose(self, corpus: Corpus, name: str, value: str | None) -> None:
        with self._transaction():
            if value is None:
                self._db.execute(f"DELETE FROM choice WHERE {_HERE} AND name = ?", (corpus.space, corpus.id, name))
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO choice (space, corpus, name, value) VALUES (?, ?, ?, ?)",
                    (corpus.space, corpus.id, name, value),
                )

    def choices(self, name: str) -> dict[Corpus, str]:
        rows = self._rows("SELECT corpus, space, value FROM choice WHERE name = ?", (name,))
        return {Corpus(corpus, space): value for corpus, space, value in rows}

    def close(self) -> None:
        with self._sentences():
            self._db.close()
