"""The jackknife of the metrics, from an estimate's values alone: no formula of its slopes."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

WeightedEstimate = Callable[[np.ndarray], float]
Scale = tuple[Callable[[float], float], Callable[[float], float]]  # there and back

PLAIN: Scale = (lambda x: x, lambda x: x)
LOG: Scale = (lambda x: float(np.log(x)), lambda x: float(np.exp(x)))
LOGIT: Scale = (lambda x: float(np.log(x / (1 - x))), lambda x: float(1 / (1 + np.exp(-x))))
FISHER: Scale = (lambda x: float(np.arctanh(x)), lambda x: float(np.tanh(x)))


@dataclass(frozen=True)
class Slow:
    """An estimate, its standard error over patients, and the squares of its rows' slopes, added."""

    value: float
    error: float
    df: float
    squares: float
    skewness: float = 0.0

    def skewed_limits(self, level: float, scale: Scale = PLAIN) -> tuple[float, float]:
        """Return where Hall's cubic of the t statistic reaches Student's quantile, or `limits`.

        Whichever lies further out; found by search, not by the inverse of the cubic.
        """
        there, back = scale
        step = 1e-4 * max(abs(self.value), 1e-3)
        up, at, down = (there(self.value + x) for x in (step, 0.0, -step))
        slope, second = (up - down) / (2 * step), (up - 2 * at + down) / step**2
        bend = self.skewness / 3 + second / slope * self.error / 2
        critical = stats.t.ppf((1 + level) / 2, self.df)

        def cubic(t: float) -> float:
            return t + bend * t**2 + bend**2 * t**3 / 3 + self.skewness / 6

        found = (
            optimize.brentq(lambda t, end=end: cubic(t) - end, -1e6, 1e6)
            for end in (critical, -critical)
        )
        lower, upper = (back(at - t * self.error * slope) for t in found)
        least, most = self.limits(level, scale)
        return min(lower, least), max(upper, most)

    def limits(self, confidence_level: float, scale: Scale = PLAIN) -> tuple[float, float]:
        """Return the value, moved by Student's quantile on a scale, both ways."""
        there, back = scale
        step = 1e-6 * max(abs(self.value), 1e-3)
        slope = (there(self.value + step) - there(self.value - step)) / (2 * step)
        half = stats.t.ppf((1 + confidence_level) / 2, self.df) * self.error * slope
        return back(there(self.value) - half), back(there(self.value) + half)


def student_of_mean(values: np.ndarray, confidence_level: float) -> float:
    """Return Student's quantile for a mean: 2 V^2 / var(V) degrees of freedom, n - 1 at most."""
    squares = np.square(values - values.mean())
    excess = np.square(squares - squares.mean()).sum()
    df = 2 * squares.sum() ** 2 / excess if excess > 0 else math.inf
    return float(stats.t.ppf((1 + confidence_level) / 2, min(df, values.size - 1)))


def slopes(estimate: WeightedEstimate, n: int) -> np.ndarray:
    """Differentiate an estimate of weighted rows in each row's weight, by central differences."""
    found = np.zeros(n)
    for row in range(n):
        step = np.zeros(n)
        step[row] = 1e-4
        found[row] = (estimate(1 + step) - estimate(1 - step)) / 2e-4
    return found


def slow_jackknife(
    estimate: WeightedEstimate,
    kinds: list[np.ndarray],
    patients: np.ndarray,
    *,
    absent: bool = False,
) -> Slow:
    """Leave out one patient at a time, each kind of rows being a mean of its own.

    Args:
        estimate: The estimate of rows that weigh as told, shape `(n_rows,)`.
        kinds: Masks of the rows that are averaged together, say positive and negative ones.
        patients: Whose each row is, shape `(n_rows,)`.
        absent: Whether patients without such rows count as patients, whose change is 0.
    """
    n = patients.size
    pulls = slopes(estimate, n)
    rows = np.any(kinds, axis=0) | absent
    changes = [
        sum(
            pulls[kind & (patients == one)].sum()
            / (1 - (kind & (patients == one)).sum() / kind.sum())
            for kind in kinds
        )
        for one in np.unique(patients[rows])
    ]
    k, total = len(changes), sum(change**2 for change in changes)
    excess = sum(change**4 for change in changes) - total**2 / k
    df = min(2 * total**2 / excess, k - 1) if excess > 0 else k - 1
    skewness = sum(change**3 for change in changes) / total**1.5
    return Slow(estimate(np.ones(n)), total**0.5, max(df, 1), float((pulls**2).sum()), skewness)


def weighted_auroc(labels: np.ndarray, scores: np.ndarray, w: np.ndarray) -> float:
    """Count weighted pairs that are ranked right, ties half."""
    gap = scores[labels][:, None] - scores[~labels]
    one, two = w[labels], w[~labels]
    return float(one @ ((gap > 0) + 0.5 * (gap == 0)) @ two / (one.sum() * two.sum()))


def weighted_average_precision(labels: np.ndarray, scores: np.ndarray, w: np.ndarray) -> float:
    """Add up, over positive images, the weighted precision among scores no lower."""
    no_lower = scores >= scores[labels][:, None]
    precision = (no_lower & labels) @ w / (no_lower @ w)
    return float(w[labels] @ precision / w[labels].sum())
