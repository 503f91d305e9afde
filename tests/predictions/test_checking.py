"""What is refused before an estimate is computed from it: rule, value, remedy."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions, checking

TWO = ("negative", "positive")


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([-2.0, 3.0], r"run from -2 to 3\. They look like logits: apply the sigmoid"),
        ([12.0, 87.0], "run from 12 to 87. They look like percentages or logits: divide by 100"),
        ([0.0, 1.5], "Give probabilities; for logits apply the sigmoid"),
        ([0.0, 900.0], "Give probabilities"),
        ([0.5, float("nan")], r"1 of 2 are nan or infinite: rows 1 \(the first is 0\)"),
        ([0.5, float("inf")], "1 of 2 are nan or infinite"),
        (["a", "b"], "must be numbers"),
        ([[[0.5]], [[0.5]]], r"got \(2, 1, 1\)"),
    ],
)
def test_what_is_no_probability_is_refused(scores: list[object], message: str) -> None:
    """Logits, percentages, nan and texts are refused with the remedy that fits each."""
    with pytest.raises(InvalidInputError, match=message):
        checking.checked_scores(scores, TWO)


def test_rows_of_several_classes_sum_to_one() -> None:
    """Scores of three classes that are no distribution are refused with the first such row."""
    with pytest.raises(InvalidInputError, match=r"row 1 sums to 0\.9\. Apply the softmax"):
        checking.checked_scores([[0.2, 0.3, 0.5], [0.3, 0.3, 0.3]], ("a", "b", "c"))


def test_both_shapes_of_a_two_class_output_are_read() -> None:
    """A sigmoid's one column and a softmax's second column are the positive score."""
    assert checking.checked_scores([[0.2], [0.9]], TWO).tolist() == [0.2, 0.9]
    assert checking.checked_scores([[0.8, 0.2], [0.1, 0.9]], TWO).tolist() == [0.2, 0.9]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 2], "1 of 2 rows hold 2"),
        ([-1, 1], "1 of 2 rows hold -1"),
        ([0, 0.5], r"1 of 2 rows hold 0\.5"),
        ([0, float("nan")], "1 of 2 rows hold nan"),
        ([], "at least one row"),
        (["sick", "well"], "'sick', 'well'"),
    ],
)
def test_labels_outside_the_classes_are_refused(labels: list[object], message: str) -> None:
    """A label is an index into the classes; anything else is counted and shown."""
    with pytest.raises(InvalidInputError, match=message):
        checking.checked_labels(labels, TWO)


def test_labels_in_one_column_of_a_table_are_read() -> None:
    """Shape (n_rows, 1), as Keras gives labels, is the same as (n_rows,)."""
    assert checking.checked_labels([[1], [0]], TWO).tolist() == [1, 0]
    assert checking.as_label_table([[1], [0]]) is None


def test_rows_rounded_to_two_decimals_are_a_distribution() -> None:
    """A third three times is 0.33; a row that is far off is not, nor one of more digits."""
    rounded = [[0.33, 0.33, 0.33], [0.2, 0.3, 0.5]]
    assert checking.checked_scores(rounded, ("a", "b", "c")).tolist() == rounded
    for off in ([[0.32, 0.33, 0.33]], [[0.331, 0.331, 0.331]]):
        with pytest.raises(InvalidInputError, match="Apply the softmax"):
            checking.checked_scores(off, ("a", "b", "c"))


@pytest.mark.parametrize(
    "labels",
    [
        [[1, 0], [None, 1]],
        np.array([[1, 0], [np.nan, 1]]),
        np.ma.MaskedArray([[1, 0], [7, 1]], mask=[[0, 0], [1, 0]]),
        np.array([[1, 0], [None, 1]], dtype=object),
        pd.DataFrame({"a": [1, None], "b": [0, 1]}),
        pd.DataFrame({"a": [1, None], "b": [0, 1]}).convert_dtypes(),
    ],
)
def test_several_labels_are_0_1_and_missing_by_every_way_in(labels: object) -> None:
    """Lists, nan, masks, objects and frames: nan where one is not known."""
    table = checking.as_label_table(labels)

    np.testing.assert_array_equal(table, [[1, 0], [np.nan, 1]])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[1, 0], [-1, 1]], "1 are not: -1 in row 1, column 0"),
        ([[1, 0], [0.5, 2]], r"2 are not: 0\.5 in row 1, column 0"),
        ([[1, 0], [1]], "rows of one length"),
        ([[1, "x"], [0, 1]], "got 'x'"),
        (np.zeros((0, 2)), "at least one row"),
    ],
)
def test_other_values_are_no_labels(labels: object, message: str) -> None:
    """CheXpert's -1 for uncertain is not taken for known or missing."""
    with pytest.raises(InvalidInputError, match=message):
        checking.as_label_table(labels)


def test_one_hot_classes_are_not_several_labels() -> None:
    """Each row one label and scores that sum to 1: the remedy is argmax."""
    with pytest.raises(InvalidInputError, match=r"labels\.argmax\(axis=1\)"):
        checking.refuse_one_hot(np.eye(3), np.full((3, 3), 1 / 3))
    checking.refuse_one_hot(np.eye(3), np.full((3, 3), 0.5))
    checking.refuse_one_hot(np.array([[1.0, 1.0]]), np.array([[0.5, 0.5]]))


