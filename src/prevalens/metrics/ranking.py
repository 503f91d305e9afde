"""How well scores rank positive images above negative ones."""

import functools

import numpy as np
from numpy.typing import ArrayLike

from prevalens.metrics.basis import INDEPENDENT, Basis
from prevalens.metrics.delong import auroc_spread, placement_values
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns, check_columns, check_confidence_level
from prevalens.metrics.intervals import Limits
from prevalens.metrics.linear import basis_of
from prevalens.metrics.near_ends import fewer_units, ranking_estimate

_DELONG = (
    f"DeLong's placement values (DeLong 1988; Sun & Xu 2014), {INDEPENDENT}, delete-one-image "
    "jackknife, logit scale and Student's t (degrees of freedom: Satterthwaite 1946)"
)
_OVER = (
    "DeLong's placement values summed over patients (Obuchowski 1997), delete-one-patient "
    "jackknife, logit scale and Student's t (degrees of freedom: Satterthwaite 1946)"
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
    basis = basis_of(columns, confidence_level)
    method = _DELONG if basis.unclustered else _OVER
    if events in {0, n}:
        return basis.refuse(f"no {'negative' if events else 'positive'} images", method)
    placed = placement_values(labels, columns.scores)
    value = placed.auroc
    if value in {0.0, 1.0}:
        return _perfect(basis, columns, value)
    if columns.scores.min() == columns.scores.max():
        why = "all scores are equal, so the AUROC is 0.5 whatever the labels"
        return basis.without_limits(value, method, why)
    if min(placed.positives.size, placed.negatives.size) < 2 and basis.unclustered:
        return basis.without_limits(value, method, "one image of a class has no spread")
    # An image without a patient is one of its own: one route, whatever the number of images each.
    inside = np.arange(n) if codes is None else codes
    spread = auroc_spread(placed, labels, inside)
    units = fewer_units(labels, inside)
    return ranking_estimate(basis, value, spread, method, units=units, alone=placed.variance())


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
    rule = functools.partial(_perfect_limits, value, pairs)
    return basis.estimate(value, rule(basis.confidence_level), method, limits_at=rule)


def _perfect_limits(value: float, pairs: int, confidence_level: float) -> Limits:
    """Bound an AUROC of 0 or 1.

    Pairs without a common image, or patient, are independent, and each is ranked right with
    probability AUROC. All of k are with probability AUROC^k, so an AUROC below alpha^(1/k) gives
    such rows less often than alpha; a perfect ranking of all pairs is rarer still.
    """
    bound = ((1 - confidence_level) / 2) ** (1 / pairs)
    return (bound, 1.0) if value == 1 else (0.0, 1 - bound)
