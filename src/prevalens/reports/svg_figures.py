"""Forest plots and flow diagrams as inline SVG, beside the charts of `svg_charts`."""

import textwrap

from markupsafe import Markup

from prevalens.reports.document import Flow, FlowBox, Forest
from prevalens.reports.estimate_text import estimate_text
from prevalens.reports.svg_charts import drawing, path, text, ticks

_ROW = 26
_NAMES = 215  # room for a level's name and its counts
_WIDTH = 460
_LETTERS = 25


def svg_forest(forest: Forest) -> Markup:
    """Draw estimates with their intervals, each on a row of its own, on one axis.

    What an interval has beyond the ends of the axis is cut off.
    """
    right, bottom = _WIDTH - 20, 8 + _ROW * len(forest.rows)

    low, high = forest.ends

    def x(value: float) -> float:
        share = (value - low) / (high - low)
        return _NAMES + min(1.0, max(0.0, share)) * (right - _NAMES)

    parts = []
    marked = (0, 0.25, 0.5, 0.75, 1) if forest.ends == (0.0, 1.0) else ticks(low, high)
    for tick in marked:
        parts.append(path("grid", f"M{x(tick):.1f} 4V{bottom}"))
        parts.append(text(x(tick), bottom + 16, f"{tick:g}", kind="tick", anchor="middle"))
    if forest.reference is not None:
        parts.append(path("line dashes c2", f"M{x(forest.reference):.1f} 4V{bottom}"))
    told = []
    for number, (name, counts, estimate) in enumerate(forest.rows):
        colour = "c1" if number >= len(forest.rows) - forest.summaries else "c0"
        y = 20 + _ROW * number
        short = textwrap.shorten(name, _LETTERS, placeholder="...") or name[:_LETTERS]
        parts.append(text(0, y, short, kind="label"))
        parts.append(text(_NAMES - 8, y, counts, kind="tick", anchor="end"))
        said = f"{name}: {estimate_text(estimate)}, {counts}"
        told.append(said)
        if estimate.lower is not None and estimate.upper is not None:
            parts.append(
                path(f"line {colour}", f"M{x(estimate.lower):.1f} {y - 4}H{x(estimate.upper):.1f}")
            )
        mark = Markup(
            '<circle class="mark {}" cx="{:.1f}" cy="{}" r="5"><title>{}</title></circle>'
        )
        parts.append(mark.format(colour, x(estimate.value or 0.0), y - 4, said))
    return drawing(forest.name, forest.title, "; ".join(told), (_WIDTH, bottom + 24), parts)


_BOX = 210
_LINE = 16
_GAP = 22
_FITS = 30  # letters in a line of a box


def svg_flow(flow: Flow, *, name: str) -> Markup:
    """Draw a flow diagram: the stream on the left, what leaves it on the right."""
    parts, y, told = [], 4.0, []
    middle, last = 4 + _BOX / 2, 0
    stream: float | None = None  # where the stream has come to
    for box in flow.boxes:
        lines = _wrapped(box)
        height = _LINE * (len(lines) + 1) + 12
        told.append(f"{box.title}: {'; '.join(box.lines)}")
        left = _BOX + 40.0 if box.where == "aside" else 4.0
        if box.where == "last":
            left += (_BOX + 36) * last
            last += 1
            centre = left + _BOX / 2
            parts.append(path("arrow", f"M{middle} {stream or y}V{y - _GAP / 2}H{centre}V{y - 2}"))
        elif box.where == "aside":
            start = y if stream is None else stream
            parts.append(path("arrow", f"M{middle} {start}V{y + height / 2}H{left - 2}"))
            stream = start
        elif stream is not None:
            parts.append(path("arrow", f"M{middle} {stream}V{y - 2}"))
        parts += _box(box.title, lines, left, y, height)
        if box.where == "stream":
            stream = y + height
        if box.where != "last" or last == sum(each.where == "last" for each in flow.boxes):
            y += height + _GAP
    return drawing(name, flow.title, ". ".join(told), (2 * _BOX + 50, y), parts)


def _box(title: str, lines: list[str], left: float, y: float, height: float) -> list[Markup]:
    box = Markup('<rect class="box" x="{}" y="{}" width="{}" height="{}" rx="6"/>')
    return [
        box.format(left, y, _BOX, height),
        text(left + 10, y + 20, title, kind="label strong"),
        *(
            text(left + 10, y + 20 + _LINE * (number + 1), line, kind="label")
            for number, line in enumerate(lines)
        ),
    ]


def _wrapped(box: FlowBox) -> list[str]:
    return [part for line in box.lines for part in textwrap.wrap(line, _FITS) or [""]]
