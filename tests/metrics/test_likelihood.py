"""Tests of likelihood ratios and the odds ratio."""

import math

import numpy as np
import pytest

from prevalens.metrics import dor, lr_negative, lr_positive
from prevalens.metrics.figure import Figure

Z = 1.959963984540054


def table(tp: int, fn: int, fp: int, tn: int) -> tuple[np.ndarray, np.ndarray]:
    """Make labels and calls with the given counts."""
    return np.repeat([1, 1, 0, 0], [tp, fn, fp, tn]), np.repeat([1, 0, 1, 0], [tp, fn, fp, tn])


def test_likelihood_ratios_follow_simel() -> None:
    """exp(log LR +- z sqrt(1/a - 1/(a+c) + 1/b - 1/(b+d))), by hand."""
    labels, calls = table(40, 10, 20, 130)
    made = lr_positive(labels, calls)
    error = math.sqrt(1 / 40 - 1 / 50 + 1 / 20 - 1 / 150)
    assert made.value == pytest.approx(6.0)
    assert (made.lower, made.upper) == pytest.approx(
        (6 * math.exp(-Z * error), 6 * math.exp(Z * error)), rel=1e-12
    )
    made = lr_negative(labels, calls)
    error = math.sqrt(1 / 10 - 1 / 50 + 1 / 130 - 1 / 150)
    value = 0.2 / (130 / 150)
    assert (made.value, made.lower) == pytest.approx((value, value * math.exp(-Z * error)))


def test_the_odds_ratio_follows_woolf() -> None:
    """exp(log OR +- z sqrt(1/a + 1/b + 1/c + 1/d)), by hand."""
    made = dor(*table(40, 10, 20, 130))
    error = math.sqrt(1 / 40 + 1 / 10 + 1 / 20 + 1 / 130)
    assert made.value == pytest.approx(26)
    assert made.upper == pytest.approx(26 * math.exp(Z * error), rel=1e-12)


def test_zero_cells_are_never_filled() -> None:
    """No finite ratio: a reason that names the empty cell, and no added half."""
    assert "no false positives" in str(lr_positive(*table(5, 5, 0, 9)).not_estimable)
    assert "no true negatives" in str(lr_negative(*table(5, 5, 9, 0)).not_estimable)
    reason = str(dor(*table(5, 0, 0, 9)).not_estimable)
    assert "no false negatives and no false positives" in reason
    assert "no positive images" in str(lr_positive(*table(0, 0, 3, 9)).not_estimable)


def test_a_ratio_of_0_has_a_one_sided_interval() -> None:
    """LR- with no misses: from 0 to a finite limit that shrinks with more images."""
    few, many = (lr_negative(*table(n, 0, 2 * n, 8 * n)) for n in (10, 100))
    assert (few.value, few.lower) == (0, 0)
    assert limit(many) < limit(few) < 1
    # Donner & Zou with A = 0: upper = u / sqrt(l (2 B - l)).
    share = Z**2 / 10
    miss = share / (1 + share)
    centre, half = 0.8 + Z**2 / 200, Z * math.sqrt(0.8 * 0.2 / 100 + Z**2 / 40_000)
    low = (centre - half) / (1 + Z**2 / 100)
    assert limit(few) == pytest.approx(miss / math.sqrt(low * (1.6 - low)), rel=1e-9)
    assert lr_positive(*table(0, 10, 20, 80)).lower == 0


def limit(figure: Figure) -> float:
    """Return the upper limit, which is there."""
    assert figure.upper is not None
    return figure.upper


def test_patients_widen_the_interval() -> None:
    """The same counts in patients whose images go together."""
    labels, calls = table(40, 10, 20, 130)
    patients = np.repeat(np.arange(20), 10)
    for figure in (lr_positive, lr_negative, dor):
        alone, together = figure(labels, calls), figure(labels, calls, patients=patients)
        assert alone.value == together.value
        assert limit(together) > limit(alone)
        assert together.design_effect is not None
        assert together.design_effect > 1
