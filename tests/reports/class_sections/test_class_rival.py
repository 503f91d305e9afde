"""Tests of the comparison of two models of several classes in a report."""

import numpy as np

from prevalens.metrics import compare_multiclass
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_differences_are_paired_and_adjusted(
    of_grades: ClinicalReport, graded_rows: Predictions
) -> None:
    """Each is that of `compare_multiclass`; p values are adjusted for all of them."""
    made = of_grades["class_comparison"]["differences"]
    assert {"accuracy", "macro_auroc", "quadratic_kappa"} <= made.keys()
    held = graded_rows
    other = np.roll(held.scores, 1, axis=0)
    own = compare_multiclass(
        held.labels, held.scores, other, classes=held.classes, measure="accuracy",
        patients=held.patients, ordered=True,
    )  # fmt: skip
    assert made["accuracy"]["difference"]["value"] == own.difference.value
    assert made["accuracy"]["p_value"] == own.p_value
    assert all(each["p_holm"] >= each["p_value"] for each in made.values() if each["p_value"])


def test_without_another_model_it_is_named_as_absent(graded_rows: Predictions) -> None:
    """With what would bring it in."""
    report = ClinicalReport(graded_rows, worst=0)
    assert report["class_comparison"] is None
    assert "Comparison with another model" in [each["part"] for each in report["not_included"]]


def test_predictions_read_anew_are_of_the_same_rows(graded_rows: Predictions) -> None:
    """Paired, and counted once: by arrays of their own they were compared as two groups."""
    held = graded_rows
    other = np.roll(held.scores, 1, axis=0)
    anew = Predictions(
        labels=held.labels.copy(), scores=other, patients=None, classes=held.classes, ordered=True
    )
    alone = Predictions(
        labels=held.labels, scores=held.scores, patients=None, classes=held.classes, ordered=True
    )
    made = ClinicalReport(alone, compare=anew, worst=0)["class_comparison"]["differences"]
    own = ClinicalReport(alone, compare=alone.with_scores(other), worst=0)
    assert made == own["class_comparison"]["differences"]
    assert made["macro_auroc"]["difference"]["n"] == len(held)
    assert made["macro_auroc"]["hypothesis"].startswith("both models have")
