"""A column of any library becomes codes, texts, numbers or rows: the same ones by every way."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens import _columns
from prevalens._columns import encode, lookalikes
from prevalens._tables import read_columns
from prevalens.exceptions import DataWarning, InvalidInputError


class Arrow:
    """A column as pyarrow has it: `to_pylist`, and no `tolist`."""

    def __init__(self, cells: list[Any]) -> None:
        self.cells = cells

    def to_pylist(self) -> list[Any]:
        """Return the cells."""
        return self.cells


class Polars:
    """A column as polars has it: `to_list`."""

    def __init__(self, cells: list[Any]) -> None:
        self.cells = cells

    def to_list(self) -> list[Any]:
        """Return the cells."""
        return self.cells


def ways_in(cells: list[Any]) -> list[Any]:
    """Return one column of texts, whole numbers and None in every form it may come in."""
    texts = [None if cell is None else str(cell) for cell in cells]
    made: list[Any] = [
        cells,
        tuple(cells),
        texts,
        ["NA" if text is None else f" {text} " for text in texts],
        [text if text is None else text.encode() for text in texts],
        np.array([*cells, None], dtype=object)[:-1],
        np.array(texts, dtype=object)[:, None],
        np.ma.MaskedArray([text or "?" for text in texts], mask=[text is None for text in texts]),
        Arrow(cells),
        Polars(cells),
        pd.Series(texts, dtype="str"),
        pd.Series(cells, dtype=object),
        pd.Series(texts, dtype="category"),
        pd.array(texts, dtype="string"),
    ]
    if all(isinstance(cell, int) or cell is None for cell in cells):
        made += [pd.Series(cells, dtype="Int64"), pd.Series(cells, dtype="float64")]
    if None not in cells:
        made += [np.array(texts), np.array([text.encode() for text in texts if text])]
        if all(isinstance(cell, int) for cell in cells):
            made.append(np.array(cells))
    return made


@given(
    st.one_of(
        st.lists(st.one_of(st.none(), st.integers(-50, 10**6)), min_size=1, max_size=12),
        st.lists(st.one_of(st.none(), st.sampled_from(["a", "b1", "\u00e4"])), min_size=1),
    )
)
def test_every_way_in_gives_the_same_codes_or_the_same_refusal(cells: list[Any]) -> None:
    """Lists, arrays, masks, bytes and series of one column: one meaning."""
    outcomes = set()
    for column in ways_in(cells):
        try:
            coded = _columns.encode("patient id", column, ids=True)
            outcomes.add((tuple(coded.codes.tolist()), tuple(coded.names)))
            assert coded.texts.tolist() == [str(cell) for cell in cells]
        except InvalidInputError as error:
            outcomes.add(str(error).partition(";")[0].partition(". ")[0])
    assert len(outcomes) == 1
    assert isinstance(next(iter(outcomes)), str) is (None in cells)


def test_whole_numbers_sort_as_numbers_also_as_texts() -> None:
    """A partition must not depend on whether a table's ids were read as numbers."""
    assert _columns.encode("id", ["10", "9", "10"]).names == ["9", "10"]
    assert _columns.encode("id", [10, 9]).names == ["9", "10"]
    assert _columns.encode("id", ["10", "9", "a"]).names == ["10", "9", "a"]
    assert _columns.encode("id", ["10", "09"]).names == ["09", "10"]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", "NA", "b"], "1 of 3 have none: rows 1 .*'NA' stands for a missing one"),
        (["a", None, " "], r"2 of 3 have none: rows 1, 2 \(the first is 0\)\. Fill"),
        (["a", "Unknown"], "'Unknown' stands for a missing one"),
        (["a", "x\ny"], "'x.ny' holds a line break, as a stray quote"),
        (["a\0", "b"], "holds NUL"),
        (["a", "1.23E+11", "1.23E+11"], r"1 were rounded .*: '1\.23E\+11' in rows 1, 2 .*as text"),
        ([1.23e11, 5.0], "1 were rounded .*: 123000000000.0"),
        ([["a"], ["b", "c"]], "must be one column"),
        ([{}, "a"], "must be one value"),
        (pd.Series([[1], [2]]), r"Each patient id must be one value, .*'list'"),
        (pd.Series([(1,), (2,)]), r"Each patient id must be one value, .*tuple \(1,\)"),
        (["a", frozenset({1})], "must be one value, .*frozenset"),
        (["a", object()], "must be one value, .*an object of object"),
        ("abc", "got str"),
        ({"a": 1}, "got dict"),
        (np.zeros((2, 3)), r"got shape \(2, 3\)"),
        (pd.DataFrame({"a": [1], "b": [2]}), r"got shape \(1, 2\)"),
        (np.array(["2020-01-01", "NaT"], dtype="M8[ns]"), "rows 1 "),
    ],
)
def test_what_can_be_no_id_is_refused_with_its_rows(ids: Any, message: str) -> None:
    """Missing, rounded, broken and nested ids; what is no column at all."""
    with pytest.raises(InvalidInputError, match=message):
        _columns.encode("patient id", ids, ids=True)


