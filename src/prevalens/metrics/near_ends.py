"""Limits of a ranking near 1 or 0, where few images or patients carry all that is seen of a spread.

Only a few units (patients, or images alone) are misranked at 0.999. As many squares make up its
variance, and a bad unit that did not happen to be drawn is in none of them. The effective
number of misranked units is m = (1 - value)^2 / variance; as a Poisson number of that mean shows no
unit with probability exp(-m), this is the share of what was not seen. That share of the variance,
and of its degrees of freedom, is taken from units that are ranked right or wrong as a whole: value
(1 - value) over their number. From some ten units on, nothing of it is left.
"""

import functools
import math

import numpy as np

from prevalens.metrics.basis import Basis
from prevalens.metrics.clusters import Spread, effective_number, unseen_share
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.intervals import logit_limits
from prevalens.typing import Codes, Flags, Numbers

UNSEEN = (
    "near 1 and 0, the share exp(-m) of the variance is that of units ranked as a whole, where m "
    "effective units are misranked"
)
_SCORE = 3.0  # effective units at which score limits give way to those of the plain logit


def ranking_estimate(
    basis: Basis,
    value: float,
    spread: Spread,
    method: str,
    *,
    units: float,
    alone: float | None = None,
) -> Estimate:
    """Make the estimate of a ranking that is not perfect.

    Args:
        basis: What the estimate is computed from.
        value: AUROC or average precision, in (0, 1).
        spread: Its spread over patients, or over independent images.
        method: How both were computed.
        units: Effective number of patients, or images, of the class that has fewer.
        alone: Variance if images were independent.
    """
    if basis.usable(spread) is not None:
        return basis.from_spread(value, spread, logit_limits, method, alone=alone)
    seen = misranked(value, spread.variance)
    bend = math.exp(-((seen / _SCORE) ** 2))
    scale = functools.partial(logit_limits, bend=bend)
    shrunk = with_unseen(value, spread, units)
    return basis.from_spread(value, shrunk, scale, f"{method}; {UNSEEN}", alone=alone)


def misranked(value: float, variance: float) -> float:
    """Return the effective number of misranked units: the squared loss over its variance."""
    return min(value, 1 - value) ** 2 / variance


def with_unseen(value: float, spread: Spread, units: float) -> Spread:
    """Return a spread whose unseen share is that of units that are ranked as a whole.

    Args:
        value: The estimate, in (0, 1).
        spread: Its spread as it was seen.
        units: Effective number of patients, or images, of the class that has fewer.
    """
    share = unseen_share(misranked(value, spread.variance))
    variance = (1 - share) * spread.variance + share * value * (1 - value) / units
    df = (1 - share) * spread.df + share * max(units - 1, 1.0)
    return Spread(variance, df, spread.patients, spread.skewness)


def fewer_units(labels: Flags, codes: Codes, weights: Numbers | None = None) -> float:
    """Return the effective number of patients of the class that has fewer (Kish 1965).

    Args:
        labels: True where the image is positive, shape `(n_rows,)`; both classes occur.
        codes: Number of each row's patient, shape `(n_rows,)`.
        weights: What each row weighs, shape `(n_rows,)`; None: 1.
    """
    found = []
    for rows in (labels, ~labels):
        sizes = np.bincount(codes[rows], None if weights is None else weights[rows])
        found.append(effective_number(sizes.astype(np.float64)))
    return min(found)
