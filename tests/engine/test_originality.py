"""The guard: no text drawn is a copy of one document; and where the words of a text come from."""

import random
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    Corpus,
    Dials,
    Document,
    EmptyCorpus,
    Engine,
    InvalidArgument,
    LanguageModel,
    Span,
    open_store,
    read_corpus,
)
from engine.knowledge import Knowledge
from engine.runs import Runs
from engine.tokenizer import tokenizer
from engine.transcript import transcribe
from engine.words import is_word, numbers, run_of, runs

WORDS = re.compile(r"\w+(?:['’]\w+)*")
BOTH = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]+")
UNITS = ("words", "characters", "whitespace")
LINES = [
    "the cat sat on the mat, and the dog lay on the rug",
    "the cat saw the dog; the dog saw the cat on the mat",
    "on the mat the dog and the cat sat and saw the rug",
    "Don't wake the dog (or the cat), they lay on the mat!",
    "the rug on the mat and the mat on the rug, said the cat",
]


def runs_in(text: str, length: int, pattern: re.Pattern[str]) -> set[tuple[str, ...]]:
    """All runs of so many words, as a checker reads them."""
    words = pattern.findall(text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def copied(text: str, lines: list[str], length: int) -> bool:
    """Whether a text shares a run of so many words with a line, punctuation aside or counted."""
    return any(
        runs_in(text, length, pattern) & set().union(*(runs_in(line, length, pattern) for line in lines))
        for pattern in (WORDS, BOTH)
    )


def said_by(*lines_of: list[str]) -> list[Document]:
    """Documents of authors 1, 2, …, a list of lines each."""
    lines = [(author, line) for author, lines in enumerate(lines_of, start=1) for line in lines]
    return [Document(number, line, author) for number, (author, line) in enumerate(lines, start=1)]


def speaker(documents: list[Document] | list[str], unit: str = "words", smoothing: str = "best") -> LanguageModel:
    model = LanguageModel(4 if unit != "characters" else 8, unit, smoothing)
    model.learn(documents)
    return model


# The guard


@pytest.mark.parametrize("smoothing", ["best", "mkn", "none"])
@pytest.mark.parametrize("unit", UNITS)
def test_no_text_holds_a_longer_run_of_one_document(unit: str, smoothing: str) -> None:
    """Of five lines with the same few words many a text is a copy; with the guard on none is."""
    model, free, length = speaker(LINES, unit, smoothing), 0, 70 if unit == "characters" else 20
    rng = np.random.default_rng(1)
    for most in (1, 3, 5):
        for _ in range(8):
            assert not copied(model.generate(rng, length, dials=Dials(max_copy=most)), LINES, most + 1)
            free += copied(model.generate(rng, length), LINES, most + 1)
    assert free > 5


@pytest.mark.parametrize("blank", [":", "-", "'", "'-"])
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_a_text_without_blanks_is_watched_word_by_word(unit: str, blank: str) -> None:
    """`the:cat:sat` is three words, and `the'cat'sat` is one; neither hides a copy, however long it gets."""
    lines = [line.replace(" ", blank) for line in LINES]
    model, free, rng = speaker(lines, unit), 0, np.random.default_rng(1)
    for _ in range(8):
        assert not copied(model.generate(rng, 60, dials=Dials(max_copy=3)), lines, 4)
        free += copied(model.generate(rng, 60), lines, 4)
    assert free or blank == "'"


@pytest.mark.parametrize(
    "dials", [Dials(0), Dials(0.3), Dials(3), Dials(top_k=1), Dials(top_p=0.2), Dials(originality=0)]
)
@pytest.mark.parametrize("unit", UNITS)
def test_whatever_the_dials(unit: str, dials: Dials) -> None:
    """The likeliest token always, the wildest, the fewest: the guard holds, and there is an answer."""
    model = speaker(LINES, unit)
    guarded = Dials(dials.temperature, dials.top_k, dials.top_p, dials.originality, max_copy=3)
    for seed in range(2):
        text = model.generate(np.random.default_rng(seed), 70 if unit == "characters" else 25, dials=guarded)
        assert text
        assert not copied(text, LINES, 4)


def test_capitals_and_punctuation_do_not_get_around_it() -> None:
    """What is compared is words, whatever their case, with whatever between them."""
    lines = ["One two three four five six", "one, two: three. four; five - six", "ONE (two) three FOUR five six!"]
    model = speaker(lines)
    rng = np.random.default_rng(2)
    for _ in range(200):
        assert not copied(model.generate(rng, dials=Dials(max_copy=3)), lines, 4)


@pytest.mark.parametrize("unit", UNITS)
def test_what_the_asker_typed_is_aside(unit: str) -> None:
    """A start may be a copy; the first word drawn may not make it a longer one."""
    model = speaker(LINES, unit)
    start = "the cat sat on the mat"
    for seed in range(20):
        text = model.generate(np.random.default_rng(seed), start=start, dials=Dials(max_copy=3))
        assert text.startswith(start)
        rest = text[len(start) :]
        assert not copied(rest, LINES, 4)
        assert not re.match(r"\W*and\b", rest, re.IGNORECASE)  # "sat on the mat and" would be five of the first line


@pytest.mark.parametrize("unit", UNITS)
def test_a_letter_that_is_longer_when_small_is_read(unit: str) -> None:
    """“İ” is two characters when small, an “i” and a dot, so words stand elsewhere in the small text."""
    model = speaker([*LINES, "İoİoİo!? and the cat"], unit)
    for seed in range(5):
        text = model.generate(np.random.default_rng(seed), start="(İoİoİo!? and", dials=Dials(max_copy=2))
        assert text.startswith("(İoİoİo!? and")


def test_a_word_nobody_said_may_be_typed() -> None:
    """It is no token of the vocabulary, and goes into the text as typed."""
    text = speaker(LINES).generate(np.random.default_rng(0), start="zebra the cat", dials=Dials(max_copy=2))
    assert text.startswith("zebra the cat")
    assert not copied(text, LINES, 3)


def test_what_two_authors_said_may_be_said() -> None:
    """One author's line is never said; once a second one says it, it may be; when that is forgotten, not again."""
    line = "good morning to all of you out there"
    model = speaker(said_by([line], [f"{line}, said nobody"]))
    only = speaker(said_by([line, f"{line}, said nobody"]))
    dials = Dials(originality=0, max_copy=4)

    def says(model: LanguageModel) -> bool:
        rng = np.random.default_rng(3)
        return any(line in model.generate(rng, dials=dials) for _ in range(30))

    assert says(model)
    assert not says(only)
    model.unlearn([Document(2, f"{line}, said nobody", 2)])
    model.learn([Document(3, f"{line} again", 1)])
    assert not says(model)


def test_documents_without_author_count_as_one_author_nobody_knows() -> None:
    """Who wrote them may be the same person: two of them are a copy, and so is one beside a known author's."""
    line = "good morning to all of you out there"
    for documents in ([line, line], [Document(1, line, 5), Document(2, line)]):
        model = LanguageModel(4)
        model.learn(documents)  # type: ignore[arg-type]
        rng = np.random.default_rng(4)
        assert not any(line in model.generate(rng, dials=Dials(max_copy=4)) for _ in range(30))


def test_a_text_ends_where_only_copies_would_follow() -> None:
    """Of "la la la la la la" nothing of seven tokens can be said without a run of four; of three tokens it can."""
    model = speaker(["la la la la la la"])
    with pytest.raises(InvalidArgument, match="no text of 7 tokens"):
        model.generate(np.random.default_rng(0), length=7, dials=Dials(max_copy=3))
    texts = {model.generate(np.random.default_rng(seed), dials=Dials(max_copy=3)) for seed in range(50)}
    assert texts <= {"la", "la la", "la la la"}
    assert model.generate(np.random.default_rng(0), length=7) == "la la la la la la la"


def test_where_every_token_is_a_copy_it_says_so() -> None:
    """One link, which is six words, is all that was ever said."""
    model = speaker(["https://one.two/three/four/five"])
    with pytest.raises(EmptyCorpus, match="copy of one text"):
        model.generate(np.random.default_rng(0), dials=Dials(max_copy=3))


def test_the_same_seed_gives_the_same_text() -> None:
    """However often the guard stepped in, and whatever was asked before."""
    for unit in UNITS:
        model, dials = speaker(LINES, unit), Dials(max_copy=2)
        texts = [model.generate(np.random.default_rng(seed), dials=dials) for seed in (1, 2, 1, 2)]
        assert texts[:2] == texts[2:]


def test_tokens_that_remain_have_their_share() -> None:
    """After "a b c" the guard of 3 forbids "d" (said so by one author); "e" and "f" stay 2 to 1, as they were."""
    lines = ["a b c d", "b c e", "b c e", "c f"]
    model = speaker(lines, smoothing="mkn")
    p = dict(zip(model.vocabulary, model.distribution("a b c").probabilities.tolist(), strict=True))
    rng, dials = np.random.default_rng(5), Dials(max_copy=3)
    seen = [model.generate(rng, start="a b c", length=4, dials=dials)[-1] for _ in range(2000)]
    assert "d" not in seen
    left = sum(p[token] for token in "abcef")
    for token in "abcef":
        assert seen.count(token) / 2000 == pytest.approx(p[token] / left, abs=0.04)


# What was learned, as runs

TEXT = st.text("ab'.!_ \n一é", max_size=24)


@settings(max_examples=200)
@given(st.lists(TEXT, max_size=5), st.sampled_from(UNITS))
def test_a_transcript_is_what_the_documents_say(texts: list[str], unit: str) -> None:
    """Worked out from tokens it is, word for word, what reading the documents gives."""
    known = Knowledge(2, tokenizer(unit), "mkn")
    known.learn(texts)
    transcript = transcribe(known.history.text(), known.counts.vocabulary, known.tokenizer)
    written = [numbers(known.tokenizer.normalise(text)) for text in texts]
    assert transcript.lengths.tolist() == [len(words) for words in written]
    assert transcript.words.tolist() == [word for words in written for word in words]
    alone = [[word for word in words if word & 1] for words in written]
    assert transcript.alone().lengths.tolist() == [len(words) for words in alone]
    assert transcript.alone().words.tolist() == [word for words in alone for word in words]


def test_odd_numbers_are_words() -> None:
    """Words are odd, punctuation is even; case and the kind of apostrophe make no difference."""
    assert [number & 1 for number in numbers("Don't stop -- é!")] == [1, 1, 0, 1, 0]
    assert numbers("DON’T STOP") == numbers("don't stop")
    assert [is_word(found) for found in BOTH.findall("a_b _ !? 3")] == [True, True, False, True]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.lists(st.sampled_from("ab,c"), max_size=6), st.integers(0, 3)), max_size=8), st.data())
