"""Tests of what labels, scores and patients may be."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.inputs import (
    check_columns,
    check_labels,
    check_level,
    check_patients,
    check_scores,
    one_image_each,
)


def test_labels_may_be_whole_numbers_floats_or_booleans() -> None:
    """0/1 in any number type reads the same, as a column vector too."""
    for column in ([0, 1], [0.0, 1.0], [False, True], np.array([[0], [1]])):
        assert check_labels(column).tolist() == [False, True]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2], r"0 or 1 .*got 2.*multiclass_figures"),
        (["all", "hem"], r"got 'all', 'hem'.*`labels == positive_class`"),
        ([0.0, np.nan], "got nan"),
        ([], "at least one row"),
        (np.zeros((2, 2)), r"shape \(2, 2\)"),
    ],
)
def test_strange_labels_are_refused_with_a_remedy(labels: object, message: str) -> None:
    """The text names the value that came and what to pass instead."""
    with pytest.raises(InvalidInputError, match=message):
        check_labels(labels)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([-3.2, 1.5], r"\[0, 1\], got -3.2 to 1.5.*sigmoid"),
        ([0.5, np.nan], "nan in 1 rows, the first 1"),
        ([0.5, np.inf], "to inf"),
        (["0.5"], "got '0.5'"),
    ],
)
def test_strange_scores_are_refused_with_a_remedy(scores: object, message: str) -> None:
    """Logits are met with the sigmoid, nan with its row."""
    with pytest.raises(InvalidInputError, match=message):
        check_scores(scores)  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", [None, "", float("nan")])
def test_a_missing_patient_id_is_refused(missing: object) -> None:
    """A row without patient is named."""
    ids = np.array(["a", missing, "b"], dtype=object)
    with pytest.raises(InvalidInputError, match="rows 1 have none"):
        check_patients(ids, 3)


def test_patients_are_numbered_by_sorted_id() -> None:
    """The order of rows does not change a patient's number; None stays None."""
    assert check_patients(["b", "a", "b"], 3) is not None
    np.testing.assert_array_equal(check_patients(["b", "a", "b"], 3), [1, 0, 1])
    assert check_patients(None, 3) is None


def test_columns_must_be_of_one_length() -> None:
    """Each column's length is named."""
    with pytest.raises(InvalidInputError, match="`labels` has 2, `scores` has 1"):
        check_columns([0, 1], [0.5], None)
    with pytest.raises(InvalidInputError, match="`patients` has 3"):
        check_columns([0, 1], [0.5, 0.5], ["a", "b", "c"])


def test_patients_are_counted_and_singletons_seen() -> None:
    """A repeated id ends independence."""
    columns = check_columns([0, 1, 1], [0.1, 0.2, 0.3], ["a", "b", "a"])
    assert columns.n_patients == 2
    assert not one_image_each(columns.codes)
    assert one_image_each(np.array([2, 0, 1]))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_lies_strictly_between_0_and_1(level: float) -> None:
    """95 is not 0.95."""
    with pytest.raises(InvalidInputError, match=r"\(0, 1\)"):
        check_level(level)
