"""Tests of estimates that are smooth functions of means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, fbeta_score

from prevalens.metrics.formulas import (
    by_label,
    confusion_rows,
    every_row,
    negative_rows,
    of_counts,
    positive_rows,
    predicted_negative,
    predicted_positive,
    slopes_of,
)
from prevalens.metrics.inputs import Columns

RNG = np.random.default_rng(3)
COLUMNS = Columns(RNG.random(50) < 0.4, RNG.integers(0, 11, 50) / 10, None)
F2 = of_counts(lambda tn, fp, fn, tp: 5 * tp / (5 * tp + fp + 4 * fn))


def test_the_rows_of_the_confusion_matrix_are_in_scikit_learns_order() -> None:
    """tn, fp, fn, tp; a score at the threshold is predicted positive."""
    rows = confusion_rows(COLUMNS, 0.5)
    theirs = confusion_matrix(COLUMNS.labels, COLUMNS.scores >= 0.5).ravel()
    assert [row.sum() for row in rows] == theirs.tolist()
    assert np.sum(rows, axis=0).tolist() == [1.0] * 50


def test_f2_and_its_influence_are_scikit_learns_value_and_slope() -> None:
    """Central differences in the weight of a row."""
    made = F2.influence(COLUMNS, 0.5)
    predicted = COLUMNS.scores >= 0.5
    assert made.value == pytest.approx(fbeta_score(COLUMNS.labels, predicted, beta=2))
    for row in (0, 11, 30, 49):
        step = np.zeros(50)
        step[row] = 1e-5
        up, down = (
            fbeta_score(COLUMNS.labels, predicted, beta=2, sample_weight=1 + sign * step)
            for sign in (1, -1)
        )
        assert made.influence_values[row] == pytest.approx((up - down) / 2e-5, abs=1e-7)


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=2))
def test_slopes_are_those_of_calculus(at: list[float]) -> None:
    """X / y has slopes 1 / y and -x / y^2."""
    x, y = at
    made = slopes_of(lambda top, bottom: top / bottom, np.array(at))
    assert made.tolist() == pytest.approx([1 / y, -x / y**2])


def test_kinds_are_the_rows_that_count() -> None:
    """All, by label, and by prediction."""
    labels, predicted = COLUMNS.labels, COLUMNS.scores >= 0.5
    for kinds, masks in (
        (every_row, [labels | True]),
        (by_label, [labels, ~labels]),
        (positive_rows, [labels]),
        (negative_rows, [~labels]),
        (predicted_positive, [predicted]),
        (predicted_negative, [~predicted]),
    ):
        assert np.array_equal(kinds(COLUMNS, 0.5), masks)
