"""Tests of the calibration of the score of each class."""

import pytest

from prevalens.metrics import calibration_slope, observed_expected
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_each_score_is_checked_as_that_of_a_class_against_the_rest(
    of_grades: ClinicalReport, graded_rows: Predictions
) -> None:
    """The slope and the ratio are those of two classes."""
    held = graded_rows
    for which, part in enumerate(of_grades["class_calibration"]):
        rows = (held.labels == which), held.scores[:, which]
        for key, estimate in (
            ("calibration_slope", calibration_slope),
            ("observed_expected", observed_expected),
        ):
            own = estimate(*rows, patients=held.patients)
            assert part["estimates"][key]["value"] == pytest.approx(own.value)
            assert part["estimates"][key]["lower"] == pytest.approx(own.lower)


def test_a_chart_for_each_class_and_the_mean_error_of_all(of_grades: ClinicalReport) -> None:
    """Charts have names of their own."""
    page = of_grades.page(".html")
    assert all(f'id="chart-reliability_{number}-title"' in page for number in range(3))
    assert "classwise calibration error" in " ".join(str(of_grades).split())
