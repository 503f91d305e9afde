"""Tests of the methods of a report of several classes."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_every_measure_cites_its_paper(of_grades: ClinicalReport) -> None:
    """Hand and Till, Gorodkin, Cohen's weighted kappa, Epstein, Kull."""
    papers = " ".join(of_grades["methods"]["references"])
    for author in ("Hand DJ", "Gorodkin J", "Cohen J. Weighted", "Epstein ES", "Kull M"):
        assert author in papers


def test_it_says_what_is_predicted_and_how_p_values_are_adjusted(
    of_grades: ClinicalReport, graded_rows: Predictions
) -> None:
    """Grades are named from the lowest; Holm only where something is tested."""
    sentences = " ".join(of_grades["methods"]["sentences"])
    assert "grades, from none to severe" in sentences
    assert "Holm" in sentences
    assert "Holm" not in " ".join(ClinicalReport(graded_rows, worst=0)["methods"]["sentences"])
