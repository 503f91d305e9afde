"""Tests of the checked columns of several classes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_columns import check_class_columns, check_class_scores, sum_tolerance

SCORES = [[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [0.3, 0.6, 0.1], [0.2, 0.6, 0.2]]
HELD = check_class_columns([0, 2, 0, 1], SCORES, ["x", "x", "y", "z"], classes="abc")


def test_the_first_of_equal_scores_is_predicted_and_the_matrix_has_labels_as_rows() -> None:
    """By hand: a predicted a and b, b predicted b, c predicted c."""
    assert HELD.predicted.tolist() == [0, 2, 1, 1]
    assert HELD.matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert HELD.counts.tolist() == [2, 1, 1]
    assert (HELD.n_units, HELD.patients_of(0), HELD.absent) == (3, 2, ())


def test_a_class_against_the_rest_by_score_and_by_prediction() -> None:
    """The column of the class, or 1 where it is predicted."""
    assert HELD.ranked(1).scores.tolist() == [0.5, 0.2, 0.6, 0.6]
    assert HELD.decided(1).scores.tolist() == [0.0, 0.0, 1.0, 1.0]
    assert HELD.decided(1).labels.tolist() == [False, False, False, True]


def test_rows_that_are_taken_keep_the_numbers_of_their_patients() -> None:
    """And a class that is gone, or alone, is named as absent."""
    part = HELD.take(np.array([False, False, True, False]))
    assert part.codes is not None
    assert (part.codes.tolist(), part.absent) == ([1], ("a", "b", "c"))


def test_scores_rounded_to_two_decimals_are_taken_and_others_are_not() -> None:
    """A row of k rounded scores may miss 1 by k times 0.005."""
    rounded = np.full((1, 7), 0.14)
    assert check_class_scores(rounded, 7).sum() == pytest.approx(0.98)
    assert sum_tolerance(rounded) == pytest.approx(0.035)
    assert sum_tolerance(rounded + 1e-4) == pytest.approx(1e-3)
    with pytest.raises(InvalidInputError, match="`other` must have shape"):
        check_class_scores([0.5, 0.5], 2, name="other")


@pytest.mark.parametrize("labels", [np.ma.array([0, 2, 0, 1], mask=[0, 1, 0, 0]), [0, 2, 0, 1.5]])
def test_a_label_that_is_masked_or_no_index_is_refused(labels: Any) -> None:
    """Whatever lies under the mask; whole numbers of any type are taken."""
    with pytest.raises(InvalidInputError, match="whole numbers from 0 to 2, one for each class"):
        check_class_columns(labels, SCORES, None, classes="abc")
    whole = pd.array([0, 2, 0, 1], dtype="Int64")
    assert check_class_columns(whole, SCORES, None, classes="abc").matrix.tolist() == (
        HELD.matrix.tolist()
    )
    masked = np.ma.array(SCORES, mask=np.zeros((4, 3)))
    masked[2] = np.ma.masked
    with pytest.raises(InvalidInputError, match="got nan in 3 rows"):
        check_class_scores(masked, 3)
