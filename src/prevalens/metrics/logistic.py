"""Logistic recalibration: the line of the observed log odds on the predicted ones."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from prevalens._sums import dot, times
from prevalens.metrics.clusters import Spread, count_held
from prevalens.typing import Codes, Flags, Numbers

_FLAT = 1e14  # condition of the information from which its inverse is rounding error
_TOO_FAR = 1e3  # log odds; a Newton step this long says nothing
_HIDDEN = 1e-12  # share of the log likelihood that its sum over a million images may be off
_POLISHES = 3  # steps taken after that: each squares what is left
_STEPS = 200  # of which a fit takes some ten

HALF_STEP = 2.0**-25  # half the step of float32 below 1, where a network's scores saturate


def log_odds(scores: Numbers) -> Numbers:
    """Return the log odds of scores; those of exactly 0 or 1 are taken half a step inside."""
    inside: Numbers = special.logit(np.clip(scores, HALF_STEP, 1 - HALF_STEP))
    return np.where((scores > 0) & (scores < 1), special.logit(scores), inside)


def saturated(scores: Numbers) -> int:
    """Count the scores of exactly 0 or 1."""
    return int(np.count_nonzero((scores == 0) | (scores == 1)))


class NoLineError(ArithmeticError):
    """The likelihood is too flat for the numbers of a computer: no line can be told."""


@dataclass(frozen=True, eq=False)
class Line:
    """A fitted recalibration line.

    Args:
        coefficients: Intercept, and slope where it was not fixed at 1; shape `(1,)` or `(2,)`.
        design: What multiplies them, shape `(n_rows, 1)` or `(n_rows, 2)`.
        risks: Recalibrated scores, shape `(n_rows,)`.
        labels: Labels it was fitted to, shape `(n_rows,)`.
        weights: What each row weighed, shape `(n_rows,)`; None: 1.
    """

    coefficients: Numbers
    design: Numbers
    risks: Numbers
    labels: Flags
    weights: Numbers | None = None

    @property
    def information(self) -> Numbers:
        """Fisher's information, shape `(1, 1)` or `(2, 2)`."""
        weights = self.risks * (1 - self.risks)
        if self.weights is not None:
            weights = weights * self.weights
        found: Numbers = np.einsum("ij,ik->jk", self.design * weights[:, None], self.design)
        return found

    def slopes(self, which: int) -> Numbers:
        """Return the slope of one coefficient in each row's weight, shape `(n_rows,)`."""
        residuals = (self.labels - self.risks)[:, None] * self.design
        slopes: Numbers = times(residuals, np.linalg.inv(self.information)[:, which])
        return slopes

    def covariance(self) -> Numbers:
        """Return the covariance of the coefficients for independent images."""
        inverse: Numbers = np.linalg.inv(self.information).astype(np.float64)
        return inverse

    def spread(self, codes: Codes, which: int) -> Spread:
        """Compute the spread of one coefficient over patients.

        Args:
            codes: Number of each row's patient, shape `(n_rows,)`.
            which: Which coefficient.
        """
        changes = self.changes(codes)
        if changes is None or not np.abs(changes[:, which]).max() < _TOO_FAR:
            return Spread.unseen(count_held(codes))
        return Spread.of(changes[:, which])

    def changes(self, codes: Codes) -> Numbers | None:
        """Return how far the coefficients move without each patient: one Newton step each.

        Args:
            codes: Number of each row's patient, shape `(n_rows,)`.

        Returns:
            The moves, shape `(k, 1)` or `(k, 2)`; None where one patient carries the fit, so that
            nothing can be said of the fit without that patient.
        """
        k, width = int(codes.max()) + 1, self.coefficients.size
        kept = np.bincount(codes, minlength=k) > 0
        # Without its only patient with positive (or negative) images there is no line.
        if min(count_held(codes[rows]) for rows in (self.labels, ~self.labels)) < 2:
            return None
        residuals, weights = self.labels - self.risks, self.risks * (1 - self.risks)
        influences, own = np.empty((k, width)), np.empty((k, width, width))
        for row in range(width):
            influences[:, row] = np.bincount(codes, residuals * self.design[:, row], k)
            for column in range(row + 1):
                parts = weights * self.design[:, row] * self.design[:, column]
                own[:, row, column] = own[:, column, row] = np.bincount(codes, parts, k)
        rest = self.information - own[kept]
        left = np.diagonal(rest, axis1=1, axis2=2) / np.diagonal(self.information)
        if left.min() < 1e-6 or (_conditions(rest) > 1e12).any():
            return None
        return np.stack(
            [_solutions(rest, influences[kept], which) for which in range(width)], axis=1
        )


