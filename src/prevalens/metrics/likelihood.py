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
    if counts[:2].sum() == 0 or counts[2:].sum() == 0:
        return matrix.basis.refuse(
            f"no {'negative' if counts[:2].sum() == 0 else 'positive'} images", _WOOLF
        )
    zero = [name for name, count in zip(names, counts, strict=True) if count == 0]
    if zero:
        return _odds_ratio_at_zero(matrix, zero)
    tn, fp, fn, tp = counts.tolist()
    slopes = np.array([1.0, -1.0, -1.0, 1.0]) / counts
    return _on_log_scale(matrix, tp * tn / (fp * fn), slopes, _WOOLF)


def ratio_estimate(matrix: ConfusionMatrix, top: Cell, bottom: Cell) -> Estimate:
    """Compute the share of `top` among its label over that of `bottom` among the other label."""
    counts, (_, hit, rest), (name, below, other) = matrix.counts, top, bottom
    n_top, n_bottom = counts[hit] + counts[rest], counts[below] + counts[other]
    if n_top == 0 or n_bottom == 0:
        return matrix.basis.refuse(f"no {'positive' if n_top == 0 else 'negative'} images", _SIMEL)
    if counts[below] == 0 and counts[hit] == 0:
        return matrix.basis.refuse(f"no {top[0]} and no {name}: 0 / 0", _SIMEL)
    if counts[below] == 0:
        upper = _inverse_at_zero(matrix, below, hit)
        note = f"There are no {name}, so the ratio is infinite."
        return matrix.basis.infinite(None if upper is None else 1 / upper, _ZERO, note=note)
    if counts[hit] == 0:
        upper = _inverse_at_zero(matrix, hit, below)
        if upper is None:
            why = "the images of a class come from one patient"
            return matrix.basis.without_limits(0.0, _ZERO, why)
        return matrix.basis.estimate(0.0, (0.0, upper), _ZERO)
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


def _inverse_at_zero(matrix: ConfusionMatrix, hit: int, below: int) -> float | None:
    """Return the upper limit of a ratio of shares that is 0, from the limits of its parts."""
    top, bottom = _share(matrix, hit), _share(matrix, below)
    if top is None or bottom is None or bottom[0] == 0:
        return None
    low, middle, _ = bottom
    return top[2] / math.sqrt(low * (2 * middle - low))


def _odds_ratio_at_zero(matrix: ConfusionMatrix, zero: list[str]) -> Estimate:
    """Make the odds ratio of a table with a zero cell: 0 or infinite, with its other limit.

    The limit is the product of those of the two odds, so it holds at least as often as asked.
    """
    told = f"There are no {' and no '.join(zero)}, so the ratio is {{}}."
    over = {"false positives", "false negatives"} & {*zero}
    under = {"true positives", "true negatives"} & {*zero}
    if over and under:
        reason = f"no {' and no '.join(zero)}: 0 / 0"
        return matrix.basis.refuse(reason, _ZERO)
    hits, rejections = _share(matrix, 3), _share(matrix, 0)
    if hits is None or rejections is None:
        why = "the images of a class come from one patient"
        if over:
            return matrix.basis.infinite(None, _ZERO, note=f"{told.format('infinite')} {why}.")
        return matrix.basis.without_limits(0.0, _ZERO, why)
    if over:
        low = math.prod(share[0] / (1 - share[0]) for share in (hits, rejections))
        return matrix.basis.infinite(low, _ZERO, note=told.format("infinite"))
    high = math.prod(share[2] / (1 - share[2]) for share in (hits, rejections))
    return matrix.basis.estimate(0.0, (0.0, high), _ZERO, note=told.format("0"))


def _share(matrix: ConfusionMatrix, cell: int) -> tuple[float, float, float] | None:
    """Return lower limit, value and upper limit of a cell's share of its label."""
    made = matrix.sensitivity() if cell >= 2 else matrix.specificity()
    if made.lower is None or made.value is None or made.upper is None:
        return None
    if cell in {0, 3}:
        return made.lower, made.value, made.upper
    return 1 - made.upper, 1 - made.value, 1 - made.lower
