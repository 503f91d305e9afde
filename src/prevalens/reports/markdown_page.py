"""A report as Markdown; text is escaped here and nowhere else."""

from prevalens.reports.document import (
    Basic,
    Chart,
    Document,
    Gallery,
    Paragraph,
    Table,
    basics,
)
from prevalens.reports.text_page import one_line

_MARKS = "\\`*_[]<>|#~$&"


def markdown_page(document: Document) -> str:
    """Return the report as Markdown with pipe tables; charts are told in words."""
    lines = [f"# {_escaped(document.title)}", ""]
    for paragraph in document.lead:
        lines += [*_block(paragraph), ""]
    for passage in document.passages:
        lines += [f"## {_escaped(passage.title)}", ""]
        for block in basics(passage.blocks):
            lines += [*_block(block), ""]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Return text in which nothing is read as markup, on one line."""
    return "".join(f"\\{mark}" if mark in _MARKS else mark for mark in one_line(text))


def _block(block: Basic) -> list[str]:
    if isinstance(block, Paragraph):
        text = _escaped(block.text)
        return [f"> **{text}**" if block.tone == "warning" else text]
    if isinstance(block, Table):
        head = [" | ".join(map(_escaped, block.header)), " | ".join(["---"] * len(block.header))]
        rows = [" | ".join(map(_escaped, row)) for row in block.rows]
        return [_escaped(block.caption), "", *(f"| {row} |" for row in head + rows)]
    if isinstance(block, Chart):
        return [f"*{_escaped(block.title)}.* {_escaped(block.description)}"]
    if isinstance(block, Gallery):
        items = [f"- {_escaped(text)}" for text, _ in block.items]
        return [_escaped(block.caption), "", *items]
    bold = "**" if block.tone == "warning" else ""
    return [f"- {bold}{_escaped(item)}{bold}" for item in block.items]
