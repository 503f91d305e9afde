"""What a report is made of, before any format: sections of typed blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from prevalens.reports.record_parts import EstimatePart


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
        leads: For each row, the address that its last cell leads to, such as `"#study"` for a
            section of the page, or empty.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    keys: Sequence[str] = ()
    leads: Sequence[str] = ()


@dataclass(frozen=True)
class Line:
    """One line, band or row of marks of a chart.

    Args:
        name: Its name in the legend.
        x: Horizontal positions.
        y: Vertical positions.
        kind: `"line"`, `"steps"`, `"dashes"`, `"band"` (between `y` and `upper`) or `"marks"`.
        upper: Upper edge of a band or of the interval at each mark.
        tips: What each point says under the pointer, one text a point; empty for none.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    kind: str = "line"
    upper: Sequence[float] = ()
    tips: Sequence[str] = ()


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
class Forest:
    """Estimates with their intervals under each other, around a line for all rows.

    Args:
        name: Its name, unique in the report.
        title: What it shows.
        rows: For each row its text, what it is counted on, and its estimate.
        reference: The estimate of all rows, drawn as a line; None for none.
        ends: Ends of the axis.
        summaries: How many of the last rows sum up those above.
    """

    name: str
    title: str
    rows: Sequence[tuple[str, str, EstimatePart]]
    reference: float | None = None
    ends: tuple[float, float] = (0.0, 1.0)
    summaries: int = 0


@dataclass(frozen=True)
class FlowBox:
    """One box of a flow diagram.

    Args:
        title: What the box is about.
        lines: Counts in it.
        where: `"stream"`; `"aside"`, as what leaves the stream; or `"last"`, beside the others of
            its kind at the end.
    """

    title: str
    lines: Sequence[str]
    where: str = "stream"


@dataclass(frozen=True)
class Flow:
    """A flow diagram, from top to bottom.

    Args:
        title: What it shows.
        boxes: The boxes in order.
    """

    title: str
    boxes: Sequence[FlowBox]


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix as a picture.

    Args:
        caption: What is counted.
        classes: Name of the negative and of the positive class.
        counts: True positives, false positives, false negatives, true negatives.
    """

    caption: str
    classes: tuple[str, str]
    counts: tuple[int, int, int, int]


@dataclass(frozen=True)
class ClassMatrix:
    """A confusion matrix of several classes as a picture, with the share of each row.

    Args:
        name: Its name, unique in the report.
        caption: What is counted.
        classes: Name of each class.
        counts: Images by label (rows) and prediction (columns).
    """

    name: str
    caption: str
    classes: Sequence[str]
    counts: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Message:
    """One result in natural frequencies.

    Args:
        key: Its name, for links and scripts.
        headline: The number a reader remembers.
        text: The sentence around it.
        share: Dots of a hundred that are filled, 0 to 100.
        kind: `"found"`, `"cleared"`, `"alarm"` or `"confused"`: which colours the dots have.
    """

    key: str
    headline: str
    text: str
    share: int
    kind: str


@dataclass(frozen=True)
class Messages:
    """The results that a reader must not miss.

    Args:
        items: The messages in order.
    """

    items: Sequence[Message]


@dataclass(frozen=True)
class Explorer:
    """Other thresholds and prevalences to try, where the page can run its script.

    Args:
        data: Plain values that the script reads.
    """

    data: Mapping[str, Any]


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
        tone: As of a paragraph.
    """

    items: Sequence[str]
    tone: str = "plain"


@dataclass(frozen=True)
class Either:
    """The same twice: whole for a page that folds, short for a format that cannot.

    Args:
        whole: Every block.
        short: What stands for them elsewhere.
    """

    whole: "Sequence[Block]"
    short: "Sequence[Block]"


@dataclass(frozen=True)
class Details:
    """Blocks under a title, which a page folds.

    Args:
        title: What they are about.
        blocks: What is folded.
    """

    title: str
    blocks: "Sequence[Block]"


Basic: TypeAlias = Paragraph | Table | Chart | Gallery | Listing
Picture: TypeAlias = Forest | Flow | Matrix | ClassMatrix
Block: TypeAlias = Basic | Picture | Messages | Explorer | Either | Details


@dataclass(frozen=True)
class Passage:
    """One section as it is shown.

    Args:
        name: Its key in the record and in links.
        title: What a reader sees.
        blocks: What it holds.
        folded: Whether a page may fold it.
    """

    name: str
    title: str
    blocks: Sequence[Block]
    folded: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report.

    Args:
        title: Title of the report.
        lead: What stands before the first section.
        passages: The sections in order.
    """

    title: str
    lead: Sequence[Paragraph]
    passages: Sequence[Passage] = field(default_factory=tuple)


def basics(blocks: Sequence[Block]) -> list[Basic]:
    """Return blocks as those that every format can write; pictures become what they say."""
    return [plain for block in blocks for plain in _basic(block)]


def _basic(block: Block) -> list[Basic]:
    if isinstance(block, Matrix):
        negative, positive = block.classes
        hits, alarms, misses, cleared = map(str, block.counts)
        rows = [("Predicted positive", hits, alarms), ("Predicted negative", misses, cleared)]
        header = ("Prediction", f"Label {positive}", f"Label {negative}")
        return [Table(block.caption, header, rows)]
    if isinstance(block, ClassMatrix):
        return [_class_table(block)]
    if isinstance(block, Details):
        return [Paragraph(f"{block.title}:"), *basics(block.blocks)]
    if isinstance(block, Messages):
        return [Listing([f"{item.headline} {item.text}" for item in block.items])]
    if isinstance(block, Flow):
        told = [f"{box.title}: {'; '.join(box.lines)}" for box in block.boxes]
        return [Paragraph(f"{block.title}."), Listing(told)]
    if isinstance(block, Either):
        return basics(block.short)
    if isinstance(block, Forest | Explorer):
        return []  # the table beside it says the same
    if isinstance(block, Paragraph | Table | Chart | Gallery | Listing):
        return [block]
    raise TypeError(f"A section holds blocks, got {type(block).__name__}.")


def _class_table(matrix: ClassMatrix) -> Table:
    rows = []
    for name, counts in zip(matrix.classes, matrix.counts, strict=True):
        total = sum(counts)
        shares = (f" ({count / total:.0%})" if count else "" for count in counts)
        cells = (f"{count:,}{share}" for count, share in zip(counts, shares, strict=True))
        rows.append((name, *cells, f"{total:,}"))
    return Table(matrix.caption, ("Label", *matrix.classes, "Images"), rows)


def flat(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks with those inside folded parts after their place."""
    return [
        inner
        for block in blocks
        for inner in (flat(block.blocks) if isinstance(block, Details) else [block])
    ]
