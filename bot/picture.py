"""Numbers as a picture: a few small charts, one above the other. Pure; without Pillow there are none."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

try:
    from PIL import Image, ImageDraw, ImageFont
except ImportError:  # the extra `pictures` is not installed
    DRAWS = False
else:
    DRAWS = True

_WIDTH, _HEIGHT, _MARGIN = 800, 220, 24
_TOP, _BOTTOM, _LEFT = 44, 30, 76
"""Room of a chart's title, of the labels below it, and of those on its left."""
_BACKGROUND, _INK, _FAINT, _ACCENT = "#1e1f22", "#dbdee1", "#4e5058", "#7aa2f7"
_TITLE, _LABEL = 20, 15
_GAP = 2
_MOST_BARS = 120


@dataclass(frozen=True, slots=True)
class Chart:
    """One row of numbers from the left to the right."""

    title: str
    values: Sequence[float]
    begin: str
    end: str
    """What stands below its first and its last number."""
    bars: bool = False
    """Bars from 0 up; else a line between the least and the greatest number."""
    decimals: int = 0


def picture(charts: Sequence[Chart]) -> bytes:
    """The charts as a PNG."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT * len(charts) + _MARGIN), _BACKGROUND)
    draw = ImageDraw.Draw(image)
    for number, chart in enumerate(charts):
        _draw(draw, chart, number * _HEIGHT + _MARGIN // 2)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(draw: "ImageDraw.ImageDraw", chart: Chart, top: int) -> None:
    left, right = _LEFT + _MARGIN, _WIDTH - _MARGIN
    high, low = top + _TOP, top + _HEIGHT - _BOTTOM
    values = _joined(chart.values) if chart.bars else list(chart.values)
    greatest = float(max(values))
    least = 0.0 if chart.bars else float(min(values))
    title, label = ImageFont.load_default(_TITLE), ImageFont.load_default(_LABEL)
    draw.text((_MARGIN, top + _TOP // 2), chart.title, _INK, title, anchor="lm")
    for y, value in ((high, greatest), (low, least)):
        draw.line((left, y, right, y), _FAINT)
        draw.text((left - 10, y), f"{value:,.{chart.decimals}f}", _INK, label, anchor="rm")
    draw.text((left, low + _BOTTOM // 2), chart.begin, _INK, label, anchor="lm")
    draw.text((right, low + _BOTTOM // 2), chart.end, _INK, label, anchor="rm")
    spread = greatest - least or 1.0
    heights = [low - (low - high) * (value - least) / spread for value in values]
    if chart.bars:
        width = (right - left) / len(values)
        for i, height in enumerate(heights):
            draw.rectangle((left + i * width, height, left + (i + 1) * width - _GAP, low), _ACCENT)
    else:
        step = (right - left) / max(len(values) - 1, 1)
        points = [(left + i * step, height) for i, height in enumerate(heights)]
        draw.line(points, _ACCENT, 3, joint="curve")


def _joined(values: Sequence[float]) -> list[float]:
    """Bars that are wide enough to be seen: the means of as many neighbours as it takes."""
    together = -(-len(values) // _MOST_BARS)
    return [fmean(values[i : i + together]) for i in range(0, len(values), together)]
