"""Text, Markdown and LaTeX: the same estimates, nothing read as markup."""

import pytest

from prevalens.reports import ClinicalReport
from prevalens.reports.document import Document, Paragraph, Section, Table
from prevalens.reports.estimate_text import interval_text, number_text
from prevalens.reports.rendering import latex_table, markdown_page, text_page
from prevalens.reports.sections import document_of


def test_text_keeps_to_its_width(report: ClinicalReport) -> None:
    """Prose and tables fit the terminal, but for a single long word."""
    page = text_page(document_of(report.to_dict()), width=90)

    assert max(len(line) for line in page.splitlines() if " " in line.strip()) <= 90


@pytest.mark.parametrize("page", [text_page, markdown_page])
def test_every_estimate_is_written_with_its_interval(report: ClinicalReport, page: object) -> None:
    """Value and limits of each estimate stand in the page, digit for digit."""
    record = report.to_dict()
    written = page(document_of(record)).replace("\\", "")  # type: ignore[operator]
    for estimate in record["estimates"].values():
        if estimate["value"] is not None:
            assert number_text(estimate["value"]) in written
            assert interval_text(estimate) in written


def test_text_lets_nothing_rewrite_the_terminal() -> None:
    """Escape sequences in a site's name become spaces."""
    table = Table("c", ("h", "i"), [("a\x1b[2Jb\r\n", "2")])
    page = text_page(Document("t", [Paragraph("x\x07y")], [], [Section("s", "S", [table])]))

    assert "\x1b" not in page
    assert "\x07" not in page


def test_markdown_reads_no_data_as_markup() -> None:
    """Pipes, stars, tags and links in the data stay what they are."""
    table = Table("c", ("h", "i"), [("a|b", "<script>*x*[y](z)")])
    page = markdown_page(Document("t", [], [], [Section("s", "S", [table])]))

    assert r"| a\|b | \<script\>\*x\*\[y\](z) |" in page


def test_latex_escapes_what_it_would_read() -> None:
    """Every active character is written out; absent values say so."""
    estimate = {
        "value": None,
        "lower": None,
        "upper": None,
        "confidence_level": 0.95,
        "n": 3,
        "events": 0,
        "patients": None,
        "unit": "image",
        "not_estimable": "a_b & 100% {x} <y>",
    }
    page = latex_table({"auroc": estimate}, caption="A & B", label="tab:x")

    assert r"\caption{A \& B}" in page
    assert r"not estimable & a\_b \& 100\% \{x\} \textless{}y\textgreater{}" in page
    assert r"95\,\% interval" in page
