"""A column becomes numbers, or stays texts: the same ones by every way in."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens import _columns, _numbers
from prevalens.exceptions import DataWarning, InvalidInputError


@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(0, 99)), min_size=1).filter(
        lambda cells: any(cell is not None for cell in cells)
    )
)
def test_numbers_are_the_same_by_every_way_in(cells: list[Any]) -> None:
    """Texts, floats, masked arrays and nullable columns: equal to the last bit, nan alike."""
    expected = np.array([np.nan if cell is None else float(cell) for cell in cells])
    for column in (
        cells,
        [None if cell is None else repr(cell) for cell in cells],
        ["" if cell is None else repr(float(cell)).replace(".", ",") for cell in cells],
        expected,
        np.ma.masked_invalid(expected),
        np.array(cells, dtype=object),
        pd.Series(expected, dtype="Float64"),
    ):
        np.testing.assert_array_equal(_numbers.as_numbers("x", column), expected)
        if not any("e" in repr(cell) or abs(cell or 0) > 9e5 for cell in cells):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DataWarning)  # 1,234 may be of thousands
                made = _numbers.as_covariate("x", column)
            if made.dtype.kind == "f":
                np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize("kind", [np.float32, np.float16])
@given(st.lists(st.floats(0, 1, width=16), min_size=1))
def test_narrow_numbers_keep_their_decimals(kind: type, values: list[float]) -> None:
    """0.7 of float32 is 0.7, as whoever prints it sees; numpy's shortest digits are the oracle."""
    narrow = np.array([*values, 0.7, 0.1, 1 / 3, 0, 1, np.nan, np.inf], dtype=kind)
    shown = np.array([float(str(value)) for value in narrow])

    np.testing.assert_array_equal(_columns.widened(narrow), shown)
    np.testing.assert_array_equal(_columns.widened(narrow[:, None])[:, 0], shown)


def test_a_word_among_numbers_is_refused_with_its_row() -> None:
    """Words for missing are nan; others are named."""
    assert np.isnan(_numbers.as_numbers("x", ["NA", "unknown", 1.0])).tolist() == [
        True,
        True,
        False,
    ]
    with pytest.raises(InvalidInputError, match=r"`x` must be numbers, got 'high' in rows 1, 2 "):
        _numbers.as_numbers("x", ["1", "high", "high"])
    assert _numbers.as_numbers("x", []).size == 0


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (["1", None, "2.5", "NA", "-1e3"], [1.0, None, 2.5, None, -1000.0]),
        (["061Y", "018M", None], [61.0, 1.5, None]),
        (["0,5", "1"], [0.5, 1.0]),
        (["50", "unknown"], [50.0, None]),
        (["007", "8"], ["007", "8"]),
        (["9" * 20, "1"], ["9" * 20, "1"]),
        (["061Y", "61"], ["061Y", "61"]),
        (["M", None, "none"], ["M", "", "none"]),
        ([True, False], ["True", "False"]),
        (["TRUE", "false"], ["True", "False"]),
        ([None, "NA"], [None, None]),
        (["-", "."], ["-", ""]),
        ([], []),
        (np.array([2**60, 1]), [str(2**60), "1"]),
    ],
)
def test_covariates_are_numbers_only_where_all_cells_are(cells: Any, column: list[Any]) -> None:
    """Ages of DICOM are years; ids that look like numbers and truth values stay texts."""
    made = [None if cell != cell else cell for cell in _numbers.as_covariate("c", cells).tolist()]  # noqa: PLR0124

    assert made == column


def test_a_comma_that_may_part_thousands_is_not_read() -> None:
    """1,234 is kept as text with a warning; 0,234 and 1,23 are decimal."""
    with pytest.warns(DataWarning, match="'1,234', may be decimal or of thousands"):
        assert _numbers.as_covariate("dose", ["1,234", "5"]).tolist() == ["1,234", "5"]
    assert _numbers.as_covariate("dose", ["0,234", "1,234"]).tolist() == [0.234, 1.234]


def test_every_row_needs_a_number_where_that_is_asked() -> None:
    """Missing cells are counted and placed."""
    assert _numbers.as_every_number("p", ["0,5", 1]).tolist() == [0.5, 1.0]
    with pytest.raises(InvalidInputError, match=r"'p' must hold a number in .* 2 of 3 .*rows 1, 2"):
        _numbers.as_every_number("p", ["0.1", None, "NA"])


@pytest.mark.parametrize(
    ("odd", "value"),
    [
        ("0,5", 0.5),
        (" 0.5", 0.5),
        ("50%", 0.5),
        ("nan", None),
        ("", None),
        (".", None),
        (None, None),
    ],
)
def test_one_odd_cell_among_decimals_keeps_its_meaning(
    odd: str | None, value: float | None
) -> None:
    """Decimals are read at once only where every cell is one."""
    made = _numbers.as_numbers("x", ["0.25", odd, "-1e-3"])
    np.testing.assert_array_equal(made, [0.25, np.nan if value is None else value, -0.001])


@pytest.mark.parametrize("odd", ["inf", "1_0", "1e", "\u0661"])
def test_a_float_of_python_that_is_no_number_in_a_cell_is_refused(odd: str) -> None:
    """Python reads 1_0 as 10, and digits of other scripts; a cell does not."""
    with pytest.raises(InvalidInputError, match="in rows 1 "):
        _numbers.as_numbers("x", ["0.25", odd, "-1e-3"])


@pytest.mark.parametrize("shape", [(4,), (4, 1), (2, 2)])
def test_a_masked_number_is_missing_in_any_shape(shape: tuple[int, ...]) -> None:
    """What lies under the mask is never read; a text and a float32 are the numbers they show."""
    masked = np.ma.array([0.5, 0.9, 0.2, 0.7], mask=[False, True, False, False]).reshape(shape)
    expected = np.array([0.5, np.nan, 0.2, 0.7])
    for values in (masked, masked.astype(np.float32)):
        np.testing.assert_array_equal(_numbers.as_floats("scores", values).reshape(-1), expected)
    assert _numbers.as_floats("scores", np.float32(0.7)) == 0.7
    assert _numbers.as_floats("scores", 1) == 1.0
    with pytest.raises(InvalidInputError, match="`scores` must be numbers, got 'a' in rows 1"):
        _numbers.as_floats("scores", ["0.5", "a"])


@pytest.mark.parametrize(
    ("library", "maker"), [("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "table")]
)
def test_the_columns_of_a_frame_are_the_classes_in_their_order(library: str, maker: str) -> None:
    """Of any library alike; a frame that names other columns is read by position."""
    frame = getattr(pytest.importorskip(library), maker)({"b": [0.1, 0.2], "a": [0.9, 0.8]})

    assert _numbers.as_floats("scores", frame).tolist() == [[0.1, 0.9], [0.2, 0.8]]
    _numbers.refuse_other_order("scores", frame, ("b", "a"))
    _numbers.refuse_other_order("scores", frame, ("x", "y"))
    told = r"order of the classes \['a', 'b'\], got \['b', 'a'\]\. Pass scores\[\['a', 'b'\]\]"
    with pytest.raises(InvalidInputError, match=told):
        _numbers.refuse_other_order("scores", frame, ("a", "b"))