def test_dates_are_days_by_every_way_in() -> None:
    """Numpy's of any unit, pandas' and texts."""
    days = ["2020-01-02", "2021-03-04"]
    for column in (
        days,
        np.array(days, dtype="M8[D]"),
        np.array(days, dtype="M8[ns]"),
        pd.Series(pd.to_datetime(days)),
    ):
        assert _columns.encode("date", column).names == days
    half = np.array(["2020-01-02T03:04:05.5"], dtype="M8[ms]")
    assert _columns.listed("date", half) == ["2020-01-02T03:04:05.500"]


def test_texts_of_one_column_are_shared() -> None:
    """One long path does not widen a million others, and a patient's id is stored once."""
    column = _columns.encode("id", ["a" * 10_000, *"bcb"]).texts

    assert column.dtype == object
    assert column[1] is column[3]


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([2, 0], [2, 0]),
        (np.array([2.0, 0.0]), [2, 0]),
        (pd.Series([2, 0], dtype="Int64"), [2, 0]),
        ([False, False, True], [2]),
        (np.array([False, True, True], dtype=object), [1, 2]),
        (pd.array([True, False, False], dtype="boolean"), [0]),
        ([], []),
    ],
)
def test_positions_and_masks_of_every_type_choose_rows(rows: Any, kept: list[int]) -> None:
    """A mask of objects is a mask; whole floats are positions."""
    assert _columns.as_rows("rows", rows, 3).tolist() == kept


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1.7, 2.9], r"got 1\.7, 2\.9"),
        ([0.5, 1], r"got 0\.5\."),
        ([True, False], "each of the 3 rows, got 2 values"),
        ([True, False, None], "among them None"),
        ([True, 0, 1], "among them 0, 1"),
        ([3], "must lie in 0 to 2, got 3"),
        ([-1], "got -1"),
        (["a"], "got 'a'"),
        ([None], "got None"),
        ([float("nan"), 1.0], "got nan"),
    ],
)
def test_what_is_neither_mask_nor_position_is_refused(rows: Any, message: str) -> None:
    """Never other rows without a word."""
    with pytest.raises(InvalidInputError, match=message):
        _columns.as_rows("rows", rows, 3)


def test_series_of_different_indexes_are_refused() -> None:
    """Rows that pandas would align are not paired by position."""
    first = pd.Series([1, 2], index=[0, 1])
    _columns.check_same_index(a=first, b=first.copy(), c=[1, 2], d=None)
    with pytest.raises(InvalidInputError, match="`a` and `b` have different pandas indexes"):
        _columns.check_same_index(a=first, b=pd.Series([1, 2], index=[1, 0]))


def test_ids_that_look_alike_are_named() -> None:
    """Case, white space and leading zeros; five groups and how many more."""
    assert _columns.lookalikes(["a", "b", "a-b", "ab", "0", "00x"]) == []
    with pytest.warns(DataWarning, match=r"\('7', '007'\), \('H3', 'h 3'\)\. If"):
        _columns.warn_of_lookalikes("Patient ids", ["7", "007", "H3", "h 3", "x"])
    joined = ["1/007", "1/7", "01/7", "1/70", "a/0", "a/00", "a/b"]
    assert _columns.lookalikes(joined) == [("1/007", "1/7", "01/7"), ("a/0", "a/00")]
    assert _columns.lookalikes(["STRASSE", "stra\u00dfe"]) == [("STRASSE", "stra\u00dfe")]
    pairs = [text for letter in "abcdef" for text in (letter, letter.upper())]
    with pytest.warns(DataWarning, match=r"\('e', 'E'\) and 1 more\. If"):
        _columns.warn_of_lookalikes("Patient ids", pairs)


def test_checked_texts_are_numbered_the_empty_one_too() -> None:
    """A level may be empty."""
    coded = _columns.code_texts(_columns.as_texts(["b", "", "b"]))

    assert coded.codes.tolist() == [1, 0, 1]
    assert coded.names == ["", "b"]


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        (np.array([2**24 - 1, 1, 2], np.float32), True),
        (np.array([2**24 + 1, 1, 2], np.float32), False),
        (np.array([2**11 - 1, 1, 2], np.float16), True),
        (np.array([2**11 + 1, 1, 2], np.float16), False),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, pd.Series, lambda ids: {"a": ids}])
def test_ids_that_a_narrow_float_may_have_merged_are_refused(
    ids: np.ndarray, kept: bool, kind: Any
) -> None:
    """From 2^24 on float32 holds every second whole number only, float16 from 2^11 on."""
    given = kind(ids)
    column = given if not isinstance(given, dict) else read_columns(given, ["a"])["a"]
    if kept:
        assert encode("patient id", column, ids=True).names == ["1", "2", str(int(ids[0]))]
    else:
        with pytest.raises(InvalidInputError, match="1 were rounded"):
            encode("patient id", column, ids=True)


@pytest.mark.parametrize("twin", ["\uff11\uff12", "1\xad2", "1\u200d2", "12 "])
def test_letters_of_full_width_and_unseen_marks_look_alike(twin: str) -> None:
    """What looks like 12 and is another text is named."""
    assert lookalikes(["12", twin]) == [("12", twin)]
