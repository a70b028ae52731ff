"""The text `bench` measures on: a file, or ours made as long as needed."""

import random
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from engine.corpus import read_corpus
from engine.peers import Lines

BUNDLED = Path(__file__).parent.parent / "corpora" / "harbour.txt"


def texts(corpus: str | None) -> Iterator[str]:
    """The documents of a file; without one, endless ones made from ours."""
    lines = [document.text for document in read_corpus(corpus or BUNDLED).documents]
    return iter(lines) if corpus else varied(lines)


def first(lines: Iterator[str], tokens: int) -> Lines:
    """The first documents that hold so many tokens, or all there are."""
    some: Lines = []
    for line in lines:
        if tokens <= 0:
            break
        some.append(line)
        tokens -= len(line.split())
    return some


def varied(lines: Lines) -> Iterator[str]:
    """The text again and again; after the first round one word in seven is another word of it, one in thirty new."""
    rng = random.Random(1)  # noqa: S311 - the same text in every run
    words = " ".join(lines).split()
    yield from lines
    for again in count(1):
        for line in lines:
            shares = [rng.random() for _ in line.split()]
            yield " ".join(
                f"{word}{again}" if share < 1 / 30 else rng.choice(words) if share < 1 / 7 else word
                for word, share in zip(line.split(), shares, strict=True)
            )


def number_of(lines: Sequence[str], *, ends: bool = False) -> int:
    """How many tokens between blanks, their ends counted or not."""
    return sum(len(line.split()) for line in lines) + ends * len(lines)
