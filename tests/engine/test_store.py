"""What every store must do, and what the SQLite file must not hold."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import (
    Corpus,
    Document,
    EngineError,
    InvalidArgument,
    NewerSchema,
    NotADatabase,
    Size,
    Store,
    StoreError,
    open_store,
)

HERE, THERE = Corpus(1, space=9), Corpus(2, space=9)
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


def test_documents_come_back_by_id(store: Store) -> None:
    """What was put comes back, ordered by id, and only from its own corpus."""
    store.put(HERE, [Document(30, "c", 1), Document(10, "a", 2)])
    store.put(THERE, [Document(20, "b", 1)])
    assert list(store.documents(HERE)) == [Document(10, "a", 2), Document(30, "c", 1)]
    assert store.size(HERE) == Size(2, 2, 10, 30)
    assert store.size(Corpus(3)) == Size(0, 0, None, None)
    assert store.ids(HERE, 10, 29) == [10]


def test_putting_an_id_again_replaces_it(store: Store) -> None:
    """A change tells what was there before; the same again is no change."""
    store.put(HERE, [Document(1, "old")])
    assert store.put(HERE, [Document(1, "new")]) == [(Document(1, "old"), Document(1, "new"))]
    assert store.put(HERE, [Document(1, "new")]) == []
    assert list(store.documents(HERE)) == [Document(1, "new")]


def test_many_documents_come_back_in_order(store: Store) -> None:
    """More than one read's worth of rows, large and negative ids included."""
    ids = [-(2**62), *range(25_000), 2**62]
    store.put(HERE, (Document(id, str(id)) for id in ids))
    assert [document.id for document in store.documents(HERE)] == ids


def test_removing_gives_back_what_was_there(store: Store) -> None:
    """Unknown ids are passed over."""
    store.put(HERE, [Document(1, "a"), Document(2, "b")])
    assert store.remove(HERE, [2, 99]) == [Document(2, "b")]
    assert store.remove(HERE, [2]) == []


def test_an_author_is_removed_where_asked(store: Store) -> None:
    """In one corpus, in one space, or everywhere; others' documents stay."""
    far = Corpus(3, space=8)
    for corpus in (HERE, THERE, far):
        store.put(corpus, [Document(1, "mine", 5), Document(2, "yours", 6)])
    assert store.remove_author(5, corpus=HERE) == {HERE: [Document(1, "mine", 5)]}
    assert store.remove_author(5, space=9) == {THERE: [Document(1, "mine", 5)]}
    assert store.remove_author(5) == {far: [Document(1, "mine", 5)]}
    assert [store.size(corpus).documents for corpus in (HERE, THERE, far)] == [1, 1, 1]


def test_erasing_takes_documents_and_choices(store: Store) -> None:
    """Nothing of the corpus is left; its neighbour keeps all."""
    for corpus in (HERE, THERE):
        store.put(corpus, [Document(1, "a")])
        store.choose(corpus, "learning", "on")
    assert store.erase(HERE) == 1
    assert store.choices("learning") == {THERE: "on"}
    assert store.corpora(9) == [THERE]


def test_choices_are_kept_and_removed(store: Store) -> None:
    """None takes a choice back."""
    store.choose(HERE, "learning", "on")
    store.choose(HERE, "learning", "off")
    assert store.choices("learning") == {HERE: "off"}
    store.choose(HERE, "learning", None)
    assert store.choices("learning") == {}


def test_what_no_database_keeps_is_replaced(store: Store) -> None:
    """NUL and lone surrogates become U+FFFD, and come back as that."""
    store.put(HERE, [Document(1, "a\0b\ud800c")])
    assert list(store.documents(HERE)) == [Document(1, "a\ufffdb\ufffdc")]


def test_a_failed_put_changes_nothing(store: Store) -> None:
    """One transaction a verb: when the third of three documents fails, none is there."""

    def documents() -> Iterator[Document]:
        yield from [Document(1, "a"), Document(2, "b")]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.put(HERE, documents())
    assert store.size(HERE).documents == 0


def test_everything_is_there_after_reopening(store: Store, file: Path) -> None:
    """What was acknowledged is on disk, whether or not the store was closed."""
    store.put(HERE, [Document(1, "a", 2)])
    store.choose(HERE, "learning", "on")
    again = open_store(f"sqlite:///{file}")
    assert list(again.documents(HERE)) == [Document(1, "a", 2)]
    assert again.choices("learning") == {HERE: "on"}
    again.close()


@pytest.mark.parametrize("verb", ["remove", "remove_author", "erase", "replace"])
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


@pytest.mark.parametrize("url", ["", "store.db", "mysql://host/db", "sqlite:store.db"])
def test_a_url_of_no_kind_we_know_is_refused(url: str) -> None:
    """The error shows what one looks like."""
    with pytest.raises(InvalidArgument, match="sqlite:///path"):
        open_store(url)


def test_a_closed_store_says_so() -> None:
    """Using a store that was closed is a StoreError, not a sqlite3 error."""
    store = open_store("sqlite://")
    store.close()
    with pytest.raises(EngineError):
        store.size(HERE)
