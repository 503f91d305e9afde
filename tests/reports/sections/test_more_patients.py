"""A learning curve in the report: its points, its last step, and what it does not show."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.features import LearningCurve, compute_learning_curve
from prevalens.metrics import Estimate
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_measures import class_measure_of
from prevalens.metrics.settings import Settings
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


@pytest.fixture(scope="module")
def curve() -> LearningCurve:
    """Heads on features that tell the class weakly."""
    rng = np.random.default_rng(0)
    labels = np.arange(120) // 2 % 2
    features = (rng.normal(size=(120, 3)) + 0.8 * labels[:, None]).astype(np.float32)
    patients = [f"p{k // 2}" for k in range(120)]
    return compute_learning_curve(
        features, labels, patients, shares=(0.5, 1.0), n_splits=3, n_repeats=1, penalties=[0.1]
    )


def test_the_record_holds_the_curve_and_what_twenty_patients_promise(
    predictions: Predictions, curve: LearningCurve
) -> None:
    """Points and gain as they were computed, the promise by the curve's own rule."""
    found = ClinicalReport(predictions, threshold=0.5, learning_curve=curve)["more_patients"]
    expected = curve.expect(20)

    assert [each["patients"] for each in found["points"]] == list(curve.n_patients)
    for point, own in zip(found["points"], curve.estimates, strict=True):
        assert (point["auroc"]["value"], point["auroc"]["lower"]) == (own.value, own.lower)
    assert found["gain"]["value"] == curve.gain.value
    told = tuple(found[name] for name in ("expected", "expected_lower", "expected_upper"))
    assert told == expected


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt"])
def test_a_gain_that_is_not_shown_is_said_not_to_be(
    predictions: Predictions, curve: LearningCurve, suffix: str
) -> None:
    """By its lower limit, at 0.01 above 0 and at 0; without a curve there is no section."""
    pages = {}
    for lower in (0.01, 0.0):
        gain = dataclasses.replace(curve.gain, value=0.05, lower=lower, upper=0.09)
        given = dataclasses.replace(curve, gain=gain)
        report = ClinicalReport(predictions, threshold=0.5, learning_curve=given)
        assert ClinicalReport.from_dict(report.to_dict()).page(suffix) == report.page(suffix)
        pages[lower] = " ".join(report.page(suffix).split())
    words = "do not show that more patients would help"

    assert words in pages[0.0]
    assert words not in pages[0.01]
    assert "20 more patients would change it by +0." in pages[0.01]
    assert "Patients trained on" not in ClinicalReport(predictions, threshold=0.5).page(suffix)


def test_what_is_no_curve_is_refused(predictions: Predictions, curve: LearningCurve) -> None:
    """And a curve of two classes in a report of several, which it does not speak of."""
    given: Any = [0.7, 0.8]
    with pytest.raises(InvalidInputError, match="what `compute_learning_curve` returned, got a li"):
        ClinicalReport(predictions, threshold=0.5, learning_curve=given)
    three = Predictions(labels=[0, 1, 2], scores=np.eye(3), patients=None, classes=("a", "b", "c"))
    with pytest.raises(InvalidInputError, match="is of 'auroc', the predictions are of"):
        ClinicalReport(three, learning_curve=curve)


def test_a_curve_of_several_classes_is_of_their_mean(graded_rows: Predictions) -> None:
    """The report names the measure, beside each point, and holds it in its record."""
    points = [macro_auroc(graded_rows.take(np.arange(size))) for size in (100, len(graded_rows))]
    given = LearningCurve((20.0, 40.0), tuple(points), points[0], "macro_auroc")
    report = ClinicalReport(graded_rows, learning_curve=given)
    found = report["more_patients"]

    assert found["measure"] == "macro_auroc"
    assert [each["auroc"]["value"] for each in found["points"]] == [one.value for one in points]
    assert "Macro AUROC, each class against the rest, by the number" in report.page(".md")
    assert ClinicalReport.from_dict(report.to_dict()).page(".txt") == report.page(".txt")


def macro_auroc(rows: Predictions) -> Estimate:
    """Return the mean of the classes' AUROCs."""
    columns = check_class_columns(rows.labels, rows.scores, rows.patients, classes=rows.classes)
    return class_measure_of("macro_auroc").estimate(columns, Settings(None, 0.95))
