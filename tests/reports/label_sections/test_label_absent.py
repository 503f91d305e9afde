"""Tests of what a report of several labels says it lacks."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_what_is_missing_is_named_with_its_remedy(
    of_findings: ClinicalReport, finding_rows: Predictions
) -> None:
    """Predicted labels are missing only without a threshold; parts of one label always."""
    without = {
        part["part"]: part["remedy"] for part in ClinicalReport(finding_rows)["not_included"]
    }
    named = {part["part"] for part in of_findings["not_included"]}
    assert without["Predicted labels"] == "give `threshold`"
    assert "Predicted labels" not in named
    assert "Predictive values, net benefit and pooled patients of a label" in named
