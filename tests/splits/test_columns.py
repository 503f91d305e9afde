"""Tests of columns turned into codes, strata and bins."""

import numpy as np
import pandas as pd
import pytest

from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.splits.columns import encode, quantile_bins, stratum_codes, warn_of_lookalikes


@pytest.mark.parametrize(
    "values",
    [
        ["b", "a", "b"],
        np.array(["b", "a", "b"]),
        pd.Series(["b", "a", "b"]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series(["b", "a", "b"], dtype="string"),
        np.array([["b"], ["a"], ["b"]]),
    ],
)
def test_texts_are_coded_in_sorted_order_whatever_holds_them(values: object) -> None:
    """Lists, arrays and series of the same texts give the same codes."""
    codes, names = encode("label", values)  # type: ignore[arg-type]

    assert codes.tolist() == [1, 0, 1]
    assert names == ["a", "b"]


def test_whole_numbers_are_coded_in_their_order() -> None:
    """10 comes after 9, not between 1 and 2."""
    codes, names = encode("label", [10, 9, 10])

    assert codes.tolist() == [1, 0, 1]
    assert names == ["9", "10"]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.array([100, -100, 100] * 20, dtype=np.int8), ["-100", "100"]),
        (np.array([2**64 - 1, 2**64 - 2], dtype=np.uint64), [str(2**64 - 2), str(2**64 - 1)]),
        (np.array([5, 4, 5, 4, 5], dtype=np.uint8), ["4", "5"]),
        (np.array([2**62, -(2**62)]), [str(-(2**62)), str(2**62)]),
        (np.array([True, False]), ["False", "True"]),
    ],
)
def test_numbers_near_or_far_are_coded_alike(values: np.ndarray, names: list[str]) -> None:
    """Whether numbers lie close together or not, codes lead back to them."""
    codes, found = encode("label", values)

    assert found == names
    assert [found[code] for code in codes] == [str(value) for value in values.tolist()]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT, " "])
def test_a_missing_value_is_refused_by_row(missing: object) -> None:
    """None, nan, NA, NaT and white space are no ids; the row is named."""
    with pytest.raises(InvalidInputError, match=r"`patients`.* 1 of 3 rows .*rows 1\. Fill"):
        encode("patients", np.array(["a", missing, "b"], dtype=object))


def test_a_table_is_no_column() -> None:
    """Two columns where one is due are refused with their shape."""
    with pytest.raises(InvalidInputError, match=r"got shape \(2, 2\)"):
        encode("patients", [[1, 2], [3, 4]])


def test_lookalike_ids_are_named() -> None:
    """H3 and h3, and a trailing space, make a warning that shows the pair."""
    with pytest.warns(DataWarning, match=r"\('7', '7 '\), \('H3', 'h3'\)\. If"):
        warn_of_lookalikes(["7", "7 ", "H3", "h3", "x"])


def test_numbers_are_binned_by_quantile() -> None:
    """1 to 8 in four bins are two and two."""
    found = quantile_bins(np.arange(1.0, 9.0), bins=4)

    assert found.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_unknown_numbers_have_a_bin_of_their_own() -> None:
    """Nan is a level, not the lowest bin."""
    assert quantile_bins(np.array([5.0, np.nan, 7.0]), bins=4).tolist() == [1, 0, 2]


def test_strata_are_single_or_crossed() -> None:
    """`site` has its two levels, `("label", "site")` the three pairs that occur."""
    labels = np.array([0, 0, 1, 1])
    site = np.array(["a", "b", "b", "b"])

    single, crossed = stratum_codes(["site", ("label", "site")], {"site": site}, labels, bins=4)

    assert single.tolist() == [0, 1, 1, 1]
    assert crossed.tolist() == [0, 1, 2, 2]


def test_an_unknown_stratum_lists_the_columns() -> None:
    """A misspelt stratum suggests the nearest."""
    with pytest.raises(InvalidInputError, match=r"'sit'.*\['site'\].*Did you mean 'site'"):
        stratum_codes(["sit"], {"site": np.array(["a"])}, np.array([0]), bins=4)


def test_a_stratum_of_other_length_or_of_no_column_is_refused() -> None:
    """One value for each row, and one column or more in a crossed stratum."""
    labels = np.array([0, 1, 1])
    with pytest.raises(InvalidInputError, match=r"'site' has 2 values for 3 rows"):
        stratum_codes(["site"], {"site": np.array(["a", "b"])}, labels, bins=4)
    with pytest.raises(InvalidInputError, match="Name one column or more"):
        stratum_codes([()], {}, labels, bins=4)
