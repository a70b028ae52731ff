"""Deterministic automata over classes of symbols: what a text must be like, whatever the model.

A symbol is a token id or something typed (see `conditions`). The symbols an automaton cannot tell
apart form a class. Conditions are written as sequences of parts, made deterministic by the subset
construction, and put together by the product, as far as it can be reached from the beginning and
the end can still be reached from it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Classes = NDArray[np.intp]
NEVER = -1
"""What a symbol leads to that is not allowed."""


class Part(NamedTuple):
    """One symbol out of some, once or (`many`) any number of times, none included."""

    symbols: Mask
    """(symbols,) bool."""
    many: bool = False


@dataclass(frozen=True, slots=True)
class Automaton:
    """What a text may be: state 0 before its first symbol, and on from state to state."""

    classes: Classes
    """(symbols,) the class of each symbol."""
    table: list[list[int]]
    """The next state by state and class, or NEVER."""
    accepting: list[bool]
    """By state: whether a text may end there."""

    @property
    def states(self) -> int:
        """How many states."""
        return len(self.table)

    def next(self, state: int, symbol: int) -> int:
        """The state after one more symbol, or NEVER."""
        return NEVER if state == NEVER else self.table[state][self.classes[symbol]]

    def after(self, symbols: Iterable[int]) -> int:
        """The state after these symbols, or NEVER."""
        state = 0
        for symbol in symbols:
            state = self.next(state, symbol)
        return state

    def successors(self, state: int) -> set[int]:
        """The states that one symbol more can lead to."""
        return set(self.table[state]) - {NEVER}

    def lengths(self, longest: int, state: int = 0) -> list[int]:
        """How many symbols, up to `longest`, a text can still have from a state on, ascending."""
        reached, found = {state} - {NEVER}, []
        for length in range(longest + 1):
            if any(self.accepting[q] for q in reached):
                found.append(length)
            reached = {r for q in reached for r in self.successors(q)}
        return found

    def last_first(self) -> list[int]:
        """All states, each after those it leads to; none when some can be left and come back to."""
        order: list[int] = []
        while found := [q for q in range(self.states) if q not in order and self.successors(q) <= set(order)]:
            order += found
        return order if len(order) == self.states else []


def reading(alternatives: Iterable[Sequence[Part]], symbols: int) -> Automaton:
    """The texts that are one of these sequences of parts."""
    sequences = list(alternatives)
    classes, masks = _told_apart([part.symbols for sequence in sequences for part in sequence], symbols)
    said = iter(masks)
    steps = [[next(said) for _ in sequence] for sequence in sequences]  # by sequence, part and class

    def reached(places: Iterable[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        found = set()
        for s, begun in places:
            at = begun
            found.add((s, at))
            while at < len(sequences[s]) and sequences[s][at].many:
                at += 1
                found.add((s, at))
        return frozenset(found)

    begin = reached((s, 0) for s in range(len(sequences)))
    numbers, table = {begin: 0}, []
    queue = [begin]
    for places in queue:
        row = []
        for symbol in range(int(classes.max(initial=0)) + 1):
            on = [
                (s, at if sequences[s][at].many else at + 1)
                for s, at in places
                if at < len(sequences[s]) and steps[s][at][symbol]
            ]
            after = reached(on)
            if after and after not in numbers:
                numbers[after] = len(numbers)
                queue.append(after)
            row.append(numbers[after] if after else NEVER)
        table.append(row)
    ends = [any(at == len(sequences[s]) for s, at in places) for places in queue]
    return Automaton(classes, table, ends)


def avoiding(alternatives: Iterable[Sequence[Part]], symbols: int) -> Automaton:
    """The texts that have none of these sequences of parts in them, anywhere."""
    anything = Part(np.ones(symbols, np.bool_), many=True)
    found = reading([[anything, *sequence] for sequence in alternatives], symbols)
    table = [[NEVER if found.accepting[q] else q for q in row] for row in found.table]
    return _pruned(Automaton(found.classes, table, [not end for end in found.accepting]))


def both(a: Automaton, b: Automaton) -> Automaton:
    """The texts that are allowed by both; without states from which no end can be reached."""
    joint = a.classes * (int(b.classes.max(initial=0)) + 1) + b.classes
    classes, representatives = _compressed(joint)
    pairs = [(int(a.classes[i]), int(b.classes[i])) for i in representatives]
    numbers, table = {(0, 0): 0}, []
    queue = [(0, 0)]
    for p, q in queue:
        row = []
        for c, d in pairs:
            after = (a.table[p][c], b.table[q][d])
            if NEVER in after:
                row.append(NEVER)
                continue
            if after not in numbers:
                numbers[after] = len(numbers)
                queue.append(after)
            row.append(numbers[after])
        table.append(row)
    return _pruned(Automaton(classes, table, [a.accepting[p] and b.accepting[q] for p, q in queue]))


def _pruned(a: Automaton) -> Automaton:
    """Without states that can reach no end, the first one aside, and with like ones made one (Moore 1956)."""
    ending = {q for q in range(a.states) if a.accepting[q]}
    while more := {q for q in range(a.states) if q not in ending and a.successors(q) & ending}:
        ending |= more
    kept = [q for q in range(a.states) if q in ending or q == 0]
    table = {q: [r if r in ending else NEVER for r in a.table[q]] for q in kept}
    like: dict[int, int] = {NEVER: NEVER} | {q: int(a.accepting[q]) for q in kept}
    kinds = 0
    while len(set(like.values())) > kinds:
        kinds = len(set(like.values()))
        numbers: dict[tuple[int, ...], int] = {}
        after = {q: (like[q], *(like[r] for r in table[q])) for q in kept}
        like = {NEVER: NEVER} | {q: numbers.setdefault(after[q], len(numbers)) for q in kept}
    firsts = {like[q]: q for q in reversed(kept)}
    rows = [table[firsts[kind]] for kind in range(len(firsts))]
    return Automaton(
        a.classes, [[like[r] for r in row] for row in rows], [a.accepting[firsts[kind]] for kind in range(len(firsts))]
    )


def _told_apart(masks: list[Mask], symbols: int) -> tuple[Classes, list[list[bool]]]:
    """Classes by which masks the symbols are in, and each mask by class."""
    classes, representatives = np.zeros(symbols, np.intp), np.zeros(1, np.intp)
    for mask in {id(mask): mask for mask in masks}.values():
        classes, representatives = _compressed(2 * classes + mask)
    return classes, [mask[representatives].tolist() for mask in masks]


def _compressed(classes: Classes) -> tuple[Classes, NDArray[np.intp]]:
    """Classes numbered without gaps, and the first symbol of each."""
    number = np.full(int(classes.max(initial=0)) + 1, -1, np.intp)
    number[classes[::-1]] = np.arange(len(classes))[::-1]  # the first symbol is written last
    representatives = number[number >= 0]
    number[number >= 0] = np.arange(len(representatives))
    return number.take(classes), representatives