def test_an_index_that_followed_equals_a_new_one(said: list[tuple[list[str], int]], data: st.DataObject) -> None:
    """Learn all, unlearn some: a run is a copy exactly if it stands in what is left, by fewer than two authors."""
    documents = [(" ".join(words), author) for words, author in said]
    first = data.draw(st.integers(0, len(documents)))
    known = Knowledge(2, tokenizer("words"), "mkn")
    known.learn([Document(i, text, author) for i, (text, author) in enumerate(documents[:first])])
    known.origins.runs(2, known.history, known.counts.vocabulary)
    known.learn([Document(i, text, author) for i, (text, author) in enumerate(documents[first:], start=first)])
    gone = data.draw(st.sets(st.sampled_from(range(len(documents)))) if documents else st.just(set()))
    known.unlearn([Document(i, *documents[i]) for i in gone])
    index = known.origins.runs(2, known.history, known.counts.vocabulary)
    left = [document for i, document in enumerate(documents) if i not in gone]
    for run in {run for text, _ in documents for run in runs(numbers(text), 2)}:
        voices = {author for text, author in left if run in runs(numbers(text), 2)}
        assert index.is_copy(run) == (bool(voices) and len(voices - {0}) < 2)
    assert not index.is_copy(run_of(numbers("never said")))


