"""Imports run one way, and each outside thing stays in its room (the picture is in README.md)."""

import ast
import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

ENGINE_LAYERS = [
    # What everything stands on
    ["errors", "gaps", "words", "blanks"],
    ["tokenizer", "vocabulary", "automaton", "syllables", "memory", "bars", "bench_table", "peers"],
    ["prompt", "dials"],
    # Documents and choices, kept
    ["store"],
    ["corpus", "printing", "keeping", "encryption", "sql_choices", "sqlite_file", "postgres_connection"],
    ["sql", "encrypted"],
    ["sqlite", "postgres"],
    ["opening"],
    # Counts, and the documents in order
    ["pairs", "chunks", "counts"],
    ["reading", "followers", "history"],
    ["overlay", "rows", "transcript", "given"],
    ["tallies", "merging", "occurrences", "runs", "clashes"],
    # What tells a copy, and what one person only said
    ["sources", "originality", "voices"],
    ["authors", "spelled"],
    ["origins", "veto"],
    # From counts to probabilities, and drawing from them
    ["smoothing", "recurrences", "skips"],
    ["windows", "leafing", "sampling", "evaluation", "contexts", "topics"],
    ["drawing", "backward", "links"],
    ["rule", "batch"],
    ["unchanged"],
    ["stream"],
    # The mixtures, of words and of characters
    ["gates", "background", "keys", "followed", "character_constants"],
    ["longer", "lately"],
    ["character_gates"],
    ["characters"],
    ["recent", "mixture", "character_stream", "spelling"],
    ["shares"],
    ["parts"],
    ["mixed"],
    # All that is known, and what is made of it
    ["knowledge"],
    ["measuring", "receipt", "pieces", "symbols", "sayings"],
    ["conditions", "leaning", "explaining", "choosing"],
    ["request", "speaking", "asked"],
    ["steered"],
    ["steering"],
    ["model"],
    # The façade, and what is asked of it
    ["answers", "building", "upkeep", "xray", "telling"],
    ["statistics", "held"],
    ["engine"],
    ["responding", "bench_apart", "bench_text"],
    ["bench"],
    ["__init__"],
    ["__main__"],
]
"""A file imports only from layers above its own in this list."""

NO_ARRAYS = {
    *(
        "errors",
        "gaps",
        "words",
        "tokenizer",
        "syllables",
        "pairs",
        "prompt",
        "dials",
        "corpus",
        "asked",
        "printing",
        "bars",
        "memory",
        "peers",
    ),
    *("store", "keeping", "sql", "sql_choices", "sqlite", "sqlite_file", "postgres", "postgres_connection", "opening"),
    *(
        "dials",
        "encryption",
        "encrypted",
        "upkeep",
        "receipt",
        "building",
        "held",
        "responding",
        "statistics",
        "telling",
    ),
}
"""Files of the engine that only read text, keep documents, or ask models."""

ROOMS = {
    "numpy": {f"engine/{path.name}" for path in (PROJECT / "engine").glob("*.py") if path.stem not in NO_ARRAYS},
    "sqlite3": {"engine/sqlite.py", "engine/sqlite_file.py"},
    "psycopg": {"engine/postgres_connection.py"},
    "cryptography": {"engine/encryption.py"},
    "regex": {"engine/tokenizer.py", "bot/policy.py"},
    "threading": {"bot/service.py", "bot/aside.py", "bot/watching.py"},
    "concurrent": {"bot/service.py", "bot/aside.py"},
    "simcord": {f"bot/playground{name}.py" for name in ("", "_language", "_pages", "_world")},
    "PIL": {"bot/picture.py"},
    "dotenv": {"bot/__main__.py"},
    "prometheus_client": {"bot/metrics.py"},
    "markovify": {"engine/peers.py"},
    "nltk": {"engine/peers.py"},
}
"""Which files may import an outside package."""


def files(package: str) -> list[Path]:
    return sorted((PROJECT / package).glob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_level_imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", files("engine"), ids=lambda path: path.name)
def test_engine_imports_run_one_way(path: Path) -> None:
    """A file of the engine imports only from files of an earlier layer."""
    layer = {name: i for i, names in enumerate(ENGINE_LAYERS) for name in names}
    for module in top_level_imports(path):
        if module.startswith("engine."):
            assert layer[module.removeprefix("engine.")] < layer[path.stem], f"{path.stem} imports {module}"


@pytest.mark.parametrize("path", files("engine"), ids=lambda path: path.name)
def test_engine_knows_nothing_of_the_bot(path: Path) -> None:
    """The engine imports neither the bot nor discord, and speaks no word of theirs."""
    assert not any(module.split(".")[0] in {"bot", "discord"} for module in imports(path))
    source = path.read_text(encoding="utf-8").lower().replace("markov-channel-bot", "")
    words = ["discord", "guild", "channel", "member", "slash command"]
    if path.stem in {"postgres", "postgres_connection"}:
        words.remove("channel")  # of its LISTEN and NOTIFY
    assert not [word for word in words if re.search(rf"\b{word}", source)]


@pytest.mark.parametrize("path", files("engine") + files("bot"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_outside_packages_stay_in_their_rooms(path: Path) -> None:
    """sqlite3 is touched by its store alone, threads by the service and its hands, numpy by the model's files."""
    here = f"{path.parent.name}/{path.name}"
    for package in {module.split(".")[0] for module in imports(path)}:
        if package in ROOMS:
            assert here in ROOMS[package], f"{here} imports {package}"
        assert package in sys.stdlib_module_names | ROOMS.keys() | {"engine", "bot", "discord", "wcwidth", "aiohttp"}


@pytest.mark.parametrize("path", files("bot"), ids=lambda path: path.name)
def test_bot_asks_the_engine_package_only(path: Path) -> None:
    """The bot uses the engine's public names, never its files; and the environment is read in __main__ alone."""
    assert not [module for module in imports(path) if module.startswith("engine.") and module.count(".") > 1]
    assert not {m for m in top_level_imports(path) if m.startswith("engine.")}
    if path.name not in {"__main__.py", "settings.py"}:
        assert "os.environ" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", ["engine", "bot"])
def test_readme_tells_where_everything_is(package: str) -> None:
    """The tour in README.md names each file of a package, in its rows, and none that is not there."""
    tour = (PROJECT / "README.md").read_text(encoding="utf-8").partition("## A tour of the code")[2]
    rows = [row.split("|")[1] for row in tour.partition("\n## ")[0].splitlines() if row.startswith(f"| `{package}/")]
    named = re.findall(r"(\w+)\.py", " ".join(rows))
    assert sorted(named) == [path.stem for path in files(package) if path.stem != "__init__"]
