"""Choosing among several texts the one that is shaped most like a document."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Corpus, Dials, Document, Engine, InvalidArgument, LanguageModel, open_store
from engine.choosing import Choice, Shape, draw_shape
from engine.dials import speaking
from engine.pairs import is_paired


def test_a_shape_is_a_length_and_its_repetitions() -> None:
    """Of 5 6 5 5 7 two tokens are among those before; a text of nothing counts as one token long."""
    assert Shape.of([5, 6, 5, 5, 7]) == Shape(5, 2)
    assert Shape.of([]) == Shape(1, 0)


def chosen(texts: list[list[int]], shape: Shape, unpaired: tuple[int, ...] = ()) -> int:
    """The number of the text that is chosen, where these are not in pairs."""
    choice = Choice(shape, lambda text: texts.index(text) in unpaired)
    for text in texts:
        choice.offer(text)
    return texts.index(choice.text)


def test_the_nearest_text_is_chosen_and_of_equals_the_first() -> None:
    """10 ln(8/4) = 6.9 away, 10 ln(5/4) = 2.2 away; and a repetition more is 1 away."""
    texts = [[3, 4, 5, 6, 7, 8, 9, 10], [3, 4, 5, 6, 7], [8, 9, 10, 11, 12]]
    assert chosen(texts, Shape(4, 0)) == 1
    assert chosen([[3, 4, 5, 6], [3, 4, 5, 3]], Shape(4, 1)) == 1


def test_texts_in_pairs_come_first() -> None:
    """The nearest of those in pairs, however near others are; where none is, the nearest of all."""
    texts = [[3, 4, 5, 6, 7], [3, 4, 5, 6], [3], [3, 4], [4, 5, 6, 7]]
    assert chosen(texts, Shape(4, 0), unpaired=(1, 4)) == 0
    assert chosen(texts, Shape(4, 0), unpaired=(0, 1, 4)) == 3
    assert chosen(texts, Shape(4, 0), unpaired=(0, 1, 2, 3, 4)) == 1


@given(st.lists(st.lists(st.integers(3, 9), min_size=1, max_size=30), min_size=1, max_size=10), st.integers(1, 20))
def test_a_text_left_unfinished_would_not_be_chosen(texts: list[list[int]], length: int) -> None:
    """Whatever stands behind the most tokens a text may have when its turn comes, the same text is chosen."""
    whole, cut = (Choice(Shape(length, 1), lambda text: text[0] == 3) for _ in range(2))
    for text in texts:
        whole.offer(text)
        cut.offer(text[: int(min(cut.most, 99))])
    assert cut.text == whole.text


def test_the_shape_is_one_of_a_document_longer_than_the_start() -> None:
    """Documents have one, three and six tokens; after four typed ones only the last is left, after six none."""
    model = LanguageModel(3)
    model.learn(["well", "so it is", "a b a b a b"])
    rng, history = np.random.default_rng(1), model._known.history
    assert {draw_shape(rng, history, 0) for _ in range(99)} == {Shape(1, 0), Shape(3, 0), Shape(6, 4)}
    assert {draw_shape(rng, history, 4) for _ in range(99)} <= {Shape(6, 4), None}
    assert draw_shape(rng, history, 6) is None


def test_texts_chosen_are_as_long_as_documents() -> None:
    """All documents have eight tokens; texts drawn freely are far off, chosen ones near."""
    words = np.random.default_rng(1).choice(list("abcdefghij"), (60, 8)).tolist()
    model = LanguageModel(2)
    model.learn(map(" ".join, words))
    rng = np.random.default_rng(1)

    def off(dials: Dials) -> float:
        return float(np.mean([abs(len(model.generate(rng, dials=dials).split()) - 8) for _ in range(200)]))

    assert off(Dials(timeless=True, choices=8)) < off(Dials(timeless=True)) / 3


def test_timeless_texts_do_not_follow_what_was_said_lately() -> None:
    """Whatever the order of documents, the same seed gives the same timeless text; the mixture tells them apart."""
    lines = [f"the {one} saw the {other}" for one in "abcdefgh" for other in "abcdefgh"]
    ways = []
    for dials in (Dials(timeless=True), Dials()):
        said = []
        for order in (lines, lines[::-1]):
            model = LanguageModel()
            model.learn(order)
            rng = np.random.default_rng(1)
            said.append([model.generate(rng, dials=dials) for _ in range(50)])
        ways.append(said[0] == said[1])
    assert ways == [True, False]


def test_choosing_follows_forgetting() -> None:
    """After A, B, C and without B a seed gives the text it gives after A and C."""
    a, b, c = Document(1, "the cat sat on the mat"), Document(2, "no no no no no no"), Document(3, "the dog sat")
    dials = speaking("words", 5, 18, 0.9, max_copy=0)
    one, other = LanguageModel(3), LanguageModel(3)
    one.learn([a, b, c])
    one.unlearn([b])
    one.merge()
    other.learn([a, c])
    for seed in range(40):
        rngs = np.random.default_rng(seed), np.random.default_rng(seed)
        assert one.generate(rngs[0], dials=dials) == other.generate(rngs[1], dials=dials)


@pytest.mark.parametrize("unit", ["words", "characters", "whitespace"])
def test_the_dials_still_work_where_texts_are_chosen(unit: str) -> None:
    """A length is exact, a start stands first, temperature 0 says one thing, and a seed repeats a text."""
    engine, corpus = Engine(open_store("sqlite://")), Corpus(1, 1)
    lines = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog sat on a mat"]
    engine.learn(corpus, [Document(number, line) for number, line in enumerate(lines, 1)])
    assert len(engine.generate(corpus, unit=unit, length=9, max_copy=0, seed=1).tokens) == 9
    assert engine.generate(corpus, unit=unit, start="the dog", seed=2).text.startswith("the dog")
    cold = {engine.generate(corpus, unit=unit, temperature=0, max_copy=0, seed=seed).text for seed in range(5)}
    assert len(cold) == 1
    assert len({engine.generate(corpus, unit=unit, seed=3).text for _ in range(3)}) == 1


def test_the_usual_originality_is_lower_with_the_guard() -> None:
    """What the guard forbids makes texts more original already."""
    for order in (3, 5):
        guarded, free = (speaking("words", order, 10**6, max_copy=copied).originality for copied in (5, 0))
        assert guarded < free < 1


def test_the_usual_originality_with_the_guard_grows_with_the_corpus() -> None:
    """Half of its most after 10,000 tokens."""
    few, some, many = (speaking("words", 3, tokens).originality for tokens in (100, 10_000, 10**9))
    assert few < some == pytest.approx(many / 2, rel=1e-4)
    assert many == pytest.approx(0.85, rel=1e-4)


def test_a_text_that_is_no_document_is_chosen_where_there_is_one() -> None:
    """Of these two documents every second text drawn is one of them again; of ten some nearly always are not."""
    model = LanguageModel(3)
    model.learn(["one fish and two birds", "two fish and one bird"])
    rng = np.random.default_rng(1)

    def copies(dials: Dials) -> int:
        said = [model.generate(rng, dials=dials) for _ in range(200)]
        return sum(text in {"one fish and two birds", "two fish and one bird"} for text in said)

    assert copies(Dials(max_copy=5, originality=0.5)) > 50
    assert copies(Dials(max_copy=5, originality=0.5, choices=10)) < 5


def test_there_must_be_a_choice() -> None:
    """None of no texts can be said."""
    with pytest.raises(InvalidArgument, match="choices are 0"):
        Dials(choices=0)


def test_a_text_whose_quotes_come_in_pairs_is_chosen_where_there_is_one() -> None:
    """Half of what is drawn here opens a bracket and does not close it; of ten texts some nearly always do."""
    model = LanguageModel(2)
    model.learn(["( a ) b", "( a", "a ) b", "b a"] * 5)
    rng = np.random.default_rng(1)

    def unpaired(dials: Dials) -> int:
        return sum(not is_paired(model.generate(rng, dials=dials)) for _ in range(200))

    assert unpaired(Dials()) > 50
    assert unpaired(Dials(choices=10)) < 5
