"""Which tokens of a text were asked for."""

import pytest

from engine import Condition, tokens
from engine.asked import asked


@pytest.mark.parametrize(
    ("text", "begun", "condition", "expected"),
    [
        ("the cat sat on the mat", 2, Condition(), "the cat"),
        ("the cat sat on the mat", 1, Condition(ending="the mat"), "the the mat"),
        ("the cat sat on the mat", 0, Condition(containing=("THE", "on the")), "the on the"),
        ("well, the cat-flap", 0, Condition(containing=("cat-flap",)), "cat - flap"),
        (
            "the cat sat on the mat and the dog",
            0,
            Condition(template="the ___ sat on ... the dog"),
            "the sat on the dog",
        ),
        ("the the the", 0, Condition(template="... the"), "the"),
        ("a b b c", 0, Condition(template="... b ... c"), "b c"),
        ("the cat sat", 0, Condition(without=("dog",), about="cats"), ""),
    ],
)
def test_they_are_the_start_the_ending_what_it_holds_and_the_template(
    text: str, begun: int, condition: Condition, expected: str
) -> None:
    """A phrase where it stands first, in any capitals. What fills blanks or goes with a topic was not asked for."""
    said = tokens(text)
    assert " ".join(said[place].strip("\u2060") for place in asked(said, begun, condition)) == expected
