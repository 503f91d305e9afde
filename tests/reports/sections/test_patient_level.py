"""Patients are the unit only where the question was asked of them."""

from prevalens.predictions import Predictions, patient_scores
from prevalens.reports import ClinicalReport
from prevalens.reports.sections.patient_level import SECTION


def test_patients_are_the_unit_of_their_own_estimates(predictions: Predictions) -> None:
    """Estimates per patient count patients, on pooled scores."""
    report = ClinicalReport(predictions, threshold=0.5, patient_score="max")
    pooled = patient_scores(predictions, "max")
    found = report["patient_level"]["estimates"]["sensitivity"]

    assert found["unit"] == "patient"
    assert found["n"] == int(pooled.labels.sum())
    assert sum(report["patient_level"]["confusion_matrix"].values()) == 40


def test_without_the_question_there_is_no_table(predictions: Predictions) -> None:
    """By default patients are left out, and the report says what would bring them in."""
    report = ClinicalReport(predictions, threshold=0.5)

    assert report["patient_level"] is None
    assert SECTION.show(report.record) == []
    assert "Per patient" in [absent["part"] for absent in report["not_included"]]
