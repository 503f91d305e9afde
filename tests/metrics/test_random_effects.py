"""Random effects over sites: metafor's figures of the BCG trials, and closed forms."""

import math

import numpy as np
import pytest
from scipy import stats

from prevalens.metrics.random_effects import pool_random_effects

# Tuberculosis and none among vaccinated and controls in 13 trials (Colditz et al. 1994), as in
# metafor's `dat.bcg`.
TRIALS = np.array(
    [
        *([4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619]),
        *([33, 5036, 47, 5761], [180, 1361, 372, 1079], [8, 2537, 10, 619]),
        *([505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600]),
        *([186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825]),
    ],
    dtype=float,
)


def bcg() -> tuple[np.ndarray, np.ndarray]:
    """Log risk ratios and their variances."""
    ill, well, ill0, well0 = TRIALS.T
    values = np.log(ill / (ill + well)) - np.log(ill0 / (ill0 + well0))
    return values, 1 / ill - 1 / (ill + well) + 1 / ill0 - 1 / (ill0 + well0)


def test_the_bcg_trials_agree_with_metafor() -> None:
    """What `rma(yi, vi, data=dat, test="knha")` and `predict(res, transf=exp)` print for them."""
    made = pool_random_effects(*bcg())

    assert round(made.tau2, 4) == 0.3132
    assert round(100 * made.i2, 2) == 92.22
    assert round(made.q, 4) == 152.2330
    assert (round(made.value, 4), round(made.error, 4)) == (-0.7145, 0.1808)
    assert round(made.value / made.error, 4) == -3.9522
    assert tuple(round(end, 4) for end in made.limits(0.95)) == (-1.1084, -0.3206)
    assert tuple(round(math.exp(end), 2) for end in made.limits(0.95)) == (0.33, 0.73)
    assert tuple(round(math.exp(end), 2) for end in made.prediction(0.95)) == (0.14, 1.76)
    assert made.q_p_value < 1e-4


def test_equal_variances_have_a_closed_form() -> None:
    """REML is then the variance of the values less that within; the error is theirs alone."""
    values, within = np.array([0.2, 0.9, 1.4, 0.1, 0.6]), 0.05
    made = pool_random_effects(values, np.full(5, within))

    assert made.tau2 == pytest.approx(values.var(ddof=1) - within, abs=1e-6)
    assert made.value == pytest.approx(values.mean())
    assert made.error == pytest.approx(values.std(ddof=1) / math.sqrt(5), rel=1e-6)
    assert made.weights == pytest.approx(np.full(5, 0.2))
    half = stats.t.ppf(0.975, 4) * math.sqrt(made.tau2 + made.error**2)
    assert made.prediction(0.95)[1] - made.value == pytest.approx(half)


def test_sites_that_agree_too_well_keep_the_plain_error() -> None:
    """Values nearer than chance: no variance between, and an error not below that of fixed ones."""
    variances = np.array([0.04, 0.05, 0.1, 0.02])
    made = pool_random_effects(np.array([0.5, 0.51, 0.49, 0.5]), variances)

    assert (made.tau2, made.i2) == (0.0, 0.0)
    assert made.error == pytest.approx(1 / math.sqrt((1 / variances).sum()))
    assert made.q_p_value > 0.99
    same = pool_random_effects(np.array([0.5, 0.5]), np.array([0.04, 0.01]))
    assert (same.value, same.tau2) == (0.5, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_between_solves_the_restricted_score(seed: int) -> None:
    """At a variance above 0 the slope of the restricted likelihood is 0 (Viechtbauer 2005)."""
    rng = np.random.default_rng(seed)
    variances = rng.uniform(0.02, 0.3, 8)
    values = rng.normal(0, 1, 8) + np.sqrt(variances) * rng.normal(size=8)
    made = pool_random_effects(values, variances)
    weights = 1 / (variances + made.tau2)
    slope = weights.sum() - (weights**2).sum() / weights.sum()
    slope -= (weights**2 * (values - made.value) ** 2).sum()

    assert made.tau2 > 0
    assert slope == pytest.approx(0, abs=1e-3)
