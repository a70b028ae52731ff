"""What `python -m bot` does for whoever keeps the database: backup, restore, and keys.

A backup is made while the bot runs, and checked. What was forgotten after it was made is in it: after
a restore the bot reads the newest messages of each channel again, and /train reads all of them.
"""

from bot.settings import Settings
from engine import StoreError, make_key, open_store
from engine import restore as restore_store
from engine import rotate_keys as rotate


def backup(settings: Settings, path: str) -> int:
    """Copy the database to a new file; returns the exit status. Raises StoreError."""
    store = open_store(settings.database_url, settings.database_key)
    try:
        store.backup(path)
    finally:
        store.close()
    keys = (
        " Its keys are in the file beside it: keep both, and DATABASE_KEY elsewhere." if settings.database_key else ""
    )
    print(f"The database is copied to {path}, and the copy is sound.{keys}")
    return 0


def restore(settings: Settings, path: str) -> int:
    """Begin the database anew from a backup, where there is none now. Raises StoreError."""
    documents = restore_store(settings.database_url, path, settings.database_key)
    print(f"{path} is in place, with {documents:,} messages. Use /train in channels where much was deleted since.")
    return 0


def key() -> int:
    """Print a new DATABASE_KEY."""
    print(make_key())
    return 0


def rotate_keys(settings: Settings) -> int:
    """Go over to the first key of DATABASE_KEY. Raises StoreError."""
    if settings.database_key is None:
        raise StoreError("DATABASE_KEY is not set; set it to the new key, a comma, and the old one.")
    number = rotate(settings.database_url, settings.database_key)
    print(f"{number:,} keys are wrapped with the first key of DATABASE_KEY now; the others can be dropped from it.")
    return 0
