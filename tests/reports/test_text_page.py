"""Text for a terminal: the same estimates, and nothing that rewrites the screen."""

from prevalens.reports import ClinicalReport
from prevalens.reports.document import Document, Listing, Paragraph, Passage, Table
from prevalens.reports.estimate_text import interval_text, value_text
from prevalens.reports.report_record import document_of
from prevalens.reports.text_page import text_page


def test_text_keeps_to_its_width(report: ClinicalReport) -> None:
    """Prose and tables fit the terminal, but for a single long word."""
    page = text_page(document_of(report.record), width=90)

    assert max(len(line) for line in page.splitlines() if " " in line.strip()) <= 90


def test_every_estimate_is_written_with_its_interval(report: ClinicalReport) -> None:
    """Value and limits of each estimate stand in the page, digit for digit."""
    written = str(report)
    for estimate in report.record.estimates.values():
        if estimate.value is not None:
            assert value_text(estimate) in written
            assert interval_text(estimate) in written


def test_text_lets_nothing_rewrite_the_terminal() -> None:
    """Escape sequences in a site's name become spaces."""
    table = Table("c", ("h", "i"), [("a\x1b[2Jb\r\n", "2")])
    page = text_page(Document("t", [Paragraph("x\x07y")], [Passage("s", "S", [table])]))

    assert "\x1b" not in page
    assert "\x07" not in page


def test_warnings_are_marked() -> None:
    """A warning begins with an exclamation mark, as a paragraph and in a list."""
    blocks = [Paragraph("one", "warning"), Listing(["two"], "warning"), Listing(["three"])]
    lines = text_page(Document("t", [], [Passage("s", "S", blocks)])).splitlines()

    assert {"! one", "! two", "- three"} <= set(lines)
