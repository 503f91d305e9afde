"""Tests of the confusion matrix and the confusions that happen most."""

import numpy as np

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport

HELD = Predictions(
    labels=[0, 0, 0, 0, 1, 1, 2, 2],
    scores=np.eye(3)[[0, 1, 1, 2, 1, 0, 2, 2]] * 0.8 + 0.2 / 3,
    patients=["a", "b", "b", "c", "d", "d", "e", "f"],
    classes=("x", "y", "z"),
    ordered=True,
)
PART = ClinicalReport(HELD, worst=0)["confusion"]


def test_pairs_are_counted_in_images_and_patients_most_first() -> None:
    """By hand: two images of x, of one patient, are predicted y."""
    told = [(p["label"], p["predicted"], p["images"], p["patients"]) for p in PART["pairs"]]
    assert told == [("x", "y", 2, 1), ("x", "z", 1, 1), ("y", "x", 1, 1)]
    assert PART["pairs"][0]["share"]["value"] == 0.5


def test_grades_are_counted_by_their_distance() -> None:
    """Four right, three one grade apart, one two."""
    assert PART["by_distance"] == [4, 3, 1]
    assert "1 (12.5 %) 2 grades apart" in str(ClinicalReport(HELD, worst=0))


def test_predictions_that_a_tie_decided_are_counted() -> None:
    """Equal scores are told, because the order of the classes then decides."""
    level = HELD.with_scores([[0.4, 0.4, 0.2]] * 8)
    report = ClinicalReport(level, worst=0)
    assert report["confusion"]["ties"] == 8
    assert "8 images had two or more classes" in str(report)
    assert PART["ties"] == 0


def test_a_model_that_is_always_right_has_no_confusions() -> None:
    """And says so."""
    right = HELD.with_scores(np.eye(3)[HELD.labels])
    assert "No image was predicted another class" in str(ClinicalReport(right, worst=0))
