"""Recalibration where no rows are to spare: each patient corrected by a map of the others."""

import numpy as np

from prevalens._checks import check_choice, check_integer, check_kind
from prevalens.decisions.class_recalibration import (
    CLASS_METHODS,
    ClassRecalibration,
    fit_class_recalibration,
)
from prevalens.decisions.prior_shift import PriorShift
from prevalens.decisions.recalibration import METHODS, Recalibration, fit_recalibration
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.splits.patient_kfold import PatientKFold


def recalibrate(
    predictions: Predictions,
    *,
    method: str = "platt",
    shift: PriorShift | None = None,
    n_folds: int = 5,
    seed: int = 0,
) -> Predictions:
    """Recalibrate rows with maps that never saw their patient: cross-fitted by patient.

    Use it to see what recalibration would do where there are no rows to spare; each fold's
    patients are corrected by a map fitted on the other folds.

    Args:
        predictions: Predictions of two or several classes, or of several labels.
        method: As in `fit_recalibration`; of several classes or labels as in
            `fit_class_recalibration`.
        shift: As in `fit_recalibration`, of two classes only.
        n_folds: Folds of patients, at least 2; those of `PatientKFold`.
        seed: Seed of the folds.

    Returns:
        The same rows with recalibrated scores.

    Raises:
        InvalidInputError: too few patients of a class for that many folds, a `shift` beside
            several classes, or as in the fit.

    Examples:
        >>> held_out = Predictions(
        ...     labels=[0, 0, 0, 1] * 25 + [0, 1, 1, 1] * 25, scores=[0.1] * 100 + [0.9] * 100,
        ...     patients=[k // 2 for k in range(200)],
        ... )
        >>> made = recalibrate(held_out)  # each patient by the other patients
        >>> bool(0.2 < made.scores[0] < 0.3), bool(0.7 < made.scores[-1] < 0.8)
        (True, True)
    """
    check_kind("predictions", predictions, Predictions)
    of_classes = not (predictions.is_binary or predictions.is_multilabel)
    check_choice("method", method, CLASS_METHODS if of_classes else METHODS)
    check_integer("n_folds", n_folds, minimum=2)
    if shift is not None and not predictions.is_binary:
        raise InvalidInputError(
            "`shift` is of two classes. Correct several with `correct_predictions` first."
        )
    rows, several = len(predictions), predictions.is_multilabel
    patients = np.arange(rows) if predictions.patients is None else predictions.patients
    kind = "label" if several else "class"
    for code, name in enumerate(predictions.classes):
        holds = predictions.labels[:, code] == 1 if several else predictions.labels == code
        found = len(np.unique(patients[holds]))
        if found < n_folds:
            raise InvalidInputError(
                f"Cannot make {n_folds} folds: {kind} {name!r} comes from only {found} patients. "
                "Use fewer folds, or fit on rows set aside."
            )
    scores = np.empty(predictions.scores.shape)
    folds = PatientKFold(n_folds, seed=seed, allow_missing_classes=True)
    strata = (predictions.labels == 1).astype(np.int64) if several else predictions.labels
    for fit, held in folds.split(None, strata, patients):
        fitted = _fit(predictions.take(fit), method, shift)
        scores[held] = fitted.correct(predictions.scores[held])
    return predictions.with_scores(scores)


def _fit(
    predictions: Predictions, method: str, shift: PriorShift | None
) -> Recalibration | ClassRecalibration:
    if predictions.is_binary:
        return fit_recalibration(predictions, method=method, shift=shift)
    return fit_class_recalibration(predictions, method=method)
