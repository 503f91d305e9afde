"""Tests of the estimates of all labels together."""

from prevalens.metrics.label_measures import LABEL_TABLE
from prevalens.reports import ClinicalReport
from prevalens.reports.label_sections.all_labels import titled


def test_every_measure_stands_in_the_page_by_its_title(of_findings: ClinicalReport) -> None:
    """In the order of the table."""
    assert [title for _, title, _ in titled(of_findings.record)] == [e.title for e in LABEL_TABLE]
    page = of_findings.page(".html")
    assert all(each.title in page for each in LABEL_TABLE)
