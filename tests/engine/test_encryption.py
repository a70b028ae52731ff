"""Encryption at rest: what no file holds, whose key goes with what, and how keys are changed."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine import FORGOTTEN_UP_TO, Corpus, Document, Store, StoreError, make_key, open_store, restore, rotate_keys
from engine.encrypted import EncryptedStore
from engine.opening import open_unchecked
from engine.store import ENCRYPTED, WHOLE, Change

pytest.importorskip("cryptography")

HERE, THERE = Corpus(1, space=9), Corpus(2, space=9)
PROJECT = Path(__file__).parents[2]
CANARY = "kanarienvogel-8f3k2p"
OLD, NEW = make_key(), make_key()
SOME = [Document(id, f"{CANARY} {id}", author=7) for id in range(1, 50)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/data/store.sqlite3"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url, OLD)
    yield store
    store.close()


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def documents(url: str, keys: str, corpus: Corpus = HERE) -> list[Document]:
    with closing(open_store(url, keys)) as store:
        return list(store.documents(corpus))


def test_no_file_holds_what_people_wrote(store: Store, tmp_path: Path) -> None:
    """Neither the database nor its log nor a backup, before and after forgetting, open and closed."""
    store.put(HERE, SOME)
    store.backup(str(tmp_path / "backup.sqlite3"))
    assert CANARY.encode() not in all_bytes(tmp_path)
    assert list(store.documents(HERE)) == SOME
    store.put(HERE, [Document(1, f"{CANARY} again", author=7)])
    store.remove(HERE, [2])
    store.close()
    assert CANARY.encode() not in all_bytes(tmp_path)


def test_what_was_plain_is_encrypted_on_opening(url: str, tmp_path: Path) -> None:
    """A database from before DATABASE_KEY was set keeps everything, and its plain bytes are gone."""
    with closing(open_store(url)) as plain:
        plain.put(HERE, SOME)
        plain.put(THERE, [Document(id, f"{CANARY} {id}") for id in range(2_500)])
    assert CANARY.encode() in all_bytes(tmp_path)
    assert documents(url, OLD) == SOME
    assert len(documents(url, OLD, THERE)) == 2_500
    assert CANARY.encode() not in all_bytes(tmp_path)


def test_what_may_not_be_stored_does_not_stay_plain(url: str, tmp_path: Path) -> None:
    """What a process that ended had not yet deleted of people who refuse, or had it forgotten, goes."""
    with closing(open_store(url)) as plain:
        plain.put(HERE, SOME)
        plain.put(THERE, [Document(id, f"{CANARY} {id}", author=8) for id in range(10)])
        plain.refuse(8, None)
        plain.choose(Corpus(7, HERE.space), FORGOTTEN_UP_TO, "48")
    assert documents(url, OLD) == SOME[-1:]
    assert documents(url, OLD, THERE) == []
    assert CANARY.encode() not in all_bytes(tmp_path)


def test_encrypting_that_was_interrupted_goes_on(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between two batches: the next opening encrypts the rest, and nothing twice."""
    everything = [Document(id, f"{CANARY} {id}") for id in range(2_500)]
    with closing(open_unchecked(url)) as plain:
        plain.put(HERE, everything)
    put, calls = type(plain).put, []

    def put_until_killed(*args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return put(*args)  # type: ignore[arg-type]  # whatever it was called with

    with monkeypatch.context() as patch:
        patch.setattr(type(plain), "put", put_until_killed)
        with pytest.raises(KeyboardInterrupt):
            open_store(url, OLD)
    with pytest.raises(StoreError, match="DATABASE_KEY is not set"):
        open_store(url)
    assert documents(url, OLD) == everything
    assert CANARY.encode() not in all_bytes(tmp_path)


def test_without_the_key_or_with_a_wrong_one_nothing_opens(store: Store, url: str) -> None:
    """One clear sentence each, without a key in it; also before anything was written."""
    with pytest.raises(StoreError, match="is encrypted and DATABASE_KEY is not set"):
        open_store(url)
    store.put(HERE, SOME)
    store.close()
    with pytest.raises(StoreError, match="is encrypted and DATABASE_KEY is not set"):
        open_store(url)
    with pytest.raises(StoreError, match="not the key this database was encrypted with") as raised:
        open_store(url, NEW)
    assert NEW not in str(raised.value)
    assert documents(url, OLD) == SOME


@pytest.mark.parametrize("keys", ["secret", OLD[:-2], f"{OLD},", f"{OLD},{OLD[:20]}", OLD * 2, "ü" * 44])
def test_what_is_no_key_is_refused(url: str, keys: str) -> None:
    """The sentence says what one looks like, and does not repeat what may be half a key."""
    with pytest.raises(StoreError, match="32 bytes in URL-safe base64") as raised:
        open_store(url, keys)
    assert keys[:20] not in str(raised.value)


def test_keys_are_rotated(store: Store, url: str) -> None:
    """New key in front: both open it. After rotating, the new one alone does, and the old one does not."""
    store.put(HERE, SOME)
    store.close()
    both = f"{NEW}, {OLD}"
    with closing(open_store(url, both)) as again:
        again.put(THERE, SOME)
    assert documents(url, both) == SOME
    with pytest.raises(StoreError, match="not the key"):
        open_store(url, NEW)
    assert rotate_keys(url, both) == 2
    assert documents(url, NEW) == documents(url, NEW, THERE) == SOME
    with pytest.raises(StoreError, match="not the key"):
        open_store(url, OLD)


def test_a_row_that_was_changed_or_moved_is_noticed(store: Store, url: str) -> None:
    """A text is bound to its corpus, id and author."""
    store.put(HERE, [Document(1, "one", 5), Document(2, "two", 5)])
    with closing(open_unchecked(url)) as beneath:
        one, two = beneath.documents(HERE)
        for forged in (
            Document(1, two.text, 5),
            Document(1, one.text, 6),
            Document(1, f"{one.text[:-8]}AAAAAAA=", 5),
            Document(1, f"{one.text}?", 5),
        ):
            beneath.put(HERE, [forged])
            with pytest.raises(StoreError, match="was changed outside"):
                list(store.documents(HERE))


def test_equal_texts_look_different(store: Store, url: str) -> None:
    """Nobody can see from the file that two people wrote the same, or one the same twice."""
    for corpus in (HERE, THERE):
        store.put(corpus, [Document(1, "yes", 5), Document(2, "yes", 5), Document(3, "yes", 6)])
    with closing(open_unchecked(url)) as beneath:
        texts = {document.text for corpus in (HERE, THERE) for document in beneath.documents(corpus)}
    assert len(texts) == 6


def test_erasing_destroys_the_key_so_that_backups_forget(store: Store, url: str, tmp_path: Path) -> None:
    """A backup from before, restored after the next backup, opens; what was erased is not in it any more."""
    store.put(HERE, SOME)
    store.put(THERE, SOME)
    before = tmp_path / "backups" / "monday.sqlite3"
    store.backup(str(before))
    store.erase(HERE)
    store.backup(str(before.with_name("tuesday.sqlite3")))
    store.close()
    restored = f"sqlite:///{tmp_path}/restored/store.sqlite3"
    restore(restored, str(before), OLD)
    assert documents(restored, OLD, THERE) == SOME
    assert documents(restored, OLD) == []
    # Learned anew, it has another key, and only what was learned anew is there.
    with closing(open_store(restored, OLD)) as again:
        again.put(HERE, SOME[:3])
        assert list(again.documents(HERE)) == SOME[:3]


def test_a_backup_alone_opens_for_nobody(store: Store, tmp_path: Path) -> None:
    """It holds no keys: with DATABASE_KEY it says what is missing, without it that it is encrypted."""
    store.put(HERE, SOME)
    copy = tmp_path / "backups" / "copy.sqlite3"
    store.backup(str(copy))
    with pytest.raises(StoreError, match=r"keys are not in it.*wrapped-keys.json"):
        open_store(f"sqlite:///{copy}", OLD)
    with pytest.raises(StoreError, match="DATABASE_KEY is not set"):
        open_store(f"sqlite:///{copy}")
    target = f"sqlite:///{tmp_path}/restored.sqlite3"
    with pytest.raises(StoreError, match="not the key"):
        restore(target, str(copy), NEW)
    copy.with_name("wrapped-keys.json").unlink()
    with pytest.raises(StoreError, match="cannot be read as exported keys"):
        restore(target, str(copy), OLD)
    assert not (tmp_path / "restored.sqlite3").exists()


def test_a_key_another_process_destroyed_is_not_used(store: Store, url: str) -> None:
    """What is put after an erasure elsewhere is under the corpus's new key, and can be read."""
    store.put(HERE, SOME)
    with closing(open_store(url, OLD)) as other:
        other.erase(HERE)
    store.put(HERE, SOME[:2])
    assert list(store.documents(HERE)) == SOME[:2]
    store.close()
    assert documents(url, OLD) == SOME[:2]


@pytest.mark.parametrize(
    ("url", "keys", "package", "extra"),
    [("sqlite://", OLD, "cryptography", "encryption"), ("postgresql://localhost/db", None, "psycopg", "postgres")],
)
def test_a_missing_package_is_named_with_its_extra(url: str, keys: str | None, package: str, extra: str) -> None:
    """Nobody needs to know which package does what."""
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"from engine import open_store, StoreError\n"
        f"try: open_store({url!r}, {keys!r})\nexcept StoreError as error: print(error)"
    )
    said = subprocess.run(  # noqa: S603 - a program of ours
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    assert package in said
    assert f'pip install "markov-channel-bot[{extra}]"' in said


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_process_without_the_key_stores_nothing_more(kind: str, url: str, request: pytest.FixtureRequest) -> None:
    """One that has the database open when another one encrypts it: a sentence, and no text goes in or comes out."""
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else url
    with closing(open_store(url)) as plain:
        plain.put(HERE, SOME)
        with closing(open_store(url, OLD)) as store:
            for verb in (
                lambda: plain.put(HERE, [Document(1, "one"), Document(99, "new")]),
                lambda: list(plain.documents(HERE)),
                lambda: plain.remove(HERE, [1]),
                lambda: plain.retain(HERE, newer_than_id=None, at_most=0),
                lambda: plain.remove_author(7),
                lambda: list(plain.author_documents(7)),
            ):
                with pytest.raises(StoreError, match="is encrypted and DATABASE_KEY is not set"):
                    verb()
            assert list(store.documents(HERE)) == SOME
            plain.refuse(7, None)
            assert store.put(HERE, [Document(99, "new", author=7)]) == []


def test_what_an_earlier_version_left_plain_is_encrypted(store: Store, url: str, tmp_path: Path) -> None:
    """It let a process without the key go on; what was encrypted stays as it is, also where its key is lost."""
    store.put(HERE, SOME[1:])
    store.put(THERE, SOME)
    store.close()
    with closing(open_unchecked(url)) as beneath:
        lost = list(beneath.documents(THERE))
        beneath.erase(THERE)
        beneath.put(THERE, lost)
        beneath.put(HERE, SOME[:1])
        beneath.choose(WHOLE, ENCRYPTED, None)
    assert CANARY.encode() in all_bytes(tmp_path)
    assert documents(url, OLD) == SOME
    assert documents(url, OLD, THERE) == []
    assert CANARY.encode() not in all_bytes(tmp_path)


def test_two_processes_may_encrypt_a_database_at_once(url: str) -> None:
    """Shards start together with a new key: what the other one encrypted a moment ago stays, too."""
    with closing(open_store(url)) as plain:
        plain.put(HERE, SOME)
    late = open_unchecked(url)
    put = late.put

    def overtaken(corpus: Corpus, given: Iterable[Document]) -> list[Change]:
        encrypted = list(given)
        open_store(url, OLD).close()  # the other process, from beginning to end
        return put(corpus, encrypted)

    late.put = overtaken  # type: ignore[method-assign]
    EncryptedStore(late, OLD).close()
    assert documents(url, OLD) == SOME
