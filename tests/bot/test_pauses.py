"""Full garbage collections look only at what is new."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from bot import pauses


class Node:
    """Something that can be in a cycle."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def short() -> Iterator[None]:
    pauses.begin()
    yield
    pauses.end()
    gc.collect()


@pytest.mark.usefixtures("short")
def test_what_survives_a_full_collection_is_not_looked_at_again() -> None:
    """It is no longer among what the collector goes through."""
    kept = [Node() for _ in range(1000)]
    gc.collect()
    looked_at = {id(one) for one in gc.get_objects()}
    assert not [node for node in kept if id(node) in looked_at]
    assert gc.get_freeze_count() >= 1000


@pytest.mark.usefixtures("short")
def test_garbage_that_was_set_aside_goes_in_the_end() -> None:
    """A cycle that outlived one collection is found by the long one, and new cycles by any."""
    node, new = Node(), Node()
    old = weakref.ref(node)
    gc.collect()
    del node
    gc.collect()
    assert old() is not None
    pauses.collect_all()
    assert old() is None
    new = Node()
    young = weakref.ref(new)
    del new
    gc.collect()
    assert young() is None


def test_ending_brings_everything_back() -> None:
    """Whoever uses the process next finds it as it was."""
    before = list(gc.callbacks)
    pauses.begin()
    pauses.begin()
    gc.collect()
    pauses.end()
    assert gc.callbacks == before
    assert gc.get_freeze_count() == 0
