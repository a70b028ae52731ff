"""What is particular to SQLite: its file, what must not be in it, its migrations and its copies."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine import Corpus, Document, NewerSchema, NotADatabase, Store, StoreError, open_store, restore, sqlite_file

HERE = Corpus(1, space=9)
CANARY = "kanarienvogel-8f3k2p"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "store.sqlite3"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{file}")
    yield store
    store.close()


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("verb", ["remove", "remove_author", "erase", "replace", "retain"])
def test_forgotten_bytes_are_in_no_file(store: Store, file: Path, verb: str) -> None:
    """After a deletion neither the database nor its write-ahead log holds the text, open or closed."""
    store.put(HERE, [Document(1, "stays"), *(Document(i, f"{CANARY} {i}" * 50, author=7) for i in range(2, 200))])
    assert CANARY.encode() in all_bytes(file.parent)
    if verb == "remove":
        store.remove(HERE, range(2, 200))
    elif verb == "remove_author":
        store.remove_author(7)
    elif verb == "erase":
        store.erase(HERE)
    elif verb == "retain":
        store.put(HERE, [Document(300, "newest")])
        store.retain(HERE, newer_than_id=None, at_most=1)
    else:
        store.put(HERE, [Document(i, "nothing") for i in range(2, 200)])
    assert CANARY.encode() not in all_bytes(file.parent)
    store.close()
    assert CANARY.encode() not in all_bytes(file.parent)
    open_store(f"sqlite:///{file}").close()
    assert CANARY.encode() not in all_bytes(file.parent)


def test_another_programs_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A text file and a foreign database: one sentence each, and not a byte changed."""
    text, foreign = tmp_path / "notes.txt", tmp_path / "foreign.db"
    text.write_text("dear diary, this is no database at all" * 100)
    db = sqlite3.connect(foreign)
    db.execute("CREATE TABLE mine (x)")
    db.close()
    for path, sentence in ((text, "is not a database"), (foreign, "database of another program")):
        before = path.read_bytes()
        with pytest.raises(NotADatabase, match=sentence):
            open_store(f"sqlite:///{path}")
        assert path.read_bytes() == before


