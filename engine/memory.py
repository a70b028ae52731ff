"""How much memory this process holds, as the operating system counts it."""

import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_megabytes() -> float | None:
    """The most memory this process ever held; None where the system does not tell."""
    if _STATUS.exists():  # `ru_maxrss` would not do: on Linux it begins with what the parent process held
        return _status("VmHWM")
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def megabytes() -> float | None:
    """The memory this process holds now; None where the system does not tell."""
    return _status("VmRSS") if _STATUS.exists() else None


def _status(name: str) -> float:
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return int(lines[name].split()[0]) / 2**10
