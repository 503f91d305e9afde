"""Likelihood ratios and the diagnostic odds ratio, with intervals on the log scale."""

import math

import numpy as np

from prevalens.metrics.basis import INDEPENDENT
from prevalens.metrics.clusters import Spread
from prevalens.metrics.confusion_matrix import ConfusionMatrix
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import Limits, log_limits
from prevalens.typing import Numbers

_SIMEL = f"log method, {INDEPENDENT} (Simel, Samsa & Matchar 1991)"
_WOOLF = f"log method, {INDEPENDENT} (Woolf 1955)"
_OVER = (
    "log method with the delete-one-patient jackknife and Student's t (Simel, Samsa & Matchar "
    "1991; degrees of freedom: Satterthwaite 1946)"
)
_ZERO = "one-sided: the log has no standard error at 0 (Donner & Zou 2012, from Wilson limits)"

Cell = tuple[str, int, int]  # name, place among the counts, place of the label's other cell
TRUE_POSITIVES: Cell = ("true positives", 3, 2)
FALSE_NEGATIVES: Cell = ("false negatives", 2, 3)
FALSE_POSITIVES: Cell = ("false positives", 1, 0)
TRUE_NEGATIVES: Cell = ("true negatives", 0, 1)


def lr_positive_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute sensitivity / (1 - specificity)."""
    return ratio_estimate(matrix, TRUE_POSITIVES, FALSE_POSITIVES)


def lr_negative_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute (1 - sensitivity) / specificity."""
    return ratio_estimate(matrix, FALSE_NEGATIVES, TRUE_NEGATIVES)


def dor_estimate(matrix: ConfusionMatrix) -> Estimate:
    """Compute (tp x tn) / (fp x fn)."""
    counts = matrix.counts
    names = ("true negatives", "false positives", "false negatives", "true positives")
    zero = [name for name, count in zip(names, counts, strict=True) if count == 0]
    if zero:
        reason = f"no {' and no '.join(zero)}, so the log odds ratio has no finite value"
        return matrix.basis.refuse(reason, _WOOLF)
    tn, fp, fn, tp = counts.tolist()
    slopes = np.array([1.0, -1.0, -1.0, 1.0]) / counts
    return _on_log_scale(matrix, tp * tn / (fp * fn), slopes, _WOOLF)


def ratio_estimate(matrix: ConfusionMatrix, top: Cell, bottom: Cell) -> Estimate:
    """Compute the share of `top` among its label over that of `bottom` among the other label."""
    counts, (_, hit, rest), (name, below, other) = matrix.counts, top, bottom
    n_top, n_bottom = counts[hit] + counts[rest], counts[below] + counts[other]
    if n_top == 0 or n_bottom == 0:
        return matrix.basis.refuse(f"no {'positive' if n_top == 0 else 'negative'} images", _SIMEL)
    if counts[below] == 0:
        return matrix.basis.refuse(f"no {name}, so the ratio has no finite value", _SIMEL)
    if counts[hit] == 0:
        return _at_zero(matrix, hit, below)
    value = float((counts[hit] / n_top) / (counts[below] / n_bottom))
    slopes = np.zeros(4)
    slopes[[hit, rest]] = 1 / counts[hit] - 1 / n_top, -1 / n_top
    slopes[[below, other]] = 1 / n_bottom - 1 / counts[below], 1 / n_bottom
    return _on_log_scale(matrix, value, slopes, _SIMEL)


def _on_log_scale(matrix: ConfusionMatrix, value: float, slopes: Numbers, method: str) -> Estimate:
    """Make a ratio's estimate from the slopes of its log in the four counts."""
    basis = matrix.basis
    alone = float(matrix.counts @ slopes**2)
    spread = Spread.alone(alone, basis.n) if basis.unclustered else matrix.spread(slopes)
    words = method if basis.unclustered else _OVER
    return basis.from_spread(value, spread, _ratio_limits, words, alone=alone)


def _ratio_limits(value: float, half: float) -> Limits:
    """Return limits symmetric in the log; `half` is on the log scale."""
    return log_limits(value, value * half)


def _at_zero(matrix: ConfusionMatrix, hit: int, below: int) -> Estimate:
    """Make the estimate of a ratio that is 0, from the limits of its two parts."""
    top, bottom = _share(matrix, hit), _share(matrix, below)
    if top is None or bottom is None or bottom[0] == 0:
        return matrix.basis.without_limits(
            0.0, _ZERO, "the images of a class come from one patient"
        )
    low, middle, _ = bottom
    return matrix.basis.estimate(0.0, (0.0, top[2] / math.sqrt(low * (2 * middle - low))), _ZERO)


def _share(matrix: ConfusionMatrix, cell: int) -> tuple[float, float, float] | None:
    """Return lower limit, value and upper limit of a cell's share of its label."""
    made = matrix.sensitivity() if cell >= 2 else matrix.specificity()
    if made.lower is None or made.value is None or made.upper is None:
        return None
    if cell in {0, 3}:
        return made.lower, made.value, made.upper
    return 1 - made.upper, 1 - made.value, 1 - made.lower
