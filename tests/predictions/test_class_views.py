"""Two classes out of several."""

import numpy as np
import pytest

from prevalens.predictions import Predictions
from prevalens.predictions.class_views import from_grade, one_class

GRADES = Predictions(
    labels=[0, 1, 2, 2],
    scores=[[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0, 0.25, 0.75], [0.2, 0.6, 0.2]],
    patients=None,
    classes=("none", "mild", "severe"),
    train_prevalence=(0.5, 0.25, 0.25),
    ordered=True,
)


def test_a_class_against_the_rest_carries_no_training_share() -> None:
    """Among the others the shares differ too, so a shift of two classes would be wrong."""
    made = one_class(GRADES, 1)

    assert made["classes"] == ("not mild", "mild")
    assert made["labels"].tolist() == [0, 1, 0, 0]
    assert made["scores"].tolist() == [0.3, 0.8, 0.25, 0.6]
    assert made["train_prevalence"] is None


def test_two_classes_turn_round() -> None:
    """Scores and the training share become those of the other class."""
    two = Predictions(labels=[0, 1], scores=[0.25, 1], patients=None, train_prevalence=0.75)
    made = one_class(two, 0)

    assert (made["scores"].tolist(), made["train_prevalence"]) == ([0.75, 0.0], 0.25)
    assert made["classes"] == ("positive", "negative")


def test_grades_from_one_up_add_their_scores() -> None:
    """To refer from mild is a threshold on what mild and severe have together."""
    made = from_grade(GRADES, 1)

    assert made["classes"] == ("below mild", "mild or more")
    assert made["labels"].tolist() == [0, 1, 1, 1]
    assert made["scores"].tolist() == pytest.approx([0.5, 0.9, 1.0, 0.8])
    assert not made["ordered"]


def test_a_label_keeps_its_own_share() -> None:
    """Labels are corrected one by one."""
    labels = Predictions(
        labels=[[1, np.nan], [0, 1]],
        scores=[[0.5, 0.5], [0.25, 1]],
        patients=None,
        classes=("a", "b"),
        train_prevalence=(0.5, 0.1),
    )
    made = one_class(labels, 1)

    assert (made["scores"].tolist(), made["train_prevalence"]) == ([0.5, 1.0], 0.1)