def _conditions(information: Numbers) -> Numbers:
    """Return the condition numbers of symmetric matrices, shape `(k, 1, 1)` or `(k, 2, 2)`.

    By hand, as a million small matrices take numpy half a minute.
    """
    if information.shape[1] == 1:
        return np.ones(len(information))
    one, two, off = information[:, 0, 0], information[:, 1, 1], information[:, 0, 1]
    largest = (one + two) / 2 + np.hypot((one - two) / 2, off)
    determinant = one * two - off * off
    with np.errstate(divide="ignore"):
        conditions: Numbers = np.where(determinant > 0, largest**2 / determinant, np.inf)
    return conditions


def _solutions(information: Numbers, right: Numbers, which: int) -> Numbers:
    """Solve as many systems as there are matrices for one unknown, shape `(k,)`."""
    own = right[:, which]
    if information.shape[1] == 1:
        return own / information[:, 0, 0]
    one, two, off = information[:, 0, 0], information[:, 1, 1], information[:, 0, 1]
    solved: Numbers = ((one if which else two) * own - off * right[:, 1 - which]) / (
        one * two - off * off
    )
    return solved


def _level(labels: Flags, log_odds: Numbers, weights: Numbers) -> float:
    """Find the shift of the log odds at which expected and observed events are as many."""
    events = float(weights[labels].sum())
    share = float(special.logit(events / weights.sum()))

    def surplus(shift: float) -> float:
        return dot(weights, special.expit(log_odds + shift)) - events

    low, high = share - log_odds.max(), share - log_odds.min()
    # Rounding may leave the ends a hair on the wrong side; the steps that follow are Newton's.
    return float(optimize.brentq(surplus, low - 1e-6, high + 1e-6, xtol=1e-2))


def fit_line(
    labels: Flags, log_odds: Numbers, *, slope: bool, weights: Numbers | None = None
) -> Line:
    """Fit logit P(positive) = intercept + slope x log odds by maximum likelihood.

    Args:
        labels: True where the image is positive, shape `(n_rows,)`; both classes occur.
        log_odds: Predicted log odds, finite, shape `(n_rows,)`; not separated where `slope`.
        slope: Whether the slope is fitted too; else it is fixed at 1.
        weights: What each row weighs, shape `(n_rows,)`; None: 1.

    Raises:
        NoLineError: the scores hardly differ, or lie so near 0 and 1 that they say nothing,
            or the steps did not end.
    """
    ones = np.ones(labels.size)
    # Columns lie one behind the other in memory: the sums below run along them.
    design = np.stack([ones, log_odds]).T if slope else ones[:, None]
    offset = np.zeros(labels.size) if slope else log_odds
    signs = np.where(labels, 1.0, -1.0)
    at = np.zeros(design.shape[1])
    weigh = ones if weights is None else weights
    share = float(weigh[labels].sum() / weigh.sum())
    at[0] = special.logit(share) if slope else _level(labels, log_odds, weigh)
    linear, polished = offset + times(design, at), 0
    fit = dot(weigh, special.log_expit(signs * linear))
    for _ in range(_STEPS):
        line = Line(at, design, special.expit(linear), labels, weights)
        information = line.information
        # Not a number compares as false, and is no line either.
        if not np.linalg.cond(information) < _FLAT:
            raise NoLineError
        gradient = times(design.T, weigh * (labels - line.risks))
        step = np.linalg.solve(information, gradient)
        if np.abs(step).max() <= 1e-13 * (1 + np.abs(at).max()) or polished == _POLISHES:
            break
        move, size = times(design, step), 1.0
        # A gain that rounding hides from the likelihood: the step itself is still right.
        polished += bool(step @ gradient <= _HIDDEN * abs(fit))
        reached = dot(weigh, special.log_expit(signs * (linear + move)))
        # The likelihood is concave: halving the step always ends in a gain, or in rounding.
        while not polished and reached < fit and size > 1e-6:
            size /= 2
            reached = dot(weigh, special.log_expit(signs * (linear + size * move)))
        at, fit = at + size * step, reached
        linear = offset + times(design, at)
    else:
        raise NoLineError
    return line
