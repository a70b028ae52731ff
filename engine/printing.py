"""What a command prints on standard output; where that cannot be, one sentence why."""

import os
import sys

from engine.errors import EngineError


def out(text: str) -> None:
    """Print a line, or several; raises EngineError where it cannot be, BrokenPipeError where nobody reads on."""
    if sys.stdout is None:
        raise EngineError("Standard output is closed; leave it open, or send it to a file.")
    try:
        print(text)
    except UnicodeEncodeError as error:
        character = ascii(error.object[error.start])
        raise EngineError(
            f"Standard output is {error.encoding}, which has no {character}; set PYTHONIOENCODING=utf-8."
        ) from error
    except OSError as error:
        raise _unwritten(error) from error


def finish() -> None:
    """Have all that was printed written; raises as `out` does."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        raise _unwritten(error) from error


def drop() -> None:
    """Send what was not written yet nowhere: else Python tries again when it ends, and complains."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unwritten(error: OSError) -> Exception:
    if isinstance(error, BrokenPipeError):  # the reader, `head` say, has enough
        return error
    drop()
    return EngineError(f"Standard output cannot be written ({error.strerror}); make room, or send it elsewhere.")
