"""Tests of the recalibration line for many weightings."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, special

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


COLUMNS = check_columns(LABELS, special.expit(LOG_ODDS), PATIENTS)


@pytest.mark.parametrize("slope", [False, True])
def test_near_weightings_of_fractions_are_expanded_to_third_order(slope: bool) -> None:
    """Patients that count a little more or less, which no repeated row can say: a binomial fit.

    Moves of up to .3 log odds leave terms of the fourth order, .3^4 / 24 at most, and smaller ones.
    """
    made = WeightedLine(COLUMNS, PATIENTS, slope=slope)
    rng = np.random.default_rng(8)
    tilt = np.array([LABELS[p == PATIENTS].mean() for p in range(10)])
    steep = np.array([((LABELS - 0.4) * LOG_ODDS)[p == PATIENTS].mean() for p in range(10)])
    towards = np.sign([tilt - np.median(tilt), steep - np.median(steep)])
    far = 0.25 if slope else 0.9
    weights = 1 + far * np.array([*towards, *-towards, *rng.uniform(-1, 1, (8, 10))])
    values = made.values(weights)
    design = np.stack([np.ones(120), LOG_ODDS], axis=1) if slope else np.ones((120, 1))
    for draw, counts in enumerate(weights):
        theirs = sm.GLM(
            LABELS,
            design,
            family=sm.families.Binomial(),
            freq_weights=counts[PATIENTS],
            offset=None if slope else LOG_ODDS,
        ).fit(tol=1e-12)
        assert values[draw] == pytest.approx(theirs.params[-1], abs=4e-5)


@pytest.mark.parametrize("slope", [False, True])
def test_far_weightings_are_refits_to_the_last_digits(slope: bool) -> None:
    """Where the expansion ends more than half a log odds away it is not used."""
    weights = np.zeros((3, 10))
    rates = np.argsort([LABELS[p == PATIENTS].mean() for p in range(10)])
    few = 2 if slope else 1  # one patient's classes are apart
    weights[0, rates[:few]], weights[1, rates[-few:]], weights[2, rates[:2]] = 8, 8, 5
    made = WeightedLine(COLUMNS, PATIENTS, slope=slope).values(weights)
    refitted = 0
    for draw, counts in enumerate(weights):
        rows = np.repeat(np.arange(120), counts[PATIENTS].astype(int))
        line = fit_line(LABELS[rows], LOG_ODDS[rows], slope=slope)
        assert made[draw] == pytest.approx(line.coefficients[-1], abs=5e-4)
        refitted += made[draw] == pytest.approx(line.coefficients[-1], abs=1e-10)
    assert refitted >= 2


def test_a_draw_of_one_class_or_of_separated_classes_has_no_slope() -> None:
    """Positives above, below, or meeting at an edge; a shift can be told where both occur."""
    scores = np.array([0.2, 0.4, 0.6, 0.8, 0.3, 0.7, 0.4, 0.6])
    labels = np.array([0, 0, 1, 1, 1, 0, 1, 1], dtype=bool)
    columns = check_columns(labels, scores, np.arange(8))
    weights = np.array(
        [
            [4.0, 4, 0, 0, 0, 0, 0, 0],  # negatives alone
            [0, 0, 4, 4, 0, 0, 0, 0],  # positives alone
            [2, 2, 2, 2, 0, 0, 0, 0],  # positives above
            [0, 0, 0, 0, 4, 4, 0, 0],  # positives below
            [2, 2, 0, 0, 0, 0, 4, 0],  # positives from the edge up
            [0, 2, 0, 0, 2, 2, 2, 0],  # a positive at the lower end
            [1, 1, 1, 1, 1, 1, 1, 1],
            [0, 3, 0, 0, 3, 0, 3, 0],  # positives up to the edge
        ]
    )
    told = WeightedLine(columns, np.arange(8), slope=True).values(weights)
    assert np.isnan(told).tolist() == [True, True, True, True, True, True, False, True]
    shifts = WeightedLine(columns, np.arange(8), slope=False).values(weights)
    assert np.isnan(shifts).tolist() == [True, True, *[False] * 6]
    for draw in range(2, 8):
        rows = np.repeat(np.arange(8), weights[draw].astype(int))
        line = fit_line(labels[rows], special.logit(scores[rows]), slope=False)
        assert shifts[draw] == pytest.approx(line.coefficients[0], abs=5e-4)


@pytest.mark.parametrize("slope", [False, True])
def test_a_near_weighting_solves_the_third_order_equations_row_by_row(slope: bool) -> None:
    """Risks as their Taylor polynomials in the move of each row's log odds, solved by scipy."""
    line = fit_line(LABELS, LOG_ODDS, slope=slope)
    x = LOG_ODDS - LOG_ODDS.mean()
    r = line.risks
    first = r * (1 - r)
    second = first * (1 - 2 * r)
    third = first * (1 - 6 * r + 6 * r**2)
    rng = np.random.default_rng(4)
    weights = rng.uniform(0.7, 1.3, (12, 10))
    values = WeightedLine(COLUMNS, PATIENTS, slope=slope).values(weights)
    for draw, times in enumerate(weights[:, PATIENTS]):

        def gaps(moves: np.ndarray, times: np.ndarray = times) -> list[float]:
            d = moves[0] + (moves[1] * x if slope else 0)
            rest = times * (LABELS - r - first * d - second * d**2 / 2 - third * d**3 / 6)
            return [rest.sum(), (rest * x).sum()] if slope else [rest.sum()]

        moves = optimize.root(gaps, np.zeros(1 + slope), tol=1e-13).x
        assert abs(moves[-1]) > 1e-4
        assert values[draw] == pytest.approx(line.coefficients[-1] + moves[-1], abs=1e-8)
