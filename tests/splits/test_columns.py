"""Tests of columns turned into codes, strata and bins."""

import numpy as np
import pandas as pd
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.splits.columns import encode, quantile_bins, stratum_codes


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
    with pytest.raises(InvalidInputError, match=r"patient.* 1 of 3 have none: rows 1 .*Fill"):
        encode("patients", np.array(["a", missing, "b"], dtype=object))


def test_a_table_is_no_column() -> None:
    """Two columns where one is due are refused with their shape."""
    with pytest.raises(InvalidInputError, match=r"got shape \(2, 2\)"):
        encode("patients", [[1, 2], [3, 4]])


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


def test_numbers_too_long_for_64_bits_are_told_apart_as_texts() -> None:
    """An accession number of 24 digits is an id like any other."""
    codes, names = encode("patients", [10**23, 7, 10**23 + 1, 10**23])

    assert names == ["7", str(10**23), str(10**23 + 1)]
    assert codes.tolist() == [1, 0, 2, 1]


@pytest.mark.parametrize(
    "values",
    [
        [2**63 - 1, 2**63],
        [2**63 - 2, 2**63 - 1],
        [0, 9],
        [0, 1, 2, 3],
        [5, 5, 5],
        [2**63, 2**63 + 1],
    ],
)
def test_unsigned_numbers_lead_back_from_their_codes(values: list[int]) -> None:
    """At either side of the largest signed number, near together or far apart."""
    codes, names = encode("label", np.array(values[::-1], dtype=np.uint64))

    assert names == sorted({str(value) for value in values}, key=int)
    assert [names[code] for code in codes] == [str(value) for value in values[::-1]]
    assert codes.dtype == np.int64


@pytest.mark.parametrize(
    ("values", "names", "codes"),
    [
        ([True, False, True], ["False", "True"], [1, 0, 1]),
        (np.array([True, True]), ["True"], [0, 0]),
        ([1, "1", 2.5], ["1", "2.5"], [0, 0, 1]),
        (np.array([0.5, 0.25]), ["0.25", "0.5"], [1, 0]),
        ([3, True], ["3", "True"], [0, 1]),
    ],
)
def test_values_are_known_by_their_texts(
    values: object, names: list[str], codes: list[int]
) -> None:
    """Truth values, fractions and mixtures: what reads alike is alike."""
    found, told = encode("label", values)  # type: ignore[arg-type]

    assert told == names
    assert found.tolist() == codes


@pytest.mark.parametrize("values", [[[1, 2, 3]], [[[1]]]])
def test_what_is_no_column_is_refused_with_its_shape(values: object) -> None:
    """One row of three, or one table too many; no rows and a number are told as such."""
    shape = np.asarray(values).shape
    with pytest.raises(InvalidInputError) as caught:
        encode("patients", values)  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"The patient ids must be one column, shape (n_rows,), got shape {shape}. "
        "Give one value for each row."
    )


def test_no_rows_and_a_number_are_refused() -> None:
    """A column has a row at least, and is a sequence."""
    with pytest.raises(InvalidInputError, match="`patients` must have at least one row"):
        encode("patients", [])
    with pytest.raises(InvalidInputError, match=r"must be one column.*got int"):
        encode("patients", 5)  # type: ignore[arg-type]


def test_many_missing_values_are_counted_and_the_first_five_listed() -> None:
    """Seven of nine rows have none; codes stand for values, the message for rows."""
    with pytest.raises(InvalidInputError) as caught:
        encode("patients", ["a", None, "", None, "b", " ", float("nan"), None, ""])
    assert str(caught.value).startswith(
        "Every row needs its patient id, but 7 of 9 have none: rows 1, 2, 3, 5, 6 and 2 more"
    )


