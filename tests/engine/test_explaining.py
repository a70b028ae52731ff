"""Why it says what it says: pieces that sum to the probability, texts walked token by token, bars cut into pieces."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import EmptyCorpus, LanguageModel
from engine.__main__ import main
from engine.bars import columns
from engine.pieces import Piece
from engine.xray import cut_bar, kind, marks

CATS = ["the cat sat on the mat", "the dog sat on the log", "a cat slept"]


@pytest.mark.parametrize("unit", ["words", "characters", "whitespace"])
@pytest.mark.parametrize(("smoothing", "order"), [("best", 5), ("best", 2), ("mkn", 4), ("mkn", 1), ("none", 2)])
def test_the_pieces_of_a_probability_sum_to_it(unit: str, smoothing: str, order: int) -> None:
    """For every token of the vocabulary, in every unit, smoothing and order; no piece is negative."""
    model = LanguageModel(order, unit, smoothing)
    model.learn(CATS)
    model.learn(["the bird sat"])
    for text in ("the cat sat on the", "", "a cat"):
        prompt = model.read(text)
        p = model.distribution_after(prompt)
        for token, probability in zip(p.tokens, p.probabilities, strict=True):
            pieces = model.pieces(prompt, token)
            assert sum(piece.probability for piece in pieces) == pytest.approx(probability, abs=1e-15)
            assert all(piece.probability > 0 for piece in pieces)
            assert all(len(piece.context) < order for piece in pieces)


def test_a_piece_is_what_its_context_adds_by_hand() -> None:
    """One document "a b" at order 2, where every count is 1 and is discounted by 0.5 (see `smoothing`).

    Adjusted counts of a, b, </s> are 1 each: C = 3. So order 1 adds (1 - 0.5)/3 to each of them, and its
    γ = 3 · 0.5 / 3 = 0.5 spreads over V = 4 (</s>, <unk>, a, b): 0.125 each. Of a's one follower b the
    context "a" adds (1 - 0.5)/1 = 0.5, and leaves γ = 0.5 to the shorter one.
    """
    model = LanguageModel(2, "words", "mkn")
    model.learn(["a b"])
    assert model.pieces(model.read("a"), "b") == [
        Piece("context", ("a",), pytest.approx(0.5)),
        Piece("context", (), pytest.approx(0.5 * (0.5 / 3 + 0.125))),
    ]
    assert model.pieces(model.read(""), "b") == [Piece("context", (), pytest.approx(0.5 * (0.5 / 3 + 0.125)))]
    assert model.pieces(model.read(""), "a")[0] == Piece("context", ("<s>",), pytest.approx(0.5))


def test_the_plain_chain_has_one_piece() -> None:
    """Plain relative frequencies look at one context only: "cat" was followed by "sat" once of twice."""
    model = LanguageModel(2, "words", "none")
    model.learn(CATS)
    assert model.pieces(model.read("the cat"), "sat") == [Piece("context", ("cat",), 0.5)]


def test_a_walk_gives_each_token_its_probability_and_its_rank() -> None:
    """Those of the distribution after what is before it, the end of the text included."""
    model = LanguageModel(4)
    model.learn(CATS)
    steps = model.explain("the cat slept")
    assert [step.token for step in steps] == ["the", "cat", "slept", "</s>"]
    for i, step in enumerate(steps):
        p = model.distribution(" ".join(step.token for step in steps[:i]))
        assert step.probability == p.probabilities[p.tokens.index(step.token)]
        assert step.rank == 1 + sum(other > step.probability for other in p.probabilities)
    assert sum(step.bits for step in steps) == pytest.approx(-sum(math.log2(step.probability) for step in steps))


def test_a_part_of_a_walk_is_that_part() -> None:
    """The tokens before it count all the same."""
    model = LanguageModel(4)
    model.learn(CATS)
    assert model.explain("the cat slept", 1, 2) == model.explain("the cat slept")[1:3]
    assert model.explain("the cat slept", 4) == []


def test_the_context_that_chose_a_token_is_the_one_that_added_most() -> None:
    """After "sat on the" both "mat" and "log" were seen, after "the cat sat on the" only one of them."""
    model = LanguageModel(5, "words", "mkn")
    model.learn(CATS)
    steps = model.explain("the cat sat on the mat")
    assert steps[0].main is not None
    assert steps[0].main.context == ("<s>",)
    assert steps[-2].main is not None
    assert steps[-2].main.context == ("cat", "sat", "on", "the")


def test_what_was_never_learned_is_said_to_be() -> None:
    """It is walked through as any unknown token; the plain chain finds it impossible, and all after it."""
    model = LanguageModel(3)
    model.learn(CATS)
    known = [step.known for step in model.explain("the zebra sat")]
    assert known == [True, False, True, True]
    chain = LanguageModel(3, "words", "none")
    chain.learn(CATS)
    steps = chain.explain("the zebra sat")
    assert [(step.probability, step.rank) for step in steps[1:]] == [(0, 0)] * 3
    assert steps[1].main is None
    with pytest.raises(EmptyCorpus):
        LanguageModel().explain("the")


def test_columns_are_rounded_by_the_largest_remainder() -> None:
    """Of 10 columns 0.46, 0.33, 0.21 have 4.6, 3.3, 2.1: whole 4, 3, 2; the one left goes to .6."""
    assert columns([0.46, 0.33, 0.21], 10) == [5, 3, 2]
    assert columns([1, 1, 1], 2) == [1, 1, 0]  # of equal remainders the first
    assert columns([0.0, 0.0], 5) == [0, 0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(0, 60))
def test_columns_sum_to_the_width(shares: list[float], width: int) -> None:
    """Exactly, and none is more than one column from its share."""
    each = columns(shares, width)
    total = sum(shares)
    assert sum(each) == (width if total > 0 else 0)
    if total > 0:
        assert all(abs(n - share * width / total) < 1 + 1e-9 for n, share in zip(each, shares, strict=True))


def test_a_bar_is_cut_into_its_pieces() -> None:
    """0.5 of 16 columns is 8, of which 3/4 the longest context's; a kind keeps its mark."""
    pieces = [Piece("context", ("a", "b", "c", "d"), 0.375), Piece("gap", (), 0.125)]
    drawn = marks(5)
    assert cut_bar(0.5, pieces, 16, drawn) == "█" * 6 + "▌" * 2
    assert len(cut_bar(0.001, pieces, 16, drawn)) == 1
    assert len(set(marks(8).values())) == len(marks(8))
    assert kind(pieces[0]) == ("context", 4)


