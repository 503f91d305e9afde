"""What one cell means: missing, a text, a number."""

import datetime as dt
import decimal
import enum
import math
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prevalens import _cells


@pytest.mark.parametrize(
    "cell",
    [
        *(None, float("nan"), np.float32("nan"), np.datetime64("NaT"), pd.NA, pd.NaT),
        *("", "  ", "\t", "\u00a0", "\ufeff", "NA", " NA ", "N/A", "#N/A", "NaN", "nan", "NULL"),
        *("None", "<NA>", "?", ".", "#DIV/0!", b"", b"NA", decimal.Decimal("NaN")),
    ],
)
def test_every_spelling_of_missing_is_missing(cell: Any) -> None:
    """What R, Excel, SAS, pandas and databases write for "not known"."""
    assert _cells.is_missing(cell)
    assert _cells.is_unknown(cell)


@pytest.mark.parametrize("cell", ["none", "unknown", "Anonymous", "-", "Not available"])
def test_a_word_for_unknown_may_be_a_class_but_no_id(cell: str) -> None:
    """`none` may be a finding; nobody's id is `unknown`."""
    assert not _cells.is_missing(cell)
    assert _cells.is_unknown(cell)


@pytest.mark.parametrize("cell", ["0", 0, 0.0, False, "naevus", "Nana", [None], (1, 2), b"a"])
def test_what_is_given_is_not_missing(cell: Any) -> None:
    """Zero and false are values; a list of nothing is no missing cell."""
    assert not _cells.is_missing(cell)


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["2", " 2", 2, 2.0, "2.0", "2.", "+2", np.int8(2), np.float32(2), b"2 "], "2"),
        ([decimal.Decimal("2.0")], "2"),
        (["007", "007.0", b"007"], "007"),
        ([0.5, np.float32(0.5), "0.5"], "0.5"),
        ([np.float32(0.1)], "0.1"),
        (["caf\u00e9", "cafe\u0301", " cafe\u0301 ", "caf\u00e9".encode()], "caf\u00e9"),
        ([True, np.True_, "TRUE", "true", "True"], "True"),
        ([False, "FALSE"], "False"),
        ([dt.date(2020, 1, 2), dt.datetime(2020, 1, 2)], "2020-01-02"),  # noqa: DTZ001
        ([pd.Timestamp("2020-01-02"), "2020-01-02"], "2020-01-02"),
        ([pd.Timestamp("2020-01-02 03:04")], "2020-01-02 03:04:00"),
        ([-0.0, 0.0, "0", "0.0"], "0"),
        (["1.10"], "1.10"),
    ],
)
def test_the_same_value_is_the_same_text_whatever_its_type(cells: list[Any], text: str) -> None:
    """Blanks, types and ways of writing make no other value."""
    assert {_cells.as_text(cell) for cell in cells} == {text}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((f"a{mark}b", "line break") for mark in "\n\r\v\f\x85\u2028\u2029"),
        ("a\0", "NUL"),
        ("a\udce4", "UTF-8"),
    ],
)
def test_what_no_id_can_hold(text: str, reason: str) -> None:
    """Line breaks of every kind, NUL, and bytes that are no text."""
    assert reason in str(_cells.flaw(text))


def test_ids_of_every_script_are_no_flaw() -> None:
    """Letters, digits, dashes, slashes and blanks inside."""
    for text in ("a b", "P-1/2", "\u4e2d", "\u00e4.png", "7"):
        assert _cells.flaw(text) is None


@pytest.mark.parametrize(
    ("cell", "rounded"),
    [
        *((cell, True) for cell in ("1.23E+11", "1,23E+11", "1e5", 1.23457e11, 2.0**53)),
        *((cell, True) for cell in (float("inf"), -float("inf"), np.float16("inf"))),
        *((cell, False) for cell in ("123000000000", 123000000000, "E11", "1.5", 61.0, None)),
        *((cell, False) for cell in (123456789012.0, 2.0**53 - 1, float("nan"))),
    ],
)
def test_what_a_spreadsheet_rounded_is_seen(cell: Any, rounded: bool) -> None:
    """Twelve digits shown as 1.23457E+11 are lost, as text and as the number it is read as."""
    assert _cells.is_rounded(cell) is rounded


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("1,5", 1.5), (" 0.5 ", 0.5), ("-,5", -0.5), ("1e-3", 0.001), (2, 2.0), (True, 1.0)),
        *(("95.8%", 0.958), ("57,0%", 0.57), ("1e1%", 0.1), ("5.", 5.0), (np.float32(0.1), 0.1)),
        (decimal.Decimal("0.1"), 0.1),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: Any, number: float) -> None:
    """Points, commas, percentages, exponents, blanks around, and numbers already."""
    assert _cells.as_number(cell) == number


