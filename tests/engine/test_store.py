"""What every store must do: SQLite, PostgreSQL, and each of them encrypted."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import FORGOTTEN_UP_TO, Corpus, Document, EngineError, InvalidArgument, Size, Store, make_key, open_store

HERE, THERE = Corpus(1, space=9), Corpus(2, space=9)
FAR = Corpus(3, space=8)
KEY = make_key()


@pytest.fixture(params=["sqlite", "postgres", "encrypted sqlite", "encrypted postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    if "postgres" in kind:
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/folder/store.sqlite3"


@pytest.fixture
def keys(kind: str) -> str | None:
    return KEY if "encrypted" in kind else None


@pytest.fixture
def store(url: str, keys: str | None) -> Iterator[Store]:
    store = open_store(url, keys)
    yield store
    store.close()


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
    for corpus in (HERE, THERE, FAR):
        store.put(corpus, [Document(1, "mine", 5), Document(2, "yours", 6)])
    assert store.remove_author(5, corpus=HERE) == {HERE: [Document(1, "mine", 5)]}
    assert store.remove_author(5, space=9) == {THERE: [Document(1, "mine", 5)]}
    assert store.remove_author(5) == {FAR: [Document(1, "mine", 5)]}
    assert [store.size(corpus).documents for corpus in (HERE, THERE, FAR)] == [1, 1, 1]


def test_an_author_is_removed_up_to_an_id(store: Store) -> None:
    """That id included; what they left later stays, as do others' documents."""
    for corpus in (HERE, FAR):
        store.put(corpus, [Document(1, "old", 5), Document(2, "old", 5), Document(2**40, "new", 5)])
        store.put(corpus, [Document(3, "yours", 6)])
    assert store.remove_author(5, space=9, up_to=2) == {HERE: [Document(1, "old", 5), Document(2, "old", 5)]}
    assert store.remove_author(5, up_to=2) == {FAR: [Document(1, "old", 5), Document(2, "old", 5)]}
    assert [store.size(corpus).documents for corpus in (HERE, FAR)] == [2, 2]


def test_documents_of_an_author_are_counted_up_to_an_id(store: Store) -> None:
    """That id included, in one space or in all."""
    for corpus in (HERE, FAR):
        store.put(
            corpus, [Document(1, "old", 5), Document(2, "old", 5), Document(9, "new", 5), Document(3, "yours", 6)]
        )
    assert store.author_size(5, 9, up_to=2) == {HERE: 2}
    assert store.author_size(5, up_to=2) == {FAR: 2, HERE: 2}
    assert store.author_size(5, up_to=0) == {}


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


def test_everything_is_there_after_reopening(store: Store, url: str, keys: str | None) -> None:
    """What was acknowledged is kept, whether or not the store was closed."""
    store.put(HERE, [Document(1, "a", 2)])
    store.choose(HERE, "learning", "on")
    store.refuse(5, 9)
    store.save_job(HERE, "train", "{}")
    again = open_store(url, keys)
    assert list(again.documents(HERE)) == [Document(1, "a", 2)]
    assert again.choices("learning") == {HERE: "on"}
    assert again.refusals() == {(5, 9)}
    assert again.jobs("train") == {HERE: "{}"}
    again.close()


def test_of_several_documents_with_one_id_the_last_counts(store: Store) -> None:
    """In one call as in several."""
    assert store.put(HERE, [Document(1, "a"), Document(1, "b")]) == [(None, Document(1, "b"))]
    assert list(store.documents(HERE)) == [Document(1, "b")]


def test_an_empty_call_changes_nothing(store: Store) -> None:
    """No documents, no ids."""
    assert store.put(HERE, []) == []
    assert store.remove(HERE, []) == []
    assert store.corpora() == []


@pytest.mark.parametrize(
    "text", ["", "%s ? %(x)s :y $1", "'; DROP TABLE document; --", "\r\n\t", "e\u0301\U0001f980" * 500]
)
def test_any_text_comes_back_as_it_was(store: Store, text: str) -> None:
    """Nothing in a text means anything to a database."""
    store.put(HERE, [Document(1, text)])
    assert list(store.documents(HERE)) == [Document(1, text)]
    assert store.put(HERE, [Document(1, text)]) == []


