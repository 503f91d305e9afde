"""A report as text for a terminal, as Markdown, and as a LaTeX table."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prevalens.reports.document import (
    Block,
    Chart,
    Document,
    Gallery,
    Listing,
    Paragraph,
    Table,
)
from prevalens.reports.estimate_text import (
    counts_text,
    interval_text,
    name_of,
    value_text,
)

_WIDTH = 100
_NARROWEST = 12


def text_page(document: Document, *, width: int = _WIDTH) -> str:
    """Return the report as plain text, no line of its prose longer than `width` characters."""
    lines = [document.title, "=" * len(document.title), ""]
    for paragraph in document.lead:
        lines += [*_wrapped(paragraph.text, width), ""]
    for section in document.sections:
        lines += [section.title, "-" * len(section.title), ""]
        for block in section.blocks:
            lines += [*_text_block(block, width), ""]
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(_one_line(text), width) or [""]


def _one_line(text: str) -> str:
    """Return text that keeps to its line: control characters would rewrite a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _text_block(block: Block, width: int) -> list[str]:
    if isinstance(block, Paragraph):
        mark = "! " if block.tone == "warning" else ""
        return _wrapped(mark + block.text, width)
    if isinstance(block, Table):
        return [*_wrapped(block.caption, width), *_text_table(block, width)]
    if isinstance(block, Chart):
        return _wrapped(f"[{block.title}: {block.description}]", width)
    if isinstance(block, Gallery):
        block = Listing([text for text, _ in block.items])
    return [line for item in block.items for line in _wrapped(f"- {item}", width)]


def _text_table(table: Table, width: int) -> list[str]:
    rows = [[_one_line(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.header))]
    # The widest column gives way, a character at a time, while the table is wider than the page.
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = [line for row in rows[:1] for line in _text_row(row, widths)]
    lines.append("  ".join("-" * size for size in widths))
    return lines + [line for row in rows[1:] for line in _text_row(row, widths)]


def _text_row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    cells = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
    height = max(map(len, cells))
    padded = [cell + [""] * (height - len(cell)) for cell in cells]
    return [
        "  ".join(part.ljust(size) for part, size in zip(line, widths, strict=True)).rstrip()
        for line in zip(*padded, strict=True)
    ]


def markdown_page(document: Document) -> str:
    """Return the report as Markdown with pipe tables; charts are told in words."""
    lines = [f"# {_markdown(document.title)}", ""]
    for paragraph in document.lead:
        lines += [_markdown_paragraph(paragraph), ""]
    for section in document.sections:
        lines += [f"## {_markdown(section.title)}", ""]
        for block in section.blocks:
            lines += [*_markdown_block(block), ""]
    return "\n".join(lines)


def _markdown(text: str) -> str:
    """Return text in which nothing is read as markup, on one line."""
    marks = "\\`*_[]<>|#~$&"
    return "".join(f"\\{c}" if c in marks else c for c in _one_line(text))


def _markdown_paragraph(paragraph: Paragraph) -> str:
    text = _markdown(paragraph.text)
    return f"> **{text}**" if paragraph.tone == "warning" else text


def _markdown_block(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [_markdown_paragraph(block)]
    if isinstance(block, Table):
        rows = [block.header, ["---"] * len(block.header), *block.rows]
        cells = [
            [cell if number == 1 else _markdown(cell) for cell in row]
            for number, row in enumerate(rows)
        ]
        table = [f"| {' | '.join(row)} |" for row in cells]
        return [_markdown(block.caption), "", *table]
    if isinstance(block, Chart):
        return [f"*{_markdown(block.title)}.* {_markdown(block.description)}"]
    if isinstance(block, Gallery):
        block = Listing([text for text, _ in block.items])
    return [f"- {_markdown(item)}" for item in block.items]


def latex_table(estimates: Mapping[str, Mapping[str, Any]], *, caption: str, label: str) -> str:
    r"""Return estimates as a LaTeX table with booktabs rules.

    Args:
        estimates: Each estimate by its key, as in the report's record.
        caption: Caption of the table.
        label: What `\ref` calls it.
    """
    levels = sorted({f"{estimate['confidence_level'] * 100:g}" for estimate in estimates.values()})
    lines = [
        r"% Needs \usepackage{booktabs}.",
        r"\begin{table}",
        rf"\caption{{{_latex(caption)}}}",
        rf"\label{{{label}}}",
        r"\begin{tabular}{llll}",
        r"\toprule",
        rf"Estimate & Value & {' / '.join(levels)}\,\% interval & n \\",
        r"\midrule",
    ]
    for key, estimate in estimates.items():
        missing = estimate["value"] is None and not estimate.get("infinite")
        value = value_text(estimate)
        limits = str(estimate.get("not_estimable")) if missing else interval_text(estimate)
        cells = (name_of(key), value, limits, counts_text(key, estimate))
        lines.append(" & ".join(_latex(cell) for cell in cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in _one_line(text))


PAGES: Mapping[str, Callable[[Document], str]] = {".txt": text_page, ".md": markdown_page}
