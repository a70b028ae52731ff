"""python -m engine bench: that it measures and says what; never how fast it was."""

import json
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.bench_table import Row, table
from engine.bench_text import varied

pytestmark = pytest.mark.slow

MEASURED = (
    "text to mkn", "file to mkn", "peak memory", "first answer", "corpora of", "distribution", "bytes per n-gram",
    "one text", "in a batch", "learning one", "unlearning one",
)  # fmt: skip


def test_it_says_what_is_measured_and_how(capsys: pytest.CaptureFixture[str], corpora: Path) -> None:
    """A line of how, then a table with a row for every figure; the bar goes to standard error."""
    assert main(["bench", "--corpus", str(corpora / "cats.txt")]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith(f"{corpora / 'cats.txt'}, 34 tokens. CPU time")
    assert captured.out.splitlines()[2].split() == ["what", "ours", "target", "peer", "ratio"]
    assert [name for name in MEASURED if name not in captured.out] == []
    assert "█" in captured.err


def test_json_has_the_same_rows(capsys: pytest.CaptureFixture[str], corpora: Path) -> None:
    """One object: the text, and each row with its number, its unit, and whether the target is met."""
    assert main(["bench", "--corpus", str(corpora / "cats.txt"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["text"].endswith("cats.txt, 34 tokens")
    assert all(row["ours"] >= 0 and row["unit"] and "met" in row for row in answer["rows"])
    assert [name for name in MEASURED if not any(name in row["what"] for row in answer["rows"])] == []


def test_a_target_is_met_or_not() -> None:
    """At most, at least, of the ratio; unknown without a target or without the peer."""
    assert Row("a", 60, "µs", "≤ 60").met is True
    assert Row("a", 61, "µs", "≤ 60").met is False
    assert Row("a", 300_000, "tokens/s", "≥ 300,000").met is True
    assert Row("a", 1, "tokens/s", "ratio ≥ 3", "markovify", 0.4, 2.5).met is False
    assert Row("a", 1, "tokens/s", "ratio ≥ 3", "markovify: not installed").met is None
    assert Row("a", 1, "MB").met is None
    cells = table([Row("a", 1234.5, "tokens/s", "ratio ≥ 3", "p", 400, 3.09)]).splitlines()[2]
    assert cells == "a     1,234 tokens/s  ratio ≥ 3 ✓  p: 400 tokens/s  3.1×"


def test_a_varied_text_begins_with_the_text_and_is_the_same_in_every_run() -> None:
    """Then it goes on with words swapped and new ones."""
    first, again = (varied(["the cat sat", "on the mat"]) for _ in range(2))
    lines = [next(first) for _ in range(100)]
    assert lines[:2] == ["the cat sat", "on the mat"]
    assert len(set(lines)) > 10
    assert lines == [next(again) for _ in range(100)]
