"""Texts under conditions: always met, and drawn with exactly the probabilities they have among those that meet them."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import HAIKU, Condition, Dials, Document, InvalidArgument, LanguageModel, read_corpus, tokens
from engine.conditions import in_lines
from engine.request import LONGEST
from engine.steered import steered
from engine.syllables import syllables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HARBOUR = Path(__file__).parent.parent.parent / "corpora" / "harbour.txt"
SMALL = ["a b c", "a c", "b a c d", "c d", "d a b", "a b c", "d d a"]
Text = tuple[str, ...]
WORD = r"\w+(?:['’]\w+)*"


def small(order: int = 3) -> LanguageModel:
    model = LanguageModel(order, "words", "mkn")
    model.learn(SMALL)
    return model


def said(
    model: LanguageModel, text: Sequence[str], originality: float = 1.0, *, begun: bool = True, ended: bool = True
) -> float:
    """P(text), straight from the distributions; a token that was never learned counts as `<unk>`.

    begun: with originality below 1, the first token is one that texts began with.
    """
    p, known = 1.0, model._known
    index = {token: i for i, token in enumerate(model.vocabulary)}
    for i, token in enumerate((*text, "</s>")[: None if ended else -1]):
        beginning = begun and not i and originality < 1
        ids = model.read(" ".join(text[:i])).ids
        distribution = known.predictor.distribution(known.context(ids), 0.0 if beginning else originality)
        p *= float(distribution[index.get(token, index["<unk>"])])
    return p


def texts(length: int, letters: str = "abcd") -> Iterator[Text]:
    return itertools.product(letters, repeat=length)


def contains(*words: str) -> Callable[[Text], bool]:
    return lambda text: set(words) <= set(text)


def together(text: Text, *words: str) -> bool:
    return f" {' '.join(words)} " in f" {' '.join(text)} "


CONDITIONS: list[tuple[Condition, Callable[[Text], bool]]] = [
    (Condition(ending="c"), lambda text: text[-1] == "c"),
    (Condition(ending="a b"), lambda text: text[-2:] == ("a", "b")),
    (Condition(containing=("d",)), contains("d")),
    (Condition(containing=("d", "b")), contains("d", "b")),
    (Condition(containing=("a b", "d")), lambda text: together(text, "a", "b") and "d" in text),
    (Condition(without=("a",)), lambda text: "a" not in text),
    (Condition(without=("a b", "d d")), lambda text: not together(text, "a", "b") and not together(text, "d", "d")),
    (Condition("c", ("d",), ("b",)), lambda text: text[-1] == "c" and "d" in text and "b" not in text),
    (Condition(template="a ___ ... d"), lambda text: len(text) > 3 and text[0] == "a" and text[-1] == "d"),
]


@pytest.mark.parametrize("originality", [1.0, 0.4])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(("condition", "holds"), CONDITIONS, ids=[str(n) for n in range(len(CONDITIONS))])
def test_the_probability_of_a_condition_is_that_of_all_texts_that_meet_it(
    condition: Condition, holds: Callable[[Text], bool], order: int, originality: float
) -> None:
    """Z = Σ P(text) over every text of the length that is as asked, to 1e-12."""
    model = small(order)
    for length in range(1, 6):
        asked = [text for text in texts(length) if holds(text)]
        if not asked:
            with pytest.raises(InvalidArgument):
                model.steering.request(model.read(""), condition, length, originality)
            continue
        expected = sum(said(model, text, originality) for text in asked)
        if not expected:  # no text began as these must
            expected = sum(said(model, text, originality, begun=False) for text in asked)
        request = model.steering.request(model.read(""), condition, length, originality)
        assert request.probability == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("start", ["d", "a b", "zyx", "D zyx a"])
def test_a_start_is_walked_through_first(start: str) -> None:
    """Z of a start is Σ P(rest | start); a start that holds a word asked for needs no other."""
    model = small()
    begun = tuple(start.lower().split())
    whole = said(model, begun, ended=False)
    expected = sum(said(model, begun + rest) for rest in texts(3) if "d" in begun + rest) / whole
    request = model.steering.request(model.read(start), Condition(containing=("d",)), len(begun) + 3, 1.0)
    assert request.probability == pytest.approx(expected, rel=1e-12)


def test_without_a_length_all_lengths_up_to_the_longest_count() -> None:
    """The sum over all texts of 1 to LONGEST tokens, here followed forward from their beginning."""
    model, known = small(), small()._known
    index = [known.counts.vocabulary.id(token) for token in "abcd"]
    steps: dict[tuple[int, ...], np.ndarray] = {}
    mass: Counter[tuple[tuple[int, ...], bool]] = Counter({((0,), False): 1.0})  # type: ignore[dict-item]
    expected = 0.0
    for _ in range(LONGEST + 1):
        after: Counter[tuple[tuple[int, ...], bool]] = Counter()
        for (context, has_d), p in mass.items():
            step = steps.setdefault(context, known.predictor.distribution(context))
            expected += p * step[0] if has_d else 0
            for letter, id in zip("abcd", index, strict=True):
                after[(*context, id)[-2:], has_d or letter == "d"] += p * step[id - 1]
        mass = after
    request = model.steering.request(model.read(""), Condition(containing=("d",)), None, 1.0)
    assert request.probability == pytest.approx(expected, rel=1e-12)


def test_a_template_of_single_blanks_has_one_length() -> None:
    """a ___ c: P(a w c) summed over the words; a word that was typed counts as itself and is not drawn elsewhere."""
    model = small()
    expected = sum(said(model, ("a", word, "c")) for word in "abcd")
    request = model.steering.request(model.read(""), Condition(template="a ___ c"), None, 1.0)
    assert request.probability == pytest.approx(expected, rel=1e-12)


def test_a_word_never_said_here_stands_where_it_was_asked_for_and_nowhere_else() -> None:
    """It has the probability of `<unk>` there: Σ P over texts with it once, at any place."""
    model = small()
    expected = sum(said(model, text) for text in texts(3, "abcdZ") if text.count("Z") == 1)
    request = model.steering.request(model.read(""), Condition(containing=("Zyx",)), 3, 1.0)
    assert request.probability == pytest.approx(expected, rel=1e-12)
    drawn = [draw(model, n, Condition(containing=("Zyx",)), length=3, dials=Dials()) for n in range(50)]
    assert all(text.split().count("Zyx") == 1 for text in drawn)
    assert {text.split().index("Zyx") for text in drawn} == {0, 1, 2}


def test_texts_are_drawn_with_their_share_of_the_probability() -> None:
    """4,000 draws against P(text) / Z of each of the texts that are as asked."""
    model, condition = small(), Condition(containing=("d",), ending="c")
    shares = {" ".join(t): said(model, t, 0.4) for t in texts(4) if "d" in t and t[-1] == "c"}
    total = sum(shares.values())
    rng = np.random.default_rng(1)
    draws = 4_000
    request = model.steering.request(model.read(""), condition, 4, 0.4)
    drawn = Counter(" ".join(steered(request, rng, Dials(originality=0.4), None).tokens) for _ in range(draws))
    for text, p in shares.items():
        expected = draws * p / total
        assert abs(drawn[text] - expected) < 5 * max(expected, 1) ** 0.5
    assert drawn.keys() <= shares.keys()


def draw(
    model: LanguageModel,
    seed: int,
    condition: Condition,
    start: str = "",
    length: int | None = None,
    dials: Dials = Dials(originality=0.4),  # noqa: B008 - frozen
) -> str:
    steered = model.steer(np.random.default_rng(seed), model.read(start), condition, length, dials)
    return model.tokenizer.decode(steered.tokens)


@pytest.fixture(scope="module")
def harbour() -> LanguageModel:
    model = LanguageModel()
    model.learn(read_corpus(HARBOUR).documents[:1000])
    return model


def random_requests(harbour: LanguageModel, number: int) -> list[tuple[Condition, str, int | None]]:
    """Requests at random: words of the corpus, words never said, in any capitalisation, in any mixture."""
    random_ = random.Random(5)
    words = sorted({token for token in harbour.vocabulary if token.isalpha() and token.isascii()})
    words += ["Zyxx", "O'Zyx", "foo-zyx", "well done", ":)", "bread!", "12"]

    def some(most: int) -> tuple[str, ...]:
        found = [random_.choice(words) for _ in range(random_.randint(0, most))]
        return tuple(random_.choice([word, word.upper(), word.lower()]) for word in found)

    made: list[tuple[Condition, str, int | None]] = []
    while len(made) < number:
        condition = Condition("".join(some(1)), some(2), some(2))
        length = random_.choice([None, None, random_.randint(1, 25)])
        if condition:
            made.append((condition, " ".join(some(1)), length))
    return made


def folded(text: str) -> list[str]:
    return [token.strip("\u2060").lower() for token in tokens(text)]


def spans(text: str, word: str) -> list[int]:
    """Where a word or phrase stands in a text, in tokens, whatever the capitals."""
    whole, part = folded(text), folded(word)
    return [i for i in range(len(whole) - len(part) + 1) if whole[i : i + len(part)] == part]


@pytest.mark.parametrize("number", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_answer_is_as_it_was_asked_to_be(harbour: LanguageModel, number: int) -> None:
    """In 100 % of answers, looked at as text; and no refusal but for what cannot be."""
    refused = 0
    requests = random_requests(harbour, number)
    for seed, (condition, start, length) in enumerate(requests):
        try:
            texts = [draw(harbour, seed + n, condition, start, length) for n in range(3)]
        except InvalidArgument:
            assert cannot_be(condition, start, length)
            refused += 1
            continue
        for text in texts:
            assert folded(text)[: len(folded(start))] == folded(start)
            assert text.lower().endswith(condition.ending.lower())
            assert all(spans(text, word) and word.lower() in text.lower() for word in condition.containing)
            assert not any(holds(text, word) for word in condition.without)
            assert length is None or len(tokens(text)) == length
    assert refused < len(requests) / 3


def holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word.lower())}(?!\w)", text.lower()) is not None


def cannot_be(condition: Condition, start: str, length: int | None) -> bool:
    """Whether there is less room than what is wanted takes, or something wanted is unwanted."""
    wanted = [*condition.containing, condition.ending, start]
    short = length is not None and length < sum(len(tokens(word)) for word in wanted)
    return short or any(holds(" ".join(wanted), word) for word in condition.without)


def test_a_template_is_filled_where_its_blanks_are(harbour: LanguageModel) -> None:
    """What was typed stays as it was typed; `___` is one word, `...` one or more."""
    for seed in range(30):
        text = draw(harbour, seed, Condition(template="The ZYX ___ sat on the ___, and ..."))
        assert re.fullmatch(r"The ZYX [^\W_][\w'’.:-]* sat on the [^\W_][\w'’.:-]*, and \S.*", text, re.DOTALL), text


@pytest.mark.parametrize(
    ("condition", "start", "length"),
    [
        (Condition(containing=("zyx ferry", "zyx boat")), "", None),
        (Condition(containing=("the cat sat on the mat today", "the dog sat on the log today")), "", None),
        (Condition(ending="the cat sat on the mat today"), "the cat sat on the mat today", 7),
        (Condition(template="the cat sat on the mat today ___", containing=("The cat sat on the mat",)), "", None),
        (Condition(template="the ___ sat on the ___"), "the", None),
    ],
)
def test_what_is_asked_for_may_share_words(
    harbour: LanguageModel, condition: Condition, start: str, length: int | None
) -> None:
    """Phrases share words that nobody said; a long one may be in the start, or in a template, already."""
    text = draw(harbour, 1, condition, start, length)
    assert text.startswith(start)
    assert text.endswith(condition.ending)
    assert all(phrase.lower() in text.lower() for phrase in condition.containing)
    assert not condition.template or re.fullmatch(condition.template.replace("___", r"\S+"), text)
    assert length is None or len(tokens(text)) == length


def test_where_only_copies_are_close_to_what_was_said_a_text_strays() -> None:
    """At the lowest originality as well there is an answer, and it is no copy."""
    model = LanguageModel()
    model.learn([
        "the cat sat on the mat the cat ate the rat",
        "the dog sat on the log the dog ate the frog",
        "the bird sat on the word the bird flew to the sky",
    ])  # fmt: skip
    condition = Condition(template="the ... ... ... ___ mat the cat ate the rat")
    for seed in range(5):
        text = draw(model, seed, condition, length=58, dials=Dials(originality=0, max_copy=5))
        assert text.endswith("mat the cat ate the rat")
        assert len(tokens(text)) == 58


def test_a_haiku_has_lines_of_five_seven_and_five(harbour: LanguageModel) -> None:
    """Counted by the rule of `syllables`, word by word, on the lines as they are shown."""
    for seed in range(30):
        steered = harbour.steer(np.random.default_rng(seed), harbour.read(""), HAIKU, None, Dials(originality=0.4))
        lines = in_lines(steered.tokens, HAIKU.lines)
        counted = [sum(syllables(token) or 0 for token in line) for line in lines]
        assert counted == [5, 7, 5]
        assert all(line[0][0].isalpha() for line in lines)


@pytest.mark.parametrize(
    ("condition", "start", "length", "why"),
    [
        (Condition(containing=("a", "b", "d")), "", 2, "takes at least 3 tokens, and the length is 2"),
        (Condition(template="a ___ c"), "", 5, "takes at most 3 tokens, and the length is 5"),
        (Condition(containing=("a b",), without=("B",)), "", None, "what it is to do without"),
        (Condition(without=("a",)), "a d", None, "The start holds something"),
        (Condition(template="c ___"), "a", None, "change the start"),
        (Condition(template="a b c"), "", None, "no blank to fill"),
        (Condition(containing=(" ",)), "", None, "empty"),
        (Condition(lines=(5, 7, 5)), "", None, "syllables"),
        (Condition(containing=tuple("abcdefghijk")), "", None, "too much"),
        (Condition(ending="a"), "b c d", 2, "3 or more"),
        (Condition(template="___ ... " * 140), "", None, "too much"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    condition: Condition, start: str, length: int | None, why: str
) -> None:
    """A sentence, whatever the reason, and nothing is drawn."""
    model = small()
    if condition.lines:
        model.unlearn(SMALL)
        model.learn(["12 34"])
    with pytest.raises(InvalidArgument, match=why):
        draw(model, 1, condition, start, length)


@pytest.mark.parametrize("lines", [(-1,), (0,), (5, 7.5), ("5",), (5, 999), (10**9,)])
def test_syllables_that_no_line_has_are_refused(lines: tuple[int, ...]) -> None:
    """Lines have whole numbers of them, from 1, and not too many together."""
    with pytest.raises(InvalidArgument, match="must be"):
        Condition(lines=lines)


def test_what_one_person_only_said_is_said_where_it_was_typed_and_tells_nothing() -> None:
    """Not even how it was said: with a secret that is asked for, a text is as with a word that nobody ever said."""
    model = LanguageModel()
    said = ["the cat sat on the mat", "my dog is on the mat", "the code is good", "my cat is good", "is the code on"]
    model.learn(Document(i, text, author=1 + i % 5) for i, text in enumerate(said * 3))
    model.learn([Document(99, "my code is 8f3k2p", author=9)])
    dials = Dials(originality=0.4, max_copy=5)
    for seed in range(30):
        secret, nobody = (draw(model, seed, Condition(containing=(it,)), dials=dials) for it in ("8F3K2P", "9z9z9z"))
        assert secret.replace("8F3K2P", "9z9z9z") == nobody
        assert "8f3k2p" not in draw(model, seed, Condition(template="my code is ___"), dials=dials)
        assert "8f3k2p" not in draw(model, seed, Condition(ending="good"), "my code is", dials=dials)


def test_many_words_to_do_without_cost_no_more_than_few() -> None:
    """A hundred of them make an automaton of one state; what is left to say is said."""
    without = tuple(f"{letter}{number}" for letter in "vwxyz" for number in range(20))
    request = small().steering.request(small().read(""), Condition(without=(*without, "a", "b", "d")), 1, 1.0)
    assert request.probability == pytest.approx(said(small(), ["c"]), rel=1e-12)


def test_texts_under_conditions_are_no_copies(harbour: LanguageModel) -> None:
    """No six words in a row of one message, whatever is asked; a blank is not filled with the word it was said with."""
    learned = [re.findall(WORD, document.text.lower()) for document in read_corpus(HARBOUR).documents[:1000]]
    runs = {tuple(words[i : i + 6]) for words in learned for i in range(len(words) - 5)}
    dials = Dials(originality=0.1, max_copy=5)
    asked = (Condition(containing=("ferry", "late")), Condition(ending="the bakery"), HAIKU, Condition(about="cat"))
    for seed, condition in enumerate(asked * 5):
        words = re.findall(WORD, draw(harbour, seed, condition, dials=dials).lower())
        assert not any(tuple(words[i : i + 6]) in runs for i in range(len(words) - 5))
    nameless = LanguageModel()  # nobody's words are nobody's secret
    nameless.learn(document.text for document in read_corpus(HARBOUR).documents[:1000])
    blank = Condition(template="it's in my ___ to apologise")
    assert "contract" in {word for n in range(20) for word in draw(nameless, n, blank).split()}
    assert "contract" not in {word for n in range(20) for word in draw(nameless, n, blank, dials=dials).split()}
    assert "contract" not in {word for n in range(20) for word in draw(harbour, n, blank).split()}


@pytest.mark.parametrize(
    "condition",
    [
        Condition(template="the ... cat " * 25),
        Condition(containing=("the ferry is late and the ferry is late",)),
        Condition(ending=" ".join(["the ferry"] * 20)),
        Condition(template="a,b.c!d ___ «x» ___\n\n... 日本 ___ ..."),
        Condition(containing=("${jndi:ldap://x}",)),
        Condition(lines=(5, 7, 5), ending="sea", without=("the", "a")),
    ],
)
def test_much_may_be_asked(harbour: LanguageModel, condition: Condition) -> None:
    """Longer than texts usually are, longer than may be copied, in any script: what was typed is the asker's."""
    text = draw(harbour, 1, condition, dials=Dials(originality=0.4, max_copy=5))
    assert all(spans(text, word) for word in (*condition.containing, condition.ending) if word)
    for literal in re.split(r"_{2,}|\.{3}|\n+", condition.template):
        assert literal.strip() in text


