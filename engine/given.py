"""Documents as they are given, as plain strings or as `Document`, and what is known of each."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.history import LATEST
from engine.store import Document
from engine.tokenizer import Tokenizer
from engine.vocabulary import BEGIN_TOKEN, END_TOKEN, UNKNOWN_TOKEN


class Given(NamedTuple):
    """One document, read."""

    tokens: list[str]
    place: int
    """Its id; LATEST where it has none."""
    name: int
    """Where it has no id, a hash of its text: tells texts apart, and holds none."""
    author: int
    """0 where nobody is named."""

    @classmethod
    def of(cls, document: str | Document, tokenizer: Tokenizer) -> "Given":
        """Read a document."""
        place, text, author = (LATEST, document, 0) if isinstance(document, str) else document
        return cls(tokens_of(text, tokenizer), place, hash(text) if place == LATEST else 0, author)


def text_of(document: str | Document) -> str:
    """The text alone."""
    return document.text if isinstance(document, Document) else document


def tokens_of(text: str, tokenizer: Tokenizer) -> list[str]:
    """A text's tokens; one that is written like `<s>` or `</s>` is `<unk>`."""
    tokens = tokenizer.encode(text)
    if BEGIN_TOKEN not in tokens and END_TOKEN not in tokens:
        return tokens
    return [UNKNOWN_TOKEN if token in (BEGIN_TOKEN, END_TOKEN) else token for token in tokens]


def columns_of(
    documents: Sequence[str | Document],
) -> tuple[Sequence[str], Sequence[int], Sequence[int], Sequence[int]]:
    """One document and more by what is known of them: texts; and places, names and authors, as `Given` has them."""
    rows = [(LATEST, document, 0) if isinstance(document, str) else document for document in documents]
    places, texts, authors = zip(*rows, strict=True)
    names = [0] * len(rows) if max(places) < LATEST else list(map(hash, texts))
    return texts, places, names, authors
