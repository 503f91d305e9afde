"""What records look like in a notebook: small pieces of HTML, every text escaped here alone."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

# Told apart by people of every colour vision, on white and on black (Okabe & Ito).
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_SIDE = 96  # pixels of a picture's longer side
_LINE = "border-bottom:1px solid rgba(128,128,128,.35)"


def show_text(record: object, printer: Any, cycle: bool) -> None:  # noqa: ARG001, FBT001
    """Show a record in IPython as `str()` gives it; to be a class's own `_repr_pretty_`.

    IPython prefers the `__repr__` of a dataclass to the method of a class above it.
    """
    printer.text(str(record))


def card(title: str, *blocks: Markup) -> str:
    """Return a record as HTML: a title and what the functions below gave.

    Args:
        title: What the record is, its `repr`.
        blocks: Its parts in order.
    """
    held = Markup().join(blocks)
    page = Markup(
        '<div class="prevalens" style="font-family:system-ui,sans-serif;font-size:13px;'
        'line-height:1.5;max-width:60em"><div style="font-weight:600">{}</div>{}</div>'
    )
    return str(page.format(title, held))


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table; the first cell of each row names it."""
    heads = Markup().join(
        Markup('<th scope="col" style="text-align:left;padding:2px 12px 2px 0;{}">{}</th>').format(
            _LINE, name
        )
        for name in header
    )
    body = Markup().join(
        Markup("<tr>{}</tr>").format(Markup().join(_cell(place, x) for place, x in enumerate(row)))
        for row in rows
    )
    return Markup(
        '<div style="overflow-x:auto;margin:6px 0">'
        '<table style="border-collapse:collapse;margin:0;font-size:13px">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(heads, body)


def _cell(place: int, value: object) -> Markup:
    tag = Markup('th scope="row"') if place == 0 else Markup("td")
    style = Markup("text-align:left;font-weight:400;padding:2px 12px 2px 0")
    return Markup('<{} style="{}">{}</{}>').format(
        tag, style, value, Markup("th") if place == 0 else Markup("td")
    )


def bars(rows: Mapping[str, Mapping[str, int]]) -> Markup:
    """Return a stacked bar for each row, as long as its total, with a legend of the counts.

    Args:
        rows: For each row its counts by name; names have the same colour in every row.
    """
    names = list(dict.fromkeys(name for counts in rows.values() for name in counts))
    colours = {name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(names)}
    longest = max((sum(counts.values()) for counts in rows.values()), default=0) or 1
    drawn = Markup().join(_bar(row, counts, colours, longest) for row, counts in rows.items())
    legend = Markup().join(
        Markup(
            '<span style="margin-right:14px"><span style="display:inline-block;width:10px;'
            'height:10px;background:{}"></span> {}</span>'
        ).format(colours[name], name)
        for name in names
    )
    return Markup('<div style="margin:6px 0">{}<div>{}</div></div>').format(drawn, legend)


def _bar(row: str, counts: Mapping[str, int], colours: Mapping[str, str], longest: int) -> Markup:
    pieces = Markup().join(
        Markup('<span style="width:{:.4f}%;background:{}" title="{}: {:,}"></span>').format(
            100 * count / longest, colours[name], name, count
        )
        for name, count in counts.items()
        if count
    )
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return Markup(
        '<div style="display:flex;flex-wrap:wrap;align-items:center;gap:0 8px;margin:2px 0">'
        '<span style="flex:0 0 8em">{}</span>'
        '<span role="img" aria-label="{}" style="display:flex;flex:1 1 12em;height:14px">{}</span>'
        '<span style="flex:0 0 14em">{}</span></div>'
    ).format(row, told, pieces, told)


def pictures(items: Iterable[tuple[str, NDArray[np.uint8]]], *, side: int = _SIDE) -> Markup:
    """Return pictures with captions.

    Args:
        items: For each picture its caption and its pixels, uint8 `(height, width, 3)`.
        side: Largest height of a picture, in pixels.
    """
    drawn = Markup().join(
        Markup(
            '<figure style="margin:0 8px 8px 0;display:inline-block;vertical-align:top">'
            '<img alt="{}" src="data:image/png;base64,{}"><figcaption style="font-size:11px;'
            'max-width:{}px;overflow-wrap:anywhere">{}</figcaption></figure>'
        ).format(caption, _encoded(pixels, side), max(side, 96), caption)
        for caption, pixels in items
    )
    return Markup('<div style="margin:6px 0">{}</div>').format(drawn)


def _encoded(pixels: NDArray[np.uint8], side: int) -> str:
    drawn = Image.fromarray(pixels)
    drawn.thumbnail((12 * side, side))
    held = io.BytesIO()
    drawn.save(held, format="PNG", optimize=True)
    return base64.b64encode(held.getvalue()).decode("ascii")


def note(text: str) -> Markup:
    """Return a small paragraph."""
    return Markup('<div style="opacity:.8">{}</div>').format(text)


def meter(text: str, done: int, total: int) -> str:
    """Return how far something is, as a bar and in words."""
    bar = Markup('<progress value="{}" max="{}" aria-label="{}"></progress> {}')
    return card("", bar.format(done, total, text, text))


def findings_page(kind: str) -> str:
    """Return the page of the documentation that explains a kind of finding, with its anchor."""
    return f"reference/findings.html#finding-{kind}"


def frame(page: str, *, title: str, height: int = 640) -> str:
    """Return a whole page inside a frame of its own, so that its style touches nothing else.

    Args:
        page: The HTML of the page.
        title: What it is, for who cannot see it.
        height: Height of the frame, in pixels.
    """
    return str(
        Markup(
            '<iframe title="{}" srcdoc="{}" sandbox="allow-scripts" style="width:100%;'
            'height:{}px;border:1px solid rgba(128,128,128,.35)"></iframe>'
        ).format(title, page, height)
    )
