"""An estimate over all images, from each image's pull on it."""

from collections.abc import Callable

import numpy as np

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.clusters import Spread, leave_out, per_patient
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.intervals import Limits
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
    influence_values: Numbers,
    limits: Callable[[float, float], Limits],
    *,
    method: str,
    confidence_level: float,
) -> Estimate:
    """Make the estimate whose slope in each row's weight is `influence_values`.

    Args:
        columns: The checked columns.
        value: The estimate.
        influence_values: Slopes, shape `(n_rows,)`; they add up to 0.
        limits: Turns value and half width into limits, on the estimate's scale.
        method: How value and limits are computed; `{}` stands for where the spread comes from.
        confidence_level: Coverage aimed at.
    """
    basis, codes, n = basis_of(columns, confidence_level), columns.codes, influence_values.size
    words = method.format(INDEPENDENT if basis.unclustered else JACKKNIFE)
    if n > 1 and basis.patients == 1:
        return basis.without_limits(value, words, "all images come from one patient")
    with np.errstate(over="ignore"):  # an infinite spread ends as no limits
        alone = float(influence_values @ influence_values) * n / max(n - 1, 1)
    if alone <= 1e-24:
        why = "all images count alike, and a width of 0 is not an interval"
        return basis.without_limits(value, words, why)
    if codes is None or basis.unclustered:
        return basis.from_spread(value, Spread.alone(alone, n), limits, words)
    k = int(codes.max()) + 1
    sizes = np.bincount(codes, minlength=k).astype(float)
    spread = Spread.of(leave_out(per_patient(influence_values, codes, k), sizes))
    return basis.from_spread(value, spread, limits, words, alone=alone)
