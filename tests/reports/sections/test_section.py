"""A section is an entry of the table; its part is found in a report by its key."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Paragraph
from prevalens.reports.sections.section import Answer, Section
from prevalens.reports.sections.study import SECTION as STUDY


def test_a_part_is_found_by_its_key(predictions: Predictions) -> None:
    """A section that is in the report gives its part, another None."""
    report = ClinicalReport(predictions, threshold=0.5).record
    other = Section(key="other", title="Other", place=999, show=lambda report: [Paragraph("x")])

    assert STUDY.of(report) is report.study
    assert other.of(report) is None


def test_an_answer_holds_unless_it_says_when(predictions: Predictions) -> None:
    """Without a condition it is true of every report."""
    report = ClinicalReport(predictions, threshold=0.5).record

    assert Answer(items=("CLAIM 1",), note="n").when(report)
