"""Tests of the recalibration line for many weightings."""

import numpy as np
import pytest
from scipy import special

from prevalens.metrics.inputs import check_columns, check_patients
from prevalens.metrics.logistic import fit_line
from prevalens.metrics.weighted_line import WeightedLine

RNG = np.random.default_rng(3)
PATIENTS = np.repeat(np.arange(10), 12)
LOG_ODDS = RNG.normal(-0.5, 1, 120)
LABELS = RNG.random(120) < special.expit(LOG_ODDS)


@pytest.mark.parametrize("slope", [False, True])
def test_near_and_far_weightings_are_refits(slope: bool) -> None:
    """Even weights, a draw, and all weight on three patients."""
    weights = np.ones((3, 10))
    weights[1] = [0, 1, 2, 1, 0, 3, 1, 1, 0, 1]
    weights[2] = [4, 0, 0, 0, 0, 0, 3, 0, 0, 3]
    columns = check_columns(LABELS, special.expit(LOG_ODDS), PATIENTS)
    codes = check_patients(PATIENTS, 120)
    assert codes is not None
    made = WeightedLine(columns, codes, slope=slope).values(weights)
    for draw, counts in enumerate(weights):
        rows = np.repeat(np.arange(120), counts[PATIENTS].astype(int))
        line = fit_line(LABELS[rows], LOG_ODDS[rows], slope=slope)
        assert made[draw] == pytest.approx(line.coefficients[-1], abs=5e-3)


def test_a_weighting_without_a_line_gives_no_number() -> None:
    """One class only, or classes that scores separate."""
    labels = np.array([1, 0, 1, 0, 1, 0], dtype=bool)
    scores = np.array([0.7, 0.4, 0.3, 0.6, 0.8, 0.2])
    columns = check_columns(labels, scores, list("aabbcd"))
    codes = np.array([0, 0, 1, 1, 2, 3])
    line = WeightedLine(columns, codes, slope=True)
    made = line.values(np.array([[2.0, 0.0, 1.0, 1.0], [0.0, 0.0, 4.0, 0.0]]))
    assert np.isnan(made).all()


def test_a_draw_of_scores_that_hardly_differ_gives_no_number() -> None:
    """Three scores one part in 10^12 apart have classes that mix, but no slope to be told."""
    odds = np.array([1.0, 1 + 1e-12, 1 + 2e-12, -1.0, -1.0, 2.0, 2.0, 0.5])
    labels = np.array([1, 0, 1, 1, 0, 1, 0, 0], dtype=bool)
    codes = np.array([0, 0, 0, 1, 1, 2, 2, 3])
    columns = check_columns(labels, special.expit(odds), codes)
    made = WeightedLine(columns, codes, slope=True).values(np.array([[4.0, 0, 0, 0], [1, 1, 1, 1]]))
    assert np.isnan(made).tolist() == [True, False]