def test_a_newer_schema_is_refused_and_left_alone(store: Store, file: Path) -> None:
    """A file written by a newer version is not touched; the error says to update."""
    store.close()
    db = sqlite3.connect(file)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(NewerSchema, match=r"schema version 99.*update"):
        open_store(f"sqlite:///{file}")
    db = sqlite3.connect(file)
    assert db.execute("PRAGMA user_version").fetchone() == (99,)
    db.close()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder where a file is, and a file where a folder is: a sentence with the name."""
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file" / "store.sqlite3"):
        with pytest.raises(StoreError, match=str(tmp_path)):
            open_store(f"sqlite:///{path}")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    """Permission denied becomes a sentence with the name."""
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match=str(tmp_path)):
        open_store(f"sqlite:///{tmp_path}/store.sqlite3")


@pytest.mark.skipif(os.name == "nt", reason="has other permissions")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_new_file_is_for_its_owner_alone(tmp_path: Path, umask: int) -> None:
    """With all that is beside it, a backup and what is restored; one that is there keeps the mode somebody chose."""
    before = os.umask(umask)
    try:
        store = open_store(f"sqlite:///{tmp_path}/store.sqlite3")
        store.put(HERE, [Document(1, "a")])
        store.backup(str(tmp_path / "copy.sqlite3"))
        restore(f"sqlite:///{tmp_path}/restored.sqlite3", str(tmp_path / "copy.sqlite3"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes.keys() >= {"store.sqlite3", "store.sqlite3-wal", "store.sqlite3-shm", "copy.sqlite3"}
        assert set(modes.values()) == {0o600}
        store.close()
        (tmp_path / "store.sqlite3").chmod(0o640)
        open_store(f"sqlite:///{tmp_path}/store.sqlite3").close()
        assert stat.S_IMODE((tmp_path / "store.sqlite3").stat().st_mode) == 0o640
    finally:
        os.umask(before)


VERSION_1 = """
CREATE TABLE document (
    space INTEGER NOT NULL, corpus INTEGER NOT NULL, id INTEGER NOT NULL,
    author INTEGER NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (space, corpus, id)
) WITHOUT ROWID;
CREATE INDEX document_author ON document (author, space, corpus, id);
CREATE TABLE choice (
    space INTEGER NOT NULL, corpus INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (space, corpus, name)
) WITHOUT ROWID;
INSERT INTO document VALUES (9, 1, 10, 5, 'as it was');
INSERT INTO choice VALUES (9, 1, 'learning', 'on');
PRAGMA application_id = 0x4D61726B;
PRAGMA user_version = 1;
"""
"""A file as version 1 wrote it."""


def test_a_file_of_version_1_keeps_everything(file: Path) -> None:
    """It is brought to the latest schema on opening, and can do all that a new one can."""
    file.parent.mkdir()
    db = sqlite3.connect(file)
    db.executescript(VERSION_1)
    db.close()
    for _ in range(2):
        store = open_store(f"sqlite:///{file}")
        assert list(store.documents(HERE)) == [Document(10, "as it was", 5)]
        assert store.choices("learning") == {HERE: "on"}
        store.refuse(5, 9)
        store.save_job(HERE, "train", "1")
        assert (store.refusals(), store.jobs("train")) == ({(5, 9)}, {HERE: "1"})
        store.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(file: Path) -> None:
    """A table of the new schema is there already: nothing is changed, and the error is a sentence."""
    file.parent.mkdir()
    db = sqlite3.connect(file)
    db.executescript(VERSION_1 + "CREATE TABLE latest (mine);")
    db.close()
    with pytest.raises(StoreError, match="latest already exists"):
        open_store(f"sqlite:///{file}")
    db = sqlite3.connect(file)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    assert db.execute("SELECT name FROM sqlite_master WHERE name = 'refusal'").fetchall() == []
    db.close()


def test_a_file_that_vanished_is_an_error_and_its_return_is_noticed(store: Store, file: Path) -> None:
    """Nothing is written to a file nobody will see again; once it is back, the next verb goes on with it."""
    store.put(HERE, [Document(1, "a")])
    hidden = file.with_name("hidden")
    store.backup(str(hidden))
    for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        path.unlink(missing_ok=True)
    for _ in range(2):
        with pytest.raises(StoreError, match="is gone; put the file back"):
            store.put(HERE, [Document(2, "b")])
        with pytest.raises(StoreError, match="is gone"):
            store.size(HERE)
    assert not file.exists()
    hidden.rename(file)
    store.put(HERE, [Document(3, "c")])
    assert store.ids(HERE, 0, 9) == [1, 3]


def test_a_full_disk_changes_nothing_and_passes(store: Store) -> None:
    """A sentence while there is no room; the next verb works when there is."""
    store.put(HERE, [Document(1, "a")])
    db = store._file.db  # type: ignore[attr-defined]  # a limit on pages is a full disk that needs no disk
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        store.put(HERE, [Document(id, "x" * 5_000) for id in range(2, 9)])
    assert store.ids(HERE, 0, 9) == [1]
    db.execute("PRAGMA max_page_count = 1000000")
    store.put(HERE, [Document(id, "x" * 5_000) for id in range(2, 9)])
    assert store.ids(HERE, 0, 9) == list(range(1, 9))


def test_a_locked_file_is_an_error_that_passes(store: Store, file: Path) -> None:
    """Another program holds it: a sentence; when it lets go, the next verb works."""
    store._file.db.execute("PRAGMA busy_timeout = 10")  # type: ignore[attr-defined]  # not to wait ten seconds here
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match=r"locked.*no other program holds it"):
        store.put(HERE, [Document(1, "a")])
    other.execute("ROLLBACK")
    other.close()
    assert len(store.put(HERE, [Document(1, "a")])) == 1


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    """As shards of one bot do that start together: one makes the file, the others wait and use it."""
    for turn in range(50):
        with ThreadPoolExecutor(4) as openers:
            stores = list(openers.map(open_store, [f"sqlite:///{tmp_path / str(turn)}"] * 4))
        for number, store in enumerate(stores):
            store.put(HERE, [Document(number, "a")])
        assert all(store.ids(HERE, 0, 9) == [0, 1, 2, 3] for store in stores)
        for store in stores:
            store.close()


def test_what_could_not_be_wiped_is_wiped_later(store: Store, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process reads, the log keeps the text; with the next verb after that it does not."""
    monkeypatch.setattr(sqlite_file, "_WIPE_EVERY", 0.0)
    store.put(HERE, [Document(1, CANARY)])
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT text FROM document").fetchall()
    assert len(store.remove(HERE, [1])) == 1
    assert CANARY.encode() in all_bytes(file.parent)
    reader.close()
    store.size(HERE)
    assert CANARY.encode() not in all_bytes(file.parent)


def test_who_waits_for_changes_wipes_what_could_not_be_wiped(store: Store, file: Path) -> None:
    """Another process read while a text went, and no verb comes after; and what was learned leaves the log, too."""
    store.put(HERE, [Document(1, CANARY)])
    assert store.wait_for_change(0) is False
    assert CANARY.encode() in file.read_bytes()
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT text FROM document").fetchall()
    store.remove(HERE, [1])
    reader.close()
    assert CANARY.encode() in all_bytes(file.parent)
    store.wait_for_change(0)
    assert CANARY.encode() not in all_bytes(file.parent)


def test_a_backup_is_complete_while_the_store_is_in_use(store: Store, file: Path, tmp_path: Path) -> None:
    """One file that can be opened as a store; what comes later is not in it; nothing is ever overwritten."""
    store.put(HERE, [Document(id, "x", 5) for id in range(1_000)])
    store.choose(HERE, "learning", "on")
    store.refuse(6, None)
    copy = tmp_path / "backups" / "copy.sqlite3"
    store.backup(str(copy))
    store.put(HERE, [Document(5_000, "later")])
    assert [path.name for path in copy.parent.iterdir()] == ["copy.sqlite3"]
    with pytest.raises(StoreError, match="exists already"):
        store.backup(str(copy))
    again = open_store(f"sqlite:///{copy}")
    assert again.size(HERE).documents == 1_000
    assert (again.choices("learning"), again.refusals()) == ({HERE: "on"}, {(6, None)})
    again.close()
