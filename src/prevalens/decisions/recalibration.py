"""Scores that mean what they say: temperature, Platt and isotonic, fitted over patients."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from prevalens._checks import check_choice, check_integer, check_number
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Labels, Scores

_METHODS = ("temperature", "platt", "isotonic")
_EDGE = 1e-7  # a float32 sigmoid reaches exactly 0 and 1, whose logits are infinite


@dataclass(frozen=True)
class Recalibration:
    """A fitted map from scores to recalibrated scores.

    Args:
        method: `"temperature"` divides the logit by a number; `"platt"` also adds one;
            `"isotonic"` is any non-decreasing step function.
        fitted: The fitted scikit-learn estimator.
    """

    method: str
    fitted: Any

    def correct(self, scores: ArrayLike) -> Scores:
        """Return recalibrated scores, shape `(n_rows,)`, in [0, 1].

        Raises:
            InvalidInputError: a score lies outside [0, 1].
        """
        values = np.atleast_1d(np.asarray(scores, dtype=np.float64))
        if not ((values >= 0) & (values <= 1)).all():
            raise InvalidInputError(
                f"`scores` must lie in [0, 1], got {values.min():g} to {values.max():g}. Apply "
                "the sigmoid first."
            )
        if self.method == "isotonic":
            return np.asarray(self.fitted.predict(values), dtype=np.float64)
        return np.asarray(self.fitted.predict_proba(_logits(values))[:, 1], dtype=np.float64)

    def correct_threshold(self, threshold: float) -> float:
        """Return the threshold that makes the same calls on recalibrated scores.

        Raises:
            InvalidInputError: isotonic steps merge scores, so no threshold makes the same calls.
        """
        check_number("threshold", threshold, low=0, high=1)
        if self.method == "isotonic":
            raise InvalidInputError(
                "Isotonic steps merge scores, so no threshold makes the same calls. Choose the "
                "threshold on the recalibrated scores."
            )
        return float(self.correct(threshold)[0])

    @property
    def temperature(self) -> float:
        """Number the logit is divided by; above 1 the scores were too sure.

        Raises:
            InvalidInputError: the method is isotonic, which has none.
        """
        if self.method == "isotonic":
            raise InvalidInputError("Isotonic recalibration has no temperature. Use 'temperature'.")
        return 1 / float(self.fitted.coef_[0, 0])


def fit_recalibration(predictions: Predictions, *, method: str = "platt") -> Recalibration:
    """Fit a recalibration on validation rows, to be used on other rows.

    Args:
        predictions: Two-class predictions of the validation rows.
        method: `"temperature"`, `"platt"` or `"isotonic"`.

    Raises:
        InvalidInputError: one class only, or scores that separate the classes without overlap,
            for which no logistic recalibration exists.

    References:
        Platt (1999); Zadrozny & Elkan (2002), KDD; Guo et al. (2017), ICML.
    """
    check_choice("method", method, _METHODS)
    if not predictions.is_binary or (predictions.class_counts == 0).any():
        raise InvalidInputError(
            f"A recalibration is fitted on rows of both of two classes, got {predictions!r}."
        )
    return _fitted(predictions.labels, predictions.scores, method)


def recalibrate(
    predictions: Predictions, *, method: str = "platt", n_folds: int = 5, seed: int = 0
) -> Predictions:
    """Recalibrate rows with maps that never saw their patient: cross-fitted by patient.

    Use it to see what recalibration would do where there are no rows to spare; each fold's
    patients are corrected by a map fitted on the other folds.

    Args:
        predictions: Two-class predictions.
        method: `"temperature"`, `"platt"` or `"isotonic"`.
        n_folds: Folds of patients, at least 2.
        seed: Seed of the folds.

    Returns:
        The same rows with recalibrated scores.

    Raises:
        InvalidInputError: too few patients of a class for that many folds, or as in
            `fit_recalibration`.
    """
    check_choice("method", method, _METHODS)
    check_integer("n_folds", n_folds, minimum=2)
    rows = len(predictions)
    patients = np.arange(rows) if predictions.patients is None else predictions.patients
    for code, name in enumerate(predictions.classes):
        found = len(np.unique(patients[predictions.labels == code]))
        if found < n_folds:
            raise InvalidInputError(
                f"Cannot make {n_folds} folds: class {name!r} comes from only {found} patients. "
                "Use fewer folds, or fit on rows set aside."
            )
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    scores = np.empty(rows)
    for fit, held in folds.split(np.zeros((rows, 1)), predictions.labels, patients):
        fitted = fit_recalibration(predictions.take(cast("Labels", fit)), method=method)
        scores[held] = fitted.correct(predictions.scores[held])
    return predictions.with_scores(scores)


def _fitted(labels: Labels, scores: Scores, method: str) -> Recalibration:
    if method == "isotonic":
        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        return Recalibration(method, steps.fit(scores, labels))
    negative, positive = scores[labels == 0], scores[labels == 1]
    if positive.min() >= negative.max() or negative.min() >= positive.max():
        raise InvalidInputError(
            "The scores separate the classes without overlap (positives from "
            f"{positive.min():g} to {positive.max():g}, negatives from {negative.min():g} to "
            f"{negative.max():g}), so no logistic recalibration exists. Use method='isotonic', "
            "or more rows."
        )
    # An infinite C is no penalty: the plain maximum-likelihood slope.
    model = LogisticRegression(C=np.inf, fit_intercept=method == "platt", tol=1e-10, max_iter=1000)
    fitted = model.fit(_logits(scores), labels)
    if method == "temperature" and fitted.coef_[0, 0] <= 0:
        raise InvalidInputError(
            "No temperature corrects these scores: higher scores do not go with positives (slope "
            f"{fitted.coef_[0, 0]:.3g}). Check that label 1 is the class the scores are of."
        )
    return Recalibration(method, fitted)


def _logits(scores: Scores) -> Scores:
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside))).reshape(-1, 1)
