"""Imports run one way, and each outside thing stays in its room (the picture is in README.md)."""

import ast
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

ENGINE_LAYERS = [
    ["errors"],
    ["gaps", "words"],
    ["bars", "memory", "peers", "bench_table", "tokenizer", "vocabulary", "store", "syllables", "automaton"],
    [
        "corpus",
        "pairs",
        "chunks",
        "counts",
        "sql_choices",
        "encryption",
        "keeping",
        "sqlite_file",
        "postgres_connection",
    ],
    ["reading", "followers", "sql", "encrypted"],
    ["sqlite", "postgres"],
    ["opening"],
    ["overlay", "history", "rows"],
    ["tallies", "merging", "occurrences", "recurrences", "skips", "transcript"],
    ["windows"],
    ["keys", "followed", "character_constants"],
    ["longer", "lately"],
    ["runs"],
    ["sources", "originality", "voices"],
    ["authors", "spelled"],
    ["origins", "veto"],
    ["smoothing", "gates", "character_gates"],
    ["sampling", "batch", "evaluation", "contexts", "topics"],
    ["drawing"],
    ["stream"],
    ["background", "characters"],
    ["character_stream"],
    ["mixture", "spelling"],
    ["mixed", "backward"],
    ["knowledge"],
    ["prompt", "measuring", "receipt"],
    ["pieces", "symbols"],
    ["conditions", "leaning"],
    ["request"],
    ["steered"],
    ["choosing"],
    ["explaining", "speaking", "steering"],
    ["model"],
    ["answers", "building", "upkeep", "xray", "telling"],
    ["statistics"],
    ["held"],
    ["engine"],
    ["responding"],
    ["bench_apart", "bench_text"],
    ["bench"],
    ["__init__"],
    ["__main__"],
]
"""A file imports only from layers above its own in this list."""

ROOMS = {
    "sqlite3": {"engine/sqlite.py", "engine/sqlite_file.py"},
    "psycopg": {"engine/postgres_connection.py"},
    "cryptography": {"engine/encryption.py"},
    "numpy": {
        f"engine/{name}.py"
        for name in (
            *("vocabulary", "chunks", "reading", "counts", "followers", "overlay", "merging", "occurrences"),
            *("tallies", "history", "rows", "recurrences", "windows", "skips", "mixed", "background", "spelling"),
            *("transcript", "runs", "sources", "voices", "authors", "spelled", "veto"),
            *("mixture", "keys", "longer", "characters", "character_stream"),
            *("smoothing", "evaluation", "sampling", "drawing", "stream", "batch", "bench_table", "bench"),
            *("knowledge", "measuring", "explaining", "choosing", "speaking", "model", "answers", "engine"),
            *("automaton", "topics", "contexts", "backward", "symbols", "conditions", "request", "steered", "steering"),
            "__main__",
        )
    },
    "regex": {"engine/tokenizer.py", "bot/policy.py"},
    "threading": {"bot/service.py", "bot/aside.py", "bot/watching.py"},
    "concurrent": {"bot/service.py", "bot/aside.py"},
    "simcord": {f"bot/{name}.py" for name in ("playground", "playground_pages", "playground_world")},
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
    source = path.read_text(encoding="utf-8").lower()
    assert not [word for word in ("discord", "guild", "slash command") if word in source]


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
