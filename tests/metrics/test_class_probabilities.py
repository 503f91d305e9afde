"""Tests of losses, top classes and calibration of several classes."""

import numpy as np
import pytest

from prevalens.metrics import expected_calibration_error, multiclass_estimates
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_probabilities import (
    among_top,
    calibration_error_of_classes,
    distance_pulls,
    rank_pulls,
    right_rows,
)
from prevalens.metrics.settings import Settings

HELD = check_class_columns(
    [0, 2, 1],
    [[0.4, 0.4, 0.2], [0.5, 0.2, 0.3], [0.4, 0.4, 0.2]],
    None,
    classes="abc",
    ordered=True,
)


def test_top_one_is_what_is_predicted_also_where_scores_are_equal() -> None:
    """The first of two equal scores ranks before the second."""
    assert among_top(HELD, 1).tolist() == right_rows(HELD).tolist() == [True, False, False]
    assert among_top(HELD, 2).tolist() == [True, True, True]


def test_the_ranked_probability_score_by_hand() -> None:
    """Mean over both cut-points of squared cumulative differences, 1/2 for each row here."""
    rows = [
        ((0.4 - 1) ** 2 + (0.8 - 1) ** 2) / 2,
        ((0.5 - 0) ** 2 + (0.7 - 0) ** 2) / 2,
        ((0.4 - 0) ** 2 + (0.8 - 1) ** 2) / 2,
    ]
    assert rank_pulls(HELD)[0] == pytest.approx(np.mean(rows))
    assert distance_pulls(HELD)[0] == pytest.approx((0 + 2 + 1) / 3)


def test_of_two_classes_the_classwise_error_is_that_of_either() -> None:
    """Both classes have the same gaps in mirrored bins, where no score stands on an edge."""
    rng = np.random.default_rng(0)
    scores = rng.random(400)
    labels = (rng.random(400) < scores**1.3).astype(int)
    table = np.column_stack([1 - scores, scores])
    columns = check_class_columns(labels, table, None, classes="ab")
    made = calibration_error_of_classes(columns, Settings(None, 0.95, seed=3))
    two = expected_calibration_error(labels, scores, seed=3)
    assert made.value == pytest.approx(two.value, rel=0.05)
    assert made.upper == pytest.approx(two.upper, rel=0.15)


def test_the_classwise_error_does_not_depend_on_the_order_of_rows() -> None:
    """Draws are of patients, whatever the order they came in."""
    rng = np.random.default_rng(1)
    y, raw, owner = rng.integers(0, 3, 90), rng.random((90, 3)), rng.integers(0, 25, 90)
    table = raw / raw.sum(axis=1, keepdims=True)
    mixed = rng.permutation(90)
    one, two = (
        calibration_error_of_classes(
            check_class_columns(y[rows], table[rows], owner[rows], classes="abc"),
            Settings(None, 0.95),
        )
        for rows in (np.arange(90), mixed)
    )
    assert (one.value, one.lower, one.upper) == pytest.approx((two.value, two.lower, two.upper))


def test_a_loss_that_is_infinite_is_named_with_a_lower_limit() -> None:
    """Rounded scores of 0.00 for what happened."""
    made = multiclass_estimates([2, 0, 1], [[0.5, 0.5, 0.0]] * 3, classes="abc").overall["log_loss"]
    assert made.infinite
    assert made.lower > 0
