"""What followed a context lately: in the last tokens of all documents.

    last      the token that followed the context the last time, within the last 65,536 tokens
    r3 r5     what followed the last 3 and 5 tokens within the last 32,768
    rw        what followed the word as far as it is said within the last 4,096

and in the document being said, which comes after all these. All of it is read off the last documents in
their order, and follows those that are learned as the latest; after any other change it is read anew.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

from engine.followed import Followed
from engine.history import History
from engine.keys import KINDS, Alphabet, Said, TextKeys, sort

TAIL = 65_536
LASTS = ("o1", "o2", "o3", "o4", "o5", "o6", "w0", "w1")
"""Kinds of contexts, of which it is known what followed last. Those of the windows are among them."""
WINDOWS = {"r3": ("o3", 32_768), "r5": ("o5", 32_768), "rw": ("w0", 4_096)}
"""Of each: the kind of its contexts, and how many tokens back they are looked for."""
_MOST_NEW = 8_192  # tokens learned before all is read anew
_ROOM = 120  # bytes a new place takes, about
_KEPT = 2_000  # rows of a window that are kept at hand
KINDS_OF_LASTS = [kind for kind, name in enumerate(KINDS) if name in LASTS]
KINDS_OF_WINDOWS = [KINDS.index(kind) for kind, _ in WINDOWS.values()]
_SIZES = [size for _, size in WINDOWS.values()]


class Told(Said):
    """A document as far as it has been said, and what followed its own contexts."""

    def __init__(self, alphabet: Alphabet, tokens: Sequence[int]) -> None:
        self._now: list[int] = []  # the keys of its end, once asked for
        self.own: dict[int, dict[int, list[int]]] = {kind: {} for kind in KINDS_OF_LASTS}
        """The tokens that followed, in their order, by kind and key."""
        super().__init__(alphabet, tokens)

    def push(self, token: int) -> None:
        """Say one more token."""
        if self.tokens:
            keys = self.keys()
            for kind, own in self.own.items():
                if (key := keys[kind]) >= 0:
                    own.setdefault(key, []).append(token)
        super().push(token)
        self._now = []

    def keys(self) -> list[int]:
        """As `Said` has them."""
        self._now = self._now or super().keys()
        return self._now


class Window:
    """What followed one context among the last tokens: a stretch of its places that moves on."""

    def __init__(self, places: list[int], start: int, text: Sequence[int]) -> None:
        self.places = places
        self._start, self._stop = bisect_left(places, start), len(places)
        self.row = Followed(Counter([text[place] for place in places[self._start :]]))

    def move(self, start: int, text: Sequence[int]) -> Followed:
        """What followed from a place of the text on, which is never before the last one asked for."""
        places = self.places
        while self._stop < len(places):
            self.row.add(text[places[self._stop]], 1)
            self._stop += 1
        while self._start < self._stop and places[self._start] < start:
            self.row.add(text[places[self._start]], -1)
            self._start += 1
        return self.row


class Lately:
    """The last documents of a history, and where in them each context stands."""

    def __init__(self, history: History, alphabet: Alphabet) -> None:
        text = history.last_documents(TAIL)
        keys_of = TextKeys.of_text(alphabet, text)
        self._text: list[int] = text.tolist()
        self._known = len(text)
        self._nbytes = 8 * len(text)
        self._keys, self._places = {}, {}
        for kind in KINDS_OF_LASTS:
            places, keys = keys_of.of(kind)
            order = sort(keys)
            self._keys[kind], self._places[kind] = keys.take(order).data, places.take(order).data
            self._nbytes += keys.nbytes + places.nbytes
        self._new: dict[int, dict[int, list[int]]] = {kind: {} for kind in KINDS_OF_LASTS}
        self._windows: list[dict[int, Window]] = [{} for _ in WINDOWS]

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        new = _ROOM * len(LASTS) * (len(self._text) - self._known)
        windows = sum(500 + 40 * len(window.places) for known in self._windows for window in known.values())
        return self._nbytes + new + windows

    def add(self, ids: Sequence[int], keys: Sequence[Sequence[int]]) -> bool:
        """Learn one more document, the latest; returns False when all had better be read anew.

        keys: of every kind, before each id but `<s>`.
        """
        begin = len(self._text)
        self._text += ids
        for place, of_place in enumerate(keys, begin + 1):
            for kind, new in self._new.items():
                if (key := of_place[kind]) >= 0:
                    new.setdefault(key, []).append(place)
            for kind, windows in zip(KINDS_OF_WINDOWS, self._windows, strict=True):
                if of_place[kind] in windows:
                    windows[of_place[kind]].places.append(place)
        return len(self._text) - self._known < _MOST_NEW

    def last(self, kind: int, key: int, told: Told) -> int:
        """The token that followed the context of this key, one of LASTS, the last time; -1 if none did."""
        own = told.own[kind].get(key)
        if own:
            return own[-1]
        new = self._new[kind].get(key)
        if new:
            return self._text[new[-1]]
        keys = self._keys[kind]
        at = bisect_right(keys, key) - 1
        if at < 0 or keys[at] != key:
            return -1
        place = self._places[kind][at]
        return self._text[place] if place >= len(self._text) - TAIL else -1

    def row(self, number: int, key: int, told: Told) -> Followed | None:
        """What followed the context of this key in one of the WINDOWS, if anything did."""
        if key < 0:
            return None
        row, own = self._row(number, key), told.own[KINDS_OF_WINDOWS[number]].get(key)
        if own:
            counts = dict(row.counts)
            for token in own:
                counts[token] = counts.get(token, 0) + 1
            return Followed(counts)
        return row if row.total else None

    def _row(self, number: int, key: int) -> Followed:
        kind, size = KINDS_OF_WINDOWS[number], _SIZES[number]
        windows, start = self._windows[number], len(self._text) - size
        window = windows.get(key)
        if window is None:
            if len(windows) >= _KEPT:
                windows.clear()
            window = windows[key] = Window(self._places_of(kind, key), start, self._text)
        return window.move(start, self._text)

    def _places_of(self, kind: int, key: int) -> list[int]:
        keys = self._keys[kind]
        low = bisect_left(keys, key)
        return [*self._places[kind][low : bisect_right(keys, key, low)], *self._new[kind].get(key, ())]
