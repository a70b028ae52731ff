"""Which runs of `length` words stand in one document, and how many authors said each.

Two numbers in one, each once, sorted, and in drawers by their first bits, some sixteen in each:

    44 bits: the run (see `words`)    20 bits: who said it

How often, where that is more than once, stands beside them.

The run is a hash: of a million runs learned, one that was never said is taken for one of them once in
ten million times, and is then not said. Authors are hashes too; two that share one count as one. What
was learned or unlearned since stands in a dictionary on top, so a document goes in and out exactly.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.transcript import Transcript
from engine.words import FACTOR, runs

UNKNOWN_AUTHOR = 0
_VOICES = 2**20 - 1
_TOGETHER, _MOST_BITS = 4, 16  # log2 of how many runs a drawer has, and the most bits drawers are told by
_ROOM = 350  # bytes a changed run takes, about
_REPEATED = 130  # bytes a run takes that one author said more than once, about
_MOST_CHANGES = 20_000
TWO = 2


class Runs:
    """An index of runs of `length` words. It holds no text."""

    def __init__(self, length: int, transcript: Transcript, authors: NDArray[np.int64]) -> None:
        """Index documents; authors: (documents,) who wrote each, 0 if nobody knows."""
        self.length = length
        voices = _voices(authors)
        keys = np.concatenate(
            [_keys(transcript.alone(), voices, length), _keys(transcript, voices, length, mixed=True)]
        )
        keys.sort()
        heads = np.flatnonzero(np.diff(keys, prepend=~keys[:1]))
        self._keys, times = keys[heads], np.diff(heads, append=len(keys))
        again = times > 1
        self._times = dict(zip(self._keys[again].tolist(), times[again].tolist(), strict=True))
        bits = min(max(len(heads).bit_length() - _TOGETHER, 1), _MOST_BITS)
        self._after = 64 - bits
        bucket = (self._keys >> np.uint64(self._after)).astype(np.int64)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(bucket, minlength=2**bits))])
        self._view, self._start = self._keys.data, self._starts.data
        self._changes: dict[int, Counter[int]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays, and about those of the dictionaries."""
        return self._keys.nbytes + self._starts.nbytes + _REPEATED * len(self._times) + _ROOM * len(self._changes)

    @property
    def outgrown(self) -> bool:
        """Whether there are so many changes that a new index is better."""
        return len(self._changes) > _MOST_CHANGES

    def fold(self, words: Sequence[int], author: int, step: int) -> None:
        """Follow one document, learned (step 1) or unlearned (step -1)."""
        voice = voice_of(author)
        for run in runs(words, self.length):
            changed = self._changes.setdefault(run | _VOICES, Counter())
            changed[voice] += step

    def is_copy(self, run: int) -> bool:
        """Whether a run of `length` words stands in a document, and no two authors said it."""
        keys, bucket, last = self._view, run >> self._after, run | _VOICES
        end = self._start[bucket + 1]
        at = bisect_left(keys, last ^ _VOICES, self._start[bucket], end)
        voices = []
        while at < end and (key := keys[at]) <= last:
            voices.append(key & _VOICES)
            at += 1
        changed = self._changes.get(last)
        if changed is not None:
            total = Counter({voice: self._times.get(last ^ _VOICES | voice, 1) for voice in voices})
            total.update(changed)
            voices = [voice for voice, times in total.items() if times > 0]
        return bool(voices) and len({*voices} - {UNKNOWN_AUTHOR}) < TWO


def voice_of(author: int) -> int:
    """An author as a number of 20 bits, 0 only for one nobody knows."""
    return (author * FACTOR >> 44 & _VOICES) or 1 if author != UNKNOWN_AUTHOR else UNKNOWN_AUTHOR


def _voices(authors: NDArray[np.int64]) -> NDArray[np.uint64]:
    hashed = authors.astype(np.uint64) * np.uint64(FACTOR) >> np.uint64(44)
    return np.where(authors == UNKNOWN_AUTHOR, np.uint64(0), np.maximum(hashed, np.uint64(1)))


def _keys(
    transcript: Transcript, voices: NDArray[np.uint64], length: int, *, mixed: bool = False
) -> NDArray[np.uint64]:
    """The keys of all runs of `length`; of those with punctuation in them only, when `mixed`."""
    words, lengths = transcript
    many = len(words) - length + 1
    if many <= 0:
        return np.empty(0, np.uint64)
    run = words[:many].copy()
    for i in range(1, length):
        run *= np.uint64(FACTOR)
        run += words[i : i + many]
    within = np.ones(many, np.bool_)
    ends = np.cumsum(lengths)[:-1]
    for i in range(1, length):  # a run that begins so many words before a document's end reaches over it
        over = ends - i
        within[over[(over >= 0) & (over < many)]] = False
    if mixed:
        punctuation = np.concatenate([[0], np.cumsum(words & np.uint64(1) == 0)])
        within &= punctuation[length:] > punctuation[:many]
    voice = np.repeat(voices, lengths)[:many]
    return (run[within] | np.uint64(_VOICES)) ^ np.uint64(_VOICES) | voice[within]