def test_what_an_author_left_can_be_counted_and_read(store: Store) -> None:
    """Corpus by corpus, in one space or in all, by id."""
    for corpus in (HERE, FAR):
        store.put(corpus, [Document(2, "b", 5), Document(1, "a", 5), Document(3, "c", 6)])
    assert store.author_size(5) == {FAR: 2, HERE: 2}
    assert store.author_size(5, 8) == {FAR: 2}
    assert store.author_size(7) == {}
    theirs = [Document(1, "a", 5), Document(2, "b", 5)]
    found = list(store.author_documents(5))
    assert len(found) == 4
    assert all((corpus, document) in found for corpus in (HERE, FAR) for document in theirs)
    assert [document for corpus, document in found if corpus == HERE] == theirs
    assert list(store.author_documents(5, 9)) == [(HERE, document) for document in theirs]


def test_a_refusal_holds_in_its_space_or_everywhere(store: Store) -> None:
    """What a refusing author writes is left out of `put`; what others write is not."""
    store.refuse(5, 9)
    store.refuse(6, None)
    assert store.refusals() == {(5, 9), (6, None)}
    documents = [Document(id, "x", author=id) for id in (4, 5, 6)]
    assert [change.new.author for change in store.put(HERE, documents)] == [4]
    assert [change.new.author for change in store.put(FAR, documents)] == [4, 5]


def test_a_refusal_is_taken_back_as_it_was_made(store: Store) -> None:
    """Allowing in a space does not touch a refusal everywhere; allowing what was not refused is fine."""
    for space in (None, 0, 9):
        store.refuse(5, space)
    store.refuse(5, 9)
    store.allow(5, 9)
    store.allow(5, 77)
    assert store.refusals() == {(5, None), (5, 0)}
    store.allow(5, None)
    assert store.refusals() == {(5, 0)}
    assert len(store.put(HERE, [Document(1, "x", 5)])) == 1
    assert store.put(Corpus(4), [Document(1, "x", 5)]) == []


def test_a_refusal_by_another_process_holds_at_once(store: Store, url: str, keys: str | None) -> None:
    """From the moment `refuse` returned, wherever it was called."""
    other = open_store(url, keys)
    other.refuse(5, None)
    assert store.put(HERE, [Document(1, "x", 5)]) == []
    other.close()


def test_what_another_process_had_forgotten_stays_so(store: Store, url: str, keys: str | None) -> None:
    """Up to that id, in that space or (0) in all, from the moment that was chosen; what comes later is put."""
    page = [Document(id, "x", author=id % 10) for id in (15, 25, 26, 35)]
    store.put(HERE, page[:1])
    other = open_store(url, keys)
    other.choose(Corpus(5, 9), FORGOTTEN_UP_TO, "15")
    other.choose(Corpus(5, 0), FORGOTTEN_UP_TO, "25")
    other.choose(Corpus(6, 8), FORGOTTEN_UP_TO, "99")
    other.remove_author(5)
    other.close()
    assert [change.new.id for change in store.put(HERE, page)] == [26, 35]
    assert [change.new.id for change in store.put(FAR, page)] == [35]


@pytest.mark.parametrize(
    ("newer_than_id", "at_most", "kept"),
    [(None, 2, [4, 5]), (3, None, [4, 5]), (1, 3, [3, 4, 5]), (4, 3, [5]), (None, 0, []), (0, 9, [1, 2, 3, 4, 5])],
)
def test_retention_keeps_the_newest(
    store: Store, newer_than_id: int | None, at_most: int | None, kept: list[int]
) -> None:
    """By id, by number, or both; the neighbour keeps all."""
    for corpus in (HERE, THERE):
        store.put(corpus, [Document(id, "x") for id in range(1, 6)])
    gone = store.retain(HERE, newer_than_id=newer_than_id, at_most=at_most)
    assert [document.id for document in gone] == [id for id in range(1, 6) if id not in kept]
    assert store.ids(HERE, 0, 99) == kept
    assert store.size(THERE).documents == 5


def test_retention_goes_in_batches(store: Store) -> None:
    """The oldest first, until nothing is left to delete."""
    store.put(HERE, [Document(id, "x") for id in range(12_000)])
    assert [len(store.retain(HERE, newer_than_id=None, at_most=5)) for _ in range(3)] == [10_000, 1_995, 0]


def test_jobs_are_kept_until_they_are_done(store: Store) -> None:
    """Of each kind one in a corpus; erasing the corpus ends them."""
    store.save_job(HERE, "train", "1")
    store.save_job(HERE, "train", "2")
    store.save_job(THERE, "train", "3")
    store.save_job(THERE, "backfill", "4")
    assert store.jobs("train") == {HERE: "2", THERE: "3"}
    assert store.corpora(9) == [HERE, THERE]
    store.save_job(HERE, "train", None)
    store.erase(THERE)
    assert (store.jobs("train"), store.jobs("backfill")) == ({}, {})


