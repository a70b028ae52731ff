"""python -m engine, as a person or a program calls it."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from engine import tokens
from engine.__main__ import main


@pytest.fixture
def cats(corpora: Path) -> str:
    return str(corpora / "cats.txt")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_probs_draws_bars(capsys: pytest.CaptureFixture[str], cats: str) -> None:
    """A line a token: name, share, bar, count."""
    status, out, _ = run(capsys, "probs", "--corpus", cats, "--top", "7", "the cat sat on the")
    assert status == 0
    first = out.splitlines()[1].split()
    assert first[0] == "mat"
    assert first[2].startswith("█")
    assert len(out.splitlines()) == 1 + 7


def test_probs_says_why_no_context_answers(capsys: pytest.CaptureFixture[str], cats: str) -> None:
    """None was asked for, or none is known."""
    assert "(order 1 looks at none)" in run(capsys, "probs", "--corpus", cats, "--order", "1", "the cat")[1]
    assert "(the last token was never seen)" in run(capsys, "probs", "--corpus", cats, "the zyx")[1]


def test_probs_json_holds_the_contract(capsys: pytest.CaptureFixture[str], cats: str) -> None:
    """Prompt, order used, candidates, vocabulary and entropy; over all V the probabilities sum to 1."""
    _, out, _ = run(capsys, "probs", "--corpus", cats, "--top", "1000", "--json", "the cat sat on the")
    answer = json.loads(out)
    assert answer.keys() == {"prompt", "order_used", "candidates", "vocabulary", "entropy_bits"}
    assert answer["prompt"] == ["the", "cat", "sat", "on", "the"]
    assert answer["order_used"] == 5
    assert len(answer["candidates"]) == answer["vocabulary"] == 17
    assert answer["candidates"][0].keys() == {"token", "probability", "count"}
    p = [c["probability"] for c in answer["candidates"]]
    assert sum(p) == pytest.approx(1, abs=1e-12)
    assert answer["entropy_bits"] == pytest.approx(-sum(q * math.log2(q) for q in p))


def test_generate_repeats_itself_with_a_seed(capsys: pytest.CaptureFixture[str], corpora: Path) -> None:
    """The same arguments print the same lines, one a text; another seed prints others."""
    command = ("generate", "--corpus", str(corpora / "harbour.txt"), "--count", "20", "--seed")
    first, again, other = (run(capsys, *command, seed)[1] for seed in ("7", "7", "8"))
    assert first == again != other
    assert len(first.splitlines()) == 20


def test_generate_obeys_length_and_start(capsys: pytest.CaptureFixture[str], cats: str) -> None:
    """Exactly so many tokens, the start among them."""
    _, out, _ = run(capsys, "generate", "--corpus", cats, "--length", "9", "--start", "the bird", "--count", "5")
    assert all(len(line.split()) == 9 and line.startswith("the bird ") for line in out.splitlines())


def test_evaluate_measures_one_text_by_another(capsys: pytest.CaptureFixture[str], cats: str) -> None:
    """All names of the contract, with numbers; 37 tokens, three ends of message among them."""
    _, out, _ = run(capsys, "evaluate", "--train", cats, "--test", cats, "--json")
    result = json.loads(out)
    assert result.keys() == {
        "tokens", "oov", "perplexity", "bits_per_character", "train_seconds", "eval_seconds", "peak_rss_mb",
    }  # fmt: skip
    assert (result["tokens"], result["oov"]) == (37, 0)
    characters = len(Path(cats).read_text())
    assert result["bits_per_character"] == pytest.approx(math.log2(result["perplexity"]) * 37 / characters)


@pytest.mark.parametrize("order", ["1", "3"])
def test_evaluate_says_infinite_as_null(capsys: pytest.CaptureFixture[str], corpora: Path, order: str) -> None:
    """To the plain chain what was never seen is impossible: no number, which JSON has no Infinity for."""
    command = ["evaluate", "--train", str(corpora / "cats.txt"), "--test", str(corpora / "harbour.txt")]
    command += ["--smoothing", "none", "--order", order]
    status, out, err = run(capsys, *command, "--json")
    result = json.loads(out, parse_constant=pytest.fail)
    assert (status, err) == (0, "")
    assert result["perplexity"] is result["bits_per_character"] is None
    assert result["tokens"] > result["oov"] > 0
    assert "never seen" in run(capsys, *command)[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["probs", "--corpus", "missing.txt", "x"], "missing.txt cannot be read"),
        (["generate", "--corpus", "CATS", "--order", "0"], "found 0, expected a whole number from 1 to 8"),
        (["generate", "--corpus", "CATS", "--order", "99"], "found 99, expected a whole number from 1 to 8"),
        (["generate", "--corpus", "CATS", "--order", "x"], "found 'x', expected a whole number from 1 to 8"),
        (["generate", "--corpus", "CATS", "--temperature", "-1"], "temperature is -1"),
        (["generate", "--corpus", "CATS", "--temperature", "nan"], "temperature is nan"),
        (["generate", "--corpus", "CATS", "--length", "1", "--start", "the cat"], "the start alone has 2 tokens"),
        (["probs", "--corpus", "CATS", "--smoothing", "none", "cat the dog bird"], "never seen in a row"),
        (["probs", "--corpus", "CATS", "--top", "0", "x"], "found 0, expected a whole number of at least 1"),
        (["probs", "--corpus", "CATS"], "required: PROMPT"),
        (["probs", "--corpus=--", "x"], "-- cannot be read"),
        (["generate", "--corpus", "CATS", "--temperature=--"], "found '--', expected a number"),
        (["generate", "--corpus", "CATS", "--unit=--"], "invalid choice: '--'"),
        (["generate", "--corpus", "CATS", "--length", "10001"], "expected a whole number from 1 to 10000"),
        (["dance"], "invalid choice: 'dance'"),
        ([], "required: command"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    capsys: pytest.CaptureFixture[str], cats: str, arguments: list[str], sentence: str
) -> None:
    """Nothing on standard output, one line on standard error."""
    status, out, err = run(capsys, *[cats if a == "CATS" else a for a in arguments])
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert sentence in err


@pytest.mark.parametrize("given", ["--corpus=LONG", "--seed=LONG", "--unit=LONG", "LONG", "--order=9\n9"])
def test_bad_input_is_quoted_in_part(capsys: pytest.CaptureFixture[str], cats: str, given: str) -> None:
    """The sentence about a long value has its beginning, and what to do."""
    status, _, err = run(capsys, "generate", "--corpus", cats, given.replace("LONG", "x1" * 5_000))
    assert (status, err.count("\n")) == (2, 1)
    assert len(err) < 500
    assert err.rstrip().endswith(("--help.", "one message a line."))


def test_two_dashes_are_a_text_like_any_other(capsys: pytest.CaptureFixture[str], cats: str) -> None:
    """What stands behind the = of an option is its value, whatever it is."""
    for wish in ("--start=--", "--containing=--", "--ending=--"):
        status, out, _ = run(capsys, "generate", "--corpus", cats, wish)
        assert status == 0
        assert "--" in out


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("PYTHONIOENCODING=ascii {command}", "Standard output is ascii, which has no '\\u201c'"),
        ("{command} >/dev/full", "Standard output cannot be written (No space left on device)"),
        ("{command} >&-", "Standard output is closed"),
    ],
)
def test_output_that_cannot_be_written_is_one_sentence(corpora: Path, output: str, sentence: str) -> None:
    """No traceback, and exit status 2."""
    command = output.format(command=f"{sys.executable} -m engine probs --corpus {corpora}/cats.txt the")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=corpora.parent, check=False)  # noqa: S602 - as a shell has it
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert sentence in done.stderr


def test_it_runs_as_a_module_and_survives_head(corpora: Path) -> None:
    """A reader that has enough ends it quietly."""
    command = f"{sys.executable} -m engine generate --corpus {corpora}/cats.txt --count 5000 --length 5 | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=corpora.parent, check=True)  # noqa: S602 - a pipe is the point
    assert len(done.stdout.split()) == 5
    assert done.stderr == ""


def test_generate_meets_conditions(capsys: pytest.CaptureFixture[str], corpora: Path) -> None:
    """Words to begin and end with, to hold and to do without, a template and a haiku; or the reason why not."""
    harbour = ["generate", "--corpus", str(corpora / "harbour.txt"), "--seed", "3"]
    assert main([*harbour, "--ending", "the ferry", "--containing", "fog", "--without", "and", "--length", "14"]) == 0
    said = capsys.readouterr().out.strip()
    assert said.lower().endswith("the ferry")
    assert "fog" in said.lower()
    assert len(tokens(said)) == 14
    assert main([*harbour, "--fill", "the ___ sat on ..."]) == 0
    assert capsys.readouterr().out.startswith("the ")
    assert main([*harbour, "--haiku"]) == 0
    assert capsys.readouterr().out.count(" / ") == 2
    assert main([*harbour, "--containing", "fog", "--without", "Fog"]) == 2
    assert "to do without" in capsys.readouterr().err
