"""The rule of two: what one person only said is never said again, and never shown."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Dials, Document, EmptyCorpus, LanguageModel, rank
from engine.answers import pick
from engine.conditions import Condition
from engine.voices import looks_secret

CODE = "8f3k2p"
SECRET = f"my code is {CODE}"
LINES = [
    "my code is long and my cat is long",
    "the code is in my house and the cat is too",
    "8 cats and 3 dogs in the house is my code",
    "is the cat in my house or is it long",
]
"""What four authors say: each word of the secret but the code, and its first character."""
UNITS = ("words", "characters", "whitespace")


def corpus(*more: tuple[str, int]) -> list[Document]:
    """Authors 1 to 4 say the lines twice over, each another one first; then come more texts, each with its author."""
    turns = [LINES[(i + j) % 4] for j in range(2) for i in range(4)]
    said = [*((line, 1 + i % 4) for i, line in enumerate(turns)), *more]
    return [Document(number, text, author) for number, (text, author) in enumerate(said, start=1)]


def model_of(documents: list[Document], unit: str = "words", smoothing: str = "best") -> LanguageModel:
    model = LanguageModel(8 if unit == "characters" else 4, unit, smoothing)
    model.learn(documents)
    return model


def prompts() -> list[str]:
    """Every beginning of the secret, and those of its words alone."""
    return [SECRET[:i] for i in range(len(SECRET) + 1)] + [CODE[:i] for i in range(len(CODE))] + ["x" + CODE[:-1]]


def shown(model: LanguageModel) -> bool:
    """Whether the code, or the end of it after the rest, is among the candidates after any prompt."""
    for prompt in prompts():
        before = prompt if model.unit == "characters" else ""
        for candidate in rank(model, prompt, top=1000).candidates:
            if CODE in (before + candidate.token).lower() and CODE not in before:
                return True
    return False


def said(model: LanguageModel, times: int, starts: tuple[str, ...] = ("", "my code is", "my code is ")) -> bool:
    """Whether the code is in any of some texts of all sorts."""
    dials = itertools.cycle([Dials(), Dials(originality=0.2), Dials(0.5, max_copy=5), Dials(2), Dials(top_k=3)])
    rng = np.random.default_rng(1)
    lengths = itertools.cycle([None, None, 30])
    texts = (
        model.generate(rng, length, start, dial)
        for start, dial, length in itertools.islice(zip(itertools.cycle(starts), dials, lengths, strict=False), times)
    )
    return any(CODE in text.lower() for text in texts)


@pytest.mark.parametrize("smoothing", ["best", "mkn", "none"])
@pytest.mark.parametrize("unit", UNITS)
def test_what_one_author_said_is_never_said_nor_shown(unit: str, smoothing: str) -> None:
    """A code that one of four said once, among words that all said."""
    model = model_of(corpus((SECRET, 2)), unit, smoothing)
    assert not said(model, 60)
    if smoothing != "none":  # which knows nothing after most of these prompts
        assert not shown(model)


@pytest.mark.parametrize("smoothing", ["best", "mkn"])
def test_a_right_guess_looks_like_a_wrong_one(smoothing: str) -> None:
    """Else a code could be found character by character, though none of it is ever shown.

    `8f` begins the code of one person and `8n` nobody's word; what follows is the same, to the last bit.
    """
    model = model_of(corpus((SECRET, 2)), "characters", smoothing)
    for length in range(2, len(CODE) + 1):
        right = CODE[:length]
        for wrong in (right[:-1] + "n", "n" * length):
            guesses = [rank(model, f"my code is {guess}", pieces=True) for guess in (right, wrong)]
            assert guesses[0] == replace(guesses[1], prompt=guesses[0].prompt)
    known = rank(model, "my code is")
    assert known.context


@pytest.mark.parametrize("unit", UNITS)
def test_it_may_be_said_once_a_second_author_said_it_until_that_is_forgotten(unit: str) -> None:
    """Learned and unlearned one after the other, with questions between."""
    model = model_of(corpus((SECRET, 2)), unit)
    assert not shown(model)
    again = Document(77, SECRET, 3)
    model.learn([again])
    assert shown(model)
    assert said(model, 60)
    model.unlearn([again])
    assert not shown(model)
    assert not said(model, 30)
    model.learn([Document(78, SECRET, 2)])  # the same author once more
    assert not shown(model)


@pytest.mark.parametrize("unit", UNITS)
def test_of_one_to_three_authors_only_what_looks_secret_is_withheld(unit: str) -> None:
    """The words house and dogs are said by one and may be said; the code may not, unless it stands in two documents."""
    documents = [Document(i, line, 1) for i, line in enumerate([*LINES, SECRET])]
    model = model_of(documents, unit)
    assert not shown(model)
    assert not said(model, 30)
    rng = np.random.default_rng(2)
    assert any("dogs" in model.generate(rng, start="8 cats and 3") for _ in range(60))
    model.learn([Document(9, f"{SECRET}, {CODE}", 1)])
    assert shown(model)
    model.unlearn([Document(4, SECRET, 1)])
    assert not shown(model)


@pytest.mark.parametrize("unit", UNITS)
def test_where_nobody_knows_who_spoke_nothing_is_withheld(unit: str) -> None:
    """A text file has no authors: what it says may be said."""
    model = model_of([Document(i, text) for i, text in enumerate([*LINES, SECRET])], unit)
    assert shown(model)
    assert rank(model, "my code is").withheld_tokens == 0


@pytest.mark.parametrize("unit", UNITS)
def test_the_rule_follows_how_many_speak(unit: str) -> None:
    """With a fourth author words of one author are withheld; without that one only secrets are again."""
    line = "wonderful weather in the house"
    model = model_of([Document(i, text, 1 + i % 3) for i, text in enumerate([*LINES, line])], unit)

    def wonderful() -> bool:
        tokens = {candidate.token for candidate in rank(model, "", top=1000).candidates}
        return bool(tokens & {"wonderful", "w"})

    assert wonderful()
    model.learn([Document(50, "the cat", 4)])
    assert not wonderful()
    model.unlearn([Document(50, "the cat", 4)])
    assert wonderful()


def test_what_is_withheld_is_counted() -> None:
    """Shown and withheld candidates have all the probability, and together they are the vocabulary."""
    model = model_of(corpus((SECRET, 2), ("zebra", 1)), smoothing="mkn")
    ranked = rank(model, "my code is", top=1000)
    assert sum(c.probability for c in ranked.candidates) + ranked.withheld == pytest.approx(1, abs=1e-12)
    assert len(ranked.candidates) + ranked.withheld_tokens == ranked.vocabulary
    whole = model.distribution("my code is")
    assert whole.probabilities.sum() == pytest.approx(1, abs=1e-12)  # what it computes with stays whole
    p = dict(zip(whole.tokens, whole.probabilities.tolist(), strict=True))
    assert ranked.withheld == pytest.approx(sum(p[t] for t in ("8f3k2p", "zebra")), abs=1e-12)


def test_capitals_at_the_beginning_make_no_difference_but_mixed_ones_do() -> None:
    """Hello of one and hello of another are one word; huNTer beside hunter is a password."""
    documents = corpus(("Hello there", 1), ("hello there", 2), ("it is huNTer", 3), ("it is hunter", 1), ("HUNTER", 2))
    tokens = {candidate.token for candidate in rank(model_of(documents), "", top=1000).candidates}
    assert {"Hello", "hello", "hunter", "HUNTER"} <= tokens
    assert "huNTer" not in tokens


def test_punctuation_and_emoji_are_nobodys() -> None:
    """They are no secrets, whoever used them alone."""
    tokens = {c.token for c in rank(model_of(corpus(("the cat ;-) 🎉 §", 1))), "", top=1000).candidates}
    assert {";-)", "🎉", "§"} <= tokens


@pytest.mark.parametrize("unit", UNITS)
def test_what_the_asker_typed_may_be_said_again(unit: str) -> None:
    """Whoever types the code knows it."""
    documents = corpus((f"{CODE} {CODE} {CODE} {CODE}", 2))
    rng = np.random.default_rng(3)
    texts = [model_of(documents, unit).generate(rng, start=CODE, dials=Dials(originality=0.1)) for _ in range(10)]
    assert any(text.count(CODE) > 1 for text in texts)


def test_no_word_that_nobody_said_hides_one_in_characters() -> None:
    """A made-up word may be spelled, but not one that ends in a withheld one."""
    model, rng = model_of(corpus((SECRET, 2)), "characters"), np.random.default_rng(4)
    for start in ("x8f3k2", "xx8f3k2"):
        texts = [model.generate(rng, start=start, dials=Dials(3)) for _ in range(60)]
        assert not any(text.startswith(CODE, start.index("8")) for text in texts)
        assert any(text[len(start)].isalnum() for text in texts if len(text) > len(start))


def test_a_word_that_others_only_went_on_from_is_not_spelled() -> None:
    """What one author said, 8f, is how 8fold of two begins: the text may go on to 8fold, and not stop before."""
    documents = corpus(("my code is 8f", 1), ("it is 8fold", 2), ("it is 8fold", 3))
    model = model_of(documents, "characters")
    rng = np.random.default_rng(4)
    texts = [model.generate(rng, start="it is ", dials=Dials(originality=0.3)) for _ in range(150)]
    assert any("8fold" in text for text in texts)
    assert not any(re.search(r"\b8f\b", text) for text in texts)


def test_texts_under_conditions_hold_nothing_withheld_but_what_is_asked_for() -> None:
    """Whoever asks for the code knows it; for nothing else it is said."""
    model = model_of(corpus((SECRET, 2)))
    rng = np.random.default_rng(6)

    def drawn(condition: Condition) -> list[str]:
        return [" ".join(model.steer(rng, model.read(""), condition, 5).tokens) for _ in range(40)]

    assert not any(CODE in text for text in drawn(Condition(containing=("code is",))))
    assert all(CODE in text for text in drawn(Condition(containing=(CODE,))))


def test_where_all_is_withheld_it_says_so() -> None:
    """Four authors, each with a word of their own."""
    model = model_of([Document(i, text, i) for i, text in enumerate(["red", "green", "blue", "white"], start=1)])
    with pytest.raises(EmptyCorpus, match="one person only"):
        model.generate(np.random.default_rng(0))


def test_one_token_drawn_is_one_that_is_shown() -> None:
    """What *Sample one* draws is a candidate."""
    model, rng = model_of(corpus((SECRET, 2))), np.random.default_rng(5)
    tokens = {candidate.token for candidate in rank(model, "my code is", top=1000).candidates}
    assert {pick(model, "my code is", 5.0, rng).token for _ in range(300)} <= tokens


@pytest.mark.parametrize("word", ["8f3k2p", "hunter2", "1234", "10:30", "aBcDeFgH", "qwertzuiopasdfghjklyxcv"])
def test_what_looks_secret(word: str) -> None:
    """A digit among letters, a number of three digits, capitals all over, a long varied string."""
    assert looks_secret(word)


@pytest.mark.parametrize("word", ["house", "42", "JavaScript", "LOL", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "don't", "!"])
def test_what_does_not(word: str) -> None:
    """Words, small numbers, names with a capital inside, long screams."""
    assert not looks_secret(word)


DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(["a b", "b c3p", "c3p d", "a", "Q7x A", "d e", "e c"]), st.integers(0, 5)), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, st.data(), st.sampled_from(UNITS), st.booleans())
def test_after_any_history_the_same_is_withheld(
    said: list[tuple[str, int]], data: st.DataObject, unit: str, merged: bool
) -> None:
    """Learn some, ask, learn more, ask, unlearn some: as in a model that learned only what is left."""
    documents = [Document(i, text, author) for i, (text, author) in enumerate(said, start=1)]
    first = data.draw(st.integers(0, len(documents)))
    model = LanguageModel(3, unit)
    model.learn([*documents[:first], Document(99, "x")])
    asked = ["", "a", "c", "c3", "q", "b c3p"]
    _ = [model.withheld(model.read(prompt)) for prompt in asked]
    model.learn(documents[first:])
    if merged:
        model.merge()
    gone = data.draw(st.sets(st.sampled_from(documents)) if documents else st.just(set()))
    _ = [model.withheld(model.read(prompt)) for prompt in asked]
    model.unlearn(sorted(gone, key=lambda document: document.id))
    fresh = LanguageModel(3, unit)
    fresh.learn([*(document for document in documents if document not in gone), Document(99, "x")])
    for prompt in asked:
        ours, theirs = (one.withheld(one.read(prompt)) for one in (model, fresh))
        assert (None if ours is None else ours.tolist()) == (None if theirs is None else theirs.tolist())


@pytest.mark.slow
def test_a_canary_in_a_hundred_thousand_outputs() -> None:
    """Over units, smoothings, dials, lengths and starts, while others speak and are forgotten."""
    texts = 0
    for unit, smoothing in itertools.product(UNITS, ("best", "mkn", "none")):
        model = model_of(corpus((SECRET, 2)), unit, smoothing)
        for turn in range(8):
            noise = [Document(100 + turn, f"{LINES[turn % 4]} and 8 more", 1 + turn % 4)]
            model.learn(noise)
            times = 5200 if smoothing == "mkn" and unit != "characters" else 300
            assert not said(model, times)
            texts += times
            model.unlearn(noise)
    assert texts == 100_000
