"""Tests of each image's pull on a figure."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from prevalens.metrics.influences import COMPARABLE, independent_variance, influence_of

RNG = np.random.default_rng(9)
LABELS = RNG.random(40) < 0.4
SCORES = np.round(np.clip(0.3 * LABELS + 0.7 * RNG.random(40), 0, 1), 1)
THEIRS = {
    "auroc": sklearn_metrics.roc_auc_score,
    "average_precision": sklearn_metrics.average_precision_score,
    "brier": sklearn_metrics.brier_score_loss,
}


@pytest.mark.parametrize("figure", COMPARABLE)
def test_pulls_add_up_to_nothing_in_each_kind(figure: str) -> None:
    """Means are centred; average precision balances over both kinds."""
    made = influence_of(figure, LABELS, SCORES, 0.5)
    assert made.pulls.sum() == pytest.approx(0, abs=1e-12)
    assert np.flatnonzero(made.pulls * ~np.any(made.kinds, axis=0)).size == 0


@pytest.mark.parametrize("figure", sorted(THEIRS))
def test_pulls_are_slopes_in_the_weight_of_a_row(figure: str) -> None:
    """Central differences of scikit-learn's weighted figure."""
    made = influence_of(figure, LABELS, SCORES, None)
    assert made.value == pytest.approx(THEIRS[figure](LABELS, SCORES))
    for row in (0, 7, 21):
        step = np.zeros(40)
        step[row] = 1e-5
        up, down = (
            THEIRS[figure](LABELS, SCORES, sample_weight=1 + sign * step) for sign in (1, -1)
        )
        assert made.pulls[row] == pytest.approx((up - down) / 2e-5, abs=1e-7)


def test_figures_at_a_threshold_are_counted_by_hand() -> None:
    """Two of three positives and one of two negatives called positive, at .5."""
    labels = np.array([1, 1, 1, 0, 0], dtype=bool)
    scores = np.array([0.9, 0.5, 0.1, 0.8, 0.2])
    for figure, value in (
        ("sensitivity", 2 / 3),
        ("specificity", 1 / 2),
        ("accuracy", 3 / 5),
        ("net_benefit", (2 - 1) / 5),
    ):
        assert influence_of(figure, labels, scores, 0.5).value == pytest.approx(value)


def test_changes_are_the_figure_with_and_without_a_patient() -> None:
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
    assert np.isnan(independent_variance(made.pulls, made.kinds))
