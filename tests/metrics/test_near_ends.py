"""Tests of limits near the ends of a ranking, where a few units carry the spread."""

import math

import numpy as np
import pytest
from scipy import special, stats

from prevalens.metrics import auroc, average_precision, wilson_interval
from prevalens.metrics.clusters import Spread
from prevalens.metrics.intervals import logit_limits
from prevalens.metrics.near_ends import fewer_units, misranked, with_unseen


def ranked(misplaced: int) -> tuple[np.ndarray, np.ndarray]:
    """Make 20 positive images above 980 negative ones, but for some below a few of these."""
    labels = np.repeat([1, 0], [20, 980])
    scores = np.append(np.linspace(0.6, 0.9, 20), np.linspace(0.1, 0.5, 980))
    scores[:misplaced] = 0.5 - 0.0015 * np.arange(1, misplaced + 1)
    return labels, scores


def test_the_bound_at_1_is_joined_without_a_jump() -> None:
    """One misplaced image of 1,000 moves the lower limit by less than 0.04, ten by far more."""
    lower = [auroc(*ranked(misplaced)).lower for misplaced in (0, 1, 2, 3, 5, 10)]
    assert lower[0] == pytest.approx(0.025 ** (1 / 20))
    assert lower[1] == pytest.approx(lower[0], abs=0.04)
    # From there on each limit is near the one before: what is seen takes over bit by bit.
    assert np.abs(np.diff(lower)).max() < 0.08
    assert lower[-1] > 0.97


def test_no_image_that_moves_by_a_hair_moves_a_limit_far() -> None:
    """A positive image sinks through the negatives, five at a time: no limit steps by 0.04."""
    labels, scores = ranked(3)
    lower = []
    for place in np.linspace(0.4999, 0.4, 40):
        scores[0] = place
        made = auroc(labels, scores)
        lower.append(made.lower)
    assert np.abs(np.diff(lower)).max() < 0.04


def test_what_is_unseen_is_that_of_units_ranked_as_a_whole() -> None:
    """By hand: m = 2 effective units leave exp(-2) of the variance and degrees of freedom."""
    value, variance = 0.98, 0.0002
    made = with_unseen(value, Spread(variance, 3.0, 50), 25.0)
    assert misranked(value, variance) == pytest.approx(2)
    share = math.exp(-2)
    assert made.variance == pytest.approx((1 - share) * variance + share * 0.0196 / 25)
    assert made.df == pytest.approx((1 - share) * 3 + share * 24)


def test_far_from_the_ends_limits_are_those_of_the_logit() -> None:
    """200 images of AUROC 0.8: DeLong's variance on the logit scale with Student's t."""
    rng = np.random.default_rng(2)
    labels = np.repeat([1, 0], 100)
    scores = special.expit(rng.normal(size=200) + 1.2 * labels)
    made = auroc(labels, scores)
    high, low = scores[:100], scores[100:]
    wins = (high[:, None] > low[None, :]).astype(float)
    one, two = wins.mean(axis=1), wins.mean(axis=0)
    error = math.sqrt(one.var(ddof=1) / 100 + two.var(ddof=1) / 100)
    limits = [
        special.expit(special.logit(made.value) + side * error / made.value / (1 - made.value))
        for side in stats.t.ppf([0.025, 0.975], 190)
    ]
    assert (made.lower, made.upper) == pytest.approx(limits, abs=2e-3)


def test_the_bend_leads_from_the_logit_to_wilson() -> None:
    """At 1 the limits are Wilson's for value (1 - value) / error^2 images."""
    half = 1.959963984540054 * math.sqrt(0.9 * 0.1 / 40)
    assert logit_limits(0.9, half, bend=1.0) == pytest.approx(wilson_interval(36, 40))
    assert logit_limits(0.9, half, bend=1e-7) == pytest.approx(logit_limits(0.9, half))
    assert logit_limits(0.9, half)[0] < logit_limits(0.9, half, bend=0.5)[0]


def test_the_class_with_fewer_effective_patients_counts() -> None:
    """Positives: 3 and 1 images of two patients, 16 / 10; negatives: one each of two, 2."""
    labels = np.array([1, 1, 1, 1, 0, 0], dtype=bool)
    codes = np.array([0, 0, 0, 1, 0, 2])
    assert fewer_units(labels, codes) == pytest.approx(1.6)
    assert fewer_units(labels, codes, np.array([1, 1, 1, 3, 1, 1.0])) == pytest.approx(2)


def test_rare_positives_at_auroc_099_are_held() -> None:
    """400 studies of 1,000 images with some 20 positives: the truth lies below few limits."""
    apart, missed, held = math.sqrt(2) * stats.norm.ppf(0.99), 0, 0
    for run in range(400):
        rng = np.random.default_rng([3, run])
        labels = np.arange(1000) < max(rng.binomial(1000, 0.02), 2)
        made = auroc(labels, special.expit(rng.normal(size=1000) + apart * labels))
        missed += made.lower > 0.99
        held += made.lower <= 0.99 <= made.upper
    assert missed <= 24
    assert held >= 372


def test_average_precision_near_1_takes_the_same_route() -> None:
    """One positive of twenty below one negative: far from a width of nothing."""
    made = average_precision(*ranked(1))
    assert 0.99 < made.value < 1
    assert 0.7 < made.lower < 0.95
    assert "ranked as a whole" in made.method