def test_a_choice_may_be_changed_where_another_is_kept(store: Store) -> None:
    """Names do not get in each other's way, nor do spaces."""
    store.choose(HERE, "a", "1")
    store.choose(HERE, "b", "2")
    store.choose(Corpus(HERE.id, space=8), "a", "3")
    assert store.choices("a") == {HERE: "1", Corpus(HERE.id, space=8): "3"}
    assert store.choices("b") == {HERE: "2"}


def test_the_version_counts_what_others_must_hear_of(store: Store) -> None:
    """Choices, refusals, what is forgotten by author or corpus: one each; documents and jobs: none."""
    before = store.version()
    store.put(HERE, [Document(1, "x", 5)])
    store.remove(HERE, [1])
    store.save_job(HERE, "train", "1")
    assert store.version() == before
    for i, change in enumerate(
        [
            lambda: store.choose(HERE, "a", "1"),
            lambda: store.refuse(5, None),
            lambda: store.allow(5, None),
            lambda: store.remove_author(5),
            lambda: store.erase(HERE),
        ]
    ):
        change()
        assert store.version() == before + i + 1


def test_others_hear_in_which_corpora_something_was_forgotten(store: Store, url: str, keys: str | None) -> None:
    """Since a version: where an author was forgotten, and what was erased."""
    other = open_store(url, keys)
    store.put(HERE, [Document(1, "x", 5)])
    store.put(THERE, [Document(1, "x", 6)])
    before = store.version()
    other.remove_author(5)
    assert store.forgotten_since(before) == {HERE}
    between = store.version()
    other.erase(THERE)
    assert store.forgotten_since(between) == {THERE}
    assert store.forgotten_since(before) == {HERE, THERE}
    assert store.forgotten_since(store.version()) == set()
    other.close()


def test_what_is_put_together_is_there_together(store: Store, url: str, keys: str | None) -> None:
    """Nobody else sees a part of it, and it is on disk when the block ends."""
    store.put(HERE, [Document(1, "old")])
    other = open_store(url, keys)
    with store.together():
        changes = store.put(HERE, [Document(1, "new"), Document(2, "two")])
        store.put(THERE, [Document(3, "three")])
        assert [document.text for document in other.documents(HERE)] == ["old"]
    assert [(change.old and change.old.text, change.new.text) for change in changes] == [("old", "new"), (None, "two")]
    assert [document.text for document in other.documents(HERE)] == ["new", "two"]
    other.close()
    assert [document.text for document in store.documents(THERE)] == ["three"]


def test_of_what_is_put_together_nothing_is_there_when_it_fails(store: Store) -> None:
    """And the store goes on working."""

    def fail() -> None:
        with store.together():
            store.put(HERE, [Document(1, "one")])
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(store.documents(HERE)) == []
    store.put(HERE, [Document(2, "two")])
    assert [document.text for document in store.documents(HERE)] == ["two"]


def test_waiting_ends_when_another_process_changes_something(store: Store, url: str, keys: str | None) -> None:
    """In a thread of its own, while the store is used; without a change it ends by itself."""
    store.wait_for_change(0.01)  # a new database was marked as encrypted, perhaps
    assert not store.wait_for_change(0.01)
    heard: list[bool] = []
    waiting = threading.Thread(target=lambda: heard.append(store.wait_for_change(30)))
    waiting.start()
    store.put(HERE, [Document(1, "x")])
    other = open_store(url, keys)
    other.refuse(5, None)
    other.close()
    waiting.join(30)
    assert heard == [True]
    assert not store.wait_for_change(0.01)
    store.choose(HERE, "a", "1")
    assert store.wait_for_change(0.01)


def test_a_closed_store_says_so(store: Store) -> None:
    """Using a store that was closed is an error with a sentence; closing it again is none."""
    store.close()
    with pytest.raises(EngineError):
        store.size(HERE)


@pytest.mark.parametrize("bad", ["", "store.db", "mysql://host/db", "sqlite:store.db"])
def test_a_url_of_no_kind_we_know_is_refused(bad: str) -> None:
    """The error shows what one looks like."""
    with pytest.raises(InvalidArgument, match=r"sqlite:///path.*postgresql://user"):
        open_store(bad)
