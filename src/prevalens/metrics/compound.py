"""Estimates from all four counts: Youden's J, balanced accuracy, F1, MCC, kappa."""

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.clusters import Spread
from prevalens.metrics.confusion_matrix import ConfusionMatrix
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import (
    Limits,
    fisher_limits,
    plain_limits,
)
from prevalens.typing import Numbers

_NEWCOMBE = f"square-and-add of the Wilson limits, {INDEPENDENT} (Newcombe 1998, method 10)"
_ZOU = (
    "square-and-add of the limits of sensitivity and specificity over patients, with their "
    "correlation (Zou & Donner 2008)"
)
_DELTA = f"delta method on the 2x2 counts{{}}, {INDEPENDENT} (Fleiss, Cohen & Everitt 1969)"
_OVER = "delta method{} with the delete-one-patient jackknife and Student's t"
_FISHER = ", on Fisher's z scale"


def youden_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute sensitivity + specificity - 1."""
    sensitivity, specificity = matrix.sensitivity(), matrix.specificity()
    method = _NEWCOMBE if matrix.basis.unclustered else _ZOU
    if sensitivity.value is None or specificity.value is None:
        reason = sensitivity.not_estimable or specificity.not_estimable or ""
        return matrix.basis.refuse(reason, method)
    value = sensitivity.value + specificity.value - 1
    parts = (sensitivity.lower, sensitivity.upper, specificity.lower, specificity.upper)
    if None in parts:
        why = "the positive or the negative images come from one patient"
        return matrix.basis.without_limits(value, method, why)
    below = sensitivity.value - (parts[0] or 0.0), specificity.value - (parts[2] or 0.0)
    above = (parts[1] or 0.0) - sensitivity.value, (parts[3] or 0.0) - specificity.value
    together = 0.0 if matrix.basis.unclustered else _correlation(matrix)
    limits = value - _square_and_add(below, together), value + _square_and_add(above, together)
    return matrix.basis.estimate(value, (max(limits[0], -1.0), min(limits[1], 1.0)), method)


def _square_and_add(arms: tuple[float, float], correlation: float) -> float:
    one, two = arms
    return math.sqrt(one**2 + two**2 + 2 * correlation * one * two)


def _correlation(matrix: ConfusionMatrix) -> float:
    """Return the correlation, over patients, of the errors of sensitivity and specificity."""
    tn, fp, fn, tp = matrix.counts.tolist()
    counts = matrix.by_patient
    one = (fn * counts[:, 3] - tp * counts[:, 2]) / (tp + fn) ** 2
    two = (fp * counts[:, 0] - tn * counts[:, 1]) / (fp + tn) ** 2
    scale = math.sqrt(float(one @ one) * float(two @ two))
    return float(one @ two) / scale if scale > 0 else 0.0


def balanced_accuracy_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute the mean of sensitivity and specificity."""
    return _map(youden_estimate(matrix), _balanced_of)


def f1_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute 2 tp / (2 tp + fp + fn), through the share tp / (tp + fp + fn)."""
    if not matrix.labels.any():
        return matrix.basis.refuse("no positive images", "Wilson interval of tp / (tp + fp + fn)")
    either = matrix.labels | matrix.predictions
    share = matrix.share(either, matrix.labels & matrix.predictions, empty="no positive images")
    mapped = _map(share, _f1_of)
    method = f"from tp / (tp + fp + fn): {share.method}"
    basis = matrix.basis
    n, events = basis.n, basis.events
    return replace(mapped, n=n, events=events, patients=basis.patients, method=method)


def mcc_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute Matthews' correlation coefficient of labels and predictions."""
    tn, fp, fn, tp = matrix.counts.tolist()
    names = {"positive images": tp + fn, "negative images": fp + tn}
    names |= {"positive predictions": tp + fp, "negative predictions": fn + tn}
    if reason := _first_missing(names):
        return matrix.basis.refuse(reason, _DELTA.format(_FISHER))
    return _by_delta(matrix, _mcc, fisher_limits, _FISHER)


def kappa_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute Cohen's kappa of labels and predictions."""
    tn, fp, fn, tp = matrix.counts.tolist()
    names = {"positive images": tp + fn, "negative images": fp + tn}
    scale, words = (_cut, "") if matrix.basis.unclustered else (fisher_limits, _FISHER)
    if reason := _first_missing(names):
        return matrix.basis.refuse(reason, _DELTA.format(""))
    if not (tp + fp and fn + tn):
        why = "all predictions are alike, so kappa is 0 whatever the labels"
        return matrix.basis.without_limits(0.0, _DELTA.format(""), why)
    return _by_delta(matrix, _kappa, scale, words)


def _cut(value: float, half: float) -> Limits:
    return plain_limits(value, half, low=-1.0, high=1.0)


def _first_missing(counts: dict[str, float]) -> str | None:
    return next((f"no {name}" for name, count in counts.items() if count == 0), None)


def _by_delta(
    matrix: ConfusionMatrix,
    estimate: Callable[[Numbers], Numbers],
    limits: Callable[[float, float], Limits],
    scale: str,
) -> Estimate:
    counts, basis = matrix.counts, matrix.basis
    value, slopes = float(estimate(counts)), _slopes(estimate, counts)
    alone = max(float(counts @ slopes**2), 0.0)
    method = (_DELTA if basis.unclustered else _OVER).format(scale)
    if abs(value) >= 1 or alone <= 1e-24:
        return basis.without_limits(value, method, "agreement is perfect, so its spread is unseen")
    spread = Spread.alone(alone, basis.n) if basis.unclustered else matrix.spread(slopes)
    return basis.from_spread(value, spread, limits, method, alone=alone)


def _slopes(estimate: Callable[[Numbers], Numbers], counts: Numbers) -> Numbers:
    """Differentiate by a complex step, exact to rounding (Squire & Trapp, SIAM Rev 1998)."""
    steps = counts + 1e-20j * np.eye(4)
    return np.array([estimate(step).imag for step in steps]) / 1e-20


def _mcc(counts: Numbers) -> Numbers:
    tn, fp, fn, tp = counts
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / np.sqrt(product)


def _kappa(counts: Numbers) -> Numbers:
    tn, fp, fn, tp = counts
    return 2 * (tp * tn - fn * fp) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def _map(estimate: Estimate, change: Callable[[float], float]) -> Estimate:
    """Carry value and limits through an increasing function."""
    moved = {
        name: None if (at := getattr(estimate, name)) is None else change(at)
        for name in ("value", "lower", "upper")
    }
    rule = estimate.limits_at
    made = replace(estimate, **moved, limits_at=None)  # type: ignore[arg-type]
    if rule is None:
        return made
    # By name, not as functions of this call: estimates are sent to worker processes.
    return replace(made, limits_at=functools.partial(_limits_of, rule, change))


def _limits_of(
    rule: Callable[[float], Limits], change: Callable[[float], float], confidence_level: float
) -> Limits:
    lower, upper = rule(confidence_level)
    return change(lower), change(upper)


def _balanced_of(youden: float) -> float:
    return (youden + 1) / 2


def _f1_of(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)
