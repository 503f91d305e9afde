"""Tests of the integrated calibration index."""

import numpy as np
import pytest
from scipy import special

from prevalens.metrics import integrated_calibration_index
from prevalens.metrics.smooth import bandwidth

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
