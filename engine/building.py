"""A model being built from a large corpus, outside of the engine's thread, while the corpus goes on changing.

Reading the documents (`read`) and noting changes (`learn`, `unlearn`) belong in the engine's thread;
learning what was read (`learn_from`, `prepare`) belongs in another. A document that changes before it is read is
left out, one that changes after it was read is kept as it was read; `finish` then puts both right, so
the model equals one that is built from the documents as they are in the end.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from engine.dials import MAX_COPY, speaking_order
from engine.model import LanguageModel
from engine.store import Corpus, Document

BATCH = 1_000
"""Documents read at once; a corpus with no more than these is built on the spot."""


class ModelKey(NamedTuple):
    """Which model of which corpus."""

    corpus: Corpus
    unit: str
    order: int
    smoothing: str


class Unbuilt(Exception):
    """The model asked for is to be built first, aside: for programs, never shown to people."""

    def __init__(self, build: "Build") -> None:
        super().__init__("this model is being built")
        self.build = build


class Build:
    """One model under construction."""

    def __init__(self, key: ModelKey, documents: Iterator[Document]) -> None:
        self.key = key
        self.model = LanguageModel(key.order, key.unit, key.smoothing)
        self._documents = documents
        self._first: list[Document] | None = list(islice(documents, BATCH))
        self.small = len(self._first) < BATCH
        """Whether this is the whole corpus."""
        self._reached = self._first[-1].id if self._first else 0
        self._as_read: dict[int, Document | None] = {}
        self._as_is: dict[int, Document | None] = {}

    def read(self) -> list[Document]:
        """The next documents; none when all were read."""
        while True:
            batch = self._first if self._first is not None else list(islice(self._documents, BATCH))
            self._first = None
            if batch:
                self._reached = batch[-1].id
            if not self._as_is:
                return batch
            unchanged = [document for document in batch if document.id not in self._as_is or self._was_read(document)]
            if unchanged or not batch:
                return unchanged

    def _was_read(self, document: Document) -> bool:
        """Whether a document that has changed was among the first, which are read when the build begins."""
        return self._as_read.get(document.id) == document

    def learn_from(self, read: Callable[[], list[Document]]) -> None:
        """Learn all that `read` gives, until it gives nothing."""
        self.model.learn(chain.from_iterable(iter(read, [])))

    def prepare(self) -> None:
        """Work out what a first text needs, so that nobody waits for it in the engine's thread."""
        speaks = speaking_order(self.key.unit, self.key.smoothing) in (None, self.key.order)
        self.model.prepare(MAX_COPY if speaks else 0)

    def learn(self, documents: Iterable[Document]) -> None:
        """Note documents that were learned meanwhile."""
        for document in documents:
            self._as_read.setdefault(document.id, None)
            self._as_is[document.id] = document

    def unlearn(self, documents: Iterable[Document]) -> None:
        """Note documents that were unlearned meanwhile."""
        for document in documents:
            if document.id not in self._as_is:
                self._as_read[document.id] = document if document.id <= self._reached else None
            self._as_is[document.id] = None

    def finish(self) -> LanguageModel:
        """The model of the documents as they are now."""
        self.model.unlearn(document for document in self._as_read.values() if document)
        self.model.learn(document for document in self._as_is.values() if document)
        return self.model