@pytest.mark.parametrize(
    ("value", "classes", "several", "shares"),
    [
        (None, TWO, False, None),
        (0.5, TWO, False, 0.5),
        ((0.8, 0.2), TWO, False, 0.2),
        ({"positive": 0.2, "negative": 0.8}, TWO, False, 0.2),
        (np.array([0.5, 0.25, 0.25]), ("a", "b", "c"), False, (0.5, 0.25, 0.25)),
        ({"b": 0.25, "a": 0.5, "c": 0.25}, ("a", "b", "c"), False, (0.5, 0.25, 0.25)),
        ([0.5, 0.9], TWO, True, (0.5, 0.9)),
    ],
)
def test_training_shares_are_one_a_class(
    value: object, classes: tuple[str, ...], several: bool, shares: object
) -> None:
    """A number for two classes, in order or by name for more, and for labels."""
    assert checking.checked_shares(value, classes, several=several) == shares


@pytest.mark.parametrize(
    ("value", "several", "message"),
    [
        (1 / 3, False, "One number cannot correct several"),
        (0.5, True, "of 3 labels needs one share for each"),
        ([0.5, 0.5], False, "one share for each"),
        ([0.5, 0.5, 0.5], False, "which sum to 1"),
        ([1.0, 0.0, 0.0], False, r"must lie in \(0, 1\)"),
        ({"a": 0.5, "b": 0.5}, False, "must name each"),
    ],
)
def test_other_training_shares_are_refused(value: object, several: bool, message: str) -> None:
    """A scalar carried into several classes would correct wrongly."""
    with pytest.raises(InvalidInputError, match=message):
        checking.checked_shares(value, ("a", "b", "c"), several=several)


def test_scores_of_three_axes_are_refused() -> None:
    """With their shape and the classes."""
    with pytest.raises(InvalidInputError, match=r"2 classes \['a', 'b'\], got \(2, 2, 2\)"):
        checking.checked_scores(np.zeros((2, 2, 2)), ("a", "b"))


@pytest.mark.parametrize(("n_classes", "decimals"), [(3, 2), (7, 3), (20, 3), (60, 4)])
def test_a_rounded_softmax_is_taken_to_whatever_decimal(n_classes: int, decimals: int) -> None:
    """Of k scores the sum is off by up to k / 2 steps of the last decimal, and by no more."""
    softmax = np.random.default_rng(0).dirichlet(np.ones(n_classes), 300).round(decimals)
    names = tuple(f"c{k}" for k in range(n_classes))
    assert checking.checked_scores(softmax, names).shape == softmax.shape
    softmax[7, 0] += (n_classes / 2 + 1) * 10.0**-decimals + 1e-3
    softmax[7] = softmax[7].round(decimals)
    with pytest.raises(InvalidInputError, match="1 of 300 rows do not; row 7 sums to"):
        checking.checked_scores(np.minimum(softmax, 1), names)


def test_labels_of_two_columns_beside_one_score_are_blamed_on_the_labels() -> None:
    """One-hot labels are what was meant most often; argmax is the remedy."""
    one_hot = [[1, 0], [0, 1], [1, 0]]
    for scores in ([0.1, 0.9, 0.2], [[0.1], [0.9], [0.2]]):
        with pytest.raises(InvalidInputError, match=r"classes, one-hot, pass labels\.argmax"):
            Predictions(labels=one_hot, scores=scores, patients=None)


def test_a_masked_score_of_a_model_is_missing(cohort: Cohort) -> None:
    """`Predictions.of` reads no more than `Predictions` what lies under a mask."""
    rows = np.arange(4)
    masked = np.ma.array([0.1, 0.9, 0.2, 0.7], mask=[False, True, False, False])
    for scores in (masked, masked[:, None], np.ma.array([1 - masked, masked]).T):
        with pytest.raises(InvalidInputError, match=r"1 of 4 are nan or infinite: rows 1 "):
            Predictions.of(cohort, rows, scores)


def test_a_frame_of_scores_in_another_order_than_the_classes_is_refused(cohort: Cohort) -> None:
    """The score of a class is never taken for that of the other."""
    negative, positive = cohort.classes
    frame = pd.DataFrame({positive: [0.9, 0.8], negative: [0.1, 0.2]})
    with pytest.raises(InvalidInputError, match="in the order of the classes"):
        Predictions.of(cohort, [0, 1], frame)
    made = Predictions.of(cohort, [0, 1], frame[[negative, positive]])
    assert made.one_vs_rest(positive).scores.tolist() == [0.9, 0.8]
    with pytest.raises(InvalidInputError, match="in the order of the classes"):
        Predictions(labels=[0, 1], scores=frame, patients=None, classes=(negative, positive))


@pytest.mark.parametrize("rows", [[], [False, False], np.zeros(2, dtype=bool)])
def test_predictions_of_no_row_are_none(rows: Any) -> None:
    """Neither the constructor nor `take` gives what no estimate could be computed from."""
    held = Predictions(labels=[0, 1], scores=[0.1, 0.9], patients=["a", "b"])
    with pytest.raises(InvalidInputError, match="at least one row, but `rows` names none"):
        held.take(rows)
