"""What is particular to PostgreSQL: its schema, being reached, several processes, and what deletion leaves."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Corpus, Document, InvalidArgument, NewerSchema, NotADatabase, Store, StoreError, make_key, open_store

HERE = Corpus(1, space=9)
CANARY = "kanarienvogel-8f3k2p"
KEY = make_key()

psycopg = pytest.importorskip("psycopg")
from engine import postgres as postgres_module  # noqa: E402  # needs psycopg
from engine import postgres_connection  # noqa: E402


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    store = open_store(postgres_url)
    yield store
    store.close()


def until(works: Callable[[], Any]) -> Any:
    """What it gives, as soon as it gives something without a StoreError."""
    for _ in range(300):
        try:
            return works()
        except StoreError:
            time.sleep(0.1)
    return works()


# The schema


def test_documents_are_hash_partitioned_by_space(store: Store, postgres: Any, postgres_url: str) -> None:
    """A space lies in one partition, different spaces in different ones."""
    for space in range(40):
        store.put(Corpus(1, space), [Document(1, "a"), Document(2, "b")])
    rows = postgres.execute("SELECT space, count(DISTINCT tableoid) FROM document GROUP BY space", postgres_url)
    assert {partitions for _, partitions in rows} == {1}
    [(partitions,)] = postgres.execute("SELECT count(DISTINCT tableoid) FROM document", postgres_url)
    assert partitions > 8


def test_the_schema_has_nothing_a_distributed_database_lacks(store: Store, postgres: Any, postgres_url: str) -> None:
    """No foreign keys, sequences or triggers; every table of corpora has the space first in its only unique key."""
    ask = lambda query: postgres.execute(query, postgres_url)  # noqa: E731  # short, and used four times
    assert ask("SELECT conname FROM pg_constraint WHERE contype IN ('f', 'x')") == []
    assert ask("SELECT relname FROM pg_class WHERE relkind = 'S'") == []
    assert ask("SELECT tgname FROM pg_trigger") == []
    keys = ask(
        "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
        "WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace"
    )
    assert {column for table, column in keys if table != "latest"} == {"space"}


def test_it_works_on_tables_that_are_not_partitioned(
    postgres_url: str, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a server that spreads them by itself, which is told from the ones that do not when they are made."""
    monkeypatch.setattr(postgres_connection, "PARTITIONS", 0)
    store = open_store(postgres_url)
    store.put(HERE, [Document(1, "a", 5), Document(2, "b", 6)])
    assert store.remove_author(5) == {HERE: [Document(1, "a", 5)]}
    assert store.erase(HERE) == 1
    store.close()
    assert postgres.execute("SELECT FROM pg_partitioned_table", postgres_url) == []


def test_another_programs_tables_are_refused_and_left_alone(postgres: Any, postgres_url: str) -> None:
    """A table of the same name is in the way: a sentence, and nothing is made."""
    postgres.execute("CREATE TABLE job (mine integer)", postgres_url)
    with pytest.raises(NotADatabase, match="another program's tables"):
        open_store(postgres_url)
    assert postgres.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", postgres_url) == [("job",)]


def test_a_newer_schema_is_refused_and_left_alone(store: Store, postgres: Any, postgres_url: str) -> None:
    """A database of a newer version is not touched; the error says to update."""
    store.close()
    postgres.execute("UPDATE latest SET schema = 99", postgres_url)
    with pytest.raises(NewerSchema, match=r"schema version 99.*update"):
        open_store(postgres_url)
    assert postgres.execute("SELECT schema FROM latest", postgres_url) == [(99,)]


