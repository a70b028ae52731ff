"""How often each document was learned, as numbers."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from engine.names import Names

NAMES = st.lists(st.integers(-3, 3), max_size=20)


@given(NAMES, st.lists(st.one_of(st.integers(-3, 3), st.just(None)), max_size=30), st.data())
def test_names_count_as_a_counter_does(start: list[int], steps: list[int | None], data: st.DataObject) -> None:
    """Added, taken out and merged in any order, each is there as often as it should be."""
    names, left = Names(start), Counter(start)
    for name in steps:
        if name is None:
            names.merge()
        elif left[name] and data.draw(st.booleans()):
            names.change(name, -1)
            left[name] -= 1
        else:
            names.change(name, 1)
            left[name] += 1
    for _ in range(2):  # with changes and without
        assert [names.count(name) for name in range(-4, 5)] == [left[name] for name in range(-4, 5)]
        assert len(names) == left.total()
        names.merge()
    assert names.nbytes == 8 * left.total()
