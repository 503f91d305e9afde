"""Charts as inline SVG, drawn here so that a page needs no network and no plotting package."""

import itertools
import math
from collections.abc import Sequence
from html import escape

from prevalens.reports.document import Chart, Line

_SIDE = 380
_WIDE = (460, 300)
_MARGIN = {"left": 52, "right": 12, "top": 12, "bottom": 46}
_COLOURS = 5  # classes c0 to c4 in page.css


def svg_chart(chart: Chart, *, name: str) -> str:
    """Draw a chart as an `<svg>` element with a title and a description for screen readers.

    Args:
        chart: The chart.
        name: Identifier of the element, unique on the page.
    """
    width, height = (_SIDE + 6, _SIDE) if chart.square else _WIDE
    frame = _Frame(chart, width, height)
    drawn = [
        _shape(line, frame, colour)
        for line, colour in zip(chart.lines, colours(chart), strict=True)
    ]
    return "\n".join(
        [
            (
                f'<svg class="chart" role="img" viewBox="0 0 {width} {height}" '
                f'aria-labelledby="{name}-title {name}-description">'
            ),
            f'<title id="{name}-title">{escape(chart.title)}</title>',
            f'<desc id="{name}-description">{escape(chart.description)}</desc>',
            *_axes(chart, frame),
            *drawn,
            "</svg>",
        ]
    )


def legend(chart: Chart) -> str:
    """Return the legend of a chart as an HTML list, for beside the drawing."""
    items = "".join(
        f'<li><svg class="swatch" viewBox="0 0 24 10" aria-hidden="true">{_swatch(line, colour)}'
        f"</svg>{escape(line.name)}</li>"
        for line, colour in zip(chart.lines, colours(chart), strict=True)
        if line.name
    )
    return f'<ul class="legend">{items}</ul>' if items else ""


def colours(chart: Chart) -> list[int]:
    """Return the colour of each line: one for each name, an unnamed line that of the last.

    A band has the colour of the line before it, which it belongs to.
    """
    found: list[int] = []
    for line in chart.lines:
        last = found[-1] if found else 0
        follows = not line.name or line.kind == "band"
        found.append(last if follows and found else (max(found, default=-1) + 1) % _COLOURS)
    return found


class _Frame:
    """Places values on the drawing."""

    def __init__(self, chart: Chart, width: int, height: int) -> None:
        self.left, self.right = _MARGIN["left"], width - _MARGIN["right"]
        self.top, self.bottom = _MARGIN["top"], height - _MARGIN["bottom"]
        self._x, self._y = chart.x_range, chart.y_range

    def x(self, value: float) -> float:
        """Return the horizontal place of a value, kept inside the frame."""
        return self.left + _share(value, self._x) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Return the vertical place of a value, kept inside the frame."""
        return self.bottom - _share(value, self._y) * (self.bottom - self.top)


def _share(value: float, ends: tuple[float, float]) -> float:
    return min(1.0, max(0.0, (value - ends[0]) / (ends[1] - ends[0])))


def ticks(low: float, high: float) -> list[float]:
    """Return four to seven round positions between the ends of an axis.

    Examples:
        >>> ticks(0, 1)
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = min((m * power for m in (1, 2, 5, 10)), key=lambda size: abs(size - rough))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]


def _axes(chart: Chart, frame: _Frame) -> list[str]:
    drawn = []
    for value in ticks(*chart.x_range):
        x = f"{frame.x(value):.1f}"
        drawn += [
            f'<path class="grid" d="M{x} {frame.top}V{frame.bottom}"/>',
            (
                f'<text class="tick" x="{x}" y="{frame.bottom + 16}" text-anchor="middle">'
                f"{value:g}</text>"
            ),
        ]
    for value in ticks(*chart.y_range):
        y = frame.y(value)
        drawn += [
            f'<path class="grid" d="M{frame.left} {y:.1f}H{frame.right}"/>',
            (
                f'<text class="tick" x="{frame.left - 6}" y="{y + 4:.1f}" text-anchor="end">'
                f"{value:g}</text>"
            ),
        ]
    middle_x, middle_y = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
    return [
        *drawn,
        f'<path class="axis" d="M{frame.left} {frame.top}V{frame.bottom}H{frame.right}"/>',
        (
            f'<text class="label" x="{middle_x:.1f}" y="{frame.bottom + 38}" text-anchor="middle">'
            f"{escape(chart.x_label)}</text>"
        ),
        (
            f'<text class="label" x="14" y="{middle_y:.1f}" text-anchor="middle" '
            f'transform="rotate(-90 14 {middle_y:.1f})">{escape(chart.y_label)}</text>'
        ),
    ]


def _shape(line: Line, frame: _Frame, number: int) -> str:
    points = [(frame.x(x), frame.y(y)) for x, y in zip(line.x, line.y, strict=True)]
    if not points:
        return ""
    if line.kind == "marks":
        return _marks(line, points, frame, number)
    if line.kind == "band":
        upper = [(frame.x(x), frame.y(y)) for x, y in zip(line.x, line.upper, strict=True)]
        return f'<path class="band c{number}" d="{_path(points + upper[::-1])}Z"/>'
    if line.kind == "steps":
        corners = [(b[0], a[1]) for a, b in itertools.pairwise(points)]
        paired = zip(points[1:], corners, strict=True)
        points = [points[0], *(p for end, corner in paired for p in (corner, end))]
    kind = "line dashes" if line.kind == "dashes" else "line"
    return f'<path class="{kind} c{number}" d="{_path(points)}"/>'


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _marks(line: Line, points: Sequence[tuple[float, float]], frame: _Frame, number: int) -> str:
    drawn = [f'<circle class="mark c{number}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in points]
    for (x, y), upper in zip(points, line.upper, strict=False):
        drawn.append(f'<path class="line c{number}" d="M{x:.1f} {y:.1f}V{frame.y(upper):.1f}"/>')
    return "".join(drawn)


def _swatch(line: Line, number: int) -> str:
    colour = f"c{number}"
    if line.kind == "band":
        return f'<rect class="band {colour}" x="1" y="1" width="22" height="8"/>'
    if line.kind == "marks":
        return f'<circle class="mark {colour}" cx="12" cy="5" r="4"/>'
    kind = "line dashes" if line.kind == "dashes" else "line"
    return f'<path class="{kind} {colour}" d="M1 5H23"/>'
