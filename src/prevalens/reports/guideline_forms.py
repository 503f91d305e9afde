"""The items of the reporting guidelines as forms that journals ask for: HTML and CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from prevalens._cells import guarded
from prevalens.reports.document import Document, Paragraph, Passage, Table
from prevalens.reports.guideline_items import SOURCES

_HEADER = ("Item", "Asks for", "State", "Section of the report", "What it says")
_REPORT = "report.html"  # what stands beside the forms in a dossier
Row = Mapping[str, Any]


def guideline_document(rows: Sequence[Row], *, title: str) -> Document:
    """Return the form as a document, a section for each guideline.

    Args:
        rows: `report["guidelines"]`.
        title: Title of the report.
    """
    passages = []
    for guideline, source in SOURCES.items():
        own = [row for row in rows if row["guideline"] == guideline]
        name = guideline.lower().replace("+", "-")
        cells, leads = [_cells(row) for row in own], [_link(row) for row in own]
        passages.append(Passage(name, guideline, [Table(source, _HEADER, cells, leads=leads)]))
    lead = (
        "One row for each sub-item. What the report does not answer is to be completed by the "
        "authors before this form is handed in."
    )
    return Document(f"Reporting guidelines: {title}", [Paragraph(lead)], passages)


def guideline_csv(rows: Sequence[Row]) -> str:
    """Return the form as CSV, a row an item, with the address of the section that answers."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(("Guideline", *_HEADER, "Link"))
    writer.writerows(map(guarded, (row["guideline"], *_cells(row), _link(row))) for row in rows)
    return held.getvalue()


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    section = row.get("section") or row["where"].replace("_", " ").capitalize()
    return (row["item"], row["asks"], row["state"], section, row["note"])


def _link(row: Row) -> str:
    return f"{_REPORT}#{row['where']}" if row["where"] else ""
