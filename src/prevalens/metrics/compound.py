"""Estimates that rest on all four counts: Youden's J, balanced accuracy, F1, MCC, kappa."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.cells import Cells
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import (
    Limits,
    fisher_limits,
    normal_critical,
    plain_limits,
    student_critical,
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


def youden_estimate(cells: Cells) -> Estimate:
    """Compute sensitivity + specificity - 1."""
    sensitivity, specificity = cells.sensitivity(), cells.specificity()
    method = _NEWCOMBE if cells.basis.singletons else _ZOU
    if sensitivity.value is None or specificity.value is None:
        reason = sensitivity.not_estimable or specificity.not_estimable or ""
        return cells.basis.refuse(reason, method)
    value = sensitivity.value + specificity.value - 1
    parts = (sensitivity.lower, sensitivity.upper, specificity.lower, specificity.upper)
    if None in parts:
        why = "the positive or the negative images come from one patient"
        return cells.basis.without_limits(value, method, why)
    below = sensitivity.value - (parts[0] or 0.0), specificity.value - (parts[2] or 0.0)
    above = (parts[1] or 0.0) - sensitivity.value, (parts[3] or 0.0) - specificity.value
    together = 0.0 if cells.basis.singletons else _correlation(cells)
    limits = value - _square_and_add(below, together), value + _square_and_add(above, together)
    return cells.basis.estimate(value, (max(limits[0], -1.0), min(limits[1], 1.0)), method)


def _square_and_add(arms: tuple[float, float], correlation: float) -> float:
    one, two = arms
    return math.sqrt(one**2 + two**2 + 2 * correlation * one * two)


def _correlation(cells: Cells) -> float:
    """Return the correlation, over patients, of the errors of sensitivity and specificity."""
    tp, fn, fp, tn = cells.counts.tolist()
    counts = cells.by_patient
    one = (fn * counts[:, 0] - tp * counts[:, 1]) / (tp + fn) ** 2
    two = (fp * counts[:, 3] - tn * counts[:, 2]) / (fp + tn) ** 2
    scale = math.sqrt(float(one @ one) * float(two @ two))
    return float(one @ two) / scale if scale > 0 else 0.0


def balanced_accuracy_estimate(cells: Cells) -> Estimate:
    """Compute the mean of sensitivity and specificity."""
    return _map(youden_estimate(cells), lambda youden: (youden + 1) / 2)


def f1_estimate(cells: Cells) -> Estimate:
    """Compute 2 tp / (2 tp + fp + fn), through the share tp / (tp + fp + fn)."""
    if not cells.labels.any():
        return cells.basis.refuse("no positive images", "Wilson interval of tp / (tp + fp + fn)")
    either = cells.labels | cells.calls
    share = cells.share(either, cells.labels & cells.calls, empty="no positive images")
    mapped = _map(share, lambda jaccard: 2 * jaccard / (1 + jaccard))
    method = f"from tp / (tp + fp + fn): {share.method}"
    basis = cells.basis
    n, events = basis.n, basis.events
    return replace(mapped, n=n, events=events, patients=basis.patients, method=method)


def mcc_estimate(cells: Cells) -> Estimate:
    """Compute Matthews' correlation coefficient of labels and calls."""
    tp, fn, fp, tn = cells.counts.tolist()
    names = {"positive images": tp + fn, "negative images": fp + tn}
    names |= {"positive calls": tp + fp, "negative calls": fn + tn}
    if reason := _first_missing(names):
        return cells.basis.refuse(reason, _DELTA.format(_FISHER))
    return _by_delta(cells, _mcc, fisher_limits, _FISHER)


def kappa_estimate(cells: Cells) -> Estimate:
    """Compute Cohen's kappa of labels and calls."""
    tp, fn, fp, tn = cells.counts.tolist()
    names = {"positive images": tp + fn, "negative images": fp + tn}
    if reason := _first_missing(names):
        return cells.basis.refuse(reason, _DELTA.format(""))
    if not (tp + fp and fn + tn):
        why = "all calls are alike, so kappa is 0 whatever the labels"
        return cells.basis.without_limits(0.0, _DELTA.format(""), why)
    return _by_delta(cells, _kappa, _cut, "")


def _cut(value: float, half: float) -> Limits:
    return plain_limits(value, half, low=-1.0, high=1.0)


def _first_missing(counts: dict[str, float]) -> str | None:
    return next((f"no {name}" for name, count in counts.items() if count == 0), None)


def _by_delta(
    cells: Cells,
    estimate: Callable[[Numbers], Numbers],
    limits: Callable[[float, float], Limits],
    scale: str,
) -> Estimate:
    counts, basis = cells.counts, cells.basis
    value, slopes = float(estimate(counts)), _slopes(estimate, counts)
    alone = max(float(counts @ slopes**2), 0.0)
    method = (_DELTA if basis.singletons else _OVER).format(scale)
    if abs(value) >= 1 or alone <= 1e-24:
        return basis.without_limits(value, method, "agreement is perfect, so its spread is unseen")
    if basis.singletons:
        half = normal_critical(cells.confidence_level) * math.sqrt(alone)
        return basis.estimate(value, limits(value, half), method)
    spread = cells.spread(slopes)
    if why := basis.usable(spread):
        return basis.without_limits(value, method, why)
    half = student_critical(cells.confidence_level, spread.df) * spread.error
    effect = max(spread.variance / alone, 1.0)
    return basis.estimate(value, limits(value, half), method, design_effect=effect)


def _slopes(estimate: Callable[[Numbers], Numbers], counts: Numbers) -> Numbers:
    """Differentiate by a complex step, exact to rounding (Squire & Trapp, SIAM Rev 1998)."""
    steps = counts + 1e-20j * np.eye(4)
    return np.array([estimate(step).imag for step in steps]) / 1e-20


def _mcc(counts: Numbers) -> Numbers:
    tp, fn, fp, tn = counts
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / np.sqrt(product)


def _kappa(counts: Numbers) -> Numbers:
    tp, fn, fp, tn = counts
    return 2 * (tp * tn - fn * fp) / ((tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def _map(estimate: Estimate, change: Callable[[float], float]) -> Estimate:
    """Carry value and limits through an increasing function."""
    moved = {
        name: None if (at := getattr(estimate, name)) is None else change(at)
        for name in ("value", "lower", "upper")
    }
    return replace(estimate, **moved)  # type: ignore[arg-type]
