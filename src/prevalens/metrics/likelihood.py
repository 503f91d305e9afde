"""Likelihood ratios and the diagnostic odds ratio, with intervals on the log scale."""

import math

import numpy as np

from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.cells import Cells
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import log_limits, normal_critical, student_critical
from prevalens.typing import Numbers

_SIMEL = f"log method, {INDEPENDENT} (Simel, Samsa & Matchar 1991)"
_WOOLF = f"log method, {INDEPENDENT} (Woolf 1955)"
_OVER = (
    "log method with the delete-one-patient jackknife and Student's t (Simel, Samsa & Matchar "
    "1991; degrees of freedom: Satterthwaite 1946)"
)
_ZERO = "one-sided: the log has no standard error at 0 (Donner & Zou 2012, from Wilson limits)"

Cell = tuple[str, int, int]  # name, place among the counts, place of the label's other cell
TRUE_POSITIVES: Cell = ("true positives", 0, 1)
FALSE_NEGATIVES: Cell = ("false negatives", 1, 0)
FALSE_POSITIVES: Cell = ("false positives", 2, 3)
TRUE_NEGATIVES: Cell = ("true negatives", 3, 2)


def lr_positive_estimate(cells: Cells) -> Estimate:
    """Compute sensitivity / (1 - specificity)."""
    return ratio_estimate(cells, TRUE_POSITIVES, FALSE_POSITIVES)


def lr_negative_estimate(cells: Cells) -> Estimate:
    """Compute (1 - sensitivity) / specificity."""
    return ratio_estimate(cells, FALSE_NEGATIVES, TRUE_NEGATIVES)


def dor_estimate(cells: Cells) -> Estimate:
    """Compute (tp x tn) / (fp x fn)."""
    counts = cells.counts
    names = ("true positives", "false negatives", "false positives", "true negatives")
    zero = [name for name, count in zip(names, counts, strict=True) if count == 0]
    if zero:
        reason = f"no {' and no '.join(zero)}, so the log odds ratio has no finite value"
        return cells.basis.refuse(reason, _WOOLF)
    tp, fn, fp, tn = counts.tolist()
    slopes = np.array([1.0, -1.0, -1.0, 1.0]) / counts
    return _on_log_scale(cells, tp * tn / (fp * fn), slopes, _WOOLF)


def ratio_estimate(cells: Cells, top: Cell, bottom: Cell) -> Estimate:
    """Compute the share of `top` among its label over that of `bottom` among the other label."""
    counts, (_, hit, rest), (name, below, other) = cells.counts, top, bottom
    n_top, n_bottom = counts[hit] + counts[rest], counts[below] + counts[other]
    if n_top == 0 or n_bottom == 0:
        return cells.basis.refuse(f"no {'positive' if n_top == 0 else 'negative'} images", _SIMEL)
    if counts[below] == 0:
        return cells.basis.refuse(f"no {name}, so the ratio has no finite value", _SIMEL)
    if counts[hit] == 0:
        return _at_zero(cells, hit, below)
    value = float((counts[hit] / n_top) / (counts[below] / n_bottom))
    slopes = np.zeros(4)
    slopes[[hit, rest]] = 1 / counts[hit] - 1 / n_top, -1 / n_top
    slopes[[below, other]] = 1 / n_bottom - 1 / counts[below], 1 / n_bottom
    return _on_log_scale(cells, value, slopes, _SIMEL)


def _on_log_scale(cells: Cells, value: float, slopes: Numbers, method: str) -> Estimate:
    """Make a ratio's estimate from the slopes of its log in the four counts."""
    basis = cells.basis
    if basis.singletons:
        half = normal_critical(cells.confidence_level) * math.sqrt(float(cells.counts @ slopes**2))
        return basis.estimate(value, log_limits(value, value * half), method)
    spread = cells.spread(slopes)
    if why := basis.usable(spread):
        return basis.without_limits(value, _OVER, why)
    half = student_critical(cells.confidence_level, spread.df) * spread.error
    effect = max(spread.variance / float(cells.counts @ slopes**2), 1.0)
    return basis.estimate(value, log_limits(value, value * half), _OVER, design_effect=effect)


def _at_zero(cells: Cells, hit: int, below: int) -> Estimate:
    """Make the estimate of a ratio that is 0, from the limits of its two parts."""
    top, bottom = _share(cells, hit), _share(cells, below)
    if top is None or bottom is None or bottom[0] == 0:
        return cells.basis.without_limits(0.0, _ZERO, "the images of a class come from one patient")
    low, middle, _ = bottom
    return cells.basis.estimate(0.0, (0.0, top[2] / math.sqrt(low * (2 * middle - low))), _ZERO)


def _share(cells: Cells, cell: int) -> tuple[float, float, float] | None:
    """Return lower limit, value and upper limit of a cell's share of its label."""
    made = cells.sensitivity() if cell < 2 else cells.specificity()
    if made.lower is None or made.value is None or made.upper is None:
        return None
    if cell in {0, 3}:
        return made.lower, made.value, made.upper
    return 1 - made.upper, 1 - made.value, 1 - made.lower
