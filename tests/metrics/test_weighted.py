"""Tests of figures for many weightings at once."""

import numpy as np
import pytest

from prevalens.metrics import all_figures
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.weighted import WeightedFigures, confusion_values

RNG = np.random.default_rng(31)
PATIENTS = np.repeat(np.arange(25), 14)
LABELS = RNG.random(350) < 0.3
SCORES = np.round(np.clip(0.25 * LABELS + 0.7 * RNG.random(350), 0.02, 0.98), 2)


@pytest.mark.parametrize("decimals", [2, 6])
def test_each_weighting_is_the_figure_of_repeated_rows(decimals: int) -> None:
    """All twenty figures of five draws, with ties and without."""
    scores = np.round(SCORES + 1e-4 * RNG.random(350), decimals)
    weights = RNG.multinomial(25, np.full(25, 1 / 25), size=5).astype(float)
    engine = WeightedFigures(check_columns(LABELS, scores, PATIENTS), 0.4)
    made = engine.figures(weights)
    for draw, counts in enumerate(weights):
        rows = np.repeat(np.arange(350), counts[PATIENTS].astype(int))
        for name, figure in all_figures(LABELS[rows], scores[rows], threshold=0.4).items():
            rough = 2e-3 if name.startswith("calibration") else 1e-6
            assert made[name][draw] == pytest.approx(figure.value, rel=rough, abs=rough), name


def test_a_weighting_without_positives_leaves_no_number() -> None:
    """Not a number inside the engine; never 0."""
    labels = np.array([1, 1, 0, 0], dtype=bool)
    engine = WeightedFigures(check_columns(labels, [0.9, 0.2, 0.3, 0.1], list("abcd")), 0.5)
    made = engine.figures(np.array([[0.0, 0.0, 2.0, 2.0]]))
    for name in ("sensitivity", "auroc", "average_precision", "mcc", "f1", "kappa"):
        assert np.isnan(made[name][0]), name


def test_confusion_values_of_one_table_by_hand() -> None:
    """Counts of 8 and 2 positives, 4 and 16 negatives."""
    made = confusion_values(np.array([[8.0, 2.0, 4.0, 16.0]]))
    assert made["lr_positive"][0] == pytest.approx(4)
    assert made["dor"][0] == pytest.approx(16)
    assert made["f1"][0] == pytest.approx(16 / 22)
    assert made["kappa"][0] == pytest.approx((0.8 - 0.5333333333) / (1 - 0.5333333333))


def test_a_figure_that_all_rows_leave_undefined_is_not_drawn() -> None:
    """No log loss beside a score of 0 for what happened; no ranks and no line without positives."""
    ones = np.ones((1, 2))
    wrong = WeightedFigures(check_columns([1, 0], [0.0, 0.2], list("ab")), 0.5).figures(ones)
    assert "log_loss" not in wrong
    assert wrong["brier"][0] == pytest.approx((1 + 0.04) / 2)
    healthy = WeightedFigures(check_columns([0, 0], [0.6, 0.2], list("ab")), 0.5).figures(ones)
    assert healthy["specificity"][0] == 0.5
    assert not {"auroc", "average_precision", "calibration_slope"} & set(healthy)
