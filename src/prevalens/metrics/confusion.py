"""Figures of the 2x2 table, from labels and calls; a call is positive or negative.

Every function takes the same columns: `labels` and `calls`, 0/1 or boolean, shape `(n_rows,)`;
`patients`, the id of each row's patient, `(n_rows,)`, or None where images are independent; and
`level`, the coverage the interval aims at. Every one returns a `Figure`, and raises
`InvalidInputError` where a column is empty, of another length, or breaks its rule.
"""

from numpy.typing import ArrayLike

from prevalens._checks import check_choice, check_same_length
from prevalens.metrics.cells import Cells
from prevalens.metrics.compound import (
    balanced_accuracy_figure,
    f1_figure,
    kappa_figure,
    mcc_figure,
    youden_figure,
)
from prevalens.metrics.figure import Figure
from prevalens.metrics.inputs import check_labels, check_level, check_patients
from prevalens.metrics.likelihood import dor_figure, lr_negative_figure, lr_positive_figure

INTERVALS = ("wilson", "exact")


def confusion_figures(
    labels: ArrayLike,
    calls: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> dict[str, Figure]:
    """Compute every figure of the 2x2 table.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        calls: 1 or True where the image is called positive, shape `(n_rows,)`.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        level: Coverage the intervals aim at.
        interval: Limits of proportions, `"wilson"` or `"exact"` (Clopper-Pearson).

    Returns:
        The figures by name: sensitivity, specificity, ppv, npv, lr_positive, lr_negative, dor,
        accuracy, balanced_accuracy, youden, f1, mcc, kappa and prevalence.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule.

    Examples:
        >>> figures = confusion_figures([1, 1, 1, 0, 0], [1, 1, 0, 0, 0])
        >>> round(figures["sensitivity"].value, 3), figures["lr_positive"].not_estimable
        (0.667, 'no false positives, so the ratio has no finite value')
    """
    check_choice("interval", interval, INTERVALS)
    cells = count_cells(labels, calls, patients=patients, level=level)
    return figures_of(cells, interval=interval)


def figures_of(cells: Cells, *, interval: str = "wilson") -> dict[str, Figure]:
    """Compute every figure of a counted table."""
    return {
        "sensitivity": cells.sensitivity(interval),
        "specificity": cells.specificity(interval),
        "ppv": cells.ppv(interval),
        "npv": cells.npv(interval),
        "lr_positive": lr_positive_figure(cells),
        "lr_negative": lr_negative_figure(cells),
        "dor": dor_figure(cells),
        "accuracy": cells.accuracy(interval),
        "balanced_accuracy": balanced_accuracy_figure(cells),
        "youden": youden_figure(cells),
        "f1": f1_figure(cells),
        "mcc": mcc_figure(cells),
        "kappa": kappa_figure(cells),
        "prevalence": cells.prevalence(interval),
    }


def count_cells(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None, level: float
) -> Cells:
    """Check labels, calls and patients, and count the 2x2 table.

    Raises:
        InvalidInputError: a column is empty, of another length, or neither 0 nor 1.
    """
    flags, called = check_labels(labels), check_labels(calls, name="calls")
    check_same_length(labels=flags, calls=called)
    return Cells(flags, called, check_patients(patients, len(flags)), check_level(level))


def sensitivity(
    labels: ArrayLike,
    calls: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> Figure:
    """Compute the share of positive images that are called positive.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).
    """
    check_choice("interval", interval, INTERVALS)
    return count_cells(labels, calls, patients=patients, level=level).sensitivity(interval)


def specificity(
    labels: ArrayLike,
    calls: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> Figure:
    """Compute the share of negative images that are called negative.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).
    """
    check_choice("interval", interval, INTERVALS)
    return count_cells(labels, calls, patients=patients, level=level).specificity(interval)


def ppv(
    labels: ArrayLike,
    calls: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> Figure:
    """Compute the share of positive calls that are right, at the prevalence of these rows.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).
    """
    check_choice("interval", interval, INTERVALS)
    return count_cells(labels, calls, patients=patients, level=level).ppv(interval)


def npv(
    labels: ArrayLike,
    calls: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> Figure:
    """Compute the share of negative calls that are right, at the prevalence of these rows.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).
    """
    check_choice("interval", interval, INTERVALS)
    return count_cells(labels, calls, patients=patients, level=level).npv(interval)


def accuracy(
    labels: ArrayLike,
    calls: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> Figure:
    """Compute the share of calls that are right.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).
    """
    check_choice("interval", interval, INTERVALS)
    return count_cells(labels, calls, patients=patients, level=level).accuracy(interval)


def balanced_accuracy(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute the mean of sensitivity and specificity."""
    return balanced_accuracy_figure(count_cells(labels, calls, patients=patients, level=level))


def youden(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute Youden's J: sensitivity + specificity - 1."""
    return youden_figure(count_cells(labels, calls, patients=patients, level=level))


def f1(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute F1: 2 tp / (2 tp + fp + fn); neither proper nor decision-analytic."""
    return f1_figure(count_cells(labels, calls, patients=patients, level=level))


def mcc(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute Matthews' correlation coefficient of labels and calls."""
    return mcc_figure(count_cells(labels, calls, patients=patients, level=level))


def kappa(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute Cohen's kappa of labels and calls."""
    return kappa_figure(count_cells(labels, calls, patients=patients, level=level))


def lr_positive(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute the positive likelihood ratio: sensitivity / (1 - specificity)."""
    return lr_positive_figure(count_cells(labels, calls, patients=patients, level=level))


def lr_negative(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute the negative likelihood ratio: (1 - sensitivity) / specificity."""
    return lr_negative_figure(count_cells(labels, calls, patients=patients, level=level))


def dor(
    labels: ArrayLike, calls: ArrayLike, *, patients: ArrayLike | None = None, level: float = 0.95
) -> Figure:
    """Compute the diagnostic odds ratio: (tp x tn) / (fp x fn)."""
    return dor_figure(count_cells(labels, calls, patients=patients, level=level))


def prevalence(
    labels: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
    interval: str = "wilson",
) -> Figure:
    """Compute the share of positive images.

    `interval` is `"wilson"` or `"exact"` (Clopper-Pearson).
    """
    check_choice("interval", interval, INTERVALS)
    return count_cells(labels, labels, patients=patients, level=level).prevalence(interval)
