"""Tests of the integrated calibration index."""

import numpy as np
import pytest
from scipy import special

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import calibration_distance, integrated_calibration_index
from prevalens.metrics.bootstrap import draw_weights, in_fixed_order, percentile_limits
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.smooth import CalibrationCurve, mean_gap

RNG = np.random.default_rng(11)
SCORES = special.expit(RNG.normal(-1, 1.2, 3000))
PATIENTS = np.arange(3000) // 20


def test_a_known_shift_is_found() -> None:
    """Labels drawn at score + .1: an index near .1; at the score: near 0."""
    draw = RNG.random(3000)
    shifted = integrated_calibration_index(draw < SCORES + 0.1, SCORES, draws=100)
    right = integrated_calibration_index(draw < SCORES, SCORES, draws=100)
    assert shifted.value == pytest.approx(0.1, abs=0.025)
    assert right.value is not None
    assert right.value < 0.03


def test_limits_over_patients_hold_the_value() -> None:
    """And the method names the smoother."""
    labels = RNG.random(3000) < SCORES**2
    made = integrated_calibration_index(labels, SCORES, patients=PATIENTS, draws=200)
    assert 0 < made.lower <= made.value <= made.upper < 1  # type: ignore[operator]
    assert "loess" in made.method


def test_what_has_no_curve_says_why() -> None:
    """One class, or one score."""
    assert "no positive" in str(integrated_calibration_index([0, 0], [0.1, 0.3]).not_estimable)
    flat = integrated_calibration_index([0, 1], [0.3, 0.3])
    assert "all scores are equal" in str(flat.not_estimable)


FEW = np.random.default_rng(5)
X = FEW.beta(2, 3, 60)
Y = FEW.random(60) < X**1.3
WHOSE = np.arange(60) // 4


def loess(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Fit a parabola around each score by least squares, as Cleveland defines it."""
    made = []
    for at in scores:
        away = np.abs(scores - at)
        width = np.sort(away)[int(0.75 * scores.size) - 1]
        weights = np.clip(1 - (away / width) ** 3, 0, None) ** 3
        powers = np.vander(scores - at, 3, increasing=True) * np.sqrt(weights)[:, None]
        made.append(np.linalg.lstsq(powers, np.sqrt(weights) * labels, rcond=None)[0][0])
    return np.clip(made, 0, 1)


def test_index_e50_and_e90_are_those_of_parabolas_fitted_one_by_one() -> None:
    """Mean, median and 90th percentile of the distances of sixty fits."""
    gaps = np.sort(np.abs(loess(Y, X) - X))
    assert integrated_calibration_index(Y, X, draws=100).value == pytest.approx(gaps.mean())
    for quantile, place in ((0.5, 29), (0.9, 53)):
        made = calibration_distance(Y, X, quantile=quantile, draws=100)
        assert made.value == pytest.approx(gaps[place])
        assert made.method.startswith(f"E{100 * quantile:g} (Austin")


def test_many_scores_in_bins_give_the_same_index() -> None:
    """Two thousand scores in two hundred bins, to a thousandth."""
    scores, labels = SCORES[:2000], RNG.random(2000) < SCORES[:2000] ** 1.5
    exact = np.abs(loess(labels, scores) - scores).mean()
    made = integrated_calibration_index(labels, scores, draws=100)
    assert made.value == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("draws", [100])
def test_each_draw_counts_the_images_of_a_patient_again(draws: int) -> None:
    """Limits are percentiles of the index over weighted patients, drawn here once more."""
    columns = in_fixed_order(check_columns(Y, X, WHOSE))
    curve = CalibrationCurve(columns)
    weights = np.concatenate(list(draw_weights(15, draws=draws, seed=3, at_once=7)))
    made = integrated_calibration_index(Y, X, patients=WHOSE, draws=draws, seed=3)
    limits = percentile_limits(
        mean_gap(*curve.observed(weights), curve.at), confidence_level=0.95, units=15
    )
    assert (made.lower, made.upper) == pytest.approx(limits)
    # A patient counted twice is in the curve twice.
    twice = np.ones((1, 15))
    twice[0, 4] = 2
    observed, count = curve.observed(twice)
    assert count.sum() == 64
    assert observed.shape == (60, 1)


def test_more_patients_than_groups_are_drawn_in_groups() -> None:
    """6,000 independent images: as wide as 5,000 units are, and the same every time."""
    rng = np.random.default_rng(2)
    scores = rng.beta(2, 5, 6000)
    labels = rng.random(6000) < scores + 0.05
    one, two = (integrated_calibration_index(labels, scores, draws=100) for _ in range(2))
    assert one == two
    assert 0.03 < one.lower < one.value < one.upper < 0.07
    assert np.unique(in_fixed_order(check_columns(labels, scores, None)).codes).size == 5000


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"draws": 99}, "`draws` must be a whole number >= 100"),
        ({"confidence_level": 1}, "`confidence_level` must lie in"),
        ({"quantile": 0}, r"`quantile` must lie in \(0, 1\]"),
    ],
)
def test_what_breaks_its_rule_is_named(ask: dict[str, float], message: str) -> None:
    """Argument, range and value."""
    with pytest.raises(InvalidInputError, match=message):
        calibration_distance(Y, X, **ask)  # type: ignore[arg-type]
