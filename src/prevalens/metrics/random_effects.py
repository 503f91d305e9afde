"""Pool estimates of several sites: random effects by REML, Hartung and Knapp's interval; pure."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from prevalens.metrics.intervals import Limits, student_critical
from prevalens.typing import Numbers

_STEPS = 400  # of the search for the largest restricted likelihood
METHOD = (
    "random effects over sites: between-site variance by restricted maximum likelihood "
    "(Viechtbauer 2005), Hartung and Knapp's standard error, not below the plain one (Hartung & "
    "Knapp 2001; Knapp & Hartung 2003), and Student's t on sites less one"
)


@dataclass(frozen=True)
class RandomEffects:
    """The mean over sites, and how far sites lie apart.

    Args:
        value: Mean over sites, on the scale of the estimates.
        error: Its standard error, by Hartung and Knapp.
        tau2: Variance of the true values between sites.
        weights: Weight of each site, shape `(k,)`; they add up to 1.
        q: Cochran's Q, of fixed effects.
        i2: Share of the variance of estimates that lies between sites, in [0, 1].
    """

    value: float
    error: float
    tau2: float
    weights: Numbers
    q: float
    i2: float

    @property
    def sites(self) -> int:
        """Number of sites."""
        return self.weights.size

    @property
    def q_p_value(self) -> float:
        """Chance of a Q this large or larger where no site differs."""
        return float(special.chdtrc(self.sites - 1, self.q))

    def limits(self, confidence_level: float) -> Limits:
        """Return the confidence limits of the mean."""
        half = student_critical(confidence_level, self.sites - 1) * self.error
        return self.value - half, self.value + half

    def prediction(self, confidence_level: float) -> Limits:
        """Return limits for the true value of the next site.

        References:
            Higgins, Thompson & Spiegelhalter, J R Stat Soc A 2009;172:137-159; degrees of freedom
            as in metafor, sites less one.
        """
        spread = math.sqrt(self.tau2 + self.error**2)
        half = student_critical(confidence_level, self.sites - 1) * spread
        return self.value - half, self.value + half


def pool_random_effects(values: Numbers, variances: Numbers) -> RandomEffects:
    """Pool estimates of independent sites.

    Args:
        values: Estimate of each site, shape `(k,)`, k >= 2, on a scale where it is about normal.
        variances: Squared standard error of each, shape `(k,)`, above 0.

    References:
        Viechtbauer, J Educ Behav Stat 2005;30:261-293. Hartung & Knapp, Stat Med 2001;20:3875-3889.
        Knapp & Hartung, Stat Med 2003;22:2693-2710. Higgins & Thompson, Stat Med
        2002;21:1539-1558.

    Examples:
        >>> made = pool_random_effects(np.array([0.1, 0.5, 0.9]), np.array([0.01, 0.01, 0.01]))
        >>> round(made.value, 6), round(made.tau2, 6)
        (0.5, 0.15)
    """
    fixed = 1 / variances
    middle = float(fixed @ values / fixed.sum())
    q = float(fixed @ (values - middle) ** 2)
    tau2 = _tau2(values, variances)
    weights = 1 / (variances + tau2)
    mean = float(weights @ values / weights.sum())
    rest = float(weights @ (values - mean) ** 2) / (values.size - 1)
    error = math.sqrt(max(rest, 1.0) / weights.sum())
    # The variance of a typical site within, by which I^2 compares.
    typical = (values.size - 1) * fixed.sum() / (fixed.sum() ** 2 - float(fixed @ fixed))
    share = tau2 / (tau2 + typical)
    return RandomEffects(mean, error, tau2, weights / weights.sum(), q, float(share))


def _tau2(values: Numbers, variances: Numbers) -> float:
    """Return the variance between sites whose restricted likelihood is largest."""
    widest = float(np.ptp(values))
    if widest == 0:
        return 0.0
    # Looked for on a grid of tau first: the likelihood may have more than one top.
    grid = np.linspace(0, 2 * widest, _STEPS)
    costs = [_cost(tau, values, variances) for tau in grid]
    best = int(np.argmin(costs))
    ends = grid[max(best - 1, 0)], grid[min(best + 1, _STEPS - 1)]
    found = optimize.minimize_scalar(
        _cost, bounds=ends, args=(values, variances), method="bounded", options={"xatol": 1e-10}
    )
    # At 0 the search stops a hair beside it.
    return 0.0 if costs[0] <= found.fun + 1e-9 else float(found.x) ** 2


def _cost(tau: float, values: Numbers, variances: Numbers) -> float:
    """Return minus twice the restricted log likelihood, but for a constant."""
    spread = variances + tau**2
    weights = 1 / spread
    mean = float(weights @ values / weights.sum())
    rest = float(weights @ (values - mean) ** 2)
    return float(np.log(spread).sum()) + math.log(weights.sum()) + rest
