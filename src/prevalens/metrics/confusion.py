"""Estimates of the 2x2 table, from labels and predictions; a prediction is positive or negative.

Every function takes the same columns: `labels` and `predictions`, 0/1 or boolean, of shape
`(n_rows,)`; `patients`, the id of each row's patient, `(n_rows,)`, or None where images are
independent; and `confidence_level`, the coverage the interval aims at. Every one returns an
`Estimate`, and raises `InvalidInputError` where a column is empty, of another length, or breaks
its rule.
"""

from numpy.typing import ArrayLike

from prevalens._checks import check_choice, check_same_length
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.estimates import Estimates
from prevalens.metrics.inputs import (
    Columns,
    check_confidence_level,
    check_labels,
    number_patients,
)
from prevalens.metrics.registry import all_measures, estimate_of
from prevalens.metrics.settings import INTERVALS, Settings


def confusion_estimates(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    interval: str = "wilson",
) -> Estimates:
    """Compute every estimate of the 2x2 table.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        predictions: 1 or True where the image is predicted positive, shape `(n_rows,)`.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the intervals aim at.
        interval: Limits of proportions, `"wilson"` or `"exact"` (Clopper-Pearson).

    Returns:
        The estimates by key, in the order of a report: every measure of predictions, registered
        ones too, and the prevalence.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule.

    Examples:
        >>> estimates = confusion_estimates([1, 1, 1, 0, 0], [1, 1, 0, 0, 0])
        >>> round(estimates["sensitivity"].value, 3), estimates["lr_positive"].infinite
        (0.667, True)
    """
    columns, settings = checked(labels, predictions, patients, confidence_level, interval)
    return Estimates(
        {
            measure.key: measure.compute(columns, settings)
            for measure in all_measures()
            if measure.of_predictions
        }
    )


def checked(
    labels: ArrayLike,
    predictions: ArrayLike,
    patients: ArrayLike | None,
    confidence_level: float,
    interval: str = "wilson",
) -> tuple[Columns, Settings]:
    """Check the columns; a prediction is a score of 0 or 1."""
    check_choice("interval", interval, INTERVALS)
    flags, predicted = check_labels(labels), check_labels(predictions, name="predictions")
    check_same_length(labels=flags, predictions=predicted)
    codes, ids = number_patients(patients, len(flags))
    level = check_confidence_level(confidence_level)
    return Columns(flags, predicted.astype(float), codes, ids), Settings(
        0.5, level, interval=interval
    )


def sensitivity(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    interval: str = "wilson",
) -> Estimate:
    """Compute the share of positive images that are predicted positive.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).

    Examples:
        >>> made = sensitivity([1, 1, 1, 0, 0], [1, 1, 0, 0, 1])
        >>> round(made.value, 3), made.events, made.n
        (0.667, 2, 3)
    """
    return estimate_of(
        "sensitivity", *checked(labels, predictions, patients, confidence_level, interval)
    )


def specificity(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    interval: str = "wilson",
) -> Estimate:
    """Compute the share of negative images that are predicted negative.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).

    Examples:
        >>> made = specificity([1, 1, 1, 0, 0], [1, 1, 0, 0, 1])
        >>> made.value, made.events, made.n
        (0.5, 1, 2)
    """
    return estimate_of(
        "specificity", *checked(labels, predictions, patients, confidence_level, interval)
    )


def ppv(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    interval: str = "wilson",
) -> Estimate:
    """Compute the share of positive predictions that are right, at the prevalence of these rows.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).

    Examples:
        >>> round(ppv([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)
        0.667
        >>> ppv([1, 1, 0], [0, 0, 0]).value is None  # nothing predicted positive: not estimable
        True
    """
    return estimate_of("ppv", *checked(labels, predictions, patients, confidence_level, interval))


def npv(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    interval: str = "wilson",
) -> Estimate:
    """Compute the share of negative predictions that are right, at the prevalence of these rows.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).

    Examples:
        >>> npv([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value
        0.5
    """
    return estimate_of("npv", *checked(labels, predictions, patients, confidence_level, interval))


def accuracy(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    interval: str = "wilson",
) -> Estimate:
    """Compute the share of predictions that are right.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).

    Examples:
        >>> accuracy([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value
        0.6
    """
    return estimate_of(
        "accuracy", *checked(labels, predictions, patients, confidence_level, interval)
    )


def balanced_accuracy(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the mean of sensitivity and specificity.

    Examples:
        >>> round(balanced_accuracy([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)  # (2/3 + 1/2) / 2
        0.583
    """
    return estimate_of(
        "balanced_accuracy", *checked(labels, predictions, patients, confidence_level)
    )


def youden(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute Youden's J: sensitivity + specificity - 1.

    Examples:
        >>> round(youden([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)  # 2/3 + 1/2 - 1
        0.167
    """
    return estimate_of("youden", *checked(labels, predictions, patients, confidence_level))


def f1(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute F1: 2 tp / (2 tp + fp + fn); neither proper nor decision-analytic.

    Examples:
        >>> round(f1([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)  # 2 * 2 / (2 * 2 + 1 + 1)
        0.667
    """
    return estimate_of("f1", *checked(labels, predictions, patients, confidence_level))


def mcc(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute Matthews' correlation coefficient of labels and predictions.

    Examples:
        >>> round(mcc([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)
        0.167
    """
    return estimate_of("mcc", *checked(labels, predictions, patients, confidence_level))


def kappa(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute Cohen's kappa of labels and predictions.

    Examples:
        >>> round(kappa([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)  # (0.6 - 0.52) / (1 - 0.52)
        0.167
    """
    return estimate_of("kappa", *checked(labels, predictions, patients, confidence_level))


def lr_positive(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the positive likelihood ratio: sensitivity / (1 - specificity).

    Examples:
        >>> round(lr_positive([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)  # (2/3) / (1 - 1/2)
        1.333
    """
    return estimate_of("lr_positive", *checked(labels, predictions, patients, confidence_level))


def lr_negative(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the negative likelihood ratio: (1 - sensitivity) / specificity.

    Examples:
        >>> round(lr_negative([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)  # (1 - 2/3) / (1/2)
        0.667
    """
    return estimate_of("lr_negative", *checked(labels, predictions, patients, confidence_level))


def dor(
    labels: ArrayLike,
    predictions: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the diagnostic odds ratio: (tp x tn) / (fp x fn).

    Examples:
        >>> round(dor([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]).value, 3)  # (2 * 1) / (1 * 1)
        2.0
    """
    return estimate_of("dor", *checked(labels, predictions, patients, confidence_level))


def prevalence(
    labels: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
    interval: str = "wilson",
) -> Estimate:
    """Compute the share of positive images.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).

    Examples:
        >>> made = prevalence([1, 0, 0, 0], patients=["a", "b", "c", "d"])
        >>> made.value, made.patients
        (0.25, 4)
    """
    return estimate_of("prevalence", *checked(labels, labels, patients, confidence_level, interval))
