"""Tests of each image's influence on an estimate."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from prevalens.metrics.influences import (
    Influence,
    auroc_influence,
    independent_variance,
    spread_over,
)
from prevalens.metrics.inputs import Columns
from prevalens.metrics.registry import keys_where, measure_of

RNG = np.random.default_rng(9)
LABELS = RNG.random(40) < 0.4
SCORES = np.round(np.clip(0.3 * LABELS + 0.7 * RNG.random(40), 0, 1), 1)
COMPARABLE = keys_where(lambda measure: measure.comparable)


def influence_of(
    measure: str, labels: np.ndarray, scores: np.ndarray, threshold: float | None
) -> Influence:
    """Ask the table for the influence of a measure."""
    return measure_of(measure).influence_of(Columns(labels, scores, None), threshold)


def classes_missing(measure: str, labels: np.ndarray) -> str | None:
    """Ask the table which class a measure lacks."""
    return measure_of(measure).missing_class(Columns(labels, labels * 0.5, None))


THEIRS = {
    "auroc": sklearn_metrics.roc_auc_score,
    "average_precision": sklearn_metrics.average_precision_score,
    "brier": sklearn_metrics.brier_score_loss,
}


@pytest.mark.parametrize("estimate", COMPARABLE)
def test_influence_values_add_up_to_nothing_in_each_kind(estimate: str) -> None:
    """Means are centred; average precision balances over both kinds."""
    made = influence_of(estimate, LABELS, SCORES, 0.5)
    assert made.influence_values.sum() == pytest.approx(0, abs=1e-12)
    assert np.flatnonzero(made.influence_values * ~np.any(made.kinds, axis=0)).size == 0


@pytest.mark.parametrize("estimate", sorted(THEIRS))
def test_influence_values_are_slopes_in_the_weight_of_a_row(estimate: str) -> None:
    """Central differences of scikit-learn's weighted estimate."""
    made = influence_of(estimate, LABELS, SCORES, None)
    assert made.value == pytest.approx(THEIRS[estimate](LABELS, SCORES))
    for row in (0, 7, 21):
        step = np.zeros(40)
        step[row] = 1e-5
        up, down = (
            THEIRS[estimate](LABELS, SCORES, sample_weight=1 + sign * step) for sign in (1, -1)
        )
        assert made.influence_values[row] == pytest.approx((up - down) / 2e-5, abs=1e-7)


def test_estimates_at_a_threshold_are_counted_by_hand() -> None:
    """Two of three positives and one of two negatives predicted positive, at .5."""
    labels = np.array([1, 1, 1, 0, 0], dtype=bool)
    scores = np.array([0.9, 0.5, 0.1, 0.8, 0.2])
    for estimate, value in (
        ("sensitivity", 2 / 3),
        ("specificity", 1 / 2),
        ("accuracy", 3 / 5),
        ("net_benefit", (2 - 1) / 5),
    ):
        assert influence_of(estimate, labels, scores, 0.5).value == pytest.approx(value)


def test_changes_are_the_estimate_with_and_without_a_patient() -> None:
    """Exactly so for a share."""
    codes = np.arange(40) % 7
    made = influence_of("sensitivity", LABELS, SCORES, 0.5)
    moved = made.changes(codes, 7)
    for patient in range(7):
        rest = (codes != patient) & LABELS
        assert made.value - moved[patient] == pytest.approx((SCORES[rest] >= 0.5).mean())


def test_one_row_of_a_kind_has_no_variance() -> None:
    """A single positive image shows no spread."""
    labels = np.array([True, False, False])
    made = influence_of("auroc", labels, np.array([0.5, 0.1, 0.7]), None)
    assert np.isnan(independent_variance(made.influence_values, made.kinds))


@pytest.mark.parametrize(
    ("estimate", "positive", "negative"),
    [
        ("auroc", True, True),
        ("average_precision", True, True),
        ("sensitivity", True, False),
        ("specificity", False, True),
        ("accuracy", False, False),
        ("brier", False, False),
        ("net_benefit", False, False),
    ],
)
def test_each_estimate_names_the_class_it_lacks(
    estimate: str, positive: bool, negative: bool
) -> None:
    """Which class an estimate needs, by its definition; with both there is nothing to say."""
    none, both = np.zeros(3, dtype=bool), np.array([True, False])
    assert classes_missing(estimate, none) == ("no positive images" if positive else None)
    assert classes_missing(estimate, ~none) == ("no negative images" if negative else None)
    assert classes_missing(estimate, both) is None


def test_influence_values_of_estimates_at_a_threshold_by_hand() -> None:
    """Right less the mean, over the rows that count; a benefit's worth is 1 or minus the odds."""
    labels = np.array([1, 1, 1, 0, 0], dtype=bool)
    scores = np.array([0.9, 0.2, 0.1, 0.8, 0.1])
    for estimate, at, influence_values in (
        ("sensitivity", 0.2, [1 / 9, 1 / 9, -2 / 9, 0, 0]),
        ("specificity", 0.2, [0, 0, 0, -1 / 4, 1 / 4]),
        ("accuracy", 0.2, [0.08, 0.08, -0.12, -0.12, 0.08]),
        # Worths 1, 1, 0, -1/4, 0: a mean of .35.
        ("net_benefit", 0.2, [0.13, 0.13, -0.07, -0.12, -0.07]),
    ):
        made = influence_of(estimate, labels, scores, at)
        assert made.influence_values.tolist() == pytest.approx(influence_values), estimate
        assert np.array_equal(np.any(made.kinds, axis=0), made.influence_values != 0), estimate


def test_variances_of_independent_rows_add_up_over_kinds() -> None:
    """Sum of squares times n/(n-1), from two rows on."""
    influence_values = np.array([0.5, -0.5, 0.2, -0.1, -0.1])
    one = np.array([1, 1, 0, 0, 0], dtype=bool)
    assert independent_variance(influence_values, (one, ~one)) == pytest.approx(
        0.5 * 2 + 0.06 * 1.5
    )
    assert np.isnan(independent_variance(influence_values, (~one, one & (np.arange(5) == 0))))


def test_patients_are_counted_in_each_kind_and_those_absent_in_none() -> None:
    """Two with positive rows, three with negative ones; number 1 has no rows at all."""
    codes = np.array([0, 0, 2, 3, 0])
    labels = np.array([1, 0, 1, 0, 1], dtype=bool)
    made = auroc_influence(labels, np.array([0.9, 0.3, 0.5, 0.6, 0.2]))
    assert made.patients_per_kind(codes) == 2
    codes[2] = 0
    assert made.patients_per_kind(codes) == 1
    spread = spread_over(np.array([1.0, 5.0, -1.0, 1.0]), np.array([0, 2, 3, 3]))
    assert (spread.variance, spread.df, spread.patients) == (3.0, 2.0, 3)
