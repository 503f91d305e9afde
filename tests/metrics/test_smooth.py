"""Tests of the integrated calibration index."""

import math

import numpy as np
import pytest
from scipy import special

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import integrated_calibration_index
from prevalens.metrics.bootstrap import draw_weights, in_fixed_order, percentile_limits
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.smooth import _Smoother, bandwidth

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
    """And the method states the bandwidth."""
    labels = RNG.random(3000) < SCORES**2
    made = integrated_calibration_index(labels, SCORES, patients=PATIENTS, draws=200)
    assert 0 < made.lower <= made.value <= made.upper < 1  # type: ignore[operator]
    assert f"bandwidth {bandwidth(SCORES):.3g}" in made.method


def test_what_has_no_curve_says_why() -> None:
    """One class, or one score."""
    assert "no positive" in str(integrated_calibration_index([0, 0], [0.1, 0.3]).not_estimable)
    flat = integrated_calibration_index([0, 1], [0.3, 0.3])
    assert "all scores are equal" in str(flat.not_estimable)


FEW = np.random.default_rng(5)
X = FEW.beta(2, 3, 60)
Y = FEW.random(60) < X**1.3
WHOSE = np.arange(60) // 4


def slow_index(labels: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> float:
    """Fit a line to label minus score around each point, and read off at each row's score."""
    middle = (np.quantile(scores, 0.75) - np.quantile(scores, 0.25)) / 1.34
    width = 0.9 * min(scores.std(), middle) * scores.size**-0.2
    ordered = sorted(scores)
    points = {ordered[i * (scores.size - 1) // 40] for i in range(41)}
    low, high = ordered[0], ordered[-1]
    for step in range(41):
        spot = low + step / 40 * (high - low)
        points.add(next((score for score in ordered if score >= spot), high))
    x, gaps = scores[rows], (labels * 1.0 - scores)[rows]
    heights = []
    for point in sorted(points):
        root = np.exp(-(np.clip((x - point) / width, -40, 40) ** 2) / 4)
        design = np.stack([root, root * (x - point) / width], axis=1)
        # Of one score alone the least solution is the mean.
        height = np.linalg.lstsq(design, root * gaps, rcond=None)[0][0] if root.any() else 0.0
        heights.append(abs(np.clip(height, -point, 1 - point)))
    return float(np.interp(x, sorted(points), heights).mean())


@pytest.mark.parametrize("clustered", [False, True])
def test_the_index_and_its_limits_are_local_lines_fitted_one_by_one(clustered: bool) -> None:
    """Silverman's bandwidth, scores by rank and by step; each draw fitted to its repeated rows."""
    spread = min(X.std(), (np.quantile(X, 0.75) - np.quantile(X, 0.25)) / 1.34)
    width = 0.9 * spread * 60**-0.2
    assert bandwidth(X) == pytest.approx(width)
    patients = WHOSE if clustered else None
    made = integrated_calibration_index(
        Y, X, patients=patients, draws=100, seed=2, confidence_level=0.8
    )
    value = slow_index(Y, X, np.arange(60))
    assert made.value == pytest.approx(value)
    columns = in_fixed_order(check_columns(Y, X, patients))
    order = np.lexsort([Y, X] if patients is None else [Y, X, patients])
    units, codes = (15, columns.codes) if clustered else (60, np.arange(60))
    draws = [
        slow_index(Y, X, np.repeat(order, times[codes].astype(int)))
        for times in np.concatenate(list(draw_weights(units, draws=100, seed=2, at_once=100)))
    ]
    limits = percentile_limits(np.array(draws), confidence_level=0.8, units=units)
    assert made.lower == pytest.approx(min(limits[0], value), rel=1e-4)
    assert made.upper == pytest.approx(max(limits[1], value), rel=1e-4)
    assert (made.n, made.events, made.confidence_level) == (60, Y.sum(), 0.8)
    assert made.patients == (15 if clustered else None)
    assert made.method.startswith("integrated calibration index (Austin & Steyerberg 2019)")
    assert f"bandwidth {width:.3g}, at up to 82 scores; bootstrap over" in made.method


def test_a_bandwidth_takes_the_deviation_where_the_quartiles_meet() -> None:
    """Most scores equal: their range is 0, and .9 times the deviation times n^(-1/5) is left."""
    scores = np.array([0.5] * 8 + [0.1, 0.9])
    assert bandwidth(scores) == pytest.approx(0.9 * math.sqrt(2 * 0.16 / 10) * 10**-0.2)
    assert bandwidth(np.full(6, 0.1)) == 0.0
    even = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    assert bandwidth(even) == pytest.approx(0.9 * 0.5 * 6**-0.2)  # not 1 / 1.34


@pytest.mark.parametrize("seed", range(4))
def test_no_line_is_drawn_out_between_two_heaps_of_scores(seed: int) -> None:
    """Scores near 0 and near 1, as a sure model gives them: index and limits are small."""
    rng = np.random.default_rng(seed)
    scores = np.concatenate([rng.beta(2, 100, 240), 1 - rng.beta(2, 60, 60)])
    labels = rng.random(300) < scores
    made = integrated_calibration_index(labels, scores, draws=100)
    assert made.value == pytest.approx(slow_index(labels, scores, np.arange(300)))
    assert made.upper is not None
    assert made.upper < 0.05
    assert made.note is None


def test_a_heap_of_one_score_has_the_distance_of_its_mean() -> None:
    """No line goes through it: three of five positive at .8, which is .2 away."""
    scores = np.append(np.linspace(0.2, 0.202, 35), np.full(5, 0.8))
    labels = np.append(np.arange(35) % 5 == 0, [True, False, True, False, True])
    made = integrated_calibration_index(labels, scores, draws=100)
    assert made.value == pytest.approx(slow_index(labels, scores, np.arange(40)))
    for rows in (np.arange(36, 40), np.arange(35)):
        weights = np.zeros((1, 40))
        weights[0, rows] = 1
        columns = check_columns(labels, scores, None)
        index = _Smoother(columns, bandwidth(scores)).index(weights)[0]
        assert index == pytest.approx(slow_index(labels, scores, rows))
    assert index < 0.1


@pytest.mark.parametrize(
    ("labels", "scores", "reason"),
    [
        ([0, 0, 0], [0.1, 0.3, 0.2], "no positive images"),
        ([1, 1, 1], [0.1, 0.3, 0.2], "no negative images"),
        ([0, 1, 0], [0.3, 0.3, 0.3], "all scores are equal, so there is no curve"),
    ],
)
def test_a_reason_stands_with_the_method(
    labels: list[int], scores: list[float], reason: str
) -> None:
    """Counts, confidence level and bandwidth too."""
    made = integrated_calibration_index(labels, scores, patients=list("aab"), confidence_level=0.9)
    assert made.not_estimable == reason
    assert f"bandwidth {bandwidth(np.array(scores)):.3g}, at up to 82 scores" in made.method
    assert (made.n, made.events, made.patients, made.confidence_level) == (3, sum(labels), 2, 0.9)


def test_draws_and_seed_are_those_asked_for() -> None:
    """1000 from seed 0 by default; fewer than 100 are refused, as is what breaks its rule."""
    made = integrated_calibration_index(Y, X)
    assert "1000 draws" in made.method
    assert made == integrated_calibration_index(Y, X, draws=1000, seed=0, confidence_level=0.95)
    assert made != integrated_calibration_index(Y, X, seed=1)
    for ask, message in (
        ({"draws": 99}, "`draws` must be a whole number >= 100, got 99"),
        ({"confidence_level": 1}, "`confidence_level` must lie in"),
        ({"patients": ["a"]}, "`patients` has 1"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            integrated_calibration_index(Y, X, **ask)  # type: ignore[arg-type]
