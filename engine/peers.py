"""Other people's programs on the same text, for `bench`; each is there or not.

Every measure is a function from documents (blanks between tokens) to CPU seconds, or None where the
peer is not installed.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

Lines = list[str]


def cpu_seconds(call: Callable[..., object], *arguments: object) -> float:
    """How long this process worked on a call."""
    begin = time.process_time()
    call(*arguments)
    return time.process_time() - begin


def markovify_seconds(lines: Lines) -> float | None:
    """markovify: text to a chain of state 2, as `NewlineText` makes it, without its check of what it read."""
    try:
        import markovify
    except ImportError:
        return None
    text = "\n".join(lines)
    return cpu_seconds(lambda: markovify.NewlineText(text, state_size=2, well_formed=False))


def nltk_seconds(lines: Lines, order: int) -> float | None:
    """nltk.lm: text to interpolated Kneser-Ney counts."""
    try:
        from nltk.lm import KneserNeyInterpolated
        from nltk.lm.preprocessing import padded_everygram_pipeline
    except ImportError:
        return None

    def build() -> None:
        train, words = padded_everygram_pipeline(order, [line.split() for line in lines])
        KneserNeyInterpolated(order).fit(train, words)

    return cpu_seconds(build)


def lmplz_seconds(lines: Lines, order: int) -> float | None:
    """KenLM's lmplz: a file to an ARPA file, memory as it likes; all its threads' work counted."""
    program = shutil.which("lmplz")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text"
        text.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [program, "-o", str(order), "--discount_fallback", "--skip_symbols", "-S", "1G", "-T", folder]
        begin = _children_seconds()
        with text.open("rb") as source:
            done = subprocess.run(  # noqa: S603 - the program the person has on the path
                command, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )
        return _children_seconds() - begin if done.returncode == 0 else None


def _children_seconds() -> float:
    import resource  # not on Windows, where lmplz is not either

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