def test_runs_end_with_their_document() -> None:
    """The last word of one document and the first of the next are no run."""
    known = Knowledge(2, tokenizer("words"), "mkn")
    known.learn(["a b", "c", "d e f"])
    transcript = transcribe(known.history.text(), known.counts.vocabulary, known.tokenizer)
    index = Runs(2, transcript, known.history.authors)
    found = [pair for pair in ("a b", "b c", "c d", "d e", "e f") if index.is_copy(run_of(numbers(pair)))]
    assert found == ["a b", "d e", "e f"]


def test_what_is_said_again_and_again_is_looked_through_once() -> None:
    """Two runs said 10,000 times are two keys with a number each; with all but one unlearned they still stand."""
    known = Knowledge(2, tokenizer("words"), "mkn")
    known.learn(["a b c"])
    once = known.origins.runs(2, known.history, known.counts.vocabulary).nbytes
    known = Knowledge(2, tokenizer("words"), "mkn")
    known.learn([Document(i, "a b c") for i in range(10_000)])
    index = known.origins.runs(2, known.history, known.counts.vocabulary)
    assert index.nbytes < once + 1_000
    run = run_of(numbers("a b"))
    for _ in range(9_999):
        index.fold(numbers("a b c"), 0, -1)
    assert index.is_copy(run)
    index.fold(numbers("a b c"), 0, -1)
    assert not index.is_copy(run)


