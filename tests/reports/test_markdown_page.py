"""Markdown: the same estimates, and no data that is read as markup."""

from prevalens.reports import ClinicalReport
from prevalens.reports.document import Document, Listing, Passage, Table
from prevalens.reports.estimate_text import interval_text, value_text
from prevalens.reports.markdown_page import markdown_page
from prevalens.reports.report_record import document_of


def test_every_estimate_is_written_with_its_interval(report: ClinicalReport) -> None:
    """Value and limits of each estimate stand in the page, digit for digit."""
    written = markdown_page(document_of(report.record)).replace("\\", "")
    for estimate in report.record.estimates.values():
        if estimate.value is not None:
            assert value_text(estimate) in written
            assert interval_text(estimate) in written


def test_markdown_reads_no_data_as_markup() -> None:
    """Pipes, stars, tags and links in the data stay what they are."""
    table = Table("c", ("h", "i"), [("a|b", "<script>*x*[y](z)")])
    page = markdown_page(Document("t", [], [Passage("s", "S", [table])]))

    assert r"| a\|b | \<script\>\*x\*\[y\](z) |" in page
    assert "| --- | --- |" in page


def test_warnings_in_a_list_are_bold() -> None:
    """A warning stands out; a plain item does not."""
    blocks = [Listing(["two"], "warning"), Listing(["three"])]
    page = markdown_page(Document("t", [], [Passage("s", "S", blocks)]))

    assert "- **two**" in page
    assert "- three" in page
