"""Tables as people have them: marks, semicolons, decimal commas, missing columns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import tables


def written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    """Write a table and return its path."""
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    """Excel's 'CSV UTF-8' starts with a mark; the first column keeps its name."""
    columns = tables.read_columns(written(tmp_path, "y,p\n1,0.5\n", encoding="utf-8-sig"))

    assert list(columns) == ["y", "p"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_from_the_header(tmp_path: Path, delimiter: str) -> None:
    """Commas, semicolons, tabs and bars separate columns alike, with Windows line ends."""
    text = delimiter.join(["y", "p"]) + "\r\n" + delimiter.join(["1", "0.5"]) + "\r\n"

    assert tables.read_columns(written(tmp_path, text)) == {"y": ["1"], "p": ["0.5"]}


def test_a_decimal_comma_is_a_point(tmp_path: Path) -> None:
    """0,25 is a quarter; a name with a comma stays as it is."""
    columns = tables.read_columns(written(tmp_path, "p;site;dose\n0,25;Ulm, Nord;1,5\n1;Bonn;\n"))

    assert tables.numbers(columns["p"], name="p").tolist() == [0.25, 1.0]
    assert tables.as_covariate(columns["site"]).tolist() == ["Ulm, Nord", "Bonn"]
    dose = tables.as_covariate(columns["dose"])
    assert dose[0] == 1.5
    assert np.isnan(dose[1])


def test_a_data_frame_is_a_table() -> None:
    """A pandas frame gives the columns a CSV file would."""
    columns = tables.read_columns(pd.DataFrame({"y": [0, 1], "p": [0.1, None]}))

    assert columns == {"y": [0, 1], "p": [0.1, None]}


@pytest.mark.parametrize("text", ["y,p\n", "y\n\n\n"])
def test_a_table_without_rows_is_refused(tmp_path: Path, text: str) -> None:
    """A header alone is no table."""
    with pytest.raises(InvalidInputError, match="no rows"):
        tables.read_columns(written(tmp_path, text))


def test_a_missing_column_suggests_the_nearest() -> None:
    """A misspelt column is answered with the columns there are."""
    with pytest.raises(InvalidInputError, match=r"'scroe' for the score.*Did you mean 'score'"):
        tables.find_column({"score": [0.5]}, "scroe", purpose="score")


def test_a_cell_that_is_no_number_is_named() -> None:
    """Empty cells and words are counted, shown and placed."""
    with pytest.raises(InvalidInputError, match=r"2 of 3 hold none: None, 'high' in rows 1, 2"):
        tables.numbers(["0.1", None, "high"], name="p")


@pytest.mark.parametrize(
    ("cell", "number"),
    [("1,5", 1.5), (" 0.5 ", 0.5), ("-,5", -0.5), ("1e-3", 0.001), (2, 2.0), (True, 1.0)],
)
def test_numbers_are_read_as_written(cell: object, number: float) -> None:
    """Points, commas, blanks around, exponents, and numbers that are numbers already."""
    assert tables.as_number(cell) == number
    assert np.isnan(tables.as_number("1,234,5"))
