"""Tests of the arguments of a report of several classes."""

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", 0.5),
        ("threshold_origin", "validation"),
        ("prevalence", 0.1),
        ("patient_score", "mean"),
    ],
)
def test_what_is_of_two_classes_is_refused(
    graded_rows: Predictions, name: str, value: object
) -> None:
    """No argument is silently ignored; the remedy is one class against the rest."""
    with pytest.raises(InvalidInputError, match=f"`{name}` is of two classes.*one_vs_rest"):
        ClinicalReport(graded_rows, **{name: value})  # type: ignore[arg-type]


def test_two_classes_need_a_threshold(graded_rows: Predictions) -> None:
    """It may be left out of several classes alone."""
    two = graded_rows.one_vs_rest("severe")
    with pytest.raises(InvalidInputError, match="needs `threshold`"):
        ClinicalReport(two)


def test_a_model_of_classes_in_another_order_is_not_compared(graded_rows: Predictions) -> None:
    """Columns of scores would be exchanged without a word."""
    held = graded_rows
    other = Predictions(
        labels=held.labels, scores=held.scores, patients=held.patients, classes=("b", "a", "c")
    )
    with pytest.raises(InvalidInputError, match="same classes in the same order"):
        ClinicalReport(held, compare=other)
