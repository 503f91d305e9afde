"""The checked arguments, and what several sections need of them."""

from collections.abc import Callable

import numpy as np
import pytest

from prevalens.decisions import PriorShift
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports.request import Request

Ask = Callable[..., Request]


def test_patients_are_numbered_once(ask: Ask, predictions: Predictions) -> None:
    """Equal numbers mean equal ids, and the numbers are kept."""
    request = ask(predictions)
    codes = request.codes

    assert codes is request.codes
    assert len(np.unique(codes)) == predictions.n_patients
    assert all(len(set(predictions.patients[codes == code])) == 1 for code in np.unique(codes))
    assert request.columns.codes is codes


def test_risks_are_corrected_where_the_training_prevalence_is_known(
    ask: Ask, predictions: Predictions
) -> None:
    """On the odds to the prevalence asked for; as given where it is unknown."""
    request = ask(predictions, prevalence=0.02)
    expected = PriorShift(0.5, 0.02).correct(predictions.scores)
    unknown = predictions.with_scores(predictions.scores)

    assert request.target == 0.02
    assert request.risks_at(predictions, 0.02) == pytest.approx(expected)
    assert request.risks_at(unknown, 0.02) == pytest.approx(unknown.scores)
    assert ask(unknown).shift_to(0.02) is None
    assert ask(predictions).target == predictions.prevalence


def test_pooling_needs_patients(ask: Ask) -> None:
    """The patient question cannot be asked of independent images."""
    held = Predictions(labels=[0, 1], scores=[0.2, 0.8], patients=None)
    with pytest.raises(InvalidInputError, match="`patient_score` pools the images of a patient"):
        ask(held, patient_score="mean")


def test_scores_of_turned_classes_are_not_compared(ask: Ask, predictions: Predictions) -> None:
    """The same codes mean the other class where one model's positive is the other's negative."""
    given = {
        "labels": predictions.labels,
        "scores": predictions.scores,
        "patients": predictions.patients,
        "images": predictions.images,
    }
    turned = Predictions(**given, classes=predictions.classes[::-1])

    with pytest.raises(InvalidInputError, match="the same classes in the same order"):
        ask(predictions, compare=turned)
    assert ask(predictions, compare=Predictions(**given)).compare is not None  # unnamed classes