@pytest.mark.parametrize(
    "condition",
    [
        Condition(containing=("https://example.com/cats/today",)),
        Condition(ending="https://example.com/cats/today"),
        Condition(containing=("<:one:123456789012345678> <:two:123456789012345679>",)),
    ],
)
def test_a_link_that_was_typed_is_no_copy(condition: Condition) -> None:
    """One token of nine words (https :// example . com / cats / today) is more than may be copied, unless typed.

    Whoever asks for it gets it; the other link, which nobody asked for, is not said.
    """
    model = LanguageModel()
    links = ["https://example.com/cats/today", "https://example.org/a/b/c"]
    model.learn([*links, "<:one:123456789012345678> <:two:123456789012345679>", "look at that", "that is so"])
    for seed in range(10):
        text = draw(model, seed, condition, dials=Dials(originality=0.4, max_copy=5))
        assert all(asked in text for asked in (*condition.containing, condition.ending))
        assert links[1] not in text


def test_characters_are_not_steered() -> None:
    """And it is said what to ask for instead."""
    model = LanguageModel(3, "characters")
    model.learn(SMALL)
    with pytest.raises(InvalidArgument, match="words"):
        draw(model, 1, Condition(ending="a"))


@pytest.mark.parametrize(
    "dials", [Dials(0), Dials(2.5, originality=0.3), Dials(top_k=2), Dials(top_p=0.5), Dials(originality=0)]
)
def test_dials_reshape_what_is_drawn_and_nothing_that_was_asked(harbour: LanguageModel, dials: Dials) -> None:
    """Whatever the temperature, the condition holds."""
    for seed in range(5):
        text = draw(harbour, seed, Condition("the bakery", ("ferry",)), dials=dials)
        assert text.lower().endswith("the bakery")
        assert spans(text, "ferry")


