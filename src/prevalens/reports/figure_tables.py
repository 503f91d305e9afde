"""Figures as tables: name, value, interval, what they rest on, and what to know of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.figure_text import (
    NOT_ESTIMABLE,
    counts_text,
    group_of,
    interval_text,
    name_of,
    number_text,
)

Record = Mapping[str, Any]


def figure_table(
    figures: Mapping[str, Record], keys: Sequence[str], *, caption: str, address: str
) -> Table:
    """Return figures as a table: name, value, interval, what it rests on."""
    rows = [figure_row(key, figures[key]) for key in keys]
    return Table(
        caption=caption,
        header=("Figure", "Value", "Interval", "Rests on"),
        rows=rows,
        keys=[f"{address}.{key}" for key in keys],
    )


def figure_row(key: str, figure: Record) -> tuple[str, str, str, str]:
    """Return the cells of a figure: name, value, interval, what it rests on."""
    counts = counts_text(key, figure)
    if figure["value"] is None:
        return name_of(key), NOT_ESTIMABLE, str(figure.get("not_estimable")), counts
    return name_of(key), number_text(figure["value"]), interval_text(figure), counts


def notes_of(figures: Sequence[tuple[str, Record]]) -> list[Block]:
    """Return what a reader should know of figures before leaning on them, each note once."""
    found: dict[str, list[str]] = {}
    for name, figure in figures:
        if figure.get("note"):
            found.setdefault(str(figure["note"]), []).append(name)
    return [Paragraph(f"{', '.join(names)}: {note}", "note") for note, names in found.items()]


def noted(figures: Mapping[str, Record], keys: Sequence[str]) -> list[Block]:
    """Return the notes of some figures under their names."""
    return notes_of([(name_of(key), figures[key]) for key in keys])


def keys_of(figures: Mapping[str, Record], group: str) -> list[str]:
    """Return the keys of the figures that belong to a group."""
    return [key for key in figures if group_of(key) == group]


def level_text(record: Record) -> str:
    """Return the coverage of the report's intervals in words."""
    return f"{record['settings']['level'] * 100:g} % intervals"
