"""Tests of units and the draw of their parts."""

import numpy as np
import pytest

from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits.units import Units, check_shares, held_out_shares


def draw(units: Units, n_parts: int, *, allow: bool = False, seed: int = 0) -> np.ndarray:
    """Draw equal parts."""
    return units.draw(
        [1 / n_parts] * n_parts,
        seed=seed,
        purpose=["test"],
        patient_weight=0.1,
        allow_missing_classes=allow,
    )


def test_units_count_images_by_class_and_stratum() -> None:
    """Patient a has two sick images at site x, patient b one well at each site."""
    units = Units.of(
        ["sick", "sick", "well", "well"],
        ["a", "a", "b", "b"],
        strata=["site"],
        columns={"site": np.array(["x", "x", "x", "y"])},
    )

    assert units.images.tolist() == [[2, 0, 2, 0], [0, 2, 1, 1]]
    assert units.carries.tolist() == [[True, False], [False, True]]


def test_indicator_columns_are_counted_with_all_images() -> None:
    """Two findings give their positives per patient, and all images."""
    units = Units.of([[1, 0], [1, 1], [0, 0]], ["a", "a", "b"])

    assert units.images.tolist() == [[2, 1, 2], [0, 0, 1]]
    assert list(units.classes) == ["0", "1"]


def test_a_class_of_too_few_patients_is_named_with_them_and_what_works() -> None:
    """Three parts of a class from two patients are refused: two work."""
    units = Units.of(["s"] * 2 + ["w"] * 4, ["p1", "p2", "p3", "p4", "p5", "p6"])

    with pytest.raises(
        ImpossibleSplitError,
        match=r"class 's' comes from only 2 patients \('p1', 'p2'\)\. Here at most 2 parts work",
    ):
        draw(units, 3)


def test_patients_with_several_classes_can_make_it_impossible() -> None:
    """Three classes shared pairwise by three patients cannot fill two parts."""
    units = Units.of(list("ababcc"), ["1", "1", "2", "3", "2", "3"])

    with pytest.raises(ImpossibleSplitError, match=r"several classes.*no number of parts works"):
        draw(units, 2)
    assert set(draw(units, 2, allow=True).tolist()) == {0, 1}


def test_fewer_patients_than_parts_is_impossible_even_where_classes_may_miss() -> None:
    """No part is left empty."""
    units = Units.of(["s", "w"], ["a", "b"])

    with pytest.raises(ImpossibleSplitError, match=r"only 2 patients.*at most 2"):
        draw(units, 3, allow=True)


def test_labels_that_are_fractions_are_refused() -> None:
    """A continuous column is a stratum, not a label."""
    with pytest.raises(InvalidInputError, match="through `strata`"):
        Units.of([0.5, 1.5], ["a", "b"])


def test_indicators_must_be_zero_or_one() -> None:
    """A 2 in an indicator column is refused."""
    with pytest.raises(InvalidInputError, match="0 or 1"):
        Units.of([[0, 2], [1, 0]], ["a", "b"])


def test_taking_rows_keeps_whole_units() -> None:
    """Rows of patient b alone leave one unit with its counts."""
    taken = Units.of(["s", "w", "w"], ["a", "b", "b"]).take(np.array([1, 2]))

    assert taken.ids == ["b"]
    assert taken.codes.tolist() == [0, 0]
    assert taken.images.tolist() == [[0, 2]]


def test_shares_leave_the_rest_to_train_on() -> None:
    """What is not held out is trained on; nothing left, or nothing held out, is refused."""
    assert held_out_shares(validation=0.0, test=0.25) == {"train": 0.75, "test": 0.25}
    with pytest.raises(InvalidInputError, match=r"sum to 1\b"):
        check_shares(validation=0.5, test=0.5)
    with pytest.raises(InvalidInputError, match="both 0"):
        held_out_shares(validation=0, test=0)
    with pytest.raises(InvalidInputError, match=r"`test` must be 0 or at least 0\.001"):
        check_shares(test=1e-9)


def test_a_search_that_is_given_up_is_no_way_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its steps the search answers nothing, so that parts which exist are refused too."""
    units = Units.of(list("ababab"), list("112233"))
    assert sorted(draw(units, 3).tolist()) == [0, 0, 1, 1, 2, 2]
    monkeypatch.setattr("prevalens.splits.coverage._STEPS", 1)

    with pytest.raises(ImpossibleSplitError, match="no way of keeping them whole was found"):
        draw(units, 3)
