"""Keys, and what they do to a text: the only file that knows of ciphers.

Each corpus has a random data key; DATABASE_KEY only wraps these (AES-256-GCM), so changing it rewrites
one short row a corpus. A text is encrypted with AES-SIV (RFC 5297) and bound to its corpus, id and
author: a row that was changed or moved is noticed. AES-SIV needs no nonce, and gives the same bytes for
the same text in the same place, so a store still sees that a document is as it was.
"""

import base64
import binascii
import hashlib
import re
import secrets

from engine.errors import StoreError
from engine.store import Corpus, Document

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
except ImportError as missing:
    raise StoreError(
        f"DATABASE_KEY needs the package cryptography ({missing.name} is missing); install this software with its "
        'extra "encryption": pip install "markov-channel-bot[encryption]".'
    ) from missing

_BYTES = 32
_ENCRYPTED = re.compile(r"siv1:[0-9a-f]{8}:[0-9A-Za-z+/]{23,}=*")
"""As `DataKey` writes texts. Somebody's message that looks so would count as encrypted with a lost key."""
_NONCE = 12


def _decode(keys: str) -> list[bytes]:
    found = []
    for i, text in enumerate(keys.split(","), start=1):
        try:
            key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != _BYTES:  # the key itself is not said: errors end up in logs
            raise StoreError(
                f"Key {i} in DATABASE_KEY is not {_BYTES} bytes in URL-safe base64 (44 characters, the last one =); "
                "copy it again, several of them with commas between."
            )
        found.append(key)
    return found


def is_encrypted(document: Document) -> bool:
    """Whether a text was encrypted, with whatever key."""
    return _ENCRYPTED.fullmatch(document.text) is not None


def _bound_to(corpus: Corpus, *numbers: int) -> bytes:
    return ",".join(map(str, (*corpus, *numbers))).encode()


class DataKey:
    """The key of one corpus."""

    def __init__(self, corpus: Corpus, key: bytes) -> None:
        self.key = key
        self._corpus = corpus
        self._cipher = AESSIV(key)
        self._mark = f"siv1:{hashlib.sha256(b'name of ' + key).hexdigest()[:8]}:"

    def encrypt(self, document: Document) -> Document:
        """The document with its text encrypted, and marked with which key."""
        # One byte goes before the text, for this cipher takes none that is empty.
        text = self._cipher.encrypt(b"\0" + document.text.encode(), self._place(document))
        return Document(document.id, self._mark + base64.b64encode(text).decode(), document.author)

    def wrote(self, document: Document) -> bool:
        """Whether this text was encrypted with this key."""
        return document.text.startswith(self._mark)

    def decrypt(self, document: Document) -> Document:
        """The document as it was written; raises StoreError when the row was tampered with."""
        try:
            text = base64.b64decode(document.text.removeprefix(self._mark), validate=True)
            plain = self._cipher.decrypt(text, self._place(document))
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                f"Document {document.id} of corpus {self._corpus.id} was changed outside of this software and cannot "
                "be read; restore a backup, or delete it."
            ) from error
        return Document(document.id, plain[1:].decode(), document.author)

    def _place(self, document: Document) -> list[bytes]:
        return [_bound_to(self._corpus, document.id, document.author)]


class Keyring:
    """The keys in DATABASE_KEY: the first one wraps data keys, all of them unwrap. Raises StoreError."""

    def __init__(self, keys: str) -> None:
        self._wrapping = list(map(AESGCM, _decode(keys)))
        self._unwrapped: dict[tuple[Corpus, str], DataKey] = {}

    def make(self, corpus: Corpus) -> str:
        """A new data key, wrapped."""
        return self._wrap(corpus, AESSIV.generate_key(512))

    def rewrap(self, corpus: Corpus, wrapped: str) -> str:
        """The same data key, wrapped with the first key."""
        return self._wrap(corpus, self.unwrap(corpus, wrapped).key)

    def _wrap(self, corpus: Corpus, key: bytes) -> str:
        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + self._wrapping[0].encrypt(nonce, key, _bound_to(corpus))).decode()

    def unwrap(self, corpus: Corpus, wrapped: str) -> DataKey:
        """The data key; raises StoreError when none of ours wrapped it."""
        held = self._unwrapped.get((corpus, wrapped))
        if held is None:
            raw = base64.b64decode(wrapped)
            held = DataKey(corpus, self._open(corpus, raw[:_NONCE], raw[_NONCE:]))
            self._unwrapped[corpus, wrapped] = held
        return held

    def _open(self, corpus: Corpus, nonce: bytes, wrapped: bytes) -> bytes:
        for key in self._wrapping:
            try:
                return key.decrypt(nonce, wrapped, _bound_to(corpus))
            except InvalidTag:
                continue
        raise StoreError(
            "DATABASE_KEY is not the key this database was encrypted with; set that one "
            "(or, to change it, the new one, a comma, and that one)."
        )

    def forget(self, corpus: Corpus) -> None:
        """Keep no data key of a corpus in memory."""
        for held in [held for held in self._unwrapped if held[0] == corpus]:
            del self._unwrapped[held]
