"""The engine behind `await`: order within a corpus, fairness among them, and models built aside."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.line import Line
from bot.service import Service
from engine import Corpus, Document, Engine

CATS, DOGS = Corpus(1, 1), Corpus(2, 1)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    service = Service(f"sqlite:///{tmp_path / 'store.sqlite3'}", 2**28)
    await service.open()
    yield service
    await service.close()


def test_corpora_take_turns_and_each_keeps_its_order() -> None:
    """Much about one corpus does not keep another waiting."""
    line: Line[str] = Line()
    for item in ("cat 1", "cat 2", "cat 3"):
        line.put(CATS, item)
    line.put(DOGS, "dog 1")
    line.put(DOGS, "dog 2")
    assert [line.take() for _ in range(len(line))] == ["cat 1", "dog 1", "cat 2", "dog 2", "cat 3"]


def test_what_is_about_no_corpus_is_a_barrier() -> None:
    """Who is forgotten everywhere is forgotten after what came before, and before what comes after."""
    line: Line[str] = Line()
    for corpus, item in ((CATS, "cat 1"), (CATS, "cat 2"), (None, "all 1"), (None, "all 2"), (DOGS, "dog 1")):
        line.put(corpus, item)
    line.put(CATS, "cat 3")
    assert [line.take() for _ in range(len(line))] == ["cat 1", "cat 2", "all 1", "all 2", "dog 1", "cat 3"]


async def test_a_large_model_is_built_aside_while_others_are_answered(service: Service) -> None:
    """The question that needs it waits; one about another corpus, asked later, is answered sooner."""
    texts = [f"the cat number {number} sat on the mat" for number in range(5_000)]
    await service.do(Engine.learn, CATS, [Document(id, text) for id, text in enumerate(texts, start=1)])
    await service.do(Engine.learn, DOGS, [Document(1, "the dog sat on the log")])
    slow = service.do(Engine.candidates, CATS, "the cat")
    await service.do(Engine.candidates, DOGS, "the dog")
    assert not slow.done()
    assert (await slow).candidates[0].count == 5_000


async def test_a_model_built_aside_follows_what_changed_meanwhile(service: Service) -> None:
    """It equals the model that is built when all is over, to the last bit."""
    texts = [f"the cat number {number} sat on mat {number % 7}" for number in range(1, 4_001)]
    await service.do(Engine.learn, CATS, [Document(id, text) for id, text in enumerate(texts, start=1)])
    asked = service.do(Engine.candidates, CATS, "the", top=25)
    again = service.do(Engine.candidates, CATS, "the", top=25)
    changed: list[asyncio.Future[object]] = []
    for id in (1, 2, 1_500, 3_999, 4_000):
        changed += [
            service.do(Engine.learn, CATS, [Document(id, f"the edited {id} swam")]),  # type: ignore[list-item]
            service.do(Engine.unlearn, CATS, [id + 5], receipt=False),  # type: ignore[list-item]
            service.do(Engine.learn, CATS, [Document(10_000 + id, "the new one flew")]),  # type: ignore[list-item]
        ]
        await asyncio.sleep(0)
    await asyncio.gather(asked, again, *changed)
    followed = await service.do(Engine.candidates, CATS, "the", top=25)
    await service.do(Engine.drop_models)
    assert await service.do(Engine.candidates, CATS, "the", top=25) == followed
    assert "edited" in {candidate.token for candidate in followed.candidates}


async def test_models_too_large_for_the_memory_are_built_and_asked_all_the_same(tmp_path: Path) -> None:
    """Each answers whoever waited for it before another one takes its room."""
    service = Service(f"sqlite:///{tmp_path / 'store.sqlite3'}", 1)
    await service.open()
    for corpus, name in ((CATS, "cat"), (DOGS, "dog")):
        await service.do(Engine.learn, corpus, [Document(id, f"the {name} {id}") for id in range(1, 2_001)])
    asked = [service.do(Engine.candidates, corpus, "the") for corpus in (CATS, DOGS) * 3]
    found = [(await answer).candidates[0].token for answer in asked]
    assert found == ["cat", "dog"] * 3
    await service.close()


async def test_a_corpus_erased_while_its_model_is_built_is_gone(service: Service) -> None:
    """The question finds nothing any more."""
    await service.do(Engine.learn, CATS, [Document(id, f"the cat {id}") for id in range(1, 3_001)])
    asked = service.do(Engine.candidates, CATS, "the")
    await service.do(Engine.erase, CATS)
    (outcome,) = await asyncio.gather(asked, return_exceptions=True)
    assert type(outcome).__name__ in {"EmptyCorpus", "Candidates"}, "answered before it was erased, or not at all"
    assert await service.do(Engine.held) == (0, 0)
    with pytest.raises(Exception, match="Nothing has been learned"):
        await service.do(Engine.candidates, CATS, "the")


async def test_closing_finishes_what_is_in_line(tmp_path: Path) -> None:
    """What was handed over before is stored."""
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    service = Service(url, 2**20)
    await service.open()
    for id in range(1, 101):
        service.do(Engine.learn, CATS, [Document(id, f"the cat {id}")])
    await service.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("engine") and thread.is_alive()][
        1:
    ]
    service = Service(url, 2**20)
    await service.open()
    assert (await service.do(Engine.size, CATS)).documents == 100
    await service.close()
