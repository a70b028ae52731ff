"""Texts turned into numbers in bulk."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine import UNITS, read_corpus
from engine.blanks import ChunkNumbers
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


@pytest.mark.parametrize("unit", UNITS)
def test_bulk_equals_one_by_one_on_real_chat(unit: str, corpora: Path) -> None:
    """The whole harbour, with its emoji, links, mentions, quotes and typos."""
    texts = [document.text for document in read_corpus(corpora / "harbour.txt").documents]
    assert tokens_of(unit, texts) == [["<s>", *tokenizer(unit).encode(text), "</s>"] for text in texts]


def test_a_text_cannot_begin_or_end_a_document_from_inside() -> None:
    """Tokens written like the reserved ones count as `<unk>`."""
    assert tokens_of("whitespace", ["a </s> <s> <unk> b"]) == [["<s>", "a", "<unk>", "<unk>", "<unk>", "b", "</s>"]]


def chunks_in_slot(slot: int) -> Iterator[str]:
    """Chunks of eight characters that stand there: their bytes times 0x9E3779B97F4A7C15, mod 2^64, have it on top."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 2**64)
    for rest in range(2**47):
        data = (((slot << 47) + rest) * inverse % 2**64).to_bytes(8, "little")
        if data.isascii() and data.decode().isprintable() and b" " not in data:
            yield data.decode()


@pytest.mark.parametrize("slot", [0, 1])
def test_chunks_of_one_slot_have_numbers_of_their_own(slot: int) -> None:
    """One of them stands in the table, unless the slot is that of the first chunk; the others do all the same."""
    chunks = [*islice(chunks_in_slot(slot), 3), "\0", "é" * 4, "é" * 5, "a", "aa"]
    of = ChunkNumbers(["\0"])
    for text in (chunks, chunks[::-1], chunks + chunks):
        numbers = of.of("".join(f"{chunk} " for chunk in text)).tolist()
        names = list(of.numbers)
        assert [names[number] for number in numbers] == text
    assert names[0] == "\0"
    assert sorted(names) == sorted(chunks)
