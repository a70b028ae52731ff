"""The words that may never be said are found however they are dressed up."""

import time

import pytest

from bot.wordfilter import Word, WordFilter, fold


@pytest.mark.parametrize(
    "text",
    [
        "badger",
        "BADGER",
        "Badgers!",
        "superbadgerish",
        "b a d g e r",
        "b.a.d-g_e|r",
        "bad ger",
        "b\u200ba\u200bd\u200bg\u200be\u200br",
        "bad\nger",
        "ba\u0336d\u0336g\u0336e\u0336r",
        "b̷̢̛a̴̧d̸̡g̶̛e̵̢r̷",
        "bádgêr",
        "ｂａｄｇｅｒ",
        "𝕓𝕒𝕕𝕘𝕖𝕣",
        "𝓫𝓪𝓭𝓰𝓮𝓻",
        "ⓑⓐⓓⓖⓔⓡ",
        "🅱🅰🅳🅶🅴🆁",
        "🇧 🇦 🇩 🇬 🇪 🇷",
        "ʙᴀᴅɢᴇʀ",
        "bаdger",  # a Cyrillic а
        "bаdgеr",
        "b4dg3r",
        "b@dger",
        "8adger",
        "baaaadgerrr",
        "*b**a**d**g**e**r*",
        "||bad||ger",
        "<:badger:123456789012345678>",
        "bad\u00adger",
        "xx bad gerx",
    ],
)
def test_a_word_is_found_in_any_dress(text: str) -> None:
    """Spacing, capitals, look-alikes, marks and drawn-out letters make no difference."""
    words = WordFilter([Word("badger")])
    assert words.finds(text)
    assert not words.finds(words.mask(text))
    assert words.mask(f"so {text} it is").startswith("so ")
    assert words.mask(f"so {text} it is").endswith(" it is")


@pytest.mark.parametrize("text", ["", "bad", "bad girl", "badge", "gerbad", "a bat dagger", "🐝", "\ud800"])
def test_other_text_is_left_alone(text: str) -> None:
    """What only has some of the letters stays as it is."""
    words = WordFilter([Word("badger")])
    assert not words.finds(text)
    assert words.mask(text) == text


def test_a_short_word_is_not_found_across_other_words() -> None:
    """The letters of "as so" hold "ass" by accident, those of "a s s" do not."""
    words = WordFilter([Word("ass")])
    assert not words.finds("as so often")
    assert words.finds("a s s")
    assert words.finds("@$$")
    assert words.finds("classic")


def test_a_word_alone_is_not_found_inside_of_others() -> None:
    """With `alone`, "classic" may be said."""
    words = WordFilter([Word("ass", alone=True)])
    assert not words.finds("classic glass, as so often")
    assert words.finds("what an a-s-s!")
    assert words.finds("ASS")


def test_numbers_are_numbers() -> None:
    """88 is found, and does not stand for letters."""
    words = WordFilter([Word("88")])
    assert words.finds("8 8")
    assert not words.finds("a hobby")


def test_words_of_several_words_and_scripts() -> None:
    """A phrase may be given, and any script."""
    assert WordFilter([Word("bad badger")]).finds("BAD, BAD-GER")
    assert WordFilter([Word("барсук")]).finds("БАРСУК")
    assert WordFilter([Word("アナグマ")]).finds("ｱﾅｸﾞﾏ")


def test_the_same_word_has_the_same_key() -> None:
    """So that it can be taken off the list as one types it."""
    assert Word("Bád-ger").key == Word("badger").key
    assert fold("…!").text == ""


def test_only_what_was_found_is_hidden() -> None:
    """Overlapping finds are hidden once, and everything else stays."""
    words = WordFilter([Word("badger"), Word("gerbil")])
    assert words.mask("a badgerbil and a badger") == "a ▒▒▒ and a ▒▒▒"
    assert WordFilter().mask("anything") == "anything"


@pytest.mark.parametrize("text", ["a" * 4000, "a " * 2000, "ab" * 2000, "aabb" * 1000, "l1i|" * 1000])
def test_a_long_text_takes_no_time(text: str) -> None:
    """Two hundred words, four thousand characters: nobody else is answered meanwhile, however it repeats itself."""
    words = WordFilter(
        [Word("a" * number + "c") for number in range(2, 50)]
        + [Word("aabb" * number + "c") for number in range(1, 12)]
        + [Word("ab" * number + "bbb") for number in range(1, 20)]
        + [Word(f"word{number}") for number in range(120)]
    )
    begun = time.process_time()
    words.mask(text)
    assert time.process_time() - begun < 1


def test_a_word_is_hidden_from_its_first_letter_on() -> None:
    """However often it stands there."""
    assert WordFilter([Word("ass")]).mask("aaasss, a a ass") == "▒▒▒, ▒▒▒"
    assert WordFilter([Word("aab")]).mask("a aab") == "▒▒▒"
    assert WordFilter([Word("aab", alone=True)]).mask("xaab aaab") == "xaab ▒▒▒"
