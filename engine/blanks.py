"""The chunks of documents, what stands between two blanks, as numbers: found and looked up on arrays.

Made one by one, strings and their look-up in a dictionary took most of the time of reading. But a chunk of
eight bytes or fewer is a number already: its bytes. A table, by a hash of these, knows the numbers of most;
the dictionary is asked for long ones, and for those that the table does not know, for each of these once.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import count, islice

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Places = NDArray[np.int64]
Keys = NDArray[np.uint64]

_BLANK = ord(" ")
_SHORT = 8
_MASKS = np.array([2 ** (8 * length) - 1 for length in range(_SHORT + 1)], np.uint64)
_BITS = 17
"""Of the hash: the table has room for 2^17 chunks, and takes 1.5 MB."""
_FACTOR, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(64 - _BITS)


class Numbers(defaultdict[str, int]):
    """A dictionary that gives each new key the next number."""

    def __init__(self, first: Sequence[str] = ()) -> None:
        super().__init__(count().__next__)
        self.of(first)

    def of(self, keys: Sequence[str]) -> Ids:
        """(len(keys),) int32."""
        return np.fromiter(map(self.__getitem__, keys), np.int32, len(keys))

    def since(self, number: int) -> list[str]:
        """The keys from this number on."""
        return list(islice(reversed(self), len(self) - number))[::-1]


class ChunkNumbers:
    """Numbers for all chunks met so far, in `numbers`."""

    def __init__(self, first: Sequence[str]) -> None:
        """first: the chunks with the first numbers; the very first is the one byte 0."""
        self.numbers = Numbers(first)
        # By slot, a chunk and its number. Slot 0 is that of the very first one, where both are 0 as in empty slots.
        self._chunks = np.zeros(1 << _BITS, np.uint64)
        self._numbers = np.zeros(1 << _BITS, np.int32)

    def of(self, text: str) -> Ids:
        """The numbers of the chunks of a text that ends in a blank."""
        encoded = (text + _SHORT * "\0").encode("utf-8", "surrogatepass")
        data = np.frombuffer(encoded, np.uint8)
        ends = np.flatnonzero(data == _BLANK)
        starts = np.zeros_like(ends)
        starts[1:] = ends[:-1] + 1
        lengths = ends - starts
        if not lengths.all():  # where two blanks stand side by side
            there = lengths > 0
            starts, lengths = starts[there], lengths[there]
        eight_bytes = np.ndarray(len(data) - _SHORT + 1, "<u8", encoded, strides=(1,))
        chunks: Keys = eight_bytes[starts] & _MASKS.take(lengths, mode="clip")
        slots = _slots(chunks)
        numbers = self._numbers.take(slots)
        known = self._chunks.take(slots) == chunks
        long = lengths > _SHORT
        unknown = np.flatnonzero(~(known | long))
        if len(unknown):
            numbers[unknown] = self._of_unknown(chunks.take(unknown))
        at = np.flatnonzero(long)
        if len(at):
            numbers[at] = self.numbers.of(_texts(data, starts.take(at), lengths.take(at)))
        return numbers

    def _of_unknown(self, chunks: Keys) -> Ids:
        """The numbers of short chunks that are not in the table; where there is room they are from now on."""
        slots = _slots(chunks)
        fitting = np.flatnonzero((self._chunks.take(slots) == 0) & (slots > 0))
        slots_of_fitting, each = slots.take(fitting), np.arange(len(fitting), dtype=np.int32)
        self._numbers[slots_of_fitting] = each  # of several chunks with one slot, one stays
        stayed = fitting[self._numbers.take(slots_of_fitting) == each]
        self._chunks[slots[stayed]] = chunks[stayed]
        self._numbers[slots[stayed]] = self.numbers.of(_written(chunks[stayed]))
        numbers = self._numbers.take(slots)
        crowded_out = self._chunks.take(slots) != chunks
        if crowded_out.any():
            distinct, which = np.unique(chunks[crowded_out], return_inverse=True)
            numbers[crowded_out] = self.numbers.of(_written(distinct)).take(which)
        return numbers


def _slots(chunks: Keys) -> Places:
    return ((chunks * _FACTOR) >> _SHIFT).view(np.int64)


def _written(chunks: Keys) -> list[str]:
    """Short chunks as strings."""
    apart = np.full((len(chunks), _SHORT + 1), _BLANK, np.uint8)
    apart[:, :_SHORT] = chunks.astype("<u8").view(np.uint8).reshape(-1, _SHORT)
    return _split(apart[apart > 0])


def _texts(data: NDArray[np.uint8], starts: Places, lengths: Places) -> list[str]:
    """What stands from these places on, so many bytes and a blank."""
    lengths = lengths + 1
    ends = np.cumsum(lengths)
    places = np.repeat(starts - ends + lengths, lengths) + np.arange(ends[-1])
    return _split(data.take(places))


def _split(data: NDArray[np.uint8]) -> list[str]:
    """Chunks with a blank after each."""
    return data.tobytes().decode("utf-8", "surrogatepass").split(" ")[:-1]
