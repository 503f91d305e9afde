"""Tests of Brier score, log loss, calibration intercept and slope."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats
from sklearn import metrics as sklearn_metrics

from prevalens.metrics import (
    Estimate,
    brier,
    calibration_intercept,
    calibration_joint_intercept,
    calibration_slope,
    integrated_calibration_index,
    log_loss,
)

RNG = np.random.default_rng(7)
SCORES = RNG.uniform(0.02, 0.98, 400)
LABELS = RNG.random(400) < SCORES**1.5
PATIENTS = np.repeat(np.arange(40), 10)
Z = 1.959963984540054


def test_losses_agree_with_scikit_learn() -> None:
    """Brier in [0, 1], log loss in nats."""
    assert brier(LABELS, SCORES).value == pytest.approx(
        sklearn_metrics.brier_score_loss(LABELS, SCORES)
    )
    assert log_loss(LABELS, SCORES).value == pytest.approx(sklearn_metrics.log_loss(LABELS, SCORES))


def test_the_limits_of_two_losses_by_hand() -> None:
    """Losses .01 and .09: mean .05, standard error .04, on the logit and the log scale."""
    made = brier([0, 1], [0.1, 0.7])
    student = stats.t.ppf(0.975, 1)
    reach = student * 0.04 / (0.05 * 0.95)
    odds = 0.05 / 0.95 * math.exp(-reach)
    assert made.lower == pytest.approx(odds / (1 + odds))
    made = log_loss([0, 1], [0.5, 0.25])
    mean, error = 1.5 * math.log(2), 0.5 * math.log(2)
    assert made.lower == pytest.approx(mean * math.exp(-student * error / mean))


def test_scores_on_a_grid_recalibrate_to_a_hand_made_line() -> None:
    """Half of the scores .2 with 3 in 10 positive, half .8 with 7 in 10: slope log(7/3)/log 4."""
    scores = np.repeat([0.2, 0.8], 10)
    labels = np.array([1] * 3 + [0] * 7 + [1] * 7 + [0] * 3)
    slope = math.log(7 / 3) / math.log(4)
    assert calibration_slope(labels, scores).value == pytest.approx(slope, rel=1e-12)
    assert calibration_joint_intercept(labels, scores).value == pytest.approx(0, abs=1e-12)
    assert calibration_intercept(labels, scores).value == pytest.approx(0, abs=1e-12)


def test_the_intercept_of_equal_scores_is_a_difference_of_log_odds() -> None:
    """Scores .5, 1 in 4 positive: log(1/3), with variance 1/(n p (1 - p))."""
    made = calibration_intercept([1, 0, 0, 0] * 5, [0.5] * 20)
    assert made.value == pytest.approx(-math.log(3), rel=1e-12)
    assert made.upper == pytest.approx(-math.log(3) + Z / math.sqrt(20 * 3 / 16), rel=1e-9)


@pytest.mark.parametrize(
    ("labels", "scores", "reason"),
    [
        ([1, 1, 1], [0.2, 0.5, 0.9], "no negative images"),
        ([1, 0, 1], [0.0, 0.5, 1.0], "2 scores are exactly 0 or 1"),
        ([1, 0, 1], [0.5, 0.5, 0.5], "all scores are equal"),
        ([0, 0, 1], [0.2, 0.5, 0.9], "separate the classes perfectly"),
        ([0, 1, 1], [0.5, 0.5, 0.9], "separate the classes perfectly"),
        ([1, 1, 0], [0.2, 0.5, 0.9], "separate the classes perfectly"),
    ],
)
def test_a_slope_that_does_not_exist_says_why(
    labels: list[int], scores: list[float], reason: str
) -> None:
    """One class, infinite log odds, no spread, separation (ties at the edge too)."""
    assert reason in str(calibration_slope(labels, scores).not_estimable)


def test_scores_at_the_edge_of_0_and_1_give_no_absurd_limits() -> None:
    """Scores of 1e-300, one of them wrong: a value, and limits only where they mean something."""
    scores = np.repeat([1e-300, 0.999999], 20)
    labels = np.repeat([0, 1], 20)
    labels[0] = 1
    for patients in (None, np.arange(40) // 5):
        made = calibration_intercept(labels, scores, patients=patients)
        assert made.value is not None
        assert made.lower is None or made.lower > -1e4


def test_positives_of_one_patient_leave_the_line_without_limits() -> None:
    """Without that patient there is no line."""
    labels = np.arange(60) < 4
    scores = np.linspace(0.9, 0.1, 60)
    scores[30] = 0.95
    for estimate in (calibration_intercept, calibration_slope):
        made = estimate(labels, scores, patients=np.arange(60) // 6)
        assert (made.value is None, made.lower) == (False, None)
        assert "one patient" in str(made.note)


def test_an_infinite_loss_has_a_finite_lower_limit() -> None:
    """A wrong score of exactly 1 is counted and named; a right one costs nothing."""
    endless = log_loss([0, 1, 0], [1.0, 1.0, 0.2])
    assert (endless.value, endless.infinite, endless.upper) == (None, True, None)
    assert endless.lower is not None
    assert endless.lower > 0
    assert "1 images" in str(endless.note)
    assert log_loss([1, 0, 0], [1.0, 0.5, 0.2]).value == pytest.approx(
        (math.log(2) - math.log(0.8)) / 3
    )


def test_equal_losses_have_no_interval() -> None:
    """A width of 0 is not one."""
    made = brier([0, 1], [0.3, 0.7])
    assert (made.value, made.lower) == (pytest.approx(0.09), None)


@pytest.mark.parametrize("estimate", [brier, log_loss, calibration_intercept, calibration_slope])
def test_one_image_per_patient_is_the_classical_form(estimate: object) -> None:
    """And patients with ten images keep the value but move the limits."""
    alone = estimate(LABELS, SCORES)  # type: ignore[operator]
    single = estimate(LABELS, SCORES, patients=np.arange(400))  # type: ignore[operator]
    over = estimate(LABELS, SCORES, patients=PATIENTS)  # type: ignore[operator]
    assert (alone.lower, alone.upper) == (single.lower, single.upper)
    assert alone.value == over.value
    assert over.lower < over.value < over.upper
    assert (over.lower, over.upper) != (alone.lower, alone.upper)


@pytest.mark.parametrize(
    "scores",
    [
        np.nextafter(0.3, 1, dtype=np.float64) * np.ones(6) + np.arange(6) * 1e-17,
        np.array([0.3, 0.3, 0.3, np.nextafter(0.3, 1), 0.3, np.nextafter(0.3, 1)]),
        np.array([1e-300, 1 - 1e-16, 1e-300, 1e-300, 1 - 1e-16, 1e-300]),
        np.full(6, np.float32(0.31), dtype=np.float64),
    ],
)
def test_scores_that_hardly_differ_are_never_an_error(scores: np.ndarray) -> None:
    """A collapsed model gets a reason, not a crash: no slope can be seen in rounding errors."""
    labels = [0, 1, 0, 1, 0, 1]
    for estimate in (
        calibration_slope(labels, scores),
        calibration_intercept(labels, scores),
        integrated_calibration_index(labels, scores),
    ):
        assert estimate.value is None or np.isfinite(estimate.value)
    assert calibration_slope(labels, scores).not_estimable or scores.min() < 1e-200


def test_the_joint_intercept_belongs_to_the_slope() -> None:
    """Half the log odds shifted by one: the line is 1 + 0.5 x, but with a slope of 1 another."""
    odds = np.repeat(np.linspace(-3, 3, 13), 400)
    labels = np.concatenate(
        [np.arange(400) < round(400 / (1 + math.exp(-1 - x / 2))) for x in odds[::400]]
    )
    scores = 1 / (1 + np.exp(-odds))
    joint = calibration_joint_intercept(labels, scores)
    assert joint.value == pytest.approx(1, abs=0.01)
    assert calibration_slope(labels, scores).value == pytest.approx(0.5, abs=0.01)
    assert calibration_intercept(labels, scores).value != pytest.approx(1, abs=0.01)


ONE_PATIENT = "No interval: one patient dominates, which says nothing about others."


@pytest.mark.parametrize(
    ("estimate", "which"),
    [(calibration_intercept, 0), (calibration_joint_intercept, 0), (calibration_slope, 1)],
)
def test_the_line_over_patients_moves_by_one_newton_step_each(
    estimate: Callable[..., Estimate], which: int
) -> None:
    """Each patient left out in turn: gradient and information of the rest, at the whole fit."""
    x = np.log(SCORES / (1 - SCORES))
    fixed = estimate is calibration_intercept
    design = np.ones((400, 1)) if fixed else np.stack([np.ones(400), x], axis=1)
    theirs = sm.GLM(LABELS, design, family=sm.families.Binomial(), offset=x if fixed else None).fit(
        tol=1e-14
    )
    risks = theirs.fittedvalues
    moves = []
    for patient in range(40):
        rest = design[patient != PATIENTS]
        kept = (risks * (1 - risks))[patient != PATIENTS]
        gap = (LABELS - risks)[patient == PATIENTS] @ design[patient == PATIENTS]
        moves.append(np.linalg.solve(rest.T @ (rest * kept[:, None]), gap)[which])
    total = float(np.square(moves).sum())
    df = 2 * total**2 / (np.power(moves, 4).sum() - total**2 / 40)
    half = stats.t.ppf(0.9, min(df, 39)) * math.sqrt(total)
    made = estimate(LABELS, SCORES, patients=PATIENTS, confidence_level=0.8)
    value = theirs.params[which]
    assert made.value == pytest.approx(value, abs=1e-7)
    assert (made.lower, made.upper) == pytest.approx((value - half, value + half), rel=1e-4)
    effect = max(total / theirs.bse[which] ** 2, 1)
    assert made.design_effect == pytest.approx(effect, rel=1e-4)
    assert "delete-one-patient jackknife" in made.method
    # Independent images: Wald's limits from the information.
    alone = estimate(LABELS, SCORES, confidence_level=0.8)
    half = stats.norm.ppf(0.9) * theirs.bse[which]
    assert (alone.lower, alone.upper) == pytest.approx((value - half, value + half), rel=1e-5)
    assert "Wald interval" in alone.method
    assert (alone.design_effect, alone.note) == (None, None)


def test_a_spread_of_few_degrees_of_freedom_is_noted() -> None:
    """Forty patients of whom one has wrong scores, and forty alike."""
    patients = np.arange(400) % 40
    odd = np.where(patients == 0, 1 - SCORES, SCORES)
    assert "spread is estimated from few patients" in str(
        calibration_slope(LABELS, odd, patients=patients).note
    )
    for estimate in (calibration_slope, calibration_intercept, calibration_joint_intercept):
        assert estimate(LABELS, SCORES, patients=patients).note is None


@pytest.mark.parametrize(
    ("estimate", "labels", "scores", "reason"),
    [
        (calibration_intercept, [0, 0, 0], [0.2, 0.5, 0.9], "no positive images"),
        (calibration_intercept, [1, 1, 1], [0.2, 0.5, 0.9], "no negative images"),
        (calibration_slope, [0, 0, 0], [0.2, 0.5, 0.9], "no positive images"),
        (
            calibration_joint_intercept,
            [1, 0, 1, 0],
            [0.0, 0.5, 1.0, 0.3],
            "2 scores are exactly 0 or 1, whose log odds are infinite",
        ),
        (
            calibration_intercept,
            [1, 0, 1, 0],
            [0.0, 0.0, 1.0, 0.3],
            "3 scores are exactly 0 or 1, whose log odds are infinite",
        ),
        (
            calibration_slope,
            [1, 1, 0, 0],
            [0.3, np.nextafter(0.3, 1)] * 2,
            "the scores hardly differ, or lie too near 0 and 1, for a line to be seen",
        ),
    ],
)
@pytest.mark.parametrize("patients", [None, [1, 1, 2, 2]])
def test_a_line_that_cannot_be_seen_says_why_and_how_it_was_sought(
    estimate: Callable[..., Estimate],
    labels: list[int],
    scores: list[float],
    reason: str,
    patients: list[int] | None,
) -> None:
    """The reason, and the method of these rows."""
    if patients:
        patients = patients[: len(labels)]
    made = estimate(labels, scores, patients=patients)
    assert made.not_estimable == reason
    assert made.method.startswith("maximum likelihood")
    assert ("Wald" in made.method) == (patients is None)


def test_an_intercept_of_equal_or_separated_scores_can_be_had() -> None:
    """Only a slope needs scores that differ and classes that mix."""
    assert calibration_intercept([1, 0, 1, 0], [0.5] * 4).value == pytest.approx(0)
    assert calibration_intercept([0, 0, 1, 1], [0.2, 0.3, 0.7, 0.8]).value == pytest.approx(0)


def test_scores_that_say_too_little_leave_the_value_without_limits() -> None:
    """Nearly certain scores: information of about 1e-9, a variance beyond 1e6."""
    scores = np.array([1e-9, 1e-9, 1 - 1e-9, 1 - 1e-9])
    for patients in (None, [1, 1, 2, 2]):
        made = calibration_intercept([0, 0, 1, 1], scores, patients=patients)
        assert made.value == pytest.approx(0, abs=1e-3)
        assert (made.lower, made.upper) == (None, None)
        assert made.note == "No interval: scores this near 0 and 1 say too little."
        assert made.method.startswith("maximum likelihood")


def test_without_a_second_patient_of_a_class_the_line_has_its_value_alone() -> None:
    """Its method and reason beside it."""
    labels = np.arange(60) < 4
    scores = np.append(np.linspace(0.9, 0.1, 59), 0.95)
    for estimate in (calibration_intercept, calibration_slope):
        made = estimate(labels, scores, patients=np.arange(60) // 6)
        assert made.note == ONE_PATIENT
        assert "delete-one-patient jackknife" in made.method


def test_infinite_losses_are_counted_with_their_method() -> None:
    """Two wrong scores, of 0 and of 1."""
    made = log_loss([1, 0, 1], [0.0, 1.0, 0.4], patients=list("aab"), confidence_level=0.8)
    assert str(made.note).startswith(
        "2 images have a score of exactly 0 or 1 that is wrong: infinite loss."
    )
    assert made.method.startswith("mean over images, log scale")
    assert (made.n, made.events, made.patients, made.confidence_level) == (3, 2, 2, 0.8)


def test_a_saturated_score_is_taken_half_a_step_inside() -> None:
    """One float32 score of exactly 1 moves no line, and is told of."""
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-1, 1.5, 400)
    labels = rng.random(400) < special.expit(log_odds)
    scores = special.expit(log_odds)
    scores[np.flatnonzero(labels)[0]] = 1.0
    inside = scores.copy()
    inside[scores == 1] = 1 - 2.0**-25
    for estimate in (calibration_intercept, calibration_slope):
        made, moved = estimate(labels, scores), estimate(labels, inside)
        assert made.value == pytest.approx(moved.value)
        assert "1 scores of exactly 0 or 1" in str(made.note)
