"""Quotes and brackets come in pairs."""

import numpy as np
import pytest

from engine import Corpus, Document, Engine, LanguageModel, open_store
from engine.pairs import is_paired

WHOLE = (
    "nothing here",
    'she said "no" (twice)',
    '"a "b" c"',
    'he ("the otter") sleeps',
    "„so“ “so” «so» »so« ‹so›",
    "sad :( and glad :-) xD",
    "`a ( b` and ```\n[\n```",
    "https://example.org/(a",
    "**bold (very)** and ||hidden||",
    "it's the otters' pier",
    '"\nline\n"',
)
BROKEN = (
    'she said "no',
    'no" she said',
    '"two" three"',
    "(open",
    "closed)",
    "(a]",
    "([a)]",
    "„so",
    "so”",
    "**bold",
    '" alone in the middle " of it"',
)


@pytest.mark.parametrize("text", WHOLE)
def test_what_people_write_is_whole(text: str) -> None:
    """Each pair is closed; what only looks like a bracket opens nothing."""
    assert is_paired(text)


@pytest.mark.parametrize("text", BROKEN)
def test_what_lacks_a_side_is_not(text: str) -> None:
    """Or has its sides in the wrong order."""
    assert not is_paired(text)


def test_what_is_said_has_its_quotes_and_brackets_closed() -> None:
    """Left to itself the model loses every fourth pair or so; what an engine says has lost none."""
    said = [
        'the otter said "the ferry is late today" and slept',
        "the ferry (the old one) is late and the otter (the young one) slept",
        'today "the old one" is late (the otter said)',
        "the young otter is late today and the ferry slept",
    ]
    model = LanguageModel()
    model.learn(said)
    rng = np.random.default_rng(0)
    assert sum(not is_paired(model.generate(rng)) for _ in range(200)) > 10
    engine, corpus = Engine(open_store("sqlite://")), Corpus(1)
    engine.learn(corpus, [Document(id, text, author=id) for id, text in enumerate(said + said, start=1)])
    texts = [engine.generate(corpus, seed=seed).text for seed in range(200)]
    assert all(map(is_paired, texts))
    assert any('"' in text or "(" in text for text in texts)
