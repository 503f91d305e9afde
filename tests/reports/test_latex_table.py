"""The LaTeX table: every active character is written out."""

from prevalens.reports import ClinicalReport
from prevalens.reports.latex_table import latex_table
from prevalens.reports.record_parts import EstimatePart


def test_latex_escapes_what_it_would_read() -> None:
    """Every active character is written out; absent values say so."""
    estimate = EstimatePart(
        value=None,
        lower=None,
        upper=None,
        confidence_level=0.95,
        method="m",
        unit="image",
        n=3,
        events=0,
        patients=None,
        not_estimable="a_b & 100% {x} <y>",
    )
    page = latex_table({"auroc": estimate}, caption="A & B", label="tab:x")

    assert r"a\_b \& 100\% \{x\} \textless{}y\textgreater{}" in page
    assert r"\caption{A \& B}" in page
    assert r"AUROC & not estimable" in page


def test_every_estimate_has_a_row(report: ClinicalReport) -> None:
    """As many rows as estimates, each of four cells."""
    estimates = report.record.estimates
    page = latex_table(estimates, caption="c", label="l")
    rows = [line for line in page.splitlines() if line.endswith(r"\\")]

    assert len(rows) == len(estimates) + 1
    assert all(row.count(" & ") == 3 for row in rows)