def test_the_command_line_walks_a_text(capsys: pytest.CaptureFixture[str], corpora: Path) -> None:
    """A line a token with its bar and its context, then the legend and the sum; --json gives every piece."""
    cats = str(corpora / "cats.txt")
    assert main(["explain", "--corpus", cats, "the cat sat on the mat"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:6]] == ["the", "cat", "sat", "on", "the", "mat"]
    assert lines[5].endswith("after “cat sat on the”")
    assert lines[8].startswith("█ 4 words   ▓ 3 words")
    assert lines[9].startswith("7 tokens, the end counted: ")
    assert lines[10] == "longest span of one message: “the cat sat on the mat”, 6 words, in 1"
    assert main(["explain", "--corpus", cats, "--json", "the cat sat on the mat"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [step["token"] for step in answer["tokens"]][-2:] == ["mat", "</s>"]
    assert [(span["text"], span["words"], span["documents"]) for span in answer["spans"]] == [
        ("the cat sat on the mat", 6, [1])
    ]
    for step in answer["tokens"]:
        assert sum(piece["probability"] for piece in step["pieces"]) == pytest.approx(step["probability"])
    assert answer["bits"] == pytest.approx(-sum(math.log2(step["probability"]) for step in answer["tokens"]))


def test_the_command_line_says_what_is_impossible(capsys: pytest.CaptureFixture[str], corpora: Path) -> None:
    """Where a plain chain has no probability there is no perplexity, and JSON has null."""
    command = ["explain", "--corpus", str(corpora / "cats.txt"), "--smoothing", "none", "cat the"]
    assert main(command) == 0
    assert "cannot stand there" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bits"] is None
