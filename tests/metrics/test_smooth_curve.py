"""Tests of the smooth calibration curve and its band."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import calibration_curve, integrated_calibration_index

RNG = np.random.default_rng(4)
PATIENTS = np.repeat(np.arange(40), 25)
SCORES = RNG.beta(2, 4, 1000)
LABELS = RNG.random(1000) < SCORES**1.4


def test_the_curve_is_the_one_whose_distance_the_index_is() -> None:
    """Fifty scores of twenty images each: the mean distance at them is the index."""
    scores = np.repeat(np.linspace(0.02, 0.9, 50), 20)
    labels = np.random.default_rng(1).random(1000) < scores**1.3
    curve = calibration_curve(labels, scores, draws=100)
    gaps = np.abs(np.array(curve.observed) - np.array(curve.scores))
    assert curve.scores == pytest.approx(np.unique(scores))
    assert gaps.mean() == pytest.approx(
        integrated_calibration_index(labels, scores, draws=100).value
    )


def test_a_band_over_patients_holds_the_curve_and_is_wider_than_one_of_images() -> None:
    """At most sixty points; patients that differ widen the band."""
    risk = np.clip(SCORES + np.random.default_rng(2).normal(0, 0.15, 40)[PATIENTS], 0.01, 0.99)
    labels = np.random.default_rng(3).random(1000) < risk
    over, alone = (
        calibration_curve(labels, SCORES, patients=ids, draws=200) for ids in (PATIENTS, None)
    )
    lower, observed, upper = (np.array(part) for part in (over.lower, over.observed, over.upper))
    assert len(over.scores) == 60
    assert (lower <= observed).all()
    assert (observed <= upper).all()
    wide, narrow = upper - lower, np.array(alone.upper) - np.array(alone.lower)
    assert np.median(wide) > 1.3 * np.median(narrow)
    assert ("over patients" in over.method, "over images" in alone.method) == (True, True)


def test_the_band_holds_the_true_risk_at_nearly_every_score() -> None:
    """Labels drawn at the score squared, in a hundred studies: a pointwise band of 95 %."""
    held = []
    for run in range(100):
        rng = np.random.default_rng([7, run])
        scores = rng.uniform(0.05, 0.95, 600)
        labels = rng.random(600) < scores**2
        curve = calibration_curve(labels, scores, draws=100)
        inner = slice(10, 50)
        truth = np.array(curve.scores)[inner] ** 2
        low, high = np.array(curve.lower)[inner], np.array(curve.upper)[inner]
        held.append(((low <= truth) & (truth <= high)).mean())
    assert 0.9 < np.mean(held) < 0.99


def test_what_has_no_curve_or_no_band_says_why() -> None:
    """One class; one score; one patient."""
    assert "no positive" in str(calibration_curve([0, 0], [0.1, 0.3]).not_estimable)
    assert "scores are equal" in str(calibration_curve([0, 1], [0.3, 0.3]).not_estimable)
    single = calibration_curve(LABELS, SCORES, patients=np.zeros(1000, dtype=int), draws=100)
    assert (single.lower, single.upper) == ((), ())
    assert "one patient" in str(single.note)


def test_too_few_draws_are_refused() -> None:
    """Argument, range and value."""
    with pytest.raises(InvalidInputError, match="`draws` must be a whole number >= 100"):
        calibration_curve(LABELS, SCORES, draws=99)
