"""What a report is made of, before any format: sections of paragraphs, tables and charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text.

    Args:
        text: The text.
        tone: `"plain"`, `"note"` (smaller), or `"warning"` (stands out).
    """

    text: str
    tone: str = "plain"


@dataclass(frozen=True)
class Table:
    """A table with a caption and a header row; the first cell of each row names it.

    Args:
        caption: What the table shows.
        header: Name of each column.
        rows: The cells of each row, as text.
        keys: For each row, the address of its estimate in the report's record, for example
            `"estimates.auroc"`; empty where rows are no estimates.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    keys: Sequence[str] = ()


@dataclass(frozen=True)
class Line:
    """One line, band or row of marks of a chart.

    Args:
        name: Its name in the legend.
        x: Horizontal positions.
        y: Vertical positions.
        kind: `"line"`, `"steps"`, `"dashes"`, `"band"` (between `y` and `upper`) or `"marks"`.
        upper: Upper edge of a band or of the interval at each mark.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    kind: str = "line"
    upper: Sequence[float] = ()


@dataclass(frozen=True)
class Chart:
    """A chart with axes, drawn by each format in its own way or told in words.

    Args:
        name: Its name, unique in the report.
        title: What the chart shows.
        description: The same in a sentence or two, for who cannot see it.
        x_label: Name of the horizontal axis.
        y_label: Name of the vertical axis.
        lines: What is drawn, in order.
        x_range: Ends of the horizontal axis.
        y_range: Ends of the vertical axis.
        square: Whether both axes have the same length.
    """

    name: str
    title: str
    description: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    square: bool = True


@dataclass(frozen=True)
class Gallery:
    """Pictures with captions.

    Args:
        caption: What the pictures show.
        items: For each picture its text and its JPEG as base64 text, or None.
    """

    caption: str
    items: Sequence[tuple[str, str | None]]


@dataclass(frozen=True)
class Listing:
    """A list of short texts.

    Args:
        items: The texts.
    """

    items: Sequence[str]


Block: TypeAlias = Paragraph | Table | Chart | Gallery | Listing


@dataclass(frozen=True)
class Section:
    """One section.

    Args:
        name: Its name in the record and in links.
        title: What a reader sees.
        blocks: What it holds.
    """

    name: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A whole report.

    Args:
        title: Title of the report.
        lead: What stands before the first section.
        headline: The estimates a reader looks for first: key, name and mapping of each.
        sections: The sections in order.
    """

    title: str
    lead: Sequence[Paragraph]
    headline: Sequence[tuple[str, str, Mapping[str, Any]]]
    sections: Sequence[Section] = field(default_factory=tuple)
