"""Restoring a backup, and making keys."""

from contextlib import closing
from pathlib import Path

import pytest

from engine import Corpus, Document, InvalidArgument, NotADatabase, StoreError, make_key, open_store, restore

HERE = Corpus(1, space=9)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / "backups" / "copy.sqlite3"
    with closing(open_store(f"sqlite:///{tmp_path}/store.sqlite3")) as store:
        store.put(HERE, [Document(id, "x") for id in range(10)])
        store.backup(str(path))
    return path


def test_a_backup_is_restored_as_it_was(backup: Path, tmp_path: Path) -> None:
    """Into a folder that need not be there yet; the backup stays."""
    target = tmp_path / "new" / "store.sqlite3"
    assert restore(f"sqlite:///{target}", str(backup)) == 10
    assert [path.name for path in target.parent.iterdir()] == ["store.sqlite3"]
    with closing(open_store(f"sqlite:///{target}")) as store:
        assert store.size(HERE).documents == 10
    assert backup.exists()


def test_nothing_is_overwritten_and_nothing_half_done(backup: Path, tmp_path: Path) -> None:
    """A file that is there, a backup that is not, one that is something else: a sentence, and no file is made."""
    (tmp_path / "notes.txt").write_text("dear diary, this is no database at all" * 100)
    target = tmp_path / "new" / "store.sqlite3"
    with pytest.raises(StoreError, match="exists already; move it away"):
        restore(f"sqlite:///{tmp_path}/store.sqlite3", str(backup))
    with pytest.raises(StoreError, match="is no file"):
        restore(f"sqlite:///{target}", str(tmp_path / "nothing"))
    with pytest.raises(NotADatabase):
        restore(f"sqlite:///{target}", str(tmp_path / "notes.txt"))
    with pytest.raises(InvalidArgument, match="use pg_restore"):
        restore("postgresql://localhost/db", str(backup))
    assert not target.parent.exists() or not list(target.parent.iterdir())


def test_a_plain_backup_may_be_restored_encrypted(backup: Path, tmp_path: Path) -> None:
    """With a key set since."""
    key = make_key()
    url = f"sqlite:///{tmp_path}/new/store.sqlite3"
    assert restore(url, str(backup), key) == 10
    with pytest.raises(StoreError, match="is encrypted"):
        open_store(url)
    with closing(open_store(url, key)) as store:
        assert store.size(HERE).documents == 10


def test_keys_are_random() -> None:
    """No two are alike."""
    assert len({make_key() for _ in range(100)}) == 100
