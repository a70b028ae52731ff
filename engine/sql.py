"""The verbs on documents, in the SQL that SQLite and PostgreSQL share; a driver adds what differs."""

import math
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from engine.errors import StoreError
from engine.sql_choices import HERE, SqlChoices, Transaction
from engine.store import (
    ENCRYPTED,
    FORGOTTEN_UP_TO,
    NO_KEY,
    RETAIN_BATCH,
    WHOLE,
    Change,
    Corpus,
    Document,
    Size,
)

COLUMNS = "id, text, author"
_READ_ROWS = 10_000
_MARKED = f"SELECT value FROM choice WHERE {HERE} AND name = ?"
_MARK = (WHOLE.space, WHOLE.id, ENCRYPTED)


class SqlStore(SqlChoices):
    """`Store` but for opening, copying, waiting and closing. What a driver must give is abstract."""

    plain = False

    def _check_plain(self, marked: list[object]) -> None:
        """Raises StoreError where texts are given and taken as they are, and another process has encrypted them."""
        if self.plain and marked:
            raise StoreError(NO_KEY)

    @abstractmethod
    def _among(self, column: str, numbers: Collection[int]) -> tuple[str, object]:
        """A condition that a column is one of these numbers, and the one value for its `?`."""

    @abstractmethod
    def _hold(self, db: Transaction) -> None:
        """From here to the end of the transaction nobody chooses, refuses, or forgets by author or corpus."""

    @abstractmethod
    def _write(self, db: Transaction, corpus: Corpus, documents: list[Document]) -> None:
        """Insert documents, or replace those of the same id."""

    @abstractmethod
    def _deleted(self, corpora: Iterable[Corpus], *, thoroughly: bool) -> None:
        """See to it that what these corpora lost leaves the files; thoroughly: at once, whatever it takes."""

    def put(self, corpus: Corpus, documents: Iterable[Document]) -> list[Change]:
        latest = {document.id: document for document in documents}
        if not latest:
            return []
        ours, ids = self._among("id", latest)
        everybody = {document.author for document in latest.values()}
        (theirs, authors), (about_them, _) = self._among("author", everybody), self._among("corpus", everybody)
        with self._transaction(for_good=False) as db:
            self._hold(db)
            refusing = db.execute(
                f"SELECT author FROM refusal WHERE space IN (?, 0) AND (everywhere OR space = ?) AND {theirs}",
                (corpus.space, corpus.space, authors),
            )
            forgotten = db.execute(
                f"SELECT corpus, value FROM choice WHERE space IN (?, 0) AND {about_them} AND name = ?",
                (corpus.space, authors, FORGOTTEN_UP_TO),
            )
            found = db.execute(
                f"SELECT {COLUMNS} FROM document WHERE {HERE} AND {ours}", (corpus.space, corpus.id, ids)
            )
            marked = db.execute(_MARKED, _MARK)
            self._check_plain(marked.fetchall())
            left_out: dict[int, float] = {author: math.inf for (author,) in refusing.fetchall()}
            for author, up_to in forgotten.fetchall():
                left_out[author] = max(left_out.get(author, -math.inf), int(up_to))
            stored = {document.id: document for document in Document.stored(found.fetchall())}
            changes = [
                Change(stored.get(id), new)
                for id, new in latest.items()
                if id > left_out.get(new.author, -math.inf) and stored.get(id) != new
            ]
            if changes:
                self._write(db, corpus, [change.new for change in changes])
        if any(change.old for change in changes):
            self._deleted([corpus], thoroughly=False)
        return changes

    def remove(self, corpus: Corpus, ids: Iterable[int]) -> list[Document]:
        asked = list(dict.fromkeys(ids))
        if not asked:
            return []
        condition, value = self._among("id", asked)
        with self._transaction() as db:
            self._hold(db)
            rows = db.execute(
                f"DELETE FROM document WHERE {HERE} AND {condition} RETURNING {COLUMNS}",
                (corpus.space, corpus.id, value),
            ).fetchall()
            self._check_plain(db.execute(_MARKED, _MARK).fetchall())
        removed = {document.id: document for document in Document.stored(rows)}
        if removed:
            self._deleted([corpus], thoroughly=False)
        return [removed[id] for id in asked if id in removed]

    def remove_author(
        self, author: int, *, corpus: Corpus | None = None, space: int | None = None, up_to: int | None = None
    ) -> dict[Corpus, list[Document]]:
        where, values = "author = ?", [author]
        if corpus is not None:
            where, values = f"{where} AND {HERE}", [*values, corpus.space, corpus.id]
        elif space is not None:
            where, values = f"{where} AND space = ?", [*values, space]
        if up_to is not None:
            where, values = f"{where} AND id <= ?", [*values, up_to]
        removed: dict[Corpus, list[Document]] = defaultdict(list)
        with self._transaction() as db:
            self._changed(db)
            query = f"DELETE FROM document WHERE {where} RETURNING space, corpus, {COLUMNS}"
            for in_space, in_corpus, *document in db.execute(query, values).fetchall():
                removed[Corpus(in_corpus, in_space)].append(Document(*document))
            self._check_plain(db.execute(_MARKED, _MARK).fetchall())
            self._forgot(db, removed)
        if removed:
            self._deleted(removed, thoroughly=True)
        return {
            corpus: sorted(documents, key=lambda document: document.id) for corpus, documents in sorted(removed.items())
        }

    def _forgot(self, db: Transaction, corpora: Iterable[Corpus]) -> None:
        for corpus in corpora:
            db.execute(
                "INSERT INTO forgotten (space, corpus, version) SELECT ?, ?, version FROM latest WHERE true "
                "ON CONFLICT (space, corpus) DO UPDATE SET version = excluded.version",
                (corpus.space, corpus.id),
            )

    def retain(self, corpus: Corpus, *, newer_than_id: int | None, at_most: int | None) -> list[Document]:
        here = (corpus.space, corpus.id)
        highest = newer_than_id if newer_than_id is not None else -(2**63)
        if at_most is not None:
            query = f"SELECT id FROM document WHERE {HERE} ORDER BY id DESC LIMIT 1 OFFSET ?"
            highest = max([highest, *(id for (id,) in self._rows(query, *here, max(0, at_most)))])
        query = f"SELECT id FROM document WHERE {HERE} AND id <= ? ORDER BY id LIMIT {RETAIN_BATCH}"
        return self.remove(corpus, [id for (id,) in self._rows(query, *here, highest)])

    def erase(self, corpus: Corpus) -> int:
        with self._transaction() as db:
            self._changed(db)
            *_, documents = [
                db.execute(f"DELETE FROM {table} WHERE {HERE}", (corpus.space, corpus.id))
                for table in ("choice", "job", "wrapped_key", "document")
            ]
            self._forgot(db, [corpus])
        self._deleted([corpus], thoroughly=True)
        return documents.rowcount

    def documents(self, corpus: Corpus) -> Iterator[Document]:
        return self._by_id(f"SELECT {COLUMNS} FROM document WHERE {HERE}", corpus.space, corpus.id)

    def _by_id(self, query: str, *values: int) -> Iterator[Document]:
        def some() -> Iterator[list[Document]]:
            after = -(2**63)
            while rows := self._rows(f"{query} AND id > ? ORDER BY id LIMIT {_READ_ROWS}", *values, after):
                self._check_plain(self._rows(_MARKED, *_MARK))  # afterwards: it is marked before it is encrypted
                yield Document.stored(rows)
                after = rows[-1][0]

        return chain.from_iterable(some())

    def ids(self, corpus: Corpus, low: int, high: int) -> list[int]:
        query = f"SELECT id FROM document WHERE {HERE} AND id BETWEEN ? AND ? ORDER BY id"
        return [id for (id,) in self._rows(query, corpus.space, corpus.id, low, high)]

    def size(self, corpus: Corpus) -> Size:
        query = f"SELECT count(*), count(DISTINCT author), min(id), max(id) FROM document WHERE {HERE}"
        return Size(*self._rows(query, corpus.space, corpus.id)[0])

    def author_size(self, author: int, space: int | None = None, *, up_to: int | None = None) -> dict[Corpus, int]:
        limits = (("space = ?", space), ("id <= ?", up_to))
        where = "".join(f" AND {limit}" for limit, value in limits if value is not None)
        values = (value for _, value in limits if value is not None)
        query = f"SELECT corpus, space, count(*) FROM document WHERE author = ?{where} GROUP BY space, corpus"
        return {Corpus(id, space): count for id, space, count in sorted(self._rows(query, author, *values))}

    def author_documents(self, author: int, space: int | None = None) -> Iterator[tuple[Corpus, Document]]:
        query = f"SELECT {COLUMNS} FROM document WHERE author = ? AND {HERE}"
        for corpus in self.author_size(author, space):
            for document in self._by_id(query, author, corpus.space, corpus.id):
                yield corpus, document

    def corpora(self, space: int | None = None) -> list[Corpus]:
        where, values = ("", ()) if space is None else ("WHERE space = ?", (space, space, space))
        query = " UNION ".join(f"SELECT corpus, space FROM {table} {where}" for table in ("document", "choice", "job"))
        return sorted(Corpus(*row) for row in self._rows(query, *values))
