"""Cross-fitted recalibration of several classes and labels never sees the patient it corrects."""

import numpy as np
import pytest
from scipy.special import softmax

from prevalens.decisions import PriorShift, fit_class_recalibration, recalibrate
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.splits import PatientKFold


def sharp(n: int = 900) -> Predictions:
    """Three classes, three images a patient, with logits three times too large."""
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1.2, (n, 3))
    labels = (rng.random(n)[:, None] > softmax(logits, axis=1).cumsum(axis=1)).sum(axis=1)
    patients = [f"p{k // 3}" for k in range(n)]
    return Predictions(
        labels=labels, scores=softmax(3 * logits, axis=1), patients=patients, classes="abc"
    )


def found(n: int = 600) -> Predictions:
    """Two labels of which the first is not known on ten rows."""
    rng = np.random.default_rng(2)
    logits = rng.normal(-0.5, 1.2, (n, 2))
    labels = (rng.random((n, 2)) < 1 / (1 + np.exp(-logits))).astype(float)
    labels[:10, 0] = np.nan
    scores = 1 / (1 + np.exp(-3 * logits))
    return Predictions(
        labels=labels, scores=scores, patients=np.arange(n) // 2, classes=("mass", "node")
    )


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_several_classes_come_nearer_to_the_truth(method: str) -> None:
    """The log loss of scores too sure falls, on rows whose patient no map has seen."""
    seen = sharp()
    after = recalibrate(seen, method=method)

    def loss(scores: np.ndarray) -> float:
        return -float(np.log(scores[np.arange(len(seen)), seen.labels] + 1e-9).mean())

    assert loss(after.scores) < loss(seen.scores) - 0.1
    assert after.patients.tolist() == seen.patients.tolist()


@pytest.mark.parametrize("seen", [sharp(), found()], ids=["classes", "labels"])
def test_each_fold_is_corrected_by_the_map_of_the_others(seen: Predictions) -> None:
    """The scores are those of `fit_class_recalibration` on the patients outside the fold."""
    after = recalibrate(seen, n_folds=3, seed=5)
    strata = (seen.labels == 1).astype(int) if seen.is_multilabel else seen.labels
    folds = PatientKFold(3, seed=5, allow_missing_classes=True)
    for fit, held in folds.split(None, strata, seen.patients):
        by_hand = fit_class_recalibration(seen.take(fit)).correct(seen.scores[held])
        assert after.scores[held].tolist() == by_hand.tolist()


def test_what_several_classes_cannot_have_is_refused() -> None:
    """A shift of two classes, and a label of fewer patients than folds."""
    with pytest.raises(InvalidInputError, match="`correct_predictions` first"):
        recalibrate(sharp(90), shift=PriorShift(0.5, 0.1))
    seen = found(60)
    rare = np.zeros((60, 2))
    rare[:4, 1] = rare[:30, 0] = 1
    few = Predictions(labels=rare, scores=seen.scores, patients=seen.patients, classes="ab")
    with pytest.raises(InvalidInputError, match="label 'b' comes from only 2 patients"):
        recalibrate(few)
