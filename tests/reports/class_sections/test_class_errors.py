"""Tests of the worst misses of each class."""

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_the_surest_misses_come_first(of_grades: ClinicalReport, graded_rows: Predictions) -> None:
    """Own score and that of the predicted class are those of the row; missed adds up."""
    held, matrix = graded_rows, of_grades["confusion_matrix"]
    for which, part in enumerate(of_grades["class_errors"]):
        assert part["missed"] == sum(matrix[which]) - matrix[which][which]
        gaps = []
        for miss in part["worst"]:
            row = miss["row"]["row"]
            assert held.labels[row] == which
            assert miss["row"]["score"] == held.scores[row, which]
            assert miss["predicted"] == held.classes[held.scores[row].argmax()]
            gaps.append(miss["predicted_score"] - miss["row"]["score"])
        assert gaps == sorted(gaps, reverse=True)


def test_none_are_shown_where_none_are_asked_for(graded_rows: Predictions) -> None:
    """`worst=0` leaves the section out, and it is named as absent."""
    report = ClinicalReport(graded_rows, worst=0)
    assert report["class_errors"] is None
    assert "worst" in str(report["not_included"])
