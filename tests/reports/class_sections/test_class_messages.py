"""Tests of the first screen of a report of several classes."""

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def flags(report: ClinicalReport) -> dict[str, str]:
    """Return what to look at, by key."""
    return {flag["key"]: flag["text"] for flag in report["key_results"]["flags"]}


def told(labels: list[int], predicted: list[int], **more: object) -> ClinicalReport:
    """Report predictions of three classes, each image another patient's."""
    scores = np.eye(3)[predicted] * 0.7 + 0.1
    return ClinicalReport(
        Predictions(labels=labels, scores=scores, patients=None, classes="xyz", **more)
    )


def test_the_messages_are_shares_of_a_hundred() -> None:
    """By hand: 6 of 10 right; x 4 of 6, y 2 of 3, z 0 of 1; x as y twice."""
    report = told([0, 0, 0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 0, 1, 1, 1, 1, 0, 0])
    made = {item["key"]: item for item in report["key_results"]["messages"]}
    assert made["accuracy"]["headline"] == "60 of 100"
    assert made["balanced_accuracy"]["headline"] == "44 of 100"
    assert made["worst_class"]["text"].startswith("images labelled z, the class found least")
    assert made["confusion"]["text"].startswith("images labelled x are predicted y")
    assert made["confusion"]["of_100"] == 33


def test_a_model_no_better_than_the_largest_class_is_flagged() -> None:
    """Predicting x for everyone is right in 60 %; z is never predicted."""
    found = flags(told([0, 0, 0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 0, 1, 1, 1, 1, 0, 0]))
    assert "60.0%" in found["no_better_than_the_largest"]
    assert found["never_predicted"] == "Never predicted: z."
    assert "its estimates are uncertain" in found["rare_class"]


def test_a_class_without_images_and_scores_the_wrong_way_round_are_flagged() -> None:
    """Columns in another order than the classes rank every class backwards."""
    found = flags(told([0, 0, 1, 1] * 5, [1, 1, 0, 0] * 5))
    assert "No image is of z" in found["absent_class"]
    assert "same order" in found["auroc_below_half"]


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_one_patient_of_half_the_images_is_flagged(share: float) -> None:
    """As in two classes."""
    labels = np.arange(60) % 3
    patients = np.where(np.arange(60) < 60 * share, 100, np.arange(60))
    held = Predictions(
        labels=labels, scores=np.eye(3)[labels] * 0.7 + 0.1, patients=patients, classes="xyz"
    )
    assert ("dominating_patient" in flags(ClinicalReport(held))) == (share > 0)
