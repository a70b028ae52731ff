"""The distinct *chunks* of many documents, what stands between two blanks ("well,"), cut into bodies ("well", ",").

Each chunk is cut once, the new ones all together: bodies are numbers from there on. A chunk whose
bodies may depend on what stands around it (it has a part of a code span, of a command's mention, a
blank of another kind) says so, and its documents are read one by one.
"""

import re
from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from engine.blanks import ChunkNumbers, Ids, Numbers
from engine.gaps import PLAIN_PIECE, glues_left, glues_right, is_word
from engine.tokenizer import bodies_of_chunk, is_solid

WORD, GLUES_LEFT, GLUES_RIGHT, SOLID = 1, 2, 4, 8
END = "\0"
"""Ends a document, as a chunk and as a body."""
APART = (END, "\n", "\n\n")
"""The first chunks and bodies of all: there are no marks beside them."""
_PLAIN_PIECE = re.compile(f" |{PLAIN_PIECE.pattern}", re.ASCII)
_LINE_ENDS = re.compile(r" *\n[ \n]*")
_CAREFUL = np.ones(256, np.bool_)
"""Bytes that make a chunk not plain."""
_CAREFUL[32:127] = False
_CAREFUL[ord("\n")] = False
_CAREFUL[list(b"`<")] = True
_MAY_REPEAT = np.zeros(256, np.bool_)
"""Bytes that may stand four in a row in a plain chunk."""
_MAY_REPEAT[list(b" \n0123456789")] = True


class Chunks:
    """Numbers for all chunks met so far and for their bodies.

    Attributes:
        bodies: each body's number
        kind: (bodies,) int8, for each: WORD, GLUES_LEFT, GLUES_RIGHT, SOLID (see `gaps` and `tokenizer`)
        alone: (chunks,) whether a chunk was cut; else its documents must be read one by one
    """

    def __init__(self) -> None:
        self._chunks, self.bodies = ChunkNumbers(APART), Numbers(APART)
        self._flat = np.arange(len(APART), dtype=np.int32)  # the bodies of all chunks, one after the other
        self._starts = np.arange(len(APART) + 1, dtype=np.int32)  # by chunk, and where the next one's will begin
        self.kind = np.zeros(len(APART), np.int8)
        self.alone = np.ones(len(APART), np.bool_)

    def of(self, texts: list[str]) -> Ids:
        """The numbers of the chunks of documents, one after the other, each document with an END."""
        lines = [_with_line_ends(text) if "\n" in text else text for text in texts]
        chunks = self._chunks.of(f" {END} ".join([*lines, ""]))
        new = self._chunks.numbers.since(len(self._starts) - 1)
        if new:
            self._cut(new)
        return chunks

    def _cut(self, new: list[str]) -> None:
        """Cut chunks that were met for the first time, and work out what their bodies are."""
        known = len(self.bodies)
        whole = np.fromiter(map(str.isalnum, new), np.bool_, len(new))  # bodies themselves, most of them
        plain, alone = ~whole, np.ones(len(new), np.bool_)
        lengths = np.ones(len(new), np.int32)
        other: list[str] = []
        for i in _not_plain(new):
            bodies = bodies_of_chunk(new[i])
            whole[i], plain[i], alone[i] = False, False, bodies is not None
            lengths[i] = len(bodies or [])
            other += bodies or []
        pieces, lengths[plain] = _cut_plain(list(compress(new, plain)))
        flat = np.zeros(int(lengths.sum()), np.int32)
        for which, bodies in ((whole, list(compress(new, whole))), (plain, pieces), (~(whole | plain), other)):
            flat[np.repeat(which, lengths)] = self.bodies.of(bodies)
        self.alone = np.append(self.alone, alone)
        self._flat = np.append(self._flat, flat)
        self._starts = np.append(self._starts, self._starts[-1] + np.cumsum(lengths, dtype=np.int32))
        bodies = self.bodies.since(known)
        kinds = [WORD if body.isascii() and body.isalnum() else _kind(body) for body in bodies]
        self.kind = np.append(self.kind, np.array(kinds, np.int8))

    def cut(self, chunks: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """The bodies of chunks, one after the other, and whether each is the first of its chunk."""
        starts = self._starts.take(chunks)
        lengths = self._starts.take(chunks + 1) - starts
        ends = np.cumsum(lengths)
        first = np.zeros(int(ends[-1]) + 1, np.bool_)
        first[ends - lengths] = True  # of an empty chunk: where the next one begins
        places = np.repeat(starts - ends + lengths, lengths) + np.arange(len(first) - 1, dtype=np.int32)
        return self._flat.take(places), first[:-1]


def _with_line_ends(text: str) -> str:
    """A text whose line ends, one or two in a row, stand between blanks."""
    return _LINE_ENDS.sub(lambda ends: " \n\n " if ends[0].count("\n") > 1 else " \n ", text.strip(" \n"))


def _cut_plain(chunks: Sequence[str]) -> tuple[list[str], Ids]:
    """The bodies of plain chunks, one after the other, and how many each has: together they are the chunk."""
    bodies = [piece for piece in _PLAIN_PIECE.findall(" ".join(chunks)) if piece != " "]
    places = np.cumsum(np.fromiter(map(len, bodies), np.int32, len(bodies)))  # where each ends
    ends = np.cumsum(np.fromiter(map(len, chunks), np.int32, len(chunks)))
    return bodies, np.diff(places.searchsorted(ends) + 1, prepend=0)


def _kind(body: str) -> int:
    word = is_word(body)
    kind = word * WORD | glues_left(body) * GLUES_LEFT | glues_right(body) * GLUES_RIGHT
    return kind | (word and not body.isascii() and is_solid(body)) * SOLID


def _not_plain(chunks: list[str]) -> list[int]:
    """Which chunks are not plain; none of them has a line end."""
    data = np.frombuffer("\n".join([*chunks, ""]).encode("utf-8", "surrogatepass"), np.uint8)
    same = (data[1:] == data[:-1]) & ~_MAY_REPEAT.take(data[1:])
    suspects = _CAREFUL.take(data)
    suspects[:-3] |= same[:-2] & same[1:-1] & same[2:]
    found = np.flatnonzero(data == ord("\n")).searchsorted(np.flatnonzero(suspects))
    return sorted({*found.tolist(), *(i for i, chunk in enumerate(chunks) if "://" in chunk)})