def test_a_database_of_another_encoding_is_refused(postgres: Any, postgres_url: str) -> None:
    """It could not hold every text; the sentence says what to make."""
    postgres.execute("CREATE DATABASE narrow ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    name = postgres_url.partition("?")[0].rpartition("/")[2]
    with pytest.raises(StoreError, match=r"LATIN1.*ENCODING 'UTF8'"):
        open_store(postgres_url.replace(f"/{name}?", "/narrow?"))


def test_processes_that_start_together_make_the_schema_once(postgres_url: str) -> None:
    """Whoever comes second finds it there."""
    outcomes: list[object] = []

    def open_one() -> None:
        try:
            store = open_store(postgres_url)
            outcomes.append(store.version())
            store.close()
        except StoreError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [1] * 6


def test_a_citus_schema_is_distributed_by_space() -> None:
    """Every table of corpora, and none is partitioned twice. Only the statements are tested, for want of a Citus."""
    statements = list(postgres_connection._statements(partitions=0, distribute=True))
    distributed = [statement for statement in statements if "create_distributed_table" in statement]
    assert len(distributed) == 5
    assert all("'space'" in statement for statement in distributed)
    assert not [statement for statement in statements if "PARTITION" in statement]


# Being reached


def test_what_is_wrong_with_a_url_is_said_without_its_password(postgres: Any) -> None:
    """No server there, no such database, no right to make tables, no URL at all: a sentence each."""
    postgres.execute("CREATE ROLE reader LOGIN")
    folder = postgres.folder
    for url, error, sentence in [
        ("postgresql://me:hunter2@127.0.0.1:1/db", StoreError, "check that it runs and can be reached"),
        (f"postgresql://postgres:hunter2@/nowhere?host={folder}", StoreError, '"nowhere" does not exist'),
        (f"postgresql://reader:hunter2@/postgres?host={folder}", StoreError, "permission denied"),
        ("postgresql://me:hunter2@[::1/db", InvalidArgument, "postgresql://user:password@host"),
        ("postgresql://me:hunter2@host/db?no=hunter2", InvalidArgument, "postgresql://user:password@host"),
    ]:
        with pytest.raises(error, match=sentence) as raised:
            open_store(url)
        assert "hunter2" not in str(raised.value)
        assert raised.value.__cause__ is None


def test_a_connection_that_was_cut_is_made_anew(store: Store, postgres: Any, postgres_url: str) -> None:
    """Cut while nobody used it, nothing is noticed."""
    store.put(HERE, [Document(1, "a")])
    postgres.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        postgres_url,
    )
    store.put(HERE, [Document(2, "b")])
    assert store.ids(HERE, 0, 9) == [1, 2]


def test_a_verb_that_is_cut_changes_nothing_and_the_next_one_works(
    store: Store, postgres: Any, postgres_url: str
) -> None:
    """A sentence, once."""
    store.put(HERE, [Document(1, "a")])

    def documents() -> list[Document]:
        return [Document(1, "changed"), Document(2, "b")]

    write = store._write  # type: ignore[attr-defined]  # the moment between reading and writing

    def cut_and_write(*args: Any) -> None:
        postgres.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            postgres_url,
        )
        write(*args)

    store._write = cut_and_write  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="could not be used"):
        store.put(HERE, documents())
    store._write = write  # type: ignore[attr-defined]
    assert list(store.documents(HERE)) == [Document(1, "a")]
    assert len(store.put(HERE, documents())) == 2


def test_a_server_that_was_away_is_used_again_when_it_is_back(store: Store, postgres: Any) -> None:
    """While it is away every verb is a sentence; afterwards all that was acknowledged is there."""
    store.put(HERE, [Document(1, "a")])
    postgres.pause()
    for _ in range(3):
        with pytest.raises(StoreError, match=r"could not be used.*check that it runs"):
            store.put(HERE, [Document(2, "b")])
    with pytest.raises(StoreError, match="could not be used"):
        store.wait_for_change(5)
    postgres.go_on()
    assert len(until(lambda: store.put(HERE, [Document(2, "b")]))) == 1
    assert store.ids(HERE, 0, 9) == [1, 2]
    store.choose(HERE, "a", "1")
    assert until(lambda: store.wait_for_change(5))


def test_a_locked_table_is_an_error_that_passes(store: Store, postgres_url: str) -> None:
    """Another program holds it: a sentence; when it lets go, the next verb works."""
    store._server._connection.execute("SET lock_timeout = '50ms'")  # type: ignore[attr-defined]  # not ten seconds
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE document")
        with pytest.raises(StoreError, match="lock timeout"):
            store.put(HERE, [Document(1, "a")])
        other.rollback()
    assert len(store.put(HERE, [Document(1, "a")])) == 1


