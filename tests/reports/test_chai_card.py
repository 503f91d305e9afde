"""A card in CHAI's order: key metrics are the report's, the rest is asked for."""

from prevalens.reports import ClinicalReport
from prevalens.reports.chai_card import chai_card


def test_metrics_are_those_of_the_report(report: ClinicalReport) -> None:
    """Sensitivity and AUROC stand with their intervals; answers replace what is asked for."""
    empty = chai_card(report, name="cells", answers={})
    told = chai_card(report, name="cells", answers={"intended_use": "Triage."})

    for key in ("sensitivity", "auroc"):
        assert f"{report['estimates'][key]['lower']:.3f}" in empty
    assert "Triage." in told
    assert empty.count("To be completed by the authors.") == (
        told.count("To be completed by the authors.") + 1
    )
    assert "See the subgroups of the report." in empty
