"""An answer has to do with what it answers."""

import pytest

from engine import Corpus, Document, EmptyCorpus, Engine, open_store, respond

CORPUS = Corpus(1, 1)
SAID = (
    "the otter sleeps on the pier",
    "the lamp in the lighthouse is broken again",
    "somebody should mend the lamp",
    "the ferry is late and the captain is asleep",
    "fresh bread at the market on sundays",
)


@pytest.fixture
def engine() -> Engine:
    """What was said, each thing by two authors."""
    engine = Engine(open_store("sqlite://"))
    twice = [text for text in SAID for _ in range(2)]
    engine.learn(CORPUS, [Document(id, text, author=id % 2) for id, text in enumerate(twice, start=1)])
    return engine


def test_the_rarest_known_word_of_the_question_is_in_the_answer(engine: Engine) -> None:
    """Of "the", in four of five, and "lamp", in two."""
    for seed in range(20):
        assert "lamp" in respond(engine, CORPUS, "is the Lamp on?", seed=seed).text.split()


def test_what_may_not_be_said_is_no_topic(engine: Engine) -> None:
    """The next rarest word takes its place."""
    answers = [respond(engine, CORPUS, "the lamp or the bread?", unsaid="lamp".__eq__, seed=seed) for seed in range(20)]
    assert all("bread" in answer.text.split() for answer in answers)


def test_there_is_an_answer_to_anything(engine: Engine) -> None:
    """To words never said here, to none, and to what no text can hold without being a copy."""
    for question in ("xyzzy?", "", "?!", "…", "pier"):
        assert respond(engine, CORPUS, question, seed=1).text
    engine.learn(CORPUS, [Document(99, "one two three four five six seven eight nine", author=7)])
    assert respond(engine, CORPUS, "seven", seed=1).text


def test_where_nothing_was_learned_there_is_none() -> None:
    """The engine says so."""
    with pytest.raises(EmptyCorpus):
        respond(Engine(open_store("sqlite://")), CORPUS, "lamp")
