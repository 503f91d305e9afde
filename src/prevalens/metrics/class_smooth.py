"""Estimates of several classes that are smooth functions of means over images."""

from collections.abc import Callable

import numpy as np

from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.clusters import leave_out, per_patient
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.formulas import slopes_of
from prevalens.metrics.intervals import scale_of
from prevalens.metrics.linear import estimate_over
from prevalens.metrics.settings import Settings
from prevalens.typing import Numbers

Pulls = Callable[[ClassColumns], tuple[float, Numbers]]


def smooth_estimate(
    columns: ClassColumns,
    value: float,
    influence_values: Numbers,
    settings: Settings,
    *,
    name: str,
    low: float = 0.0,
    high: float = 1.0,
    skewed: bool = False,
) -> Estimate:
    """Make the estimate whose slope in each row's weight is `influence_values`.

    Args:
        columns: The checked columns.
        value: The estimate.
        influence_values: Slopes, shape `(n_rows,)`; they add up to 0.
        settings: The confidence level.
        name: What is computed, in words.
        low: Least value possible.
        high: Largest value possible.
        skewed: Whether limits over patients move outwards where patients are skewed.
    """
    basis = columns.basis(settings.confidence_level)
    scale, words = scale_of(low, high)
    method = f"{name}: delta method, {words}, {{}}"
    if not np.isfinite(value):
        return basis.refuse("a share of no images is part of it", method.format(INDEPENDENT))
    if value in {low, high} and basis.patients != 1:
        why = "it is at the end of its range, so its spread is unseen"
        return basis.without_limits(value, method.format(INDEPENDENT), why)
    return estimate_over(
        basis, columns.codes, value, influence_values, scale, method=method, skewed=skewed
    )


def without_each(columns: ClassColumns, influence_values: Numbers) -> Numbers:
    """Return how far the estimate moves without each patient, shape `(n_units,)`."""
    sizes = np.bincount(columns.units, minlength=columns.n_units).astype(float)
    sums = per_patient(influence_values, columns.units, columns.n_units)
    # One patient alone leaves nothing behind; it has no spread either.
    return sums if columns.n_units < 2 else leave_out(sums, sizes)


def estimate_from(
    pulls: Pulls, *, name: str, low: float = 0.0, high: float = 1.0, skewed: bool = False
) -> Callable[[ClassColumns, Settings], Estimate]:
    """Return what computes an estimate from its value and influence values."""

    def estimate(columns: ClassColumns, settings: Settings) -> Estimate:
        value, influence_values = pulls(columns)
        return smooth_estimate(
            columns,
            value,
            influence_values,
            settings,
            name=name,
            low=low,
            high=high,
            skewed=skewed,
        )

    return estimate


def changes_from(pulls: Pulls) -> Callable[[ClassColumns], Numbers]:
    """Return what computes how far an estimate moves without each patient."""

    def changes(columns: ClassColumns) -> Numbers:
        return without_each(columns, pulls(columns)[1])

    return changes


def mean_pulls(values: Numbers) -> tuple[float, Numbers]:
    """Return the mean of values of rows, and their influence values."""
    mean = float(values.mean())
    return mean, (values - mean) / values.size


def matrix_pulls(columns: ClassColumns, combine: Callable[..., complex]) -> tuple[float, Numbers]:
    """Return a function of the confusion matrix, and the influence value of each row.

    Args:
        columns: The checked columns.
        combine: Takes the matrix of shares row by row, label by prediction; only their ratios
            may matter.
    """
    k, n = len(columns.names), columns.labels.size
    shares = columns.matrix.reshape(-1) / n
    with np.errstate(all="ignore"):
        value = float(np.real(combine(*shares)))
        slopes = slopes_of(combine, shares)
    centred = slopes - slopes @ shares
    return value, centred[columns.labels * k + columns.predicted] / n