def test_the_index_is_counted_and_holds_no_text() -> None:
    """It is part of what a model holds."""
    model = speaker(LINES)
    before = model.nbytes
    model.generate(np.random.default_rng(0), dials=Dials(max_copy=5))
    assert model.nbytes > before


# Where a text comes from


def test_sources_name_the_longest_spans_and_who_said_them() -> None:
    """Of "Well, THE CAT SAT on my mat and the dog": two spans, of four and three words."""
    model = speaker(said_by(["the cat sat on the mat", "mat and the dog"], ["so the cat, sat on it"]))
    text = "Well, THE CAT SAT on my mat and the dog"
    spans = model.sources(text)
    assert [text[span.start : span.end] for span in spans] == ["THE CAT SAT on", "mat and the dog"]
    assert spans == [Span(6, 20, 4, (3, 1), 2, 2), Span(24, 39, 4, (2,), 1, 1)]


def test_sources_of_what_is_forgotten_are_none() -> None:
    """A document that was unlearned is not named any more, one learned since is."""
    model = speaker(said_by(["one two three four"], ["five six seven"]))
    assert [span.documents for span in model.sources("one two three five six seven")] == [(1,), (2,)]
    model.unlearn([Document(1, "one two three four", 1)])
    model.learn([Document(9, "two three five", 3)])
    assert [span.documents for span in model.sources("one two three five six seven")] == [(9,), (2,)]
    assert model.sources("") == model.sources("nothing of it, ever!") == []


@settings(max_examples=100)
@given(
    st.lists(st.lists(st.sampled_from("abc"), max_size=8), min_size=1, max_size=4),
    st.lists(st.sampled_from("abcd"), max_size=8),
)
def test_sources_are_all_spans_that_are_part_of_no_longer_one(lines: list[list[str]], asked: list[str]) -> None:
    """As found by trying every part of the text."""
    model = speaker([" ".join(line) for line in lines], smoothing="mkn")
    texts = [f" {' '.join(line)} " for line in lines]
    held = {
        (i, j)
        for i in range(len(asked))
        for j in range(i + 1, len(asked) + 1)
        if any(f" {' '.join(asked[i:j])} " in text for text in texts)
    }
    longest = {(i, j) for i, j in held if (i - 1, j) not in held and (i, j + 1) not in held}
    spans = model.sources(" ".join(asked), least=1, most=99)
    assert {(span.start // 2, span.end // 2 + 1) for span in spans} == longest
    for span in spans:
        assert span.times == sum(f" {' '.join(asked[span.start // 2 : span.end // 2 + 1])} " in text for text in texts)


def test_the_engine_guards_by_default_and_names_sources() -> None:
    """`Engine.generate` copies no more than five words, `max_copy=0` turns that off; `sources` gives ids."""
    engine = Engine(open_store("sqlite://"))
    here = Corpus(1)
    rng = random.Random(6)
    lines = [" ".join(rng.choices(["sun", "sea", "wind", "rain"], k=12)) for _ in range(3)]
    engine.learn(here, [Document(10 + i, line, 7) for i, line in enumerate(lines)])
    texts = [engine.generate(here, seed=seed).text for seed in range(30)]
    assert not any(copied(text, lines, 6) for text in texts)
    free = [engine.generate(here, seed=seed, max_copy=0).text for seed in range(30)]
    assert any(copied(text, lines, 6) for text in free)
    assert engine.sources(here, lines[1])[0] == Span(0, len(lines[1]), 12, (11,), 1, 1)
    engine.close()


def test_memory_grows_with_a_text_and_not_with_its_square(corpora: Path) -> None:
    """Of each word of a long text only those are remembered that a copy may yet begin among: 4 MB, not 45."""
    model = LanguageModel(3, smoothing="mkn")
    model.learn(read_corpus(corpora / "harbour.txt").documents)
    dials = Dials(originality=0.8, max_copy=5)
    model.generate(np.random.default_rng(1), 100, dials=dials)
    tracemalloc.start()
    model.generate(np.random.default_rng(1), 4_000, dials=dials)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
