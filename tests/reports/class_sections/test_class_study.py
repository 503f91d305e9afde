"""Tests of who was studied, in several classes."""

import numpy as np

from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


def test_images_and_patients_of_each_class_by_hand() -> None:
    """Patient b has two classes; a and c one each."""
    held = Predictions(
        labels=[0, 0, 1, 2],
        scores=np.eye(3)[[0, 1, 1, 2]],
        patients=["a", "b", "b", "c"],
        classes=("x", "y", "z"),
        train_prevalence=[0.5, 0.25, 0.25],
    )
    report = ClinicalReport(held, worst=0, excluded={"blurred": 2})
    part = report["class_study"]
    assert [tuple(each.values()) for each in part["classes"]] == [
        ("x", 2, 2, 1),
        ("y", 1, 1, 0),
        ("z", 1, 1, 1),
    ]
    assert (part["mixed_patients"], part["most_images"]) == (1, 2)
    assert part["excluded"] == [{"reason": "blurred", "images": 2, "patients": None}]
    assert report["settings"]["train_prevalence"] == [0.5, 0.25, 0.25]


def test_independent_images_have_no_patients() -> None:
    """And the report begins with what that means."""
    held = Predictions(labels=[0, 1, 2], scores=np.eye(3), patients=None, classes="abc")
    report = ClinicalReport(held)
    assert report["class_study"]["patients"] is None
    assert "Images were stated to be independent" in str(report)
