"""Levels of a covariate: numbers, dates and texts, in the order a reader expects."""

import numpy as np
import pytest

from prevalens.reports.subgroup_levels import is_number, levels_of


def test_numbers_are_cut_at_values_that_occur() -> None:
    """Ages 1 to 30: ten in each third, whose names hold whole numbers."""
    values, levels = levels_of(np.arange(1, 31))

    assert levels == ["up to 10", "over 10 to 20", "over 20"]
    assert [int((values == level).sum()) for level in levels] == [10, 10, 10]


@pytest.mark.parametrize(
    ("column", "levels"),
    [
        (
            np.array([20190301 + day for day in range(30)]),
            ["up to 2019-03-10", "over 2019-03-10 to 2019-03-20", "over 2019-03-20"],
        ),
        (
            np.array([f"2019-03-{day:02d}" for day in range(1, 31)]),
            ["up to 2019-03-10", "over 2019-03-10 to 2019-03-20", "over 2019-03-20"],
        ),
        (
            np.array([*(20190301.0 + day for day in range(30)), np.nan]),
            ["up to 2019-03-10", "over 2019-03-10 to 2019-03-20", "over 2019-03-20", "missing"],
        ),
        (
            np.arange(np.datetime64("2019-03-01"), np.datetime64("2019-03-31")),
            ["up to 2019-03-10", "over 2019-03-10 to 2019-03-20", "over 2019-03-20"],
        ),
        (
            10_000_000 + np.arange(30),
            ["up to 10000009", "over 10000009 to 10000019", "over 10000019"],
        ),
        (
            np.array([201901 + month for month in range(12)] + [202001, 202002, 202003]),
            ["up to 2019-05", "over 2019-05 to 2019-10", "over 2019-10"],
        ),
    ],
    ids=["days", "texts", "floats", "datetime64", "accession", "months"],
)
def test_dates_and_long_numbers_keep_their_digits(column: np.ndarray, levels: list[str]) -> None:
    """Thirds of dates are dates; no two levels share a name."""
    found, names = levels_of(column)

    assert names == levels
    assert set(found) == set(levels)


def test_few_values_are_levels_of_their_own_in_order() -> None:
    """Grades 10, 9 and 2 are ordered as numbers, age groups as a reader does, missing last."""
    assert levels_of(np.array([10.0, 9.0, 2.0, np.nan]))[1] == ["2", "9", "10", "missing"]
    assert levels_of(np.array(["10", "9", "2", ""]))[1] == ["2", "9", "10", "missing"]
    ages = np.array(["15-24", "5-14", "100+", "missing"])
    assert levels_of(ages)[1] == ["5-14", "15-24", "100+", "missing"]


def test_missing_numbers_stay_apart_from_the_thirds() -> None:
    """A nan is missing and belongs to no third."""
    values, levels = levels_of(np.array([*map(float, range(1, 31)), np.nan]))

    assert levels[-1] == "missing"
    assert (values == "missing").sum() == 1


def test_most_rows_with_one_value_leave_fewer_levels() -> None:
    """Where the first two thirds are one value there are two levels, none of them empty."""
    values, levels = levels_of(np.array([0] * 50 + list(range(1, 20))))

    assert levels == ["up to 0", "over 0"]
    assert [int((values == level).sum()) for level in levels] == [50, 19]


def test_dates_are_no_numbers() -> None:
    """A number is summarised by its median, a date is not."""
    assert is_number(np.array([1.5, 2.0]))
    assert not is_number(np.array([20190301, 20200101]))
    assert not is_number(np.array(["a"]))


def test_an_infinity_is_a_level_and_no_date() -> None:
    """A ratio whose denominator was 0 stands beside the numbers, at the end of their order."""
    values, levels = levels_of(np.array([1.0, 2.0, np.inf, np.nan]))
    assert (values.tolist(), levels) == (["1", "2", "inf", "missing"], ["1", "2", "inf", "missing"])
    assert is_number(np.array([20190301.0, np.inf]))
    thirds, names = levels_of(np.array([*np.arange(1.0, 30.0), np.inf]))
    assert names == ["up to 10", "over 10 to 20", "over 20"]
    assert thirds[-1] == "over 20"


def test_digits_that_are_no_numbers_are_letters() -> None:
    """Superscripts and digits in circles count as digits to Python, which reads no number of them.

    Digits of other scripts are numbers: the Arabic 2 comes before the Arabic 10.
    """
    _, levels = levels_of(np.array(["\u2461", "\u00b2", "T\u0661\u0660", "T\u0662"]))
    assert sorted(levels) == sorted(["\u2461", "\u00b2", "T\u0661\u0660", "T\u0662"])
    assert levels.index("T\u0662") < levels.index("T\u0661\u0660")
