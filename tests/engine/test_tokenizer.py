"""Text and tokens: what is one token, and that nothing is lost on the way there and back."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine import InvalidArgument, read_corpus
from engine.gaps import GLUE, encode_plain
from engine.tokenizer import TOKENIZERS, UNITS, _encode_any, melts, show, tokenizer

TRICKY = st.sampled_from(list(" \n\t`<>@#:!?.,'\"()*_-aabbc012😂👩‍🍳é漢\u200d\u200c\u0301ก/;=3D^\ufe0f\u2060🇳ا्\u202e"))
ANY_TEXT = st.text(st.one_of(TRICKY, st.characters()), max_size=40)


def bodies(text: str) -> list[str]:
    return [token.strip(GLUE) for token in tokenizer("words").encode(text)]


@pytest.mark.parametrize("unit", UNITS)
@given(text=ANY_TEXT)
def test_decoding_gives_back_the_normalised_text(unit: str, text: str) -> None:
    """For any text, decode(encode(text)) == normalise(text), and normalising twice changes nothing more."""
    t = tokenizer(unit)
    normal = t.normalise(text)
    assert t.decode(t.encode(text)) == normal
    assert t.normalise(normal) == normal
    assert t.encode(normal) == t.encode(text)


PLAIN = st.sampled_from(list("     `<>@#:!?.,'\"()*_-aabbc012/;=3DxXo^$%&+[]{}~|\\"))


@given(text=st.text(PLAIN, max_size=30))
def test_plain_text_has_the_same_tokens_on_the_fast_way(text: str) -> None:
    """What `encode_plain` does not leave to others, it encodes as they would."""
    assert encode_plain(text) in (None, _encode_any(text))


ODD = st.sampled_from(
    [*"     ab.,!'#@_-0é漢ไ…’😀\n\t`<>\u200b\u00a0\u0301\0", "👍🏽", "🇩🇪", " <@12>", "https://a.b/c", "хa"]
)


@settings(max_examples=500)
@given(text=st.lists(ODD, max_size=20).map("".join))
def test_odd_text_has_the_same_tokens_cut_chunk_by_chunk(text: str) -> None:
    """An emoji or a letter of another script is cut where it stands; what is around it stays on the fast way."""
    assert tokenizer("words").encode(text) == _encode_any(text)


def test_real_chat_has_the_same_tokens_on_the_fast_way(corpora: Path) -> None:
    """All of the harbour; and most of it is plain."""
    texts = [document.text for document in read_corpus(corpora / "harbour.txt").documents]
    plain = [text for text in texts if encode_plain(text) is not None]
    assert len(plain) > 0.8 * len(texts)
    assert [encode_plain(text) for text in plain] == [_encode_any(text) for text in plain]


@pytest.mark.parametrize(
    "whole",
    [
        "<@123456789012345678>", "<@!1>", "<@&42>", "<#7>", "<:gull:112233445566778899>", "<a:wave:1>",
        "</train:99>", "<t:1700000000:R>", "https://example.com/a?b=c#d", "`two words`", "```py\nprint('hi')\n```",
        "👩‍🍳", "🇳🇴", "👍🏽", "❤️", ":)", ":-D", "<3", "don't", "10:30", "1,000.50", "@someone", "#topic", "!!!",
        "...", "?!", "naïve", "hello",
    ],
)  # fmt: skip
def test_stays_one_token(whole: str) -> None:
    """Mentions, custom emoji, links, code, emoji clusters, emoticons, numbers and words are one token each."""
    assert bodies(f"so {whole} it is") == ["so", whole, "it", "is"]


def test_usual_punctuation_carries_no_mark() -> None:
    """Text as people usually space it needs no marks: a word is the same token wherever it stands."""
    text = "Hello, world! It's (really) 5:30… and/or 50%: well-known, ok?"
    assert not any(GLUE in token for token in tokenizer("words").encode(text))


def test_unusual_gaps_are_marked_on_the_punctuation() -> None:
    """Quotes, and commas set wrongly, carry the mark, so that the words beside them do not."""
    tokens = tokenizer("words").encode('say "no" or yes ,ok')
    assert tokens == ["say", f'"{GLUE}', "no", f'{GLUE}"', "or", "yes", f"{GLUE},{GLUE}", "ok"]


def test_links_do_not_swallow_the_full_stop() -> None:
    """A link ends before the punctuation of the sentence around it."""
    assert bodies("(see https://example.org/x).")[1:] == ["see", "https://example.org/x", ")", "."]


def test_runs_are_capped_but_ids_numbers_and_code_are_not() -> None:
    """looooool and !!!!!! become three of a kind; digits, mentions, links and code stay as they are."""
    normalise = tokenizer("words").normalise
    assert normalise("loooooool !!!!!!! 😂😂😂😂😂") == "loool !!! 😂😂😂"
    assert normalise("🇩🇪🇩🇪🇩🇪🇩🇪🇩🇪") == "🇩🇪🇩🇪🇩🇪"
    assert normalise("🇪🇪🇪🇪🇪🇪") == "🇪🇪🇪🇪🇪🇪"  # three characters, of two letters each: none is told from its midst
    for text in ("1000000", "<@1000000001>", "`aaaaaa`", "https://example.com/aaaaaa"):
        assert normalise(text) == text


def test_scripts_without_spaces_become_characters() -> None:
    """Chinese, Japanese and Thai are cut into characters that stand together without marks."""
    assert tokenizer("words").encode("日本語") == ["日", "本", "語"]
    assert tokenizer("words").decode(["ไ", "ท", "ย"]) == "ไทย"


def test_invisible_controls_are_stripped() -> None:
    """Zero-width and bidirectional controls vanish; an emoji keeps the joiner that holds it together."""
    assert bodies("a\u200bb \u202eevil\u202c 👩‍🍳") == ["ab", "evil", "👩‍🍳"]


def test_characters_are_what_a_reader_sees() -> None:
    """A grapheme cluster is one token; plain text is its characters."""
    assert tokenizer("characters").encode("the 👩‍🍳!") == ["t", "h", "e", " ", "👩‍🍳", "!"]


def test_whitespace_takes_strings_as_they_stand() -> None:
    """Only blanks separate; nothing else is read into the text."""
    tokens = ["it", "'s", "@-@", "<unk>", "U.S.", "\u00a0x"]
    assert tokenizer("whitespace").encode("it 's  @-@ <unk> U.S. \u00a0x") == tokens


def test_an_unknown_unit_is_named_with_the_known_ones() -> None:
    """The error says what was found and what may be asked for."""
    with pytest.raises(InvalidArgument, match=r"'bytes'.*words, characters, whitespace"):
        tokenizer("bytes")


def test_invisible_tokens_have_a_name_when_shown() -> None:
    """People see marks nowhere, and a name for what is invisible."""
    assert [show(t) for t in (f"{GLUE},", "</s>", " ", "\n", "cat")] == [",", "⏎ end", "␣", "↵ line", "cat"]
    assert [show("<unk>", unit) for unit in UNITS] == ["(a new word)", "(a new one)", "(a new word)"]


def test_every_unit_has_a_sane_default_order() -> None:
    """Characters look further back, in tokens, than words."""
    assert {unit: t.default_order for unit, t in TOKENIZERS.items()} == {"words": 5, "characters": 8, "whitespace": 5}


def test_tokens_melt_where_they_would_be_read_as_others() -> None:
    """Side by side, written down and read again; a line end at the edge of what is looked at melts with nothing."""
    words = tokenizer("words")
    assert melts(words, ["!", "!!"])
    assert melts(words, ["!", ":", ")"])
    assert melts(words, ["\n", "\n"])
    assert not melts(words, ["the", "cat"])
    assert not melts(words, ["\n", "the", "!"])
    assert not melts(words, [":)", "cat", "\n"])


SPELT = st.from_regex(r"[A-Za-z0-9]{1,3}(?:'[A-Za-z]{1,2}){0,2}", fullmatch=True)


@given(
    st.lists(
        st.tuples(SPELT | st.sampled_from(["xD", "xD's", "oO"]), st.just("") | st.sampled_from(",.!?;:")),
        min_size=1,
        max_size=4,
    )
)
@example([("a", ""), ("xD's", "")])
def test_what_does_not_melt_is_read_again_as_it_was(written: list[tuple[str, str]]) -> None:
    """Words, with and without apostrophes, and points behind some of them."""
    words = tokenizer("words")
    tokens = [token for pair in written for token in pair if token]
    if not any(melts(words, tokens[max(i - 2, 0) : i + 1]) for i in range(len(tokens))):
        assert words.encode(words.decode(tokens)) == tokens
