"""What goes with a topic, counted from the documents as they are."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from engine import Condition, Dials, Document, InvalidArgument, LanguageModel
from engine.leaning import lean, topics_of
from engine.smoothing import KneserNey

DOCUMENTS = [
    *("the ferry is late", "the ferry has a rope", "a late ferry"),
    *("the bread is warm", "a warm oven and bread", "the oven"),
    *("is it so", "so it is", "it is the one", "a one", "the so", "it has a one"),
]


@pytest.fixture
def model() -> LanguageModel:
    model = LanguageModel()
    model.learn(DOCUMENTS)
    return model


def association(model: LanguageModel, topic: str, word: str) -> float:
    index = model._known.counts.vocabulary.index
    return float(topics_of(model._known).association([[index[topic]]])[index[word]])


def test_words_go_together_as_far_as_they_meet_more_often_than_by_chance(model: LanguageModel) -> None:
    """`late` is said twice, both times with `ferry`; by chance it would be 2 · 18 / 66: log(3 / (1 + 36 / 66)).

    18 of the 66 tokens, `<s>` and `</s>` counted, stand in documents with `ferry`.
    """
    lengths = [len(text.split()) + 2 for text in DOCUMENTS]
    share = sum(lengths[:3]) / sum(lengths)
    assert association(model, "ferry", "late") == pytest.approx(math.log(3 / (2 * share + 1)))
    assert association(model, "ferry", "bread") < 0 < association(model, "bread", "warm")


def test_a_topic_counts_as_if_what_was_forgotten_had_never_been(model: LanguageModel) -> None:
    """Learn, unlearn: the measure is that of a model which never learned it."""
    before = association(model, "ferry", "rope")
    model.learn(["the ferry took the rope", "rope and ferry"])
    assert association(model, "ferry", "rope") > before
    model.unlearn(["the ferry took the rope", "rope and ferry"])
    assert association(model, "ferry", "rope") == before


def test_a_text_about_something_holds_what_goes_with_it(model: LanguageModel) -> None:
    """One related word at least in every text, and more of them than without the topic."""
    rng = np.random.default_rng(1)
    prompt = model.read("")
    told = [model.steer(rng, prompt, Condition(about="Ferry"), None, Dials(originality=0.4)) for _ in range(40)]
    assert all({"ferry", "late", "rope"} & set(text.tokens) for text in told)


def test_leaning_is_exact() -> None:
    """P(w|u) f(w) / Σ P(w|u) f(w) at every step, given that a related word appears: summed over all texts of three."""
    model = LanguageModel(3)
    model.learn(["a b c", "a c", "b a c d", "c d", "d a b", "a b c", "d d a", "b b", "c"])
    known = model._known
    vocabulary = known.counts.vocabulary
    leaning = lean(known, "d", np.arange(vocabulary.ids) > 2)
    predictor = KneserNey(known.counts, as_lmplz=False)
    expected = 0.0
    for ids in itertools.product(map(vocabulary.id, "abcd"), repeat=3):
        p = 1.0
        for i, id in enumerate((*ids, 1)):
            q = predictor.distribution((0, *ids[:i])[-2:]) * leaning.factors[1:]
            p *= q[id - 1] / q.sum()
        expected += p * bool(set(ids) & set(leaning.related))
    request = model.steering.request(model.read(""), Condition(about="d"), 3, 1.0)
    assert request.probability == pytest.approx(expected, rel=1e-12)


def test_a_topic_nobody_spoke_of_is_refused(model: LanguageModel) -> None:
    """With the topic named, as it was asked for."""
    with pytest.raises(InvalidArgument, match="“zyxx”"):
        model.steer(np.random.default_rng(1), model.read(""), Condition(about="zyxx"))


def test_what_one_person_only_said_is_no_topic(model: LanguageModel) -> None:
    """Neither a keyword nor known to go with anything, as if nobody had said it."""
    model.unlearn(DOCUMENTS)
    model.learn(Document(i, text, author=1 + i % 5) for i, text in enumerate(DOCUMENTS * 2))
    model.learn([Document(99, "the ferry 8f3k2p", author=9)])
    assert model.steering.keywords("8f3k2p bread") == ["bread"]
    with pytest.raises(InvalidArgument, match="Nothing was said here"):
        model.steer(np.random.default_rng(1), model.read(""), Condition(about="8F3K2P"))


def test_keywords_are_the_rarest_words_that_were_said_here(model: LanguageModel) -> None:
    """Whatever their capitals; not what was never said, nor punctuation."""
    assert model.steering.keywords("Is the BREAD so warm, Zyxx?", most=2) == ["BREAD", "warm"]
    assert model.steering.keywords("zyxx?", most=2) == []
