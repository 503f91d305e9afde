"""An estimate over all images, from each image's pull on it."""

import math
from collections.abc import Callable

import numpy as np

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.clusters import Spread, leave_out, per_patient
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import Limits, normal_critical, student_critical
from prevalens.typing import Numbers

JACKKNIFE = "delete-one-patient jackknife and Student's t (degrees of freedom: Satterthwaite 1946)"


def basis_of(columns: Columns, confidence_level: float) -> Basis:
    """Return the basis of an estimate that rests on every row; events are positive images."""
    events = int(np.count_nonzero(columns.labels))
    return Basis.of(
        columns.codes, confidence_level=confidence_level, n=columns.labels.size, events=events
    )


def linear_estimate(
    columns: Columns,
    value: float,
    pulls: Numbers,
    limits: Callable[[float, float], Limits],
    *,
    method: str,
    confidence_level: float,
) -> Estimate:
    """Make the estimate whose slope in each row's weight is `pulls`.

    Args:
        columns: The checked columns.
        value: The estimate.
        pulls: Slopes, shape `(n_rows,)`; they add up to 0.
        limits: Turns value and half width into limits, on the estimate's scale.
        method: How value and limits are computed; `{}` stands for where the spread comes from.
        confidence_level: Coverage aimed at.
    """
    basis, codes, n = basis_of(columns, confidence_level), columns.codes, pulls.size
    words = method.format(INDEPENDENT if basis.singletons else JACKKNIFE)
    if n > 1 and basis.patients == 1:
        return basis.without_limits(value, words, "all images come from one patient")
    with np.errstate(over="ignore"):  # an infinite spread ends as no limits
        alone = float(pulls @ pulls) * n / max(n - 1, 1)
    if alone <= 1e-24:
        why = "all images count alike, and a width of 0 is not an interval"
        return basis.without_limits(value, words, why)
    if codes is None or basis.singletons:
        half = normal_critical(confidence_level) * math.sqrt(alone)
        return basis.estimate(value, limits(value, half), words)
    k = int(codes.max()) + 1
    sizes = np.bincount(codes, minlength=k).astype(float)
    spread = Spread.of(leave_out(per_patient(pulls, codes, k), sizes))
    if why_not := basis.usable(spread):
        return basis.without_limits(value, words, why_not)
    half = student_critical(confidence_level, spread.df) * spread.error
    effect = max(spread.variance / alone, 1.0)
    return basis.estimate(value, limits(value, half), words, design_effect=effect)
