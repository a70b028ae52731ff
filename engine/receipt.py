"""What was forgotten, in numbers for a receipt."""

from collections.abc import Iterable
from typing import NamedTuple

from engine.store import Document
from engine.tokenizer import tokenizer
from engine.vocabulary import BEGIN_TOKEN, END_TOKEN

COUNTED_UP_TO = 3_000
"""Documents in the corpora concerned up to which n-grams are counted: about a quarter of a second."""
_UNIT = "words"


class Forgotten(NamedTuple):
    """What is gone. `ngrams` counts those of the default model that stand in no document that stays; 0: not counted."""

    documents: int
    ngrams: int


def ngrams_gone(gone: Iterable[Document], staying: Iterable[Document]) -> int:
    """How many different n-grams of the default model stand in a document that is gone and in none that stays."""
    lost: set[tuple[str, ...]] = set().union(*map(_ngrams, gone))
    for document in staying:
        if not lost:
            break
        lost -= _ngrams(document)
    return len(lost)


def _ngrams(document: Document) -> set[tuple[str, ...]]:
    split = tokenizer(_UNIT)
    tokens = [BEGIN_TOKEN, *split.encode(document.text), END_TOKEN]
    return {
        tuple(tokens[start : end + 1])
        for end in range(1, len(tokens))
        for start in range(max(0, end - split.default_order + 1), end + 1)
    }
