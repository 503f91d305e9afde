"""Charts as inline SVG, drawn here and not by a plotting package.

matplotlib's SVG has no text for screen readers and fixed colours, while a page is also read in the
dark and in print; and it is an optional extra, which a report must not need. `plot_chart` draws the
same points with matplotlib, for a paper. Every text goes through `Markup.format`, which escapes.
"""

import itertools
import math
from collections.abc import Sequence

from markupsafe import Markup

from prevalens.reports.document import Chart, Line

_SIDE = 380
_WIDE = (460, 300)
_MARGIN = {"left": 52, "right": 12, "top": 12, "bottom": 46}
_COLOURS = 5  # classes c0 to c4 in page.css
_MOST_TIPS = 100  # points that speak under the pointer, a line


def svg_chart(chart: Chart) -> Markup:
    """Draw a chart as an `<svg>` element with a title and a description for screen readers."""
    width, height = (_SIDE + 6, _SIDE) if chart.square else _WIDE
    frame = _Frame(chart, width, height)
    parts = [*_axes(chart, frame)]
    parts += [
        _shape(line, frame, colour)
        for line, colour in zip(chart.lines, colours(chart), strict=True)
    ]
    return drawing(chart.name, chart.title, chart.description, (width, height), parts)


def drawing(
    name: str, title: str, description: str, size: tuple[float, float], parts: Sequence[Markup]
) -> Markup:
    """Put parts into an `<svg>` element with a title and a description for screen readers.

    Args:
        name: Identifier, unique on the page.
        title: What is drawn.
        description: The same in words.
        size: Width and height.
        parts: The elements.
    """
    return Markup(
        '<svg class="chart" role="img" viewBox="0 0 {width:g} {height:g}" '
        'aria-labelledby="{name}-title {name}-description">'
        '<title id="{name}-title">{title}</title>'
        '<desc id="{name}-description">{description}</desc>{parts}</svg>'
    ).format(
        name=f"chart-{name}",
        title=title,
        description=description,
        width=size[0],
        height=size[1],
        parts=Markup("\n").join(parts),
    )


def legend(chart: Chart) -> Markup:
    """Return the legend of a chart as an HTML list, for beside the drawing."""
    items = Markup().join(
        Markup(
            '<li><svg class="swatch" viewBox="0 0 24 10" aria-hidden="true">{}</svg>{}</li>'
        ).format(_swatch(line, colour), line.name)
        for line, colour in zip(chart.lines, colours(chart), strict=True)
        if line.name
    )
    return Markup('<ul class="legend">{}</ul>').format(items) if items else Markup()


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
        longest = max((len(f"{value:g}") for value in ticks(*chart.y_range)), default=0)
        self.left = max(_MARGIN["left"], 26 + 6.5 * longest)  # the axis' name stands left of it
        self.right = width - _MARGIN["right"]
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


def text(
    x: float, y: float, words: str, *, kind: str, anchor: str = "start", turn: str = ""
) -> Markup:
    """Return a `<text>` element."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}</text>').format(
        kind, x, y, anchor, Markup(' transform="{}"').format(turn) if turn else "", words
    )


def path(kind: str, data: str) -> Markup:
    """Return a `<path>` element."""
    return Markup('<path class="{}" d="{}"/>').format(kind, data)


def _axes(chart: Chart, frame: _Frame) -> list[Markup]:
    drawn = []
    for value in ticks(*chart.x_range):
        x = frame.x(value)
        drawn.append(path("grid", f"M{x:.1f} {frame.top}V{frame.bottom}"))
        drawn.append(text(x, frame.bottom + 16, f"{value:g}", kind="tick", anchor="middle"))
    for value in ticks(*chart.y_range):
        y = frame.y(value)
        drawn.append(path("grid", f"M{frame.left} {y:.1f}H{frame.right}"))
        drawn.append(text(frame.left - 6, y + 4, f"{value:g}", kind="tick", anchor="end"))
    across, up = (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2
    turned = f"rotate(-90 14 {up:.1f})"
    return [
        *drawn,
        path("axis", f"M{frame.left} {frame.top}V{frame.bottom}H{frame.right}"),
        text(across, frame.bottom + 38, chart.x_label, kind="label", anchor="middle"),
        text(14, up, chart.y_label, kind="label", anchor="middle", turn=turned),
    ]


def _shape(line: Line, frame: _Frame, number: int) -> Markup:
    points = [(frame.x(x), frame.y(y)) for x, y in zip(line.x, line.y, strict=True)]
    if not points:
        return Markup()
    if line.kind == "marks":
        return _marks(line, points, frame, number)
    if line.kind == "band":
        upper = [(frame.x(x), frame.y(y)) for x, y in zip(line.x, line.upper, strict=True)]
        return path(f"band c{number}", f"{_through(points + upper[::-1])}Z")
    if line.kind == "steps":
        corners = [(b[0], a[1]) for a, b in itertools.pairwise(points)]
        paired = zip(points[1:], corners, strict=True)
        points = [points[0], *(p for end, corner in paired for p in (corner, end))]
    kind = "line dashes" if line.kind == "dashes" else "line"
    return path(f"{kind} c{number}", _through(points)) + _tips(line, points)


def _tips(line: Line, points: Sequence[tuple[float, float]]) -> Markup:
    """Return a clear spot on each point, which says what it is under the pointer."""
    step = max(1, len(line.tips) // _MOST_TIPS)
    told = list(zip(points, line.tips, strict=False))[::step] if line.kind != "steps" else []
    return Markup().join(
        Markup(
            '<circle class="tip" cx="{:.1f}" cy="{:.1f}" r="6"><title>{}</title></circle>'
        ).format(x, y, tip)
        for (x, y), tip in told
    )


def _through(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _marks(line: Line, points: Sequence[tuple[float, float]], frame: _Frame, number: int) -> Markup:
    tips = line.tips or [""] * len(points)
    drawn = [
        Markup('<circle class="mark c{}" cx="{:.1f}" cy="{:.1f}" r="4">{}</circle>').format(
            number, x, y, Markup("<title>{}</title>").format(tip) if tip else ""
        )
        for (x, y), tip in zip(points, tips, strict=True)
    ]
    for (x, y), upper in zip(points, line.upper, strict=False):
        drawn.append(path(f"line c{number}", f"M{x:.1f} {y:.1f}V{frame.y(upper):.1f}"))
    return Markup().join(drawn)


def _swatch(line: Line, number: int) -> Markup:
    if line.kind == "band":
        return Markup('<rect class="band c{}" x="1" y="1" width="22" height="8"/>').format(number)
    if line.kind == "marks":
        return Markup('<circle class="mark c{}" cx="12" cy="5" r="4"/>').format(number)
    return path(f"{'line dashes' if line.kind == 'dashes' else 'line'} c{number}", "M1 5H23")
