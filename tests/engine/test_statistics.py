"""A corpus in numbers: growth, vocabulary, how predictable it is, what is telling of it."""

from math import log, sqrt

import pytest

from engine import Document, LanguageModel, statistics
from engine.statistics import _STRETCHES
from engine.telling import telling, weight


def documents(*said: tuple[int, str]) -> list[Document]:
    """Documents numbered from 1, each with its author."""
    return [Document(number, text, author) for number, (author, text) in enumerate(said, start=1)]


def test_growth_has_every_period_and_vocabulary_every_point() -> None:
    """Documents 1 … 40 by tens, none from 20 to 29: periods 0 to 4 have 9, 10, 0, 10 and 1."""
    said = [Document(id, f"word{id} again", id % 2) for id in [*range(1, 20), *range(30, 41)]]
    found = statistics(said, lambda id: id // 10)
    assert found.growth == ((0, 9), (1, 10), (2, 0), (3, 10), (4, 1))
    assert (found.documents, found.authors, found.tokens, found.vocabulary) == (30, 2, 60, 31)
    assert found.vocabularies[-1] == (30, 31)
    assert all(tokens == documents + 1 for documents, tokens in found.vocabularies)


def test_predictability_is_measured_on_what_was_not_learned_yet() -> None:
    """The second stretch by a model of the first, in bits per character, the end of a document counted as one."""
    said = [Document(id, ["the tide is out", "the boat is in", "nobody knows why"][id % 3], 1) for id in range(1, 41)]
    found = statistics(said, lambda id: id)
    assert len(found.predictability) == _STRETCHES - 1
    model = LanguageModel(6, "characters", "mkn")
    model.learn(said[:4])
    surprise = model.surprise(said[4:8])
    characters = sum(len(document.text) + 1 for document in said[4:8])
    bits = surprise.bits + surprise.spelling_bits
    assert found.predictability[0] == (5, pytest.approx(bits / characters))
    assert found.predictability[-1][1] < found.predictability[0][1]


def test_a_weight_by_hand() -> None:
    """10 of 100 words here, 1 of 400 there: α = 500 · 11/500 = 11, so 21 of 600 against 12 of 900."""
    delta = log(21 / (600 - 21)) - log(12 / (900 - 12))
    assert weight(10, 100, 1, 400) == pytest.approx(delta / sqrt(1 / 21 + 1 / 12))
    assert weight(5, 100, 5, 100) == pytest.approx(0)
    assert weight(1, 400, 10, 100) < 0


def test_what_one_author_said_is_never_telling() -> None:
    """However often: a word needs two authors, a phrase three documents besides; unknown authors are one."""
    said = documents(*[(1, "my secret zebra code")] * 9, (1, "otter pond"), (2, "an otter"), (3, "otter pond"))
    words, phrases = telling(said, documents((0, "my code is a code"), (0, "an apple")))
    assert [word.text for word in words] == ["otter", "pond"]
    assert words[0].documents == 3
    assert phrases == []
    general = documents((0, "nobody says any of this"))
    words, phrases = telling([*said, Document(99, "the otter pond", 2)], general)
    assert [phrase.text for phrase in phrases] == ["otter pond"]
    assert telling([Document(d.id, d.text) for d in said], general) == ([], [])


def test_common_words_are_not_telling_and_end_no_phrase() -> None:
    """More than one in a hundred general texts hold them; inside of a phrase they may stand."""
    said = documents(*[(author, "the end of the pier") for author in (1, 2, 3)])
    general = [Document(number, "all of the sea" if number % 10 == 0 else "quiet") for number in range(100)]
    words, phrases = telling(said, general)
    assert {word.text for word in words} == {"end", "pier"}
    assert [phrase.text for phrase in phrases] == ["end of the pier"]


def test_a_word_counts_once_a_document_and_is_spelled_as_usual() -> None:
    """Saying it again and again does not make it telling; capitals are those most used."""
    said = documents((1, "Otter otter OTTER Otter"), (2, "Otter"), (3, "otter!"), (4, "the Otter"))
    words, _ = telling(said, documents((0, "the")))
    assert [(word.text, word.documents) for word in words] == [("Otter", 4)]


def test_a_phrase_is_spelled_as_somebody_spelled_it() -> None:
    """As most people did, all of it; not word by word, which nobody may have written so."""
    shouted = [(1, "OTTER pond"), (2, "OTTER pond"), (3, "otter POND"), (4, "otter POND"), (5, "otter POND")]
    alone = [(1, "OTTER"), (2, "OTTER"), (3, "pond"), (4, "pond")]
    _, phrases = telling(documents(*shouted, *alone), documents((0, "all quiet")))
    assert [phrase.text for phrase in phrases] == ["otter POND"]


def test_what_is_all_that_was_ever_said_tells_nothing() -> None:
    """There is nothing to compare it with."""
    assert telling(documents((1, "otter pond"), (2, "otter pond"), (3, "otter pond")), [])[1] == []


def test_nothing_to_tell_of_nothing() -> None:
    """An empty corpus has numbers, all of them zero."""
    found = statistics([], lambda id: id)
    assert (found.documents, found.tokens, found.growth, found.predictability) == (0, 0, (), ())
