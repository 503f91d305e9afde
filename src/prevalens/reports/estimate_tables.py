"""Estimates as tables: name, value, interval, n, and what to know of them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_text import (
    counts_text,
    group_of,
    interval_text,
    name_of,
    value_text,
)
from prevalens.reports.record_parts import EstimatePart

_SHARED = 3  # rows with one n, which then stands in the caption

Estimates = Mapping[str, EstimatePart]


def estimate_table(
    estimates: Estimates, keys: Sequence[str], *, caption: str, address: str
) -> Table:
    """Return estimates as a table: name, value, interval, n.

    An n that three rows or more share stands in the caption alone, and their cells are empty; where
    all share it there is no such column.
    """
    rows = [estimate_row(key, estimates[key]) for key in keys]
    header = ("Measure", "Value", "Interval", "n")
    shared, count = Counter(row[3] for row in rows).most_common(1)[0] if rows else ("", 0)
    if count >= _SHARED:
        unless = "" if count == len(rows) else " unless another is told"
        caption = f"{caption}; n: {shared}{unless}"
        rows = [(*row[:3], "" if row[3] == shared else row[3]) for row in rows]
    columns = 3 if count == len(rows) >= _SHARED else 4
    return Table(
        caption=caption,
        header=header[:columns],
        rows=[row[:columns] for row in rows],
        keys=[f"{address}.{key}" for key in keys],
    )


def estimate_row(key: str, estimate: EstimatePart) -> tuple[str, str, str, str]:
    """Return the cells of an estimate: name, value, interval, n."""
    why = estimate.not_estimable
    limits = interval_text(estimate) if why is None else why
    return name_of(key), value_text(estimate), limits, counts_text(key, estimate)


def notes_of(estimates: Sequence[tuple[str, EstimatePart]]) -> list[Block]:
    """Return what a reader should know of estimates before leaning on them, each note once."""
    found: dict[str, list[str]] = {}
    for name, estimate in estimates:
        if estimate.note:
            found.setdefault(estimate.note, []).append(name)
    return [Paragraph(f"{', '.join(names)}: {note}", "note") for note, names in found.items()]


def noted(estimates: Estimates, keys: Sequence[str]) -> list[Block]:
    """Return the notes of some estimates under their names."""
    return notes_of([(name_of(key), estimates[key]) for key in keys])


def keys_of(estimates: Estimates, group: str) -> list[str]:
    """Return the keys of the estimates that belong to a group."""
    return [key for key in estimates if group_of(key) == group]
