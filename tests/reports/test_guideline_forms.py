"""Forms of the guidelines hold each row under its guideline, escaped as its format asks."""

import csv
import io

from prevalens.reports.guideline_forms import guideline_csv, guideline_document
from prevalens.reports.guideline_items import SOURCES

ROW = {
    "guideline": "CLAIM", "item": "37", "asks": "All partitions", "state": "partly",
    "where": "patient_level", "note": 'says "so", and more', "section": "Per patient",
}  # fmt: skip


def test_the_csv_reads_back() -> None:
    """Quotes and commas stay in their cell."""
    (row,) = csv.DictReader(io.StringIO(guideline_csv([ROW])))

    assert row["What it says"] == ROW["note"]
    assert row["Section of the report"] == "Per patient"
    assert row["Link"] == "report.html#patient_level"


def test_no_note_is_run_by_a_spreadsheet() -> None:
    """A label in a note may begin as a formula."""
    (row,) = csv.DictReader(io.StringIO(guideline_csv([{**ROW, "note": "=1+1"}])))

    assert row["What it says"] == "'=1+1"


def test_a_row_of_an_older_report_names_its_key() -> None:
    """Reports that hold no title of the section are still put into forms."""
    older = {name: told for name, told in ROW.items() if name != "section"}
    (row,) = csv.DictReader(io.StringIO(guideline_csv([older])))

    assert row["Section of the report"] == "Patient level"


def test_each_guideline_has_its_section() -> None:
    """A row stands in its own guideline's table alone."""
    passages = guideline_document([ROW], title="cells").passages
    tables = {passage.title: passage.blocks[0] for passage in passages}

    assert list(tables) == list(SOURCES)
    assert [len(table.rows) for table in tables.values()] == [0, 0, 1, 0]  # type: ignore[union-attr]
    assert tables["CLAIM"].leads == ["report.html#patient_level"]  # type: ignore[union-attr]
