"""The documents in order, and where each stands, whatever was put in and taken out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.history import LATEST, History
from engine.vocabulary import BEGIN, END

Stored = tuple[int, list[int]]
"""A document's place, and its ids."""


def empty() -> History:
    return History(np.empty(0, np.int32), [], [], [], 3)


@given(st.data())
def test_every_document_is_found_where_it_stands(data: st.DataObject) -> None:
    """As many times as documents come and go at any place: each reads as it was put in, in the order of places."""
    history, left = empty(), list[Stored]()
    for _ in range(data.draw(st.integers(0, 40))):
        if left and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(left) - 1))
            history.remove(at)
            del left[at]
        else:
            place = data.draw(st.sampled_from([*range(10), LATEST]))
            ids = [BEGIN, *data.draw(st.lists(st.integers(3, 9), max_size=4)), END]
            at = sum(other <= place for other, _ in left)
            assert history.add(ids, place, 0, 0) == (at == len(left))
            left.insert(at, (place, ids))
        if left and data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(left) - 1))
            assert history.document(at) == left[at][1]
    assert [history.document(at) for at in range(history.documents)] == [ids for _, ids in left]
    assert history.text().tolist() == [id for _, ids in left for id in ids]
    assert history.tokens == sum(len(ids) - 1 for _, ids in left)


IDS = st.integers(3, 5)


@given(st.lists(st.lists(IDS, max_size=4), max_size=6), st.lists(IDS | st.just(9), min_size=1, max_size=3))
def test_a_history_holds_its_documents_and_their_pieces(documents: list[list[int]], asked: list[int]) -> None:
    """And no others; least of all what begins in one and ends in the next."""
    history = empty()
    for ids in documents:
        history.add([BEGIN, *ids, END], LATEST, 0, 0)
    pieces = [ids[i : i + len(asked)] for ids in documents for i in range(len(ids))]
    assert history.holds(asked) == (asked in pieces)


def test_documents_far_apart_are_found() -> None:
    """300 documents of 2, 3, 4, 2, 3, 4 … tokens: from any one to any other, near or far, either way."""
    history = empty()
    for place in range(300):
        history.add([BEGIN, *[place + 3] * (place % 3), END], place, 0, 0)
    for at in (299, 0, 150, 149, 10, 290, 151, 299, 1):
        assert history.document(at) == [BEGIN, *[at + 3] * (at % 3), END]
