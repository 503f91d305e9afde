"""Average precision and the influence of each image on it."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens._sums import dot
from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.clusters import joint_spread, per_patient
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.linear import basis_of
from prevalens.metrics.near_ends import fewer_units, ranking_estimate
from prevalens.typing import Flags, Numbers

_ALONE = (
    "step sum over distinct scores; logit interval (Boyd, Eng & Page 2013), delete-one-image "
    f"jackknife and Student's t (degrees of freedom: Satterthwaite 1946), {INDEPENDENT}"
)
_OVER = (
    "step sum over distinct scores; logit interval (Boyd, Eng & Page 2013), jackknife over "
    "patients and Student's t (degrees of freedom: Satterthwaite 1946)"
)


def average_precision(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute average precision: precision at each distinct score, weighted by the recall it adds.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the interval aims at.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule.

    References:
        Boyd, Eng & Page, ECML PKDD 2013:451-466.

    Examples:
        >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).value, 4)
        0.8333
    """
    return average_precision_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def average_precision_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute the average precision of checked columns."""
    labels, codes = columns.labels, columns.codes
    n, events = labels.size, int(np.count_nonzero(labels))
    basis = basis_of(columns, confidence_level)
    method = _ALONE if basis.unclustered else _OVER
    if events in {0, n}:
        return basis.refuse(f"no {'negative' if events else 'positive'} images", method)
    value, influence_values = precision_influences(labels, columns.scores)
    if value >= 1 or columns.scores.min() == columns.scores.max():
        why = "the ranking is perfect" if value >= 1 else "all scores are equal"
        return basis.without_limits(value, method, f"{why}, so the spread is unseen")
    alone = dot(influence_values, influence_values)
    if basis.unclustered and min(events, n - events) < 2:
        return basis.without_limits(value, method, "one image of a class has no spread")
    codes = np.arange(n) if codes is None else codes
    k = int(codes.max()) + 1
    parts = []
    for rows in (labels, ~labels):
        sizes = per_patient(rows.astype(float), codes, k)
        parts += [per_patient(influence_values * rows, codes, k), sizes]
    spread = joint_spread(parts[0], parts[1], parts[2], parts[3])
    units = fewer_units(labels, codes)
    return ranking_estimate(basis, value, spread, method, units=units, alone=alone)


def precision_influences(
    labels: Flags, scores: Numbers, weights: Numbers | None = None
) -> tuple[float, Numbers]:
    """Compute average precision and each row's pull on it: its slope in the row's weight.

    Args:
        labels: True where the image is positive, shape `(n_rows,)`; both classes occur.
        scores: Score of the positive class, shape `(n_rows,)`.
        weights: What each row weighs, shape `(n_rows,)`; None: 1.

    Returns:
        Average precision, and the influence_values of shape `(n_rows,)`, which add up to 0.
    """
    distinct, place = np.unique(-scores, return_inverse=True)
    weights = np.ones(labels.size) if weights is None else weights
    positives = np.bincount(place, weights=labels * weights, minlength=distinct.size)
    everyone = np.bincount(place, weights=weights, minlength=distinct.size)
    true, called = np.cumsum(positives), np.cumsum(everyone)
    events = true[-1]
    value = float(positives @ (true / called) / events)
    # One more row at a place changes the precision at that place and at all places after it.
    gained = np.cumsum((positives * (called - true) / called**2)[::-1])[::-1]
    lost = np.cumsum((positives * true / called**2)[::-1])[::-1]
    for_positive = true / called - value + gained
    return value, np.where(labels, for_positive[place], -lost[place]) / events
