"""A share drawn as a bar of eighth blocks, for a terminal or any fixed-width font."""

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int) -> str:
    """A bar of `share` (0 to 1) of `width` columns, to the nearest eighth of one; never empty above 0."""
    eighths = round(share * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def columns(shares: Sequence[float], width: int) -> list[int]:
    """How many of `width` columns each share gets: in proportion, rounded so that they sum to `width` exactly.

    The largest remainders are rounded up (Hamilton's method); of equal ones the first.
    """
    total = sum(shares)
    if total <= 0:
        return [0] * len(shares)
    exact = [share * width / total for share in shares]
    whole = [int(part) for part in exact]
    by_remainder = sorted(range(len(shares)), key=lambda i: whole[i] - exact[i])
    for i in by_remainder[: width - sum(whole)]:
        whole[i] += 1
    return whole
