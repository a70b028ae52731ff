"""What `bench` measured, as rows of a table or of JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

_SCALE = {"ms": 1e3, "µs": 1e6}
COLUMNS = ("what", "ours", "target", "peer", "ratio")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what it is of, ours, what it should be, a peer's, and how many times better ours is."""

    what: str
    ours: float
    unit: str
    target: str = ""
    """ "≤ 60" or "≥ 3", in the unit of `ours`; of the ratio if it begins with that word."""
    peer: str = ""
    theirs: float | None = None
    ratio: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none, or no peer to compare with."""
        value = self.ratio if self.target.startswith("ratio") else self.ours
        if not self.target or value is None:
            return None
        sign, bound = self.target.removeprefix("ratio ").split()
        limit = float(bound.replace(",", ""))
        return value <= limit if sign == "≤" else value >= limit

    def as_json(self) -> dict[str, object]:
        """The row for a program to read."""
        return {**asdict(self), "met": self.met}

    def cells(self) -> tuple[str, ...]:
        """The row as text, by COLUMNS."""
        mark = {None: "", True: " ✓", False: " ✗"}[self.met]
        peer = self.peer if self.theirs is None else f"{self.peer}: {_figure(self.theirs)} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.1f}×"
        return self.what, f"{_figure(self.ours)} {self.unit}", self.target + mark, peer, ratio


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def percentiles(what: str, seconds: Sequence[float], unit: str, targets: Sequence[str]) -> Iterator[Row]:
    """p50, p99 and the longest, a row each."""
    values = np.percentile(seconds, [50, 99, 100]) * _SCALE[unit]
    for name, value, target in zip(("p50", "p99", "longest"), values.tolist(), targets, strict=True):
        yield Row(what if name == "p50" else "  the same", value, f"{unit} {name}", target)


def table(rows: Sequence[Row]) -> str:
    """All rows in columns."""
    cells = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])
