"""The study that made the model: how each row was decided, and what cannot be compared."""

from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import PatientPooling, Predictions
from prevalens.reports import Development

ROWS = Predictions(
    labels=[0, 1, 1, 0, 1, 0],
    scores=[0.2, 0.6, 0.4, 0.5, 0.9, 0.1],
    patients=["a", "a", "b", "b", "c", "c"],
)
FOLDS = [0, 0, 1, 1, 2, 2]


def test_each_row_is_decided_by_the_threshold_of_its_fold() -> None:
    """A score equal to the threshold is positive; one number serves all folds."""
    each = Development(predictions=ROWS, folds=FOLDS, thresholds=[0.6, 0.5, 0.95])
    assert each.predicted.tolist() == [False, True, False, True, False, False]
    assert each.n_folds == 3

    one = Development(predictions=ROWS, thresholds=0.5)
    assert one.predicted.tolist() == [False, True, False, True, True, False]
    assert one.n_folds == 1


def test_patients_keep_the_fold_of_their_images() -> None:
    """Pooled by the highest score, each by the threshold of its own fold."""
    study = Development(
        predictions=ROWS, folds=FOLDS, thresholds=0.5, patient_thresholds=[0.6, 0.55, 0.9]
    )
    pooled = study.of_patients(PatientPooling(how="max"))

    assert pooled is not None
    assert pooled.fold_codes.tolist() == [0, 1, 2]
    assert pooled.predicted.tolist() == [True, False, True]
    assert Development(predictions=ROWS, thresholds=0.5).of_patients(PatientPooling()) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"folds": [0, 0, 1, 1, 3, 3]}, "without a gap, got '0', '1', '3'"),
        ({"folds": [0, 0, 0.5, 0.5, 1, 1]}, "whole numbers from 0"),
        ({"folds": [0, 1, 1, 1, 0, 0]}, "'a' is in several"),
        ({"folds": FOLDS, "thresholds": [0.1, 0.2]}, "each of the 3 folds, got 2"),
        ({"thresholds": None}, "needs `thresholds`, got None"),
        ({"thresholds": 1.5}, "`thresholds` must lie in"),
        ({"predictions": [0.1]}, "`predictions` must be a Predictions"),
        ({"folds": [0, 1]}, "folds"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], told: str) -> None:
    """Each refusal names what came."""
    with pytest.raises(InvalidInputError, match=told):
        Development(**{"predictions": ROWS, "thresholds": 0.5} | given)


def test_several_classes_take_no_threshold_and_labels_are_refused() -> None:
    """The class with the highest score is predicted; several labels a row are another question."""
    three = Predictions(labels=[0, 1, 2], scores=np.eye(3), patients=None, classes=("a", "b", "c"))
    with pytest.raises(InvalidInputError, match=r"takes no `thresholds`, got 0\.5"):
        Development(predictions=three, thresholds=0.5)
    table = [[0, 1], [1, 0]]
    both = Predictions(
        labels=table, scores=np.array([[0.2, 0.7], [0.6, 0.1]]), patients=None, classes=("x", "y")
    )
    with pytest.raises(InvalidInputError, match="got the labels"):
        Development(predictions=both, thresholds=0.5)


def test_patients_of_both_cohorts_are_refused_unless_they_are_others() -> None:
    """Whom the model was trained on is no new patient; ids without names are not compared."""
    later = Predictions(labels=[0, 1], scores=[0.2, 0.6], patients=["c", "d"])
    study = Development(predictions=ROWS, thresholds=0.5)
    with pytest.raises(InvalidInputError, match=r"1 patient ids are in .*: 'c'"):
        study.check_next(later)
    Development(predictions=ROWS, thresholds=0.5, other_patients=True).check_next(later)
    study.check_next(Predictions(labels=[0, 1], scores=[0.2, 0.6], patients=None))
    assert study.shared_ids(later) == ["c"]


def test_other_classes_are_refused() -> None:
    """Named otherwise or in another order."""
    later = Predictions(labels=[0, 1], scores=[0.2, 0.6], patients=None, classes=("well", "sick"))
    with pytest.raises(InvalidInputError, match=r"\['negative', 'positive'\], the predictions of"):
        Development(predictions=ROWS, thresholds=0.5).check_next(later)
