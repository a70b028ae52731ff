"""What is done to a store by whoever keeps it, while no bot is using it."""

import base64
import secrets
import shutil
from contextlib import closing
from pathlib import Path

from engine.errors import InvalidArgument, StoreError
from engine.opening import encrypted, open_store, open_unchecked
from engine.sqlite_file import make_private
from engine.store import KEYS_FILE


def make_key() -> str:
    """A new DATABASE_KEY: 32 random bytes."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def rotate_keys(url: str, keys: str) -> int:
    """Wrap every corpus's key with the first of `keys`, so that the others can be dropped; returns how many.

    Raises StoreError when one of them is wrapped with none of these.
    """
    from engine.encrypted import EncryptedStore

    with closing(open_unchecked(url)) as store:
        return EncryptedStore(store, keys).rotate()


def restore(url: str, backup: str, keys: str | None = None) -> int:
    """Begin the SQLite file of a URL anew from a backup, and its keys from beside it; returns how many documents.

    The keys in the newest KEYS_FILE of the backup's folder are taken: what was erased after the backup
    was made stays unreadable. Documents removed since then are back until they are removed again.
    Raises StoreError for a file that exists already, and for a backup that is none or lacks its keys.
    """
    scheme, _, rest = url.partition("://")
    if scheme != "sqlite" or not rest.removeprefix("/"):
        raise InvalidArgument("Only a SQLite file is restored from here; for PostgreSQL use pg_restore.")
    target = Path(rest.removeprefix("/"))
    if target.exists():
        raise StoreError(f"{target} exists already; move it away first, with the files beside it that begin so.")
    if not Path(backup).is_file():
        raise StoreError(f"{backup} is no file; name a backup.")
    new = target.with_name(f"{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        make_private(new)
        shutil.copyfile(backup, new)
        if keys:
            _bring_keys(new, keys, Path(backup).with_name(KEYS_FILE))
        with closing(open_store(f"sqlite:///{new}", keys)) as store:
            documents = sum(store.size(corpus).documents for corpus in store.corpora())
        new.replace(target)
    except OSError as error:
        raise StoreError(f"{target} cannot be written ({error.strerror}); check its folder and the disk.") from error
    finally:
        new.unlink(missing_ok=True)
    return documents


def _bring_keys(file: Path, keys: str, exported: Path) -> None:
    """Give the copy of an encrypted backup its keys again."""
    from engine.encrypted import import_keys

    with closing(open_unchecked(f"sqlite:///{file}")) as store:
        if encrypted(store):
            import_keys(store, keys, str(exported))
