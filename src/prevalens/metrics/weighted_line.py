"""The recalibration line for many weightings of the patients at once."""

import numpy as np

from prevalens.metrics.inputs import Columns
from prevalens.metrics.logistic import NoLineError, fit_line, log_odds
from prevalens.typing import Codes, Flags, Numbers

_NEAR = 0.5  # log odds; the cubic's error is below 0.001 of that


class WeightedLine:
    """Intercept (slope fixed at 1) or slope of the line, as weights move it.

    Around the line of all rows the score equations are expanded to third order, in sums by
    patient, so that a draw costs as much as there are patients. Draws that move further than the
    expansion holds are refitted on their rows.

    Args:
        columns: Checked columns, for which the line exists.
        codes: Number of each row's patient, shape `(n_rows,)`.
        slope: Whether the slope is fitted too.
    """

    def __init__(self, columns: Columns, codes: Codes, *, slope: bool) -> None:
        x_all = log_odds(columns.scores)
        line = fit_line(columns.labels, x_all, slope=slope)
        self._columns, self._codes, self._slope = columns, codes, slope
        self._log_odds, self._start = x_all, float(line.coefficients[-1])
        # Centred, so that intercept and slope hardly pull at each other.
        x = x_all - x_all.mean()
        risks = line.risks
        bend = risks * (1 - risks)
        slopes = (bend, bend * (1 - 2 * risks), bend * (1 - 6 * bend))
        parts = [(columns.labels - risks) * x**power for power in range(2)]
        for order, values in enumerate(slopes):
            parts += [values * x**power for power in range(order + 3)]
        k = int(codes.max()) + 1
        self._sums = np.stack([np.bincount(codes, part, k) for part in parts], axis=1)
        self._reach = 2 * float(x.std()) if slope else 0.0

    def values(self, weights: Numbers) -> Numbers:
        """Return the intercept, or the slope, of each weighting of shape `(draws, n_units)`."""
        # A draw on which the expansion runs away ends as nan or far off, and is refitted.
        with np.errstate(all="ignore"):
            a, b = self._expand(weights)
            far = ~(np.abs(a) + self._reach * np.abs(b) < _NEAR)
        made = self._start + (b if self._slope else a)
        for draw in np.flatnonzero(far):
            made[draw] = self._refit(weights[draw])
        return made

    def _expand(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """Solve the expanded score equations for the moves of intercept and slope."""
        sums = (weights @ self._sums).T
        first, second, third, fourth = sums[:2], sums[2:5], sums[5:9], sums[9:14]
        a, b = np.zeros(len(weights)), np.zeros(len(weights))
        for _ in range(25):
            short = [
                first[j]
                - (a * second[j] + b * second[j + 1])
                - (a**2 * third[j] + 2 * a * b * third[j + 1] + b**2 * third[j + 2]) / 2
                - (
                    a**3 * fourth[j]
                    + 3 * a**2 * b * fourth[j + 1]
                    + 3 * a * b**2 * fourth[j + 2]
                    + (b**3 * fourth[j + 3])
                )
                / 6
                for j in range(2)
            ]
            if not self._slope:
                a = a + short[0] / second[0]
                continue
            free = second[0] * second[2] - second[1] ** 2
            a = a + (second[2] * short[0] - second[1] * short[1]) / free
            b = b + (second[0] * short[1] - second[1] * short[0]) / free
        return a, b

    def _refit(self, weights: Numbers) -> float:
        times = weights[self._codes].astype(np.int64)
        labels = np.repeat(self._columns.labels, times)
        if not self._exists(labels, times):
            return float("nan")
        try:
            line = fit_line(labels, np.repeat(self._log_odds, times), slope=self._slope)
        except NoLineError:
            return float("nan")
        return float(line.coefficients[-1])

    def _exists(self, labels: Flags, times: Codes) -> bool:
        if labels.all() or not labels.any():
            return False
        if not self._slope:
            return True
        x = np.repeat(self._log_odds, times)
        up, down = x[labels], x[~labels]
        return bool(up.min() < down.max() and down.min() < up.max())
