"""What is passed on to a store as it is, by whatever stands before one: the engine, and encryption."""

import time
from collections.abc import Callable, Iterator

from engine.store import Corpus, Document, Size, Store


class Keeping:
    """The verbs for which neither a model nor a key is needed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # Documents

    def documents(self, corpus: Corpus) -> Iterator[Document]:
        """All documents of a corpus, by ascending id, read bit by bit; to be used by the thread that calls the rest."""
        return self._store.documents(corpus)

    def ids(self, corpus: Corpus, low: int, high: int) -> list[int]:
        """The ids of stored documents from `low` to `high`, both included, ascending."""
        return self._store.ids(corpus, low, high)

    def size(self, corpus: Corpus) -> Size:
        """How much a corpus holds."""
        return self._store.size(corpus)

    def author_size(self, author: int, space: int | None = None, *, up_to: int | None = None) -> dict[Corpus, int]:
        """How many documents of an author are stored, by corpus, in one space or everywhere."""
        return self._store.author_size(author, space, up_to=up_to)

    def author_documents(self, author: int, space: int | None = None) -> Iterator[tuple[Corpus, Document]]:
        """All that is stored of an author, corpus by corpus, in one space or everywhere."""
        return self._store.author_documents(author, space)

    # What people chose, and jobs

    def choose(self, corpus: Corpus, name: str, value: str | None) -> None:
        """Keep a choice about a corpus; None removes it."""
        self._store.choose(corpus, name, value)

    def choice(self, corpus: Corpus, name: str) -> str | None:
        """A choice about a corpus, None when it was never made."""
        return self._store.choices(name).get(corpus)

    def choices(self, name: str) -> dict[Corpus, str]:
        """Every corpus for which this choice was made, with its value."""
        return self._store.choices(name)

    def refuse(self, author: int, space: int | None) -> None:
        """An author wants nothing learned in a space, or (None) anywhere; what is stored stays until forgotten."""
        self._store.refuse(author, space)

    def allow(self, author: int, space: int | None) -> None:
        """Take that very refusal back."""
        self._store.allow(author, space)

    def refusals(self) -> set[tuple[int, int | None]]:
        """All (author, space) that hold; no space means everywhere."""
        return self._store.refusals()

    def save_job(self, corpus: Corpus, kind: str, state: str | None) -> None:
        """Keep how far a job is, in a short text without anything people wrote; None when it is done."""
        self._store.save_job(corpus, kind, state)

    def jobs(self, kind: str) -> dict[Corpus, str]:
        """The corpora with an unfinished job of this kind, and how far it is."""
        return self._store.jobs(kind)

    # The whole

    def version(self) -> int:
        """A number that is another one whenever choices or refusals changed, in whatever process."""
        return self._store.version()

    def forgotten_since(self, version: int) -> set[Corpus]:
        """The corpora of which something was forgotten by author, or all, after that version, in whatever process."""
        return self._store.forgotten_since(version)

    def wait_for_change(self, timeout: float, pause: Callable[[float], object] = time.sleep) -> bool:
        """Wait up to so many seconds for `version` to change, or until `pause` says to give up.

        May be called from a thread of its own.
        """
        return self._store.wait_for_change(timeout, pause)

    def backup(self, path: str) -> None:
        """Write a complete copy to a new file while everything goes on."""
        self._store.backup(path)

    def close(self) -> None:
        """Close the store."""
        self._store.close()
