"""Tests of the reliability curve, ECE, O/E and the scaled Brier score."""

import math

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import (
    brier,
    expected_calibration_error,
    observed_expected,
    reliability_curve,
    scaled_brier,
    wilson_interval,
)
from prevalens.metrics.reliability import bin_of

SCORES = np.repeat([0.1, 0.4, 0.8], [50, 30, 20])
LABELS = np.concatenate([np.arange(50) < 10, np.arange(30) < 9, np.arange(20) < 18]).astype(int)
Z = 1.959963984540054


def test_bins_hold_their_counts() -> None:
    """10 of 50, 9 of 30 and 18 of 20, with Wilson limits."""
    curve = reliability_curve(LABELS, SCORES, bins=10, strategy="uniform")
    assert [point.observed.n for point in curve] == [50, 30, 20]
    assert [point.observed.value for point in curve] == [0.2, 0.3, 0.9]
    assert [point.mean_score for point in curve] == pytest.approx([0.1, 0.4, 0.8])
    assert (curve[1].observed.lower, curve[1].observed.upper) == wilson_interval(9, 30)


def test_equal_scores_share_a_bin() -> None:
    """Quantile bins never part ties; uniform bins are closed above."""
    assert np.unique(bin_of(SCORES, bins=10, strategy="quantile")).size == 3
    edges = bin_of(np.array([0.0, 0.1, 0.1001, 1.0]), bins=10, strategy="uniform")
    assert edges.tolist() == [0, 0, 1, 9]
    with pytest.raises(InvalidInputError, match="'quantile', 'uniform'"):
        bin_of(SCORES, bins=10, strategy="equal")


def test_ece_is_the_weighted_mean_of_the_gaps() -> None:
    """(50 x .1 + 30 x .1 + 20 x .1) / 100, and limits from draws of patients."""
    made = expected_calibration_error(LABELS, SCORES, patients=np.arange(100) // 5, draws=200)
    assert made.value == pytest.approx(0.1)
    assert made.lower <= made.value <= made.upper  # type: ignore[operator]
    assert "3 quantile bins" in made.method
    assert "over patients" in made.method


def test_observed_over_expected_by_hand() -> None:
    """37 over 33, and the log interval by the delta method."""
    made = observed_expected(LABELS, SCORES)
    assert made.value == pytest.approx(37 / 33)
    error = math.sqrt(np.square(LABELS / 37 - SCORES / 33).sum() * 100 / 99)
    assert made.upper == pytest.approx(37 / 33 * math.exp(Z * error))
    assert observed_expected([0, 0], [0.1, 0.3]).not_estimable == "no positive images"


def test_the_scaled_brier_score_by_hand() -> None:
    """1 - Brier / (.37 x .63); perfect scores give 1; the prevalence gives 0."""
    made = scaled_brier(LABELS, SCORES)
    loss = brier(LABELS, SCORES).value
    assert loss is not None
    assert made.value == pytest.approx(1 - loss / (0.37 * 0.63))
    assert scaled_brier([1, 0, 1], [1.0, 0.0, 1.0]).value == 1
    assert scaled_brier([1, 0], [0.5, 0.5]).value == pytest.approx(0)
    assert scaled_brier([1, 1], [0.5, 0.5]).not_estimable == "no negative images"


def test_the_scaled_brier_scores_spread_is_the_jackknifes() -> None:
    """Leave out one patient at a time and compute it anew."""
    patients = np.random.default_rng(0).integers(0, 20, 100)
    made = scaled_brier(LABELS, SCORES, patients=patients)
    left = []
    for patient in range(20):
        rest = patients != patient
        p = LABELS[rest].mean()
        left.append(1 - np.square(LABELS - SCORES)[rest].mean() / (p * (1 - p)))
    error = math.sqrt(np.square(np.array(left) - made.value).sum())
    assert (made.upper - made.lower) / 2 == pytest.approx(2.15 * error, rel=0.1)  # type: ignore[operator]


@pytest.mark.parametrize("figure", [observed_expected, scaled_brier])
def test_one_image_per_patient_is_the_independent_form(figure: object) -> None:
    """And one patient has no limits."""
    alone, single = (figure(LABELS, SCORES, patients=p) for p in (None, np.arange(100)))  # type: ignore[operator]
    assert (alone.lower, alone.upper) == (single.lower, single.upper)
    one = figure(LABELS, SCORES, patients=["a"] * 100)  # type: ignore[operator]
    assert one.lower is None
    assert "one patient" in one.note


def test_quantile_bins_hold_as_many_each() -> None:
    """A hundred scores in four bins are 25 each; ten bins by default."""
    scores = np.arange(100) / 100
    assert np.bincount(bin_of(scores, bins=4, strategy="quantile")).tolist() == [25] * 4
    curve = reliability_curve(np.arange(100) % 2, scores)
    assert [point.observed.n for point in curve] == [10] * 10


def test_patients_of_several_scores_give_the_same_error() -> None:
    """Whose image lies in which bin changes the limits, not the value; draws and seed are told."""
    patients = np.arange(100) % 20
    made = expected_calibration_error(LABELS, SCORES, patients=patients)
    assert made.value == pytest.approx(0.1)
    assert "1000 draws" in made.method
    assert made == expected_calibration_error(LABELS, SCORES, patients=patients, draws=1000, seed=0)
    assert made.lower != expected_calibration_error(LABELS, SCORES, patients=patients, seed=1).lower
    assert expected_calibration_error(LABELS, SCORES, draws=100).lower is not None
    with pytest.raises(InvalidInputError, match="`draws` must be a whole number >= 100"):
        expected_calibration_error(LABELS, SCORES, draws=99)


def test_without_positives_the_scaled_score_has_no_ceiling() -> None:
    """Either class alone, and scores of 0 throughout, are named."""
    assert scaled_brier([0, 0], [0.5, 0.4]).not_estimable == "no positive images"
    assert observed_expected([1, 0], [0.0, 0.0]).not_estimable == "all scores are 0"
