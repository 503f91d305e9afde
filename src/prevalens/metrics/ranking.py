"""How well scores rank positive images above negative ones."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.clusters import Spread
from prevalens.metrics.delong import PlacementValues, auroc_spread, placement_values
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.intervals import (
    Limits,
    logit_limits,
    plain_limits,
)

_DELONG = f"DeLong, {INDEPENDENT} (DeLong 1988; Sun & Xu 2014), limits cut to [0, 1]"
_OVER = (
    "DeLong's placed summed over patients (Obuchowski 1997), delete-one-patient jackknife, "
    "logit scale and Student's t (degrees of freedom: Satterthwaite 1946)"
)
_PERFECT = (
    "exact bound from disjoint pairs of a positive and a negative {unit}: DeLong's width is 0 "
    "where every pair is ranked alike, which is not an interval"
)


def auroc(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    patients: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Compute the area under the ROC curve: higher scores mean positive, ties count half.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.
        confidence_level: Coverage the interval aims at.

    Returns:
        The estimate; never flipped, so a ranking worse than chance stays below 0.5.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its rule.

    References:
        DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837-845.
        Obuchowski, Biometrics 1997;53:567-578.

    Examples:
        >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).value
        0.75
    """
    return auroc_estimate(
        check_columns(labels, scores, patients),
        confidence_level=check_confidence_level(confidence_level),
    )


def auroc_estimate(columns: Columns, *, confidence_level: float) -> Estimate:
    """Compute the AUROC of checked columns."""
    labels, codes = columns.labels, columns.codes
    n, events = labels.size, int(np.count_nonzero(labels))
    basis = Basis.of(codes, confidence_level=confidence_level, n=n, events=events)
    method = _DELONG if basis.unclustered else _OVER
    if events in {0, n}:
        return basis.refuse(f"no {'negative' if events else 'positive'} images", method)
    placed = placement_values(labels, columns.scores, in_order=not basis.unclustered)
    value = placed.auroc
    if value in {0.0, 1.0}:
        return _perfect(basis, columns, value)
    if columns.scores.min() == columns.scores.max():
        why = "all scores are equal, so the AUROC is 0.5 whatever the labels"
        return basis.without_limits(value, method, why)
    if codes is None or basis.unclustered:
        return _independent(basis, placed)
    # Two patients of each class are two images of each, and not all ranked alike.
    spread = auroc_spread(placed, labels, codes)
    return basis.from_spread(value, spread, logit_limits, method, alone=placed.variance())


def _independent(basis: Basis, placed: PlacementValues) -> Estimate:
    value = placed.auroc
    if min(placed.positives.size, placed.negatives.size) < 2:
        return basis.without_limits(value, _DELONG, "one image of a class has no spread")
    spread = Spread.alone(placed.variance(), basis.n)
    return basis.from_spread(value, spread, _cut, _DELONG)


def _cut(value: float, half: float) -> Limits:
    return plain_limits(value, half, low=0.0, high=1.0)


def _perfect(basis: Basis, columns: Columns, value: float) -> Estimate:
    """Bound an AUROC of 0 or 1: k disjoint pairs all go one way with probability AUROC^k."""
    labels, codes = columns.labels, columns.codes
    if codes is None or basis.unclustered:
        unit, pairs = "image", min(int(labels.sum()), int((~labels).sum()))
    else:
        unit = "patient"
        one, two = np.unique(codes[labels]), np.unique(codes[~labels])
        pairs = min(one.size, two.size, np.union1d(one, two).size // 2)
    method = _PERFECT.format(unit=unit)
    if pairs == 0:
        return basis.without_limits(value, method, "all images come from one patient")
    bound = ((1 - basis.confidence_level) / 2) ** (1 / pairs)
    limits = (bound, 1.0) if value == 1 else (0.0, 1 - bound)
    return basis.estimate(value, limits, method)
