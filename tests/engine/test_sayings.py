"""Choosing what makes up for what was said before."""

from collections import Counter

import numpy as np
import pytest

from engine import Corpus, Document, Engine, LanguageModel, open_store
from engine.dials import Dials
from engine.sayings import Sayings
from engine.speaking import SEEDS

HERE = Corpus(1, 1)
LINES = [f"the {one} met the {other}" for one in "abcdefgh" for other in "ijklmnop"]


@pytest.fixture
def engine() -> Engine:
    """An engine that knows LINES, ids from 1."""
    engine = Engine(open_store("sqlite://"))
    engine.learn(HERE, [Document(number, line) for number, line in enumerate(LINES, 1)])
    return engine


def test_a_text_weighs_what_was_said_of_it_too_often() -> None:
    """Four documents, "a b" three times and "c d e" once; said was "a b" once: a quarter of the corpus is due.

    Of "a b": each token 1 - 3/4, so do `<s> a b` and `a b </s>`; 4 x 1/4 = 1. Two tokens were said where 9/4
    were due, so -1/4 for each of two tokens. Of "c d e": three tokens and three trigrams, each 0 - 1/4.
    """
    model = LanguageModel(3, "words", "mkn")
    model.learn(["a b", "a b", "a b", "c d e"])
    known = model._known
    sayings = Sayings(known.counts, known.history)
    ab, cde = (model.read(text).ids for text in ("a b", "c d e"))
    assert sayings.excess(ab) == sayings.excess(cde) == 0
    sayings.add(ab)
    assert sayings.excess(ab) == pytest.approx(0.6 * 1 - 2 / 4 / 200)
    assert sayings.excess(cde) == pytest.approx(0.6 * -6 / 4 - 3 / 4 / 200)


@pytest.mark.parametrize("order", [1, 2, 5])
def test_what_documents_hold_weighs_nothing_when_all_of_them_were_said(order: int) -> None:
    """Each document said once is the corpus: nothing is too often or too seldom, at any order."""
    model = LanguageModel(order, "words", "mkn")
    model.learn(LINES)
    sayings = Sayings(model._known.counts, model._known.history)
    texts = [model.read(line).ids for line in LINES]
    for text in texts:
        sayings.add(text)
    assert [sayings.excess(text) for text in texts] == pytest.approx([0] * len(texts))


def test_texts_differ_more_than_chance_would_have_it() -> None:
    """Sixteen words are said alike often in LINES. Of as many texts chance says some twice as often as others."""

    def spread(*, varied: bool) -> float:
        model, rng = LanguageModel(3), np.random.default_rng(1)
        model.learn(LINES)
        dials = Dials(timeless=True, choices=10, varied=varied)
        said = Counter(word for _ in range(64) for word in model.generate(rng, dials=dials).split())
        return float(np.std([said[word] for word in "abcdefghijklmnop"]))

    assert spread(varied=True) < spread(varied=False) / 2


def test_every_text_has_a_seed_that_leads_to_it(engine: Engine) -> None:
    """Whatever was said before or since: the seed told with a text that nobody gave one for repeats it."""
    said = [engine.generate(HERE, max_copy=0) for _ in range(30)]
    assert all(generation.seed >= SEEDS for generation in said)
    assert [engine.generate(HERE, max_copy=0, seed=generation.seed) for generation in said] == said


def test_a_seed_that_was_given_heeds_nothing_that_was_said(engine: Engine) -> None:
    """It repeats its text however much was said in between, and what it says does not count."""
    before = [engine.generate(HERE, max_copy=0, seed=seed).text for seed in range(10)]
    for _ in range(30):
        engine.generate(HERE, max_copy=0)
    assert [engine.generate(HERE, max_copy=0, seed=seed).text for seed in range(10)] == before
    one, other = LanguageModel(3), LanguageModel(3)
    for model in (one, other):
        model.learn(LINES)
    one.generate(np.random.default_rng(1), dials=Dials(choices=9))
    dials = Dials(choices=9, varied=True)
    assert one.generate(np.random.default_rng(2), dials=dials) == other.generate(np.random.default_rng(2), dials=dials)


def test_forgetting_a_document_forgets_what_was_said() -> None:
    """Learning keeps it until the next merge; unlearning drops it at once, and it is counted as held till then."""
    model = LanguageModel(3)
    model.learn(LINES)
    silent = model.nbytes

    def say() -> None:
        model.generate(np.random.default_rng(1), dials=Dials(timeless=True, choices=9, varied=True))

    def remembered() -> int:
        return model._speaker._sayings.nbytes if model._speaker._sayings else 0

    say()
    assert 0 < remembered() <= model.nbytes - silent
    model.learn(["something new"])
    assert remembered()
    model.unlearn(["something new"])
    assert not remembered()
    say()
    model.merge()
    assert not remembered()