@pytest.mark.parametrize("bins", [2, 3, 4, 7])
@pytest.mark.parametrize("seed", range(6))
def test_bins_are_cut_at_values_of_the_column(bins: int, seed: int) -> None:
    """The bin of a number is how many of the cuts, at ranks n k / bins rounded up, lie below it."""
    rng = np.random.default_rng(seed)
    column = rng.integers(0, 12, 20 + seed).astype(np.float64)
    assert len(set(column.tolist())) > bins
    known = sorted(column.tolist())
    cuts = {known[-(-len(known) * k // bins) - 1] for k in range(1, bins)}
    rank = [sum(cut < value for cut in cuts) for value in column.tolist()]

    assert quantile_bins(column, bins=bins).tolist() == [sorted(set(rank)).index(r) for r in rank]


def test_ten_numbers_in_four_bins() -> None:
    """Cuts at the third, fifth and eighth: 3, 2, 3 and 2; interpolation would make 2 and 3."""
    assert quantile_bins(np.arange(10), bins=4).tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]
    with_nan = np.array([np.nan, *range(10), np.nan])
    assert quantile_bins(with_nan, bins=4).tolist() == [0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 0]


def test_as_many_values_as_bins_are_kept_however_uneven() -> None:
    """Five ones, a two, a three and a four are four bins; of three bins, ones and the rest."""
    column = np.array([1, 1, 1, 1, 1, 2, 3, 4])

    assert quantile_bins(column, bins=4).tolist() == [0, 0, 0, 0, 0, 1, 2, 3]
    # Ranks 3 and 6 of 8: cuts at 1 and 2.
    assert quantile_bins(column, bins=3).tolist() == [0, 0, 0, 0, 0, 1, 2, 2]
    # 9/14 of 42 rows are 27 exactly, though 9/14 * 42 is a little more in floating point.
    assert np.flatnonzero(np.diff(quantile_bins(np.arange(42), bins=14)))[8] == 26
    assert quantile_bins(np.full(3, np.nan), bins=2).tolist() == [0, 0, 0]


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.float32])
def test_every_kind_of_number_is_binned_and_nothing_else(kind: type) -> None:
    """1 to 8 in two bins; words of them are eight levels, truth values two."""
    numbers = np.arange(1, 9).astype(kind)
    binned, texts, truths = stratum_codes(
        ["number", "text", "truth"],
        {
            "number": numbers,
            "text": np.char.add("a", numbers.astype(np.str_)),
            "truth": numbers > 3,
        },
        np.zeros(8, dtype=np.int64),
        bins=2,
    )
    assert binned.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert len(set(texts.tolist())) == 8
    assert truths.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


def test_whatever_is_missing_is_one_level() -> None:
    """None, nan, an empty text and white space are alike, and are no text of their own."""
    column = np.array([None, "b", float("nan"), "", " ", "a"], dtype=object)

    (levels,) = stratum_codes(["site"], {"site": column}, np.zeros(6, dtype=np.int64), bins=4)

    assert levels.tolist() == [0, 2, 0, 0, 0, 1]


def test_three_columns_are_crossed_into_what_occurs() -> None:
    """Rows share a code where they share all three values, and codes leave no gap."""
    rng = np.random.default_rng(2)
    labels, site, age = rng.integers(0, 3, 60), rng.integers(0, 4, 60), rng.integers(0, 9, 60)
    columns = {"site": site.astype(np.str_), "age": age}

    (codes,) = stratum_codes([("label", "site", "age")], columns, labels, bins=9)

    triples = list(zip(labels.tolist(), site.tolist(), age.tolist(), strict=True))
    order = sorted(set(triples))
    assert codes.tolist() == [order.index(triple) for triple in triples]
    assert stratum_codes([], {}, labels, bins=4) == []
    assert stratum_codes(["label"], {}, labels, bins=4)[0].tolist() == labels.tolist()


def test_an_unknown_stratum_is_told_all_columns_in_order() -> None:
    """Names that are no texts are told as texts; nothing near, nothing suggested."""
    with pytest.raises(InvalidInputError) as caught:
        stratum_codes(["zzz"], {"site": [1], 7: [1], "age": [1]}, np.array([0]), bins=4)  # type: ignore[dict-item]
    assert str(caught.value) == ("`strata` names 'zzz', but the columns are ['7', 'age', 'site'].")
    with pytest.raises(InvalidInputError, match="`site` must be one column"):
        stratum_codes(["site"], {"site": np.zeros((1, 2))}, np.array([0]), bins=4)