@pytest.mark.parametrize("cell", ["1_000", "1,2,3", "inf", "0x1", "", "a", None, 1j, ".", "%", "-"])
def test_what_is_no_number_is_nan(cell: Any) -> None:
    """Python would read 1_000 and inf; no table means a number by them."""
    assert math.isnan(_cells.as_number(cell))


@pytest.mark.parametrize(
    ("cell", "years"),
    [("061Y", 61.0), ("018M", 1.5), ("007W", 49 / 365.25), ("010D", 10 / 365.25)],
)
def test_ages_of_dicom_are_years(cell: str, years: float) -> None:
    """Three digits and the unit, PS3.5's AS."""
    assert _cells.as_years(cell) == pytest.approx(years, rel=1e-15)
    assert math.isnan(_cells.as_years(cell[1:]))


def test_ids_that_look_like_numbers_are_not_measured() -> None:
    """007, twenty digits and truth values are no quantities; 0, 0.5 and 1e3 are."""
    for cell in ("007", "-01", "9" * 20, 10**20, True, "a"):
        assert not _cells.is_measured(cell)
    for cell in ("0", "0.5", "1e3", "0,5", "95%", 7, 0.5, np.float32(1), "-0.1"):
        assert _cells.is_measured(cell)


class Side(enum.Enum):
    """A value that is no text."""

    LEFT = 1


def test_a_cell_is_one_value() -> None:
    """Texts, numbers, dates, paths, ids and members of an enumeration are; what holds them is not.

    A tuple has a text, and would be an id of its own: "(1,)".
    """
    day = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    kept = ["1", b"1", 1, 1.5, True, None, np.float32(1), np.str_("a"), pd.NA, pd.Timestamp(day)]
    kept += [day, day.date(), decimal.Decimal(1), Path("a"), uuid.UUID(int=1), Side.LEFT]
    for cell in kept:
        assert _cells.check_one_value(cell) is cell
    for cell in ((1,), frozenset({1}), range(1), np.array(1), [1], {1: 2}, object()):
        with pytest.raises(TypeError, match=type(cell).__name__):
            _cells.check_one_value(cell)


@pytest.mark.parametrize("text", ["1E5", " 1.23E+11", "Unknown", "061Y", "NA", "12", "007", "x"])
def test_bytes_mean_what_their_text_does(text: str) -> None:
    """As HDF5 and fixed-width arrays give them: rounded, unknown, an age, a number."""
    for kind in (
        _cells.is_rounded,
        _cells.is_unknown,
        _cells.is_missing,
        _cells.is_measured,
        _cells.as_text,
    ):
        assert kind(text.encode()) == kind(text)
    for number in (_cells.as_years, _cells.as_number):
        np.testing.assert_equal(number(text.encode()), number(text))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        # By pandas, polars and numpy, of one column that holds midnight and another time.
        ("2020-01-02 00:00:00", "2020-01-02"),
        ("2020-01-02T00:00:00.000000", "2020-01-02"),
        ("2020-01-02T05:00:00.000000000", "2020-01-02 05:00:00"),
        ("2020-01-02 05:00:00.0005", "2020-01-02 05:00:00.000500"),
        # No moment of a calendar, a part of one, and one with a zone stay as they are.
        *((text, text) for text in ("2020-02-30 00:00:00", "2020-01-02 05:00")),
        *((text, text) for text in ("2020-01-02T05:00:00Z", "2020-01-02 05:00:00.0000001")),
    ],
)
def test_a_moment_is_one_text_however_it_was_written(written: str, text: str) -> None:
    """A column of dates and the file that it was written to give one cohort."""
    assert _cells.as_text(written) == text
    if written != text:
        assert _cells.as_text(dt.datetime.fromisoformat(written[:26])) == text
