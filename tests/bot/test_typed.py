"""What was typed of a text, in a button's id."""

from hypothesis import given
from hypothesis import strategies as st

from bot.typed import coded, places, typed_words


@given(st.sets(st.integers(0, 60)))
def test_places_are_read_as_they_were_written(typed: set[int]) -> None:
    """Whichever they are, where there is room for all."""
    assert places(coded(sorted(typed), 500)) == typed


@given(st.sets(st.integers(0, 400), min_size=50), st.integers(10, 60))
def test_what_has_no_room_is_left_out(typed: set[int], most: int) -> None:
    """The id of a button is short; what is in it was typed."""
    code = coded(sorted(typed), most)
    assert len(code) <= most
    assert places(code) <= typed


def test_a_number_alone_is_the_start() -> None:
    """As buttons had it when nothing else was marked."""
    assert places("3") == {0, 1, 2}
    assert places("0") == set()


def test_words_are_found_where_the_tokens_typed_stand() -> None:
    """Whatever stands between them: usual gaps, unusual ones, line ends; an apostrophe parts no word."""
    text = "don 't go ,\nisn't it"  # don 't | go | , | line end | isn't | it
    assert typed_words(text, "words", set(range(20))) == [0, 5, 7, 12, 18]
    assert typed_words(text, "words", {3, 7}) == [7, 18]
    assert typed_words("no no", "characters", {3, 4}) == [3]
