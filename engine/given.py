"""Documents as they are given, as plain strings or as `Document`, and what is known of each."""

from collections.abc import Iterable, Sequence
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
    """A hash of its text: tells texts apart, and holds none."""
    author: int
    """0 where nobody is named."""

    @classmethod
    def of(cls, document: str | Document, tokenizer: Tokenizer) -> "Given":
        """Read a document."""
        if isinstance(document, str):
            return cls(tokens_of(document, tokenizer), LATEST, hash(document), 0)
        text = document.text
        return cls(tokens_of(text, tokenizer), document.id, hash(text), document.author)


def text_of(document: str | Document) -> str:
    """The text alone."""
    return document.text if isinstance(document, Document) else document


def tokens_of(text: str, tokenizer: Tokenizer) -> list[str]:
    """A text's tokens; one that is written like `<s>` or `</s>` is `<unk>`."""
    tokens = tokenizer.encode(text)
    if BEGIN_TOKEN not in tokens and END_TOKEN not in tokens:
        return tokens
    return [UNKNOWN_TOKEN if token in (BEGIN_TOKEN, END_TOKEN) else token for token in tokens]


def besides_tokens(
    documents: Sequence[str | Document], texts: Iterable[str]
) -> tuple[Iterable[int], Iterable[int], Iterable[int]]:
    """What is known of documents besides their tokens: places, names and authors, as `Given` has them."""
    places = [LATEST if isinstance(document, str) else document.id for document in documents]
    return places, map(hash, texts), [0 if isinstance(document, str) else document.author for document in documents]
