"""The table of estimates at the threshold."""

from prevalens.reports import ClinicalReport
from prevalens.reports.document import Table
from prevalens.reports.estimate_text import value_text
from prevalens.reports.sections.at_threshold import SECTION


def test_estimates_are_the_records(report: ClinicalReport) -> None:
    """Each row has the record's value under its own address."""
    table = SECTION.show(report.record)[0]

    assert isinstance(table, Table)
    assert "estimates.sensitivity" in table.keys
    for address, row in zip(table.keys, table.rows, strict=True):
        assert row[1] == value_text(report.record.estimates[address.removeprefix("estimates.")])
