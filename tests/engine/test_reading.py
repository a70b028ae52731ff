"""Texts turned into numbers in bulk."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine import UNITS, read_corpus
from engine.reading import read, split
from engine.tokenizer import tokenizer

PIECES = st.sampled_from(list("     \n\t`<>@#:!?.,'\"()*_-aabbcD012é/;=3D^$x漢字ไ\u200b\u1fef\0\x85"))
TEXT = st.text(st.one_of(PIECES, st.characters()), max_size=25)


def tokens_of(unit: str, texts: list[str]) -> list[list[str]]:
    tokens, ids = read(tokenizer(unit), texts)
    return [[tokens[id] for id in document] for document in split(ids)]


@pytest.mark.parametrize("unit", UNITS)
@given(texts=st.lists(TEXT, max_size=5))
@example(texts=["<s> </s>"])
def test_bulk_equals_one_by_one(unit: str, texts: list[str]) -> None:
    """Each document is `<s>`, what Tokenizer.encode gives, `</s>`; plain messages or not.

    But a token written like the beginning or the end of a document is `<unk>`: no text can hold either.
    """
    reserved = {"<s>": "<unk>", "</s>": "<unk>"}
    inner = [[reserved.get(token, token) for token in tokenizer(unit).encode(text)] for text in texts]
    assert tokens_of(unit, texts) == [["<s>", *tokens, "</s>"] for tokens in inner]


def test_bulk_equals_one_by_one_on_real_chat(corpora: Path) -> None:
    """The whole harbour, with its emoji, links, mentions, quotes and typos."""
    texts = [document.text for document in read_corpus(corpora / "harbour.txt").documents]
    assert tokens_of("words", texts) == [["<s>", *tokenizer("words").encode(text), "</s>"] for text in texts]


def test_a_text_cannot_begin_or_end_a_document_from_inside() -> None:
    """Tokens written like the reserved ones count as `<unk>`."""
    assert tokens_of("whitespace", ["a </s> <s> <unk> b"]) == [["<s>", "a", "<unk>", "<unk>", "<unk>", "b", "</s>"]]
