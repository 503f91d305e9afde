"""A report as one HTML file that needs nothing else: no network, no script, no fonts."""

from collections.abc import Sequence
from html import escape
from importlib import resources

from prevalens.reports.document import (
    Block,
    Chart,
    Document,
    Gallery,
    Listing,
    Paragraph,
    Section,
    Table,
)
from prevalens.reports.estimate_text import NOT_ESTIMABLE, interval_text, number_text
from prevalens.reports.svg_charts import legend, svg_chart

# Nothing but the page itself may be loaded, whatever a name in the data tries.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def html_page(document: Document, *, generator: str) -> str:
    """Return the whole page; every text from the data is escaped.

    Args:
        document: The report.
        generator: Name and version of what wrote it.
    """
    style = resources.files("prevalens.reports").joinpath("page.css").read_text(encoding="utf-8")
    links = "".join(
        f'<li><a href="#{escape(section.name)}">{escape(section.title)}</a></li>'
        for section in document.sections
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta name="generator" content="{escape(generator)}">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(document.title)}</title>",
            f"<style>\n{style}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#content">Skip to the report</a>',
            f"<header><h1>{escape(document.title)}</h1>",
            *(_paragraph(paragraph) for paragraph in document.lead),
            _headline(document),
            "</header>",
            f'<nav aria-label="Sections"><ul>{links}</ul></nav>',
            '<main id="content">',
            *(_section(section) for section in document.sections),
            "</main>",
            f"<footer>Written by {escape(generator)}.</footer>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _headline(document: Document) -> str:
    cards = []
    for key, name, estimate in document.headline:
        if estimate["value"] is None:
            body = (
                f'<span class="value">{NOT_ESTIMABLE}</span>'
                f'<span class="reason">{escape(str(estimate.get("not_estimable")))}</span>'
            )
        else:
            body = (
                f'<span class="value">{escape(number_text(estimate["value"]))}</span>'
                f'<span class="note">{estimate["confidence_level"] * 100:g} % interval</span>'
                f"<span>{escape(interval_text(estimate))}</span>"
            )
        cards.append(
            f'<div data-headline="{escape(key)}"><dt>{escape(name)}</dt><dd>{body}</dd></div>'
        )
    return f'<dl class="headline">{"".join(cards)}</dl>'


def _section(section: Section) -> str:
    parts, charts = [], []
    for block in section.blocks:
        if isinstance(block, Chart):
            charts.append(_chart(block, f"chart-{block.name}"))
            continue
        if charts:
            parts.append(f'<div class="charts">{"".join(charts)}</div>')
            charts = []
        parts.append(_block(block))
    if charts:
        parts.append(f'<div class="charts">{"".join(charts)}</div>')
    name = escape(section.name)
    return (
        f'<section id="{name}" aria-labelledby="{name}-heading">'
        f'<h2 id="{name}-heading">{escape(section.title)}</h2>\n' + "\n".join(parts) + "</section>"
    )


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _paragraph(block)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Gallery):
        return _gallery(block)
    if isinstance(block, Listing):
        return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in block.items) + "</ul>"
    raise TypeError(f"A section holds blocks, got {type(block).__name__}.")


def _paragraph(paragraph: Paragraph) -> str:
    tone = "" if paragraph.tone == "plain" else f' class="{paragraph.tone}"'
    role = ' role="note"' if paragraph.tone == "warning" else ""
    return f"<p{tone}{role}>{escape(paragraph.text)}</p>"


def _table(table: Table) -> str:
    # The roles are said because narrow pages lay rows out as blocks, which would end the table.
    head = "".join(
        f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in table.header
    )
    rows = []
    for number, row in enumerate(table.rows):
        key = f' data-estimate="{escape(table.keys[number])}"' if table.keys else ""
        rows.append(f'<tr role="row"{key}>{_cells(table.header, row)}</tr>')
    # A table that scrolls must be reachable by keyboard.
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(table.caption)}">'
        f'<table class="stack" role="table"><caption>{escape(table.caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table></div>'
    )


def _cells(header: Sequence[str], row: Sequence[str]) -> str:
    first, *others = row
    return f'<th scope="row" role="rowheader">{escape(first)}</th>' + "".join(
        f'<td role="cell" data-label="{escape(name)}">{escape(cell)}</td>'
        for name, cell in zip(header[1:], others, strict=True)
    )


def _chart(chart: Chart, name: str) -> str:
    return (
        f"<figure><figcaption>{escape(chart.title)}</figcaption>"
        f"{svg_chart(chart, name=name)}{legend(chart)}</figure>"
    )


def _gallery(gallery: Gallery) -> str:
    items = []
    for text, picture in gallery.items:
        shown = (
            '<span class="none">no picture</span>'
            if picture is None
            else f'<img src="data:image/jpeg;base64,{escape(picture)}" alt="{escape(text)}">'
        )
        items.append(f"<li>{shown}<span>{escape(text)}</span></li>")
    return f'<p>{escape(gallery.caption)}</p><ul class="gallery">{"".join(items)}</ul>'
