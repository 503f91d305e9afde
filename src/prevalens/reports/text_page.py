"""A report as text for a terminal."""

import textwrap
from collections.abc import Sequence

from prevalens.reports.document import (
    Basic,
    Chart,
    Document,
    Gallery,
    Listing,
    Paragraph,
    Table,
    basics,
)

_WIDTH = 100
_NARROWEST = 12


def text_page(document: Document, *, width: int = _WIDTH) -> str:
    """Return the report as plain text, no line of its prose longer than `width` characters."""
    lines = [document.title, "=" * len(document.title), ""]
    for paragraph in document.lead:
        lines += [*_block(paragraph, width), ""]
    for passage in document.passages:
        lines += [passage.title, "-" * len(passage.title), ""]
        for block in basics(passage.blocks):
            lines += [*_block(block, width), ""]
    return "\n".join(lines)


def one_line(text: str) -> str:
    """Return text that keeps to its line: control characters would rewrite a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(one_line(text), width) or [""]


def _block(block: Basic, width: int) -> list[str]:
    if isinstance(block, Paragraph):
        return _wrapped(("! " if block.tone == "warning" else "") + block.text, width)
    if isinstance(block, Table):
        return [*_wrapped(block.caption, width), *_table(block, width)]
    if isinstance(block, Chart):
        return _wrapped(f"[{block.title}: {block.description}]", width)
    warned = isinstance(block, Listing) and block.tone == "warning"
    items = [text for text, _ in block.items] if isinstance(block, Gallery) else block.items
    caption = _wrapped(block.caption, width) if isinstance(block, Gallery) else []
    mark = "!" if warned else "-"
    return caption + [line for item in items for line in _wrapped(f"{mark} {item}", width)]


def _table(table: Table, width: int) -> list[str]:
    rows = [[one_line(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.header))]
    # The widest column gives way, a character at a time, while the table is wider than the page.
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = [line for row in rows[:1] for line in _row(row, widths)]
    lines.append("  ".join("-" * size for size in widths))
    return lines + [line for row in rows[1:] for line in _row(row, widths)]


def _row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    padded = [cell + [""] * (height - len(cell)) for cell in cells]
    return [
        "  ".join(part.ljust(size) for part, size in zip(line, widths, strict=True)).rstrip()
        for line in zip(*padded, strict=True)
    ]
