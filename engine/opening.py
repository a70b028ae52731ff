"""Which store a URL names. PostgreSQL and encryption need an extra each, so they are imported when asked for."""

from engine.errors import InvalidArgument, StoreError, shortened
from engine.sqlite import SqliteStore
from engine.store import ENCRYPTED, NO_KEY, Store


def open_store(url: str, keys: str | None = None) -> Store:
    """Open (or make) the store a URL names.

    `sqlite:///relative`, `sqlite:////absolute`, `sqlite://` (memory), `postgresql://user:password@host/name`.
    With `keys` (DATABASE_KEY) what people wrote is encrypted. Raises InvalidArgument for another kind of
    URL, StoreError when the database cannot be opened, or does not go with the keys.
    """
    store = open_unchecked(url)
    try:
        return _with_keys(store, keys)
    except BaseException:
        store.close()
        raise


def _with_keys(store: Store, keys: str | None) -> Store:
    if keys:
        from engine.encrypted import EncryptedStore

        return EncryptedStore(store, keys)
    store.plain = True
    if encrypted(store):
        raise StoreError(NO_KEY)
    return store


def encrypted(store: Store) -> bool:
    """Whether all that people wrote in this store is encrypted, or is about to be."""
    return bool(store.jobs(ENCRYPTED) or store.keys())


def open_unchecked(url: str) -> Store:
    """The store as it lies there, whether encrypted or not; raises as `open_store` does."""
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and separator:
        return SqliteStore(rest.removeprefix("/"))
    if scheme in {"postgresql", "postgres"} and separator:
        from engine.postgres import PostgresStore

        return PostgresStore(url)
    raise InvalidArgument(
        f"The database URL starts with {shortened(scheme)!r}; it must look like sqlite:///path/to/file.sqlite3 "
        "or postgresql://user:password@host:5432/name."
    )
