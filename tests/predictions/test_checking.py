"""What is refused before a figure rests on it: rule, value, remedy."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import checking

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


def test_missing_ids_are_named() -> None:
    """None, nan, blanks and what numpy would cut are no patient."""
    with pytest.raises(InvalidInputError, match="4 of 5 have none: rows 1, 2, 3, 4"):
        checking.checked_texts("patient", np.array(["a", None, np.nan, " ", "a\0"], dtype=object))


def test_ids_that_repeat_are_not_called_independent() -> None:
    """A column of repeated patient ids forbids `patients=None`; a patient's age does not."""
    ids = np.array([f"p{k // 2}" for k in range(20)])

    with pytest.raises(InvalidInputError, match="'patient_id' repeats ids: 'p0'"):
        checking.refuse_hidden_patients({"patient_id": ids})
    checking.refuse_hidden_patients({"patient_age": ids, "site": ids, "subject": ids[::2]})


def test_an_image_listed_twice_is_refused() -> None:
    """One row per image."""
    with pytest.raises(InvalidInputError, match=r"listed more than once: 'a\.png'"):
        checking.check_distinct_images(np.array(["a.png", "b.png", "a.png"]))


def test_labels_in_one_column_of_a_table_are_read() -> None:
    """Shape (n_rows, 1), as Keras gives labels, is the same as (n_rows,)."""
    assert checking.checked_labels([[1], [0]], TWO).tolist() == [1, 0]
    with pytest.raises(InvalidInputError, match=r"got \(2, 2\)"):
        checking.checked_labels([[1, 0], [0, 1]], TWO)


def test_names_of_given_classes_are_their_places() -> None:
    """With classes known no `positive` is needed; a name that is none of them is refused."""
    table = {"kind": ["b", "a", "c"]}
    labels, classes = checking.coded_labels(
        table, label="kind", classes=("a", "b", "c"), positive=None
    )
    assert (labels.tolist(), classes) == ([1, 0, 2], ("a", "b", "c"))
    with pytest.raises(InvalidInputError, match=r"classes \['a', 'b'\], but 'c' came"):
        checking.coded_labels(table, label="kind", classes=("a", "b"), positive=None)
