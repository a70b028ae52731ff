"""What people wrote, encrypted at rest, whatever store lies beneath.

Each corpus has a data key of its own, which erasing the corpus destroys. A backup holds no keys: they
are exported beside it, into one file for all backups of a folder that each new one replaces. So what
was erased cannot be read in an older backup either, from the next backup on. A text whose key is no
longer there counts as forgotten.

Not encrypted: ids, corpora, spaces and authors; how long a text is and how many there are; choices,
refusals and the states of jobs. And memory is not, where models and keys are.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from engine.encryption import DataKey, Keyring, is_encrypted
from engine.errors import StoreError
from engine.keeping import Keeping
from engine.store import ENCRYPTED, KEYS_FILE, WHOLE, Change, Corpus, Document, Store

_BATCH = 1_000


class EncryptedStore(Keeping):
    """`Store` that keeps texts in another one, encrypted under `keys` as DATABASE_KEY has them.

    The first key encrypts, all of them decrypt. Texts the other store has in plain are encrypted on
    opening. Raises StoreError for keys that are none, or are not this database's.
    """

    plain = False

    def __init__(self, store: Store, keys: str) -> None:
        super().__init__(store)
        self._ring = Keyring(keys)
        stored = store.keys()
        for corpus, wrapped in stored.items():
            self._ring.unwrap(corpus, wrapped)
        done = store.jobs(ENCRYPTED).get(WHOLE) == "yes"
        if done and not stored and any(store.size(corpus).documents for corpus in store.corpora()):
            raise StoreError(
                f"This database is encrypted and its keys are not in it, as in a backup; restore it with {KEYS_FILE} "
                "from beside the backup, or on PostgreSQL with the dump of the table wrapped_key."
            )
        if not done or WHOLE not in store.choices(ENCRYPTED):
            self._encrypt_everything()

    def _encrypt_everything(self) -> None:
        """Encrypt what is there in plain text; if this is interrupted, the next opening goes on with it.

        From the mark on no process without a key stores anything. What an earlier version let one store is found too.
        """
        self._store.save_job(WHOLE, ENCRYPTED, "under way")
        self._store.choose(WHOLE, ENCRYPTED, "yes")
        for corpus in self._store.corpora():
            for batch in self._plain(corpus):
                self._store.put(corpus, map(self._key_to_write(corpus).encrypt, batch))
            # Of people who refuse, or are forgotten up to there, nothing is put: what is still plain goes.
            for batch in self._plain(corpus):
                self._store.remove(corpus, [document.id for document in batch])
        self._store.save_job(WHOLE, ENCRYPTED, "yes")

    def _plain(self, corpus: Corpus) -> Iterator[list[Document]]:
        """The documents that are not encrypted, batch by batch. One under a lost key is: it counts as forgotten."""
        documents = (document for document in self._store.documents(corpus) if not is_encrypted(document))
        while batch := list(islice(documents, _BATCH)):
            yield batch

    # Keys

    def _key(self, corpus: Corpus) -> DataKey | None:
        """Asked of the store each time, for another process may have destroyed it."""
        wrapped = self._store.keys(corpus).get(corpus)
        return None if wrapped is None else self._ring.unwrap(corpus, wrapped)

    def _key_to_write(self, corpus: Corpus) -> DataKey:
        key = self._key(corpus)
        return key or self._ring.unwrap(corpus, self._store.save_key(corpus, self._ring.make(corpus)))

    def rotate(self) -> int:
        """Wrap every data key with the first key, so that the others can be dropped; returns how many."""
        stored = self._store.keys()
        for corpus, wrapped in stored.items():
            self._store.replace_key(corpus, wrapped, self._ring.rewrap(corpus, wrapped))
        return len(stored)

    def export_keys(self, path: str) -> None:
        """Write all data keys, wrapped, to a file, in place of what it held."""
        rows = [[*corpus, wrapped] for corpus, wrapped in sorted(self._store.keys().items())]
        target = Path(path)
        new = target.with_name(f"{target.name}.new")
        try:
            with new.open("w", encoding="utf-8") as file:
                json.dump({"id, space, wrapped key": rows}, file, indent=0)
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
        except OSError as error:
            raise StoreError(f"{path} cannot be written ({error.strerror}); check its folder and the disk.") from error

    # Documents

    def _decrypted(self, corpus: Corpus, documents: Iterable[Document]) -> Iterator[Document]:
        key = self._key(corpus)
        if key:
            yield from (key.decrypt(document) for document in documents if key.wrote(document))

    def put(self, corpus: Corpus, documents: Iterable[Document]) -> list[Change]:
        given = {document.id: document for document in documents}
        if not given:
            return []
        key = self._key_to_write(corpus)
        changes = self._store.put(corpus, map(key.encrypt, given.values()))
        return [Change(key.decrypt(old) if old and key.wrote(old) else None, given[new.id]) for old, new in changes]

    def remove(self, corpus: Corpus, ids: Iterable[int]) -> list[Document]:
        return list(self._decrypted(corpus, self._store.remove(corpus, ids)))

    def remove_author(
        self, author: int, *, corpus: Corpus | None = None, space: int | None = None, up_to: int | None = None
    ) -> dict[Corpus, list[Document]]:
        removed = self._store.remove_author(author, corpus=corpus, space=space, up_to=up_to)
        return {where: list(self._decrypted(where, documents)) for where, documents in removed.items()}

    def retain(self, corpus: Corpus, *, newer_than_id: int | None, at_most: int | None) -> list[Document]:
        removed = self._store.retain(corpus, newer_than_id=newer_than_id, at_most=at_most)
        return list(self._decrypted(corpus, removed))

    def erase(self, corpus: Corpus) -> int:
        self._ring.forget(corpus)
        return self._store.erase(corpus)

    def documents(self, corpus: Corpus) -> Iterator[Document]:
        return self._decrypted(corpus, self._store.documents(corpus))

    def author_documents(self, author: int, space: int | None = None) -> Iterator[tuple[Corpus, Document]]:
        for corpus, found in groupby(self._store.author_documents(author, space), key=itemgetter(0)):
            for document in self._decrypted(corpus, (document for _, document in found)):
                yield corpus, document

    def backup(self, path: str) -> None:
        self._store.backup(path)
        self.export_keys(str(Path(path).with_name(KEYS_FILE)))

    # As it is beneath

    def together(self) -> AbstractContextManager[None]:
        return self._store.together()

    def corpora(self, space: int | None = None) -> list[Corpus]:
        return [corpus for corpus in self._store.corpora(space) if corpus != WHOLE]

    def forgotten_since(self, version: int) -> set[Corpus]:
        return self._store.forgotten_since(version)

    def save_key(self, corpus: Corpus, wrapped: str) -> str:
        return self._store.save_key(corpus, wrapped)

    def replace_key(self, corpus: Corpus, old: str, new: str) -> None:
        self._store.replace_key(corpus, old, new)

    def keys(self, corpus: Corpus | None = None) -> dict[Corpus, str]:
        return self._store.keys(corpus)


def import_keys(store: Store, keys: str, path: str) -> int:
    """Give a restored store the data keys that were exported, where it has none; returns how many there were.

    `keys` is DATABASE_KEY. Raises StoreError when they are not wrapped with it, or the file is no such file.
    """
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))["id, space, wrapped key"]
        found = {Corpus(int(id), int(space)): str(wrapped) for id, space, wrapped in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} cannot be read as exported keys; name the {KEYS_FILE} beside a backup.") from error
    ring = Keyring(keys)
    for corpus, wrapped in found.items():
        ring.unwrap(corpus, wrapped)
    for corpus, wrapped in found.items():
        store.save_key(corpus, wrapped)
    return len(found)