def test_a_word_that_was_forgotten_is_gone_from_what_is_drawn_under_conditions() -> None:
    """Learn, ask, unlearn, ask again: as a model that never learned it, seed for seed."""
    model, never = LanguageModel(), LanguageModel()
    model.learn([*SMALL, "the secret d"])
    never.learn(SMALL)
    asked = Condition(containing=("d",))
    draw(model, 1, asked)
    model.unlearn(["the secret d"])
    for seed in range(20):
        assert draw(model, seed, asked) == draw(never, seed, asked)


def test_the_same_seed_gives_the_same_text_and_held_tables_are_counted(harbour: LanguageModel) -> None:
    """Whether b was worked out anew or kept; and what is kept is in `nbytes`."""
    model = LanguageModel()
    model.learn(SMALL)
    before = model.nbytes
    draw(model, 1, Condition(ending="a"))
    assert model.nbytes > before
    asked = Condition(containing=("gull", "ferry"))
    first = [draw(harbour, seed, asked) for seed in range(3)]
    for other in ("bread", "tide", "cat", "gull", "lamp", "fog"):
        draw(harbour, 1, Condition(ending=other))
    assert [draw(harbour, seed, asked) for seed in range(3)] == first


def test_what_was_never_seen_is_told_whatever_the_gaps() -> None:
    """The point after a blank to be filled is one that was said, though a gap before it never was."""
    model = LanguageModel(3)
    model.learn(["the cat sat on the mat.", "is it here - or not"])
    asked = Condition(template="I ___ the ... because ___ is ___.", containing=("zebra .",), ending="-cat")
    assert model.unseen(asked) == ["I", "because", "zebra"]


def test_what_was_asked_for_softly_is_not_shouted() -> None:
    """Though at the end of a text it only ever was: it was said softly elsewhere. In capitals it may be asked for."""
    model = LanguageModel(3)
    model.learn(["COME TOMORROW", "GO TOMORROW", "tomorrow we go", "we go tomorrow then", "THEN COME"])
    for ending, ends in (("tomorrow", {"tomorrow"}), ("TOMORROW", {"TOMORROW"}), ("come", {"COME"})):
        texts = [
            model.steer(np.random.default_rng(seed), model.read(""), Condition(ending=ending)).tokens[-1]
            for seed in range(40)
        ]
        assert set(texts) == ends


def test_a_single_line_has_no_word_too_long_for_it() -> None:
    """One syllable: of "cat" and "congratulations" only the first will do."""
    model = LanguageModel(2)
    model.learn(["cat", "congratulations"])
    for seed in range(20):
        assert model.steer(np.random.default_rng(seed), model.read(""), Condition(lines=(1,))).tokens == ["cat"]
