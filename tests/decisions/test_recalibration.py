"""Recalibration finds known distortions, and never fits on the patient it corrects."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from prevalens.decisions import fit_recalibration, recalibrate
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logits to scores."""
    return 1 / (1 + np.exp(-logits))


def distorted(slope: float, intercept: float, n: int = 4000) -> tuple[Predictions, np.ndarray]:
    """Rows whose true logit is z and whose score has logit (z - intercept) / slope."""
    rng = np.random.default_rng(6)
    logits = rng.normal(0, 2, n)
    labels = (rng.random(n) < sigmoid(logits)).astype(int)
    patients = [f"p{k // 4}" for k in range(n)]
    scores = sigmoid((logits - intercept) / slope)
    return Predictions(labels=labels, scores=scores, patients=patients), sigmoid(logits)


def test_a_known_temperature_is_found() -> None:
    """Logits three times too large have temperature 3, within sampling error."""
    predictions, _ = distorted(1 / 3, 0)

    assert fit_recalibration(predictions, method="temperature").temperature == pytest.approx(
        3, rel=0.08
    )


def test_platt_finds_slope_and_intercept() -> None:
    """A known slope and shift of the logits are undone; true scores have none to undo."""
    predictions, truth = distorted(0.5, 1.0)
    fitted = fit_recalibration(predictions)

    assert float(fitted.fitted.coef_[0, 0]) == pytest.approx(0.5, rel=0.08)
    assert float(fitted.fitted.intercept_[0]) == pytest.approx(1.0, rel=0.15)
    assert np.mean(np.abs(fitted.correct(predictions.scores) - truth)) < 0.02


def test_isotonic_pools_what_is_out_of_order() -> None:
    """Worked by hand: labels 0, 1, 0, 1 along the scores pool to 0, 1/2, 1/2, 1."""
    predictions = Predictions(labels=[0, 1, 0, 1], scores=[0.1, 0.2, 0.3, 0.4], patients=None)
    fitted = fit_recalibration(predictions, method="isotonic")

    assert fitted.correct([0.1, 0.2, 0.3, 0.4]).tolist() == [0, 0.5, 0.5, 1]
    with pytest.raises(InvalidInputError, match="merge scores"):
        fitted.correct_threshold(0.5)
    with pytest.raises(InvalidInputError, match="no temperature"):
        _ = fitted.temperature


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_a_threshold_maps_along(method: str) -> None:
    """The mapped threshold makes the same calls on the recalibrated scores."""
    predictions, _ = distorted(0.5, 1.0, n=500)
    fitted = fit_recalibration(predictions, method=method)
    calls = fitted.correct(predictions.scores) >= fitted.correct_threshold(0.3)

    assert np.array_equal(calls, predictions.scores >= 0.3)


@pytest.mark.parametrize("method", ["temperature", "platt", "isotonic"])
def test_cross_fitting_improves_the_log_loss(method: str) -> None:
    """Scores three times too sure come nearer to the truth without seeing their patient."""
    predictions, _ = distorted(1 / 3, 0)
    after = recalibrate(predictions, method=method)

    def loss(scores: np.ndarray) -> float:
        return float(log_loss(predictions.labels, np.clip(scores, 1e-6, 1 - 1e-6)))

    assert loss(after.scores) < loss(predictions.scores) - 0.1
    assert after.patients.tolist() == predictions.patients.tolist()


def test_a_patient_never_corrects_itself() -> None:
    """Turning one patient's labels round leaves the scores of that patient as they were."""
    predictions, _ = distorted(0.5, 1.0, n=400)
    turned = predictions.labels.copy()
    mine = predictions.patients == "p7"
    turned[mine] = turned[mine][::-1]  # the same counts, so the folds stay
    other = Predictions(labels=turned, scores=predictions.scores, patients=predictions.patients)

    before, after = recalibrate(predictions), recalibrate(other)

    assert before.scores[mine] == pytest.approx(after.scores[mine], abs=1e-12)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3], "rows of both"),
        ([0, 0, 1], [0.1, 0.2, 0.3], "without overlap.*isotonic"),
        ([1, 0, 1, 0], [0.1, 0.2, 0.15, 0.12], "No temperature corrects"),
    ],
)
def test_what_has_no_fit_is_refused(labels: list[int], scores: list[float], message: str) -> None:
    """One class, perfect separation, scores that run backwards."""
    with pytest.raises(InvalidInputError, match=message):
        fit_recalibration(
            Predictions(labels=labels, scores=scores, patients=None), method="temperature"
        )


def test_too_few_patients_for_the_folds_are_named() -> None:
    """Five folds need five patients of each class."""
    predictions = Predictions(
        labels=[0, 1, 0, 1], scores=[0.1, 0.2, 0.3, 0.4], patients=list("abcb")
    )

    with pytest.raises(InvalidInputError, match="'negative' comes from only 2 patients"):
        recalibrate(predictions)
    with pytest.raises(InvalidInputError, match=r"\[0, 1\]"):
        fit_recalibration(predictions, method="isotonic").correct([2.0])
