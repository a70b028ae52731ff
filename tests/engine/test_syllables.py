"""The rule for syllables, on words that show each part of it."""

import pytest

from engine.syllables import syllables

WORDS = {
    1: "late makes walked the eye sea cat strength through played seed file whole tired clothes don't I'll we've",
    2: "table boxes wanted lion going player something maybe harbour ferry homework lighthouse station million quiet "
    "tables dishes pages hopeful lately someone trying beyond opened settled didn't isn't it'll boss's",
    3: "idea bakery tomorrow piano happier radio video yesterday delicious serious period area",
    4: "usually reality society situation january everybody",
}


@pytest.mark.parametrize(("number", "word"), [(n, word) for n, words in WORDS.items() for word in words.split()])
def test_syllables_are_counted_by_rule(number: int, word: str) -> None:
    """In whatever capitals."""
    assert syllables(word) == syllables(word.upper()) == number


@pytest.mark.parametrize("word", ["42", "hmm", "HW", "größe", "日本", "x2", ":)", "https://example.com"])
def test_what_is_no_plain_english_word_has_no_number(word: str) -> None:
    """Digits, other letters, and words without a vowel are not guessed at."""
    assert syllables(word) is None
