"""Tests of what labels, scores and patients may be."""

from collections.abc import Callable

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.inputs import (
    Numbered,
    check_columns,
    check_confidence_level,
    check_labels,
    check_patients,
    check_scores,
    count_patients,
    number_patients,
    numbered,
    one_image_each,
)


def test_labels_may_be_whole_numbers_floats_or_booleans() -> None:
    """0/1 in any number type reads the same, as a column vector too."""
    for column in ([0, 1], [0.0, 1.0], [False, True], np.array([[0], [1]])):
        assert check_labels(column).tolist() == [False, True]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 2], r"0 or 1 .*got 2.*multiclass_estimates"),
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
    with pytest.raises(InvalidInputError, match="1 of 3 have none: rows 1 "):
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


@pytest.mark.parametrize("confidence_level", [0, 1, 95])
def test_a_level_lies_strictly_between_0_and_1(confidence_level: float) -> None:
    """95 is not 0.95."""
    with pytest.raises(InvalidInputError, match=r"\(0, 1\)"):
        check_confidence_level(confidence_level)


@pytest.mark.parametrize(
    ("ids", "rows"),
    [
        (np.array(["a", "", "b"]), "1"),
        (np.array([b"", b"a", b""]), "0, 2"),
        (np.array([1.0, np.nan, 2.0]), "1"),
        (np.array([None] * 7, dtype=object), "0, 1, 2, 3, 4 and 2 more"),
        ([float("nan"), "a", None], "0, 2"),
    ],
)
def test_missing_ids_of_every_type_are_found(ids: object, rows: str) -> None:
    """Empty text, bytes, nan among numbers, None: the first five rows and how many more."""
    column = np.array(ids, dtype=object) if isinstance(ids, list) else ids
    with pytest.raises(InvalidInputError, match=f"have none: rows {rows} "):
        check_patients(column, len(column))  # type: ignore[arg-type]


def test_ids_of_every_type_are_numbered() -> None:
    """Whole numbers sort as numbers, as texts too, other ids as text."""
    for ids, codes in (
        ([10, 9, 10], [1, 0, 1]),
        ([1.5, 0.5, 1.5], [1, 0, 1]),
        (["10", "9", "10"], [1, 0, 1]),
        (["10", "9x", "10"], [0, 1, 0]),
        (np.array([10, "9", 10], dtype=object), [1, 0, 1]),
        (np.array([["b"], ["a"], ["b"]]), [1, 0, 1]),
        ([True, False, True], [1, 0, 1]),
    ):
        made = check_patients(ids, 3)
        assert made is not None
        assert made.tolist() == codes
        assert made.dtype == np.int64


@pytest.mark.parametrize("check", [check_labels, check_scores])
def test_a_column_is_told_by_the_name_it_is_given(check: Callable[..., np.ndarray]) -> None:
    """By its default name too: shape, emptiness, type and value."""
    default = check.__name__.removeprefix("check_")
    for values in (
        [],
        np.zeros((2, 2)),
        ["x"],
        [0, 2],
        [0.5, np.nan] if default == "scores" else [3],
    ):
        with pytest.raises(InvalidInputError, match=f"`{default}`"):
            check(values)
        with pytest.raises(InvalidInputError, match="`first`"):
            check(values, name="first")


def test_other_columns_of_one_row_are_not_taken_for_one_column() -> None:
    """Shapes are named as they came; patients by their own name."""
    for values, shape in (
        (np.zeros((1, 2)), "(1, 2)"),
        (np.zeros((2, 1, 1)), "(2, 1, 1)"),
        (np.array(1), "()"),
    ):
        with pytest.raises(InvalidInputError) as told:
            check_labels(values)
        assert f"shape (n_rows,), got shape {shape}" in str(told.value)
        with pytest.raises(InvalidInputError, match="The patient ids must be one column"):
            check_patients(values, 1)
    with pytest.raises(InvalidInputError, match="`patients` must have at least one row"):
        check_patients([], 1)


def test_scores_reach_0_and_1_and_no_further() -> None:
    """Both ends are scores; a hair beyond is named; missing ones are counted with the first."""
    made = check_scores([0, 1])
    assert made.tolist() == [0.0, 1.0]
    assert made.dtype == np.float64
    with pytest.raises(InvalidInputError, match=r"got -0\.001 to 0\.5"):
        check_scores([0.5, -0.001])
    with pytest.raises(InvalidInputError, match=r"got 0\.5 to 1\.001"):
        check_scores([0.5, 1.001])
    with pytest.raises(InvalidInputError, match=r"got nan in 2 rows, the first 1\. Leave"):
        check_scores([0.5, np.nan, np.nan])
    with pytest.raises(InvalidInputError, match="`scores` must be numbers in"):
        check_columns([0, 1], ["a", "b"], None)


def test_strange_labels_are_each_named_once() -> None:
    """The strange ones alone, sorted as text; five of them and how many more."""
    with pytest.raises(InvalidInputError, match=r"got 2, 3\. For"):
        check_labels([0, 3, 1, 2, 3])
    with pytest.raises(InvalidInputError, match=r"got 2, 3, 4, 5, 6 and 1 more\."):
        check_labels(np.arange(8))
    with pytest.raises(InvalidInputError, match="Pass `second == positive_class`"):
        check_labels(["a"], name="second")


def test_independent_images_have_no_patients_to_count() -> None:
    """None; and no rows, or one each, are independent."""
    assert check_columns([0, 1], [0.1, 0.2], None).n_patients is None
    assert check_columns([0, 1], [0.1, 0.2], ["a", "b"]).n_patients == 2
    assert one_image_each(None)
    assert one_image_each(np.zeros(0, dtype=np.int64))
    assert not one_image_each(np.array([3, 3]))
    assert count_patients(np.array([0, 4, 4])) == 2


@pytest.mark.parametrize("confidence_level", [1e-9, 0.5, 1 - 1e-9])
def test_every_level_between_is_taken(confidence_level: float) -> None:
    """As it is; outside, it is named."""
    assert check_confidence_level(confidence_level) == confidence_level
    with pytest.raises(InvalidInputError, match="`confidence_level` must lie in"):
        check_confidence_level(-confidence_level)


def test_numbered_patients_are_taken_as_they_are() -> None:
    """Codes and ids are not looked at again, the length is; an array of them holds the ids."""
    known = Numbered(np.array([1, 0, 1]), ("a", "b"))

    codes, ids = number_patients(known, 3)
    assert codes is known.codes
    assert ids == ("a", "b")
    assert np.asarray(known).tolist() == ["b", "a", "b"]
    assert np.asarray(Numbered(known.codes, None)).tolist() == [1, 0, 1]
    assert len(known) == 3
    with pytest.raises(InvalidInputError, match="`patients` has 3"):
        number_patients(known, 4)
    assert numbered(None, None) is None


def test_numbered_patients_of_some_rows_are_numbered_anew() -> None:
    """No number is left without a row, and each keeps its id."""
    known = Numbered(np.array([2, 0, 2, 1]), ("a", "b", "c"))

    for rows in (np.array([True, False, True, True]), np.array([0, 2, 3])):
        taken = known.take(rows)
        assert taken.codes.tolist() == [1, 1, 0]
        assert taken.ids == ("b", "c")
    assert Numbered(known.codes, None).take(rows).ids is None
