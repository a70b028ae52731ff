"""What is kept: documents, and what people chose about them. Several implementations stand behind it.

Everything a model knows is a function of a corpus's documents, so counts, vocabularies and models
are never stored, and forgetting is a DELETE. Each verb is one transaction: when it returns, the
change outlives the process, whatever ends it; when it raises, nothing changed. That a change is on
disk, and outlives a power cut too, may come a little later for what is learned and for jobs, never for
anything else. After an error the next verb tries anew, with a new connection where the old one is lost.

Several processes may share a store, each with spaces of its own. Choices, refusals and what is
forgotten by author or by corpus may come from any of them: `version` counts these.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple, Protocol, Self

from engine.errors import InvalidArgument

KEYS_FILE = "wrapped-keys.json"
"""Beside the backups of an encrypted store: the keys of its corpora, wrapped with DATABASE_KEY."""
FORGOTTEN_UP_TO = "forgotten up to"
"""The choice up to which id all of an author is forgotten, kept under `(author, space)`; space 0 stands for all."""
ENCRYPTED = "encrypted"
"""The choice, and the job, of WHOLE that says that all texts are encrypted, or are about to be."""
NO_KEY = "This database is encrypted and DATABASE_KEY is not set; set it to the key that was used."
RETAIN_BATCH = 10_000
"""How many documents `retain` deletes at most in one transaction."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Corpus(NamedTuple):
    """Names a set of documents. Corpora of one `space` can be erased together."""

    id: int
    space: int = 0


WHOLE = Corpus(-1, space=-1)
"""Stands for all of a store."""


class _Row(NamedTuple):
    id: int
    text: str
    author: int


class Document(_Row):
    """One text with the number that orders it in time and the number of who wrote it.

    NUL and lone surrogates, which no database keeps, become U+FFFD.
    """

    __slots__ = ()

    def __new__(cls, id: int, text: str, author: int = 0) -> Self:
        """Take a text as somebody wrote it; raises InvalidArgument for an id or author that is none."""
        for number in (id, author):
            if not (isinstance(number, int) and -(2**63) <= number < 2**63):
                raise InvalidArgument(
                    "The id or author of a document is {found}; it must be a whole number of 64 bits.",
                    found=repr(number),
                )
        if (not text.isascii() or "\0" in text) and _UNSTORABLE.search(text):
            text = _UNSTORABLE.sub("\ufffd", text)
        return super().__new__(cls, id, text, author)

    @classmethod
    def stored(cls, rows: Iterable[tuple[int, str, int]]) -> list[Self]:
        """Many of which a database keeps id, text and author; several times faster than one after another."""
        return list(map(tuple.__new__, repeat(cls), rows))


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

    plain: bool
    """Whether no text may be read, put or removed once the database is marked as ENCRYPTED: StoreError then."""

    def put(self, corpus: Corpus, documents: Iterable[Document]) -> list[Change]:
        """Add documents, or replace those of the same id; of several with one id the last counts.

        Left out are those already there as given, those of authors who refuse, and those with ids FORGOTTEN_UP_TO
        which their author is. Both are looked up in the same transaction: what another process refused or
        had forgotten holds from the moment that returned.
        """

    def together(self) -> AbstractContextManager[None]:
        """What is put in the block is stored when the block ends, all of it, or (when it raises) none of it."""

    def remove(self, corpus: Corpus, ids: Iterable[int]) -> list[Document]:
        """Delete documents by id and return them; ids that are not there are passed over."""

    def remove_author(
        self, author: int, *, corpus: Corpus | None = None, space: int | None = None, up_to: int | None = None
    ) -> dict[Corpus, list[Document]]:
        """Delete all an author left: in one corpus, in one space, or (neither given) everywhere.

        up_to: the last id to delete, where not all are meant.
        """

    def retain(self, corpus: Corpus, *, newer_than_id: int | None, at_most: int | None) -> list[Document]:
        """Delete what is not among the `at_most` newest, or not newer than an id: a batch, the oldest first.

        Returns what was deleted: call it again until that is nothing.
        """

    def erase(self, corpus: Corpus) -> int:
        """Delete all of a corpus: documents (returns how many), choices, jobs, key."""

    def documents(self, corpus: Corpus) -> Iterator[Document]:
        """All documents of a corpus, by ascending id."""

    def ids(self, corpus: Corpus, low: int, high: int) -> list[int]:
        """The ids from `low` to `high`, both included, ascending."""

    def size(self, corpus: Corpus) -> Size:
        """How many documents and authors, and the first and last id."""

    def author_size(self, author: int, space: int | None = None, *, up_to: int | None = None) -> dict[Corpus, int]:
        """How many documents an author left in each corpus, of one space or of all; or up to an id, that included."""

    def author_documents(self, author: int, space: int | None = None) -> Iterator[tuple[Corpus, Document]]:
        """All an author left, corpus by corpus, in one space or in all."""

    def corpora(self, space: int | None = None) -> list[Corpus]:
        """The corpora, of one space or of all, that hold documents, choices or jobs."""

    # What people chose

    def choose(self, corpus: Corpus, name: str, value: str | None) -> None:
        """Keep a choice; None removes it."""

    def choices(self, name: str) -> dict[Corpus, str]:
        """Every corpus that has made this choice, with its value."""

    def refuse(self, author: int, space: int | None) -> None:
        """Keep that an author wants nothing learned in a space, or (None) anywhere; `put` obeys from now on."""

    def allow(self, author: int, space: int | None) -> None:
        """Take that very refusal back; others of the same author stay."""

    def refusals(self) -> set[tuple[int, int | None]]:
        """All (author, space) that were refused and not allowed since; no space means everywhere."""

    def version(self) -> int:
        """A number that is another one whenever any process chose, refused, allowed, or forgot by author or corpus."""

    def forgotten_since(self, version: int) -> set[Corpus]:
        """The corpora in which any process forgot by author, or which it erased, since that version."""

    def wait_for_change(self, timeout: float, pause: Callable[[float], object] = time.sleep) -> bool:
        """Wait up to so many seconds; returns whether the version is another one than when last waited for.

        Who gives a `pause` that returns something true has this give up then. The one verb that may be
        called while another thread uses the store.
        """

    # Jobs and keys

    def save_job(self, corpus: Corpus, kind: str, state: str | None) -> None:
        """Keep how far a job is (a short text, nothing people wrote); None when it is done."""

    def jobs(self, kind: str) -> dict[Corpus, str]:
        """The corpora with a job of this kind, with its state."""

    def save_key(self, corpus: Corpus, wrapped: str) -> str:
        """Keep a corpus's wrapped key unless it has one; returns the one it now has."""

    def replace_key(self, corpus: Corpus, old: str, new: str) -> None:
        """Keep the key in another wrapping, if it is still there as it was."""

    def keys(self, corpus: Corpus | None = None) -> dict[Corpus, str]:
        """The wrapped keys, of one corpus or of all."""

    # The whole

    def backup(self, path: str) -> None:
        """Write a complete copy to a new file while the store is in use, and check it. Keys stay out of it."""

    def close(self) -> None:
        """Finish; the store cannot be used afterwards."""