def test_errors_say_nothing_people_wrote(store: Store, postgres: Any, postgres_url: str) -> None:
    """PostgreSQL's details may hold a whole row; neither the sentence nor its cause does."""
    postgres.execute("ALTER TABLE document ADD CHECK (length(text) < 9)", postgres_url)
    with pytest.raises(StoreError, match="violates check constraint") as raised:
        store.put(HERE, [Document(1, CANARY)])
    assert CANARY not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


# Several processes


def test_a_refusal_waits_for_what_is_being_put(store: Store, postgres_url: str) -> None:
    """When `refuse` has returned, no put that began before it can still add something."""
    with psycopg.connect(postgres_url) as putting:
        putting.execute("SELECT FROM latest FOR KEY SHARE")  # as `put` does first
        putting.execute("INSERT INTO document VALUES (9, 1, 1, 5, 'x')")
        refusing = threading.Thread(target=store.refuse, args=(5, None))
        refusing.start()
        refusing.join(0.3)
        assert refusing.is_alive()
        putting.commit()
        refusing.join(30)
    assert store.remove_author(5) == {HERE: [Document(1, "x", 5)]}


def test_a_refusal_has_its_turn_however_much_is_being_put(store: Store, postgres_url: str) -> None:
    """Nobody begins to put while one waits to refuse: writers that overlap without end do not keep it waiting."""
    other = open_store(postgres_url)
    with psycopg.connect(postgres_url) as putting:
        putting.execute("SELECT FROM latest FOR KEY SHARE")  # as `put` does first
        refusing = threading.Thread(target=store.refuse, args=(5, None))
        refusing.start()
        refusing.join(0.3)
        late = threading.Thread(target=other.put, args=(HERE, [Document(1, "x", 5), Document(2, "y", 6)]))
        late.start()
        late.join(0.3)
        assert late.is_alive()
        putting.commit()
    refusing.join(30)
    late.join(30)
    assert list(store.documents(HERE)) == [Document(2, "y", 6)]
    other.close()


@pytest.mark.parametrize("verb", ["put", "together", "remove"])
def test_an_author_is_forgotten_while_their_documents_change(store: Store, postgres_url: str, verb: str) -> None:
    """By another process: one waits for the other, and neither for each other."""
    store.put(HERE, [Document(id, "x", 5) for id in (1, 2, 3)])
    other = open_store(postgres_url)
    forgetting = threading.Thread(target=other.remove_author, args=(5,))
    check = store._check_plain  # type: ignore[attr-defined]  # in the middle of the verb

    def begin_to_forget(*args: Any) -> None:
        if not forgetting.ident:
            forgetting.start()
            forgetting.join(0.3)
        check(*args)

    store._check_plain = begin_to_forget  # type: ignore[attr-defined]
    if verb == "remove":
        assert store.remove(HERE, [2]) == [Document(2, "x", 5)]
    elif verb == "put":
        assert len(store.put(HERE, [Document(3, "y", 5), Document(1, "z", 5)])) == 2
    else:
        with store.together():
            assert len(store.put(HERE, [Document(3, "y", 5)])) == 1
            assert len(store.put(HERE, [Document(1, "z", 5)])) == 1
    forgetting.join(30)
    store._check_plain = check  # type: ignore[attr-defined]
    assert list(store.documents(HERE)) == []
    other.close()


