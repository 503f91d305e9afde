"""Estimates that know the folds: the mean over folds of what one model is worth."""

import math
from typing import Any

import numpy as np

from prevalens._checks import check_choice, check_number
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_measures import class_measure_of
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import check_columns, check_confidence_level
from prevalens.metrics.label_columns import check_label_columns
from prevalens.metrics.label_measures import label_measure_of
from prevalens.metrics.registry import estimate_of, keys_where, measure_of
from prevalens.metrics.settings import Settings
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Labels

_METHOD = (
    "mean over folds, each fold weighing the same; limits of the folds' own intervals, squared "
    "and added (Zou & Donner 2008): no patient is in two folds"
)


def within_folds(
    predictions: Predictions,
    folds: Labels,
    measure: str,
    *,
    threshold: float | None,
    confidence_level: float,
) -> Estimate:
    """Compute a measure in each fold, and the mean of the folds.

    Folds hold different patients, so their estimates are independent given the models; that the
    models share training patients is not in the interval, as in every cross-validation.

    Args:
        predictions: Out-of-fold predictions of two or more classes, or of several labels.
        folds: Fold of each row, shape `(n_rows,)`.
        measure: Key of a measure; of several classes one of `all_class_measures`, of several
            labels one that no threshold is needed for.
        threshold: Threshold where the measure needs one.
        confidence_level: Of the interval, in (0, 1).

    Raises:
        InvalidInputError: the measure is unknown, or needs a threshold, or takes none.

    References:
        Zou & Donner, Statistics in Medicine 2008;27:1693-1702.
    """
    level = check_confidence_level(confidence_level)
    rows = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
    parts = [
        _one(predictions.take(of), measure, threshold=threshold, confidence_level=level)
        for of in rows
    ]
    whole: dict[str, Any] = {
        "confidence_level": level,
        "method": _METHOD,
        "unit": "image",
        "n": len(predictions),
        "events": int(np.count_nonzero(predictions.labels == 1)) if predictions.is_binary else None,
        "patients": predictions.n_patients,
    }
    reasons = [part.not_estimable for part in parts if part.not_estimable]
    if reasons:
        reason = f"in {len(reasons)} of {len(parts)} folds: {reasons[0]}"
        return Estimate(value=None, lower=None, upper=None, not_estimable=reason, **whole)
    value = math.fsum(part.value or 0.0 for part in parts) / len(parts)
    spread = ", ".join(f"{part.value:.3f}" for part in parts)
    without = sum(part.lower is None or part.upper is None for part in parts)
    if without:
        note = f"Folds: {spread}. No interval: {without} of {len(parts)} folds have none."
        return Estimate(value=value, lower=None, upper=None, note=note, **whole)
    low, high = (
        math.sqrt(math.fsum(((part.value or 0.0) - (end or 0.0)) ** 2 for part, end in ends))
        / len(parts)
        for ends in (
            [(part, part.lower) for part in parts],
            [(part, part.upper) for part in parts],
        )
    )
    return Estimate(
        value=value, lower=value - low, upper=value + high, note=f"Folds: {spread}.", **whole
    )


def _one(
    part: Predictions, measure: str, *, threshold: float | None, confidence_level: float
) -> Estimate:
    if not part.is_binary:
        if threshold is not None:
            raise InvalidInputError(
                f"{measure!r} of several classes or labels takes no `threshold`, got {threshold!r}."
            )
        if part.is_multilabel:
            columns = check_label_columns(
                part.labels, part.scores, part.patients, names=part.classes
            )
            return label_measure_of(measure).estimate(columns, Settings(None, confidence_level))
        columns_of = check_class_columns(
            part.labels, part.scores, part.patients, classes=part.classes
        )
        return class_measure_of(measure).estimate(columns_of, Settings(None, confidence_level))
    check_choice("measure", measure, keys_where(lambda each: each.comparable))
    if (threshold is not None) != measure_of(measure).needs_threshold:
        raise InvalidInputError(
            f"{measure!r} {'needs' if threshold is None else 'takes no'} `threshold`, got "
            f"{threshold!r}."
        )
    at = None if threshold is None else check_number("threshold", threshold, low=0, high=1)
    checked = check_columns(part.labels, part.scores, part.patients)
    return estimate_of(measure, checked, Settings(at, confidence_level))
