"""What is kept: documents and choices, nothing else. Two implementations may stand behind it.

Everything a model knows is a function of a corpus's documents, so counts, vocabularies and models
are never stored, and forgetting is a DELETE. Each verb is one transaction: when it returns, the
change is on disk; when it raises, nothing changed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from engine.errors import InvalidArgument

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Corpus(NamedTuple):
    """Names a set of documents. Corpora of one `space` can be erased together."""

    id: int
    space: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One text with the number that orders it in time and the number of who wrote it.

    NUL and lone surrogates, which no database keeps, become U+FFFD.
    """

    id: int
    text: str
    author: int = 0

    def __post_init__(self) -> None:
        if (not self.text.isascii() or "\0" in self.text) and _UNSTORABLE.search(self.text):
            object.__setattr__(self, "text", _UNSTORABLE.sub("\ufffd", self.text))


@dataclass(frozen=True, slots=True)
class Size:
    """How much a corpus holds; the ids are None when it is empty."""

    documents: int
    authors: int
    first_id: int | None
    last_id: int | None


class Change(NamedTuple):
    """A document that was written and the one it replaced, if any."""

    old: Document | None
    new: Document


class Store(Protocol):
    """The verbs. All raise StoreError when the database cannot be used."""

    def put(self, corpus: Corpus, documents: Iterable[Document]) -> list[Change]:
        """Add documents, or replace those of the same id; those already there as given are left out."""

    def remove(self, corpus: Corpus, ids: Iterable[int]) -> list[Document]:
        """Delete documents by id and return them; ids that are not there are passed over."""

    def remove_author(
        self, author: int, *, corpus: Corpus | None = None, space: int | None = None
    ) -> dict[Corpus, list[Document]]:
        """Delete all an author left: in one corpus, in one space, or (neither given) everywhere."""

    def erase(self, corpus: Corpus) -> int:
        """Delete every document of a corpus and its choices; return how many documents there were."""

    def documents(self, corpus: Corpus) -> Iterator[Document]:
        """All documents of a corpus, by ascending id."""

    def ids(self, corpus: Corpus, low: int, high: int) -> list[int]:
        """The ids from `low` to `high`, both included, ascending."""

    def size(self, corpus: Corpus) -> Size:
        """How many documents and authors, and the first and last id."""

    def corpora(self, space: int) -> list[Corpus]:
        """The corpora of a space that hold documents or choices."""

    def choose(self, corpus: Corpus, name: str, value: str | None) -> None:
        """Keep a choice; None removes it."""

    def choices(self, name: str) -> dict[Corpus, str]:
        """Every corpus that has made this choice, with its value."""

    def close(self) -> None:
        """Finish; the store cannot be used afterwards."""


def open_store(url: str) -> Store:
    """Open (or make) the store a URL names: `sqlite:///relative`, `sqlite:////absolute`, `sqlite://` (memory).

    Raises InvalidArgument for another kind of URL, StoreError when the database cannot be opened.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and separator:
        from engine.sqlite import SqliteStore

        return SqliteStore(rest.removeprefix("/"))
    raise InvalidArgument(f"The database URL starts with {scheme!r}; it must look like sqlite:///path/to/file.sqlite3.")
