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
    columns = tables.read_columns(written(tmp_path, text))

    assert {name: column.tolist() for name, column in columns.items()} == {"y": ["1"], "p": ["0.5"]}


def test_a_decimal_comma_is_read_beside_semicolons(tmp_path: Path) -> None:
    """In a table with semicolons 0,25 is a quarter, and a name with a comma stays as it is."""
    columns = tables.read_columns(written(tmp_path, "p;site\n0,25;Ulm, Nord\n1;Bonn\n"))

    assert tables.numbers(columns["p"], name="p").tolist() == [0.25, 1.0]
    assert columns["site"].tolist() == ["Ulm, Nord", "Bonn"]


def test_a_data_frame_is_a_table(tmp_path: Path) -> None:
    """A pandas frame gives the columns a CSV file would."""
    columns = tables.read_columns(pd.DataFrame({"y": [0, 1], "p": [0.1, 0.9]}))

    assert columns["p"].tolist() == [0.1, 0.9]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a header and at least one row, got 0"),
        ("y,p\n", "a header and at least one row, got 1"),
        ("y,y\n1,1\n", "'y' came twice"),
        ("y,p\n1,2\n1\n", "row 3 has 1"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """An empty, ambiguous or ragged table is named with its row."""
    with pytest.raises(InvalidInputError, match=message):
        tables.read_columns(written(tmp_path, text))


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    """Latin-1 text is no UTF-8; the remedy names what to save it as."""
    with pytest.raises(InvalidInputError, match="CSV UTF-8"):
        tables.read_columns(written(tmp_path, "site\nKöln\n", encoding="latin-1"))


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    """A misspelt file name is answered with the nearest one in the folder."""
    written(tmp_path, "y\n1\n")

    with pytest.raises(InvalidInputError, match=r"Did you mean 'table\.csv'"):
        tables.read_columns(tmp_path / "tabel.csv")
    with pytest.raises(InvalidInputError, match="is a folder"):
        tables.read_columns(tmp_path)


def test_a_missing_column_suggests_the_nearest() -> None:
    """A misspelt column is answered with the columns there are."""
    with pytest.raises(InvalidInputError, match=r"'scroe' for the score.*Did you mean 'score'"):
        tables.find_column({"score": np.zeros(1)}, "scroe", purpose="score")


def test_a_cell_that_is_no_number_is_named() -> None:
    """Empty cells and words are counted, shown and placed."""
    column = np.array(["0.1", "", "high"])

    with pytest.raises(InvalidInputError, match=r"2 of 3 hold none: '', 'high' in rows 1, 2"):
        tables.numbers(column, name="p")
