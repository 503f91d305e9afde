"""Estimates as tables: name, value, interval, their counts, and what to know of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from prevalens.reports.document import Block, Paragraph, Table
from prevalens.reports.estimate_text import (
    NOT_ESTIMABLE,
    counts_text,
    group_of,
    interval_text,
    name_of,
    value_text,
)

Record = Mapping[str, Any]


def estimate_table(
    estimates: Mapping[str, Record], keys: Sequence[str], *, caption: str, address: str
) -> Table:
    """Return estimates as a table: name, value, interval, its counts."""
    rows = [estimate_row(key, estimates[key]) for key in keys]
    return Table(
        caption=caption,
        header=("Estimate", "Value", "Interval", "n"),
        rows=rows,
        keys=[f"{address}.{key}" for key in keys],
    )


def estimate_row(key: str, estimate: Record) -> tuple[str, str, str, str]:
    """Return the cells of an estimate: name, value, interval, its counts."""
    counts = counts_text(key, estimate)
    if estimate["value"] is None and not estimate.get("infinite"):
        return name_of(key), NOT_ESTIMABLE, str(estimate.get("not_estimable")), counts
    return name_of(key), value_text(estimate), interval_text(estimate), counts


def notes_of(estimates: Sequence[tuple[str, Record]]) -> list[Block]:
    """Return what a reader should know of estimates before leaning on them, each note once."""
    found: dict[str, list[str]] = {}
    for name, estimate in estimates:
        if estimate.get("note"):
            found.setdefault(str(estimate["note"]), []).append(name)
    return [Paragraph(f"{', '.join(names)}: {note}", "note") for note, names in found.items()]


def noted(estimates: Mapping[str, Record], keys: Sequence[str]) -> list[Block]:
    """Return the notes of some estimates under their names."""
    return notes_of([(name_of(key), estimates[key]) for key in keys])


def keys_of(estimates: Mapping[str, Record], group: str) -> list[str]:
    """Return the keys of the estimates that belong to a group."""
    return [key for key in estimates if group_of(key) == group]


def level_text(record: Record) -> str:
    """Return the coverage of the report's intervals in words."""
    return f"{record['settings']['confidence_level'] * 100:g} % intervals"