@pytest.mark.parametrize("notified", [True, False])
def test_changes_reach_other_processes(
    store: Store, postgres_url: str, notified: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By notification, long before anybody looks; and without one by looking."""
    monkeypatch.setattr(postgres_module, "_LOOK_EVERY", 300.0 if notified else 0.05)
    store._server.notifies = notified  # type: ignore[attr-defined]  # as on a server that has no LISTEN
    assert not store.wait_for_change(0.01)
    heard: list[bool] = []
    waiting = threading.Thread(target=lambda: heard.append(store.wait_for_change(60)))
    waiting.start()
    other = open_store(postgres_url)
    other.refuse(5, 9)
    waiting.join(30)
    assert heard == [True]
    other.close()


# Backups


def test_a_dump_without_keys_forgets_what_is_erased(postgres: Any, tmp_path: Path) -> None:
    """As the README says to do it: dumps hold no keys, those are dumped apart, each time over the last."""
    url, restored = postgres.new_database(), postgres.new_database()
    dump, keys = str(tmp_path / "monday.dump"), str(tmp_path / "keys.sql")
    dump_keys = ("pg_dump", "--data-only", "--table=wrapped_key", f"--file={keys}", url)
    store = open_store(url, KEY)
    store.put(HERE, [Document(1, "erased")])
    store.put(Corpus(2, 9), [Document(1, "kept")])
    with pytest.raises(StoreError, match="pg_dump --format=custom --exclude-table-data=wrapped_key"):
        store.backup(dump)
    postgres.program("pg_dump", "--format=custom", "--exclude-table-data=wrapped_key", f"--file={dump}", url)
    postgres.program(*dump_keys)
    store.erase(HERE)
    postgres.program(*dump_keys)
    store.close()
    postgres.program("pg_restore", f"--dbname={restored}", dump)
    with pytest.raises(StoreError, match="keys are not in it"):
        open_store(restored, KEY)
    postgres.program("psql", f"--file={keys}", restored)
    store = open_store(restored, KEY)
    assert list(store.documents(Corpus(2, 9))) == [Document(1, "kept")]
    assert list(store.documents(HERE)) == []
    store.close()


# What deletion leaves


def files_with_canary(folder: Path) -> set[str]:
    """Which parts of the server's data folder hold the canary: base (tables), pg_wal (the write-ahead log) ..."""
    found = set()
    for path in folder.rglob("*"):
        try:
            held = path.is_file() and CANARY.encode() in path.read_bytes()
        except FileNotFoundError:
            continue
        if held:
            found.add(path.relative_to(folder).parts[0])
    return found


@pytest.mark.parametrize("verb", ["remove", "remove_author", "erase", "replace"])
def test_forgotten_rows_are_vacuumed(store: Store, postgres: Any, postgres_url: str, verb: str) -> None:
    """At closing at the latest no dead row is left, and nothing a query can reach."""
    store.put(HERE, [Document(i, f"{CANARY} {i}", author=7) for i in range(200)])
    if verb == "remove":
        store.remove(HERE, range(200))
    elif verb == "remove_author":
        store.remove_author(7)
    elif verb == "erase":
        store.erase(HERE)
    else:
        store.put(HERE, [Document(i, "nothing", author=7) for i in range(200)])
    store.close()
    ask = "SELECT sum(vacuum_count) FROM pg_stat_user_tables WHERE relname LIKE 'document%'"
    assert postgres.execute(ask, postgres_url) == [(1,)]
    assert postgres.execute("SELECT FROM document WHERE text LIKE 'kanarien%'", postgres_url) == []
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        said: list[str] = []
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        connection.execute("VACUUM (VERBOSE) document")
    # Another vacuum finds nothing left to do.
    assert not [removed for text in said for removed in re.findall(r"tuples: (\d+) removed", text) if removed != "0"]


def test_which_files_of_the_server_hold_a_forgotten_text(own_postgres: Any) -> None:
    """What is promised, no more: encrypted none at any time; else the tables until VACUUM FULL, and the log."""
    store = open_store(own_postgres.new_database(), KEY)
    store.put(HERE, [Document(i, f"{CANARY} {i}", author=7) for i in range(200)])
    own_postgres.execute("CHECKPOINT")
    assert files_with_canary(own_postgres.folder) == set()
    store.erase(HERE)
    store.close()
    url = own_postgres.new_database()
    store = open_store(url)
    store.put(HERE, [Document(i, f"{i} stays" if i % 2 else f"{CANARY} {i}", author=i % 2) for i in range(400)])
    own_postgres.execute("CHECKPOINT")
    assert files_with_canary(own_postgres.folder) == {"base", "pg_wal"}
    store.remove_author(0)
    own_postgres.execute("VACUUM FULL document", url)
    own_postgres.execute("CHECKPOINT")
    assert files_with_canary(own_postgres.folder) == {"pg_wal"}
    store.close()
