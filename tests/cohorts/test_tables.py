"""Tables: files of any delimiter, frames of any library, and what is refused."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prevalens.cohorts.tables import covariate_column, read_all_columns, read_columns
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_of_each_delimiter_with_and_without_a_mark(
    tmp_path: Path, delimiter: str, mark: str
) -> None:
    """Comma, semicolon, tab and bar are told from the header; a byte order mark is no name."""
    lines = [delimiter.join(row) for row in (["a", "b c"], ["1", "x y"], ["", "z"])]
    path = tmp_path / "t.csv"
    path.write_text(mark + "\r\n".join(lines) + "\r\n\r\n", encoding="utf-8")

    assert read_columns(path, ["b c", "a"]) == {"b c": ["x y", "z"], "a": ["1", None]}


def test_quoted_cells_may_hold_anything(tmp_path: Path) -> None:
    """A quoted cell keeps delimiters and line breaks."""
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"1,5","x\ny"\n', encoding="utf-8")

    assert read_columns(path, ["a", "b"]) == {"a": ["1,5"], "b": ["x\ny"]}


def frames() -> list[Any]:
    """Return one table in each form whose package is installed."""
    columns = {"id": ["a", None, "c"], "age": [1.5, 2.0, math.nan]}
    made: list[Any] = [columns, {name: np.array(c, dtype=object) for name, c in columns.items()}]
    for package, make in (
        ("pandas", lambda module: module.DataFrame(columns)),
        ("polars", lambda module: module.DataFrame(columns)),
        ("pyarrow", lambda module: module.table(columns)),
    ):
        try:
            made.append(make(__import__(package)))
        except ImportError:
            continue
    return made


def test_every_frame_gives_the_same_columns() -> None:
    """Dict, numpy, pandas, polars and pyarrow: the same cells, None where one is missing."""
    for frame in frames():
        assert read_columns(frame, ["age", "id"]) == {
            "age": [1.5, 2.0, None],
            "id": ["a", None, "c"],
        }, type(frame)


def test_missing_values_of_pandas_are_missing() -> None:
    """NA, NaT and nan are empty cells."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"a": [pandas.NA, pandas.NaT, float("nan"), "x"]})

    assert read_columns(frame, ["a"]) == {"a": [None, None, None, "x"]}


def test_a_misspelt_column_gets_the_nearest_name() -> None:
    """The error lists the columns and suggests one."""
    with pytest.raises(InvalidInputError, match=r"no column 'pateint'.*Did you mean 'patient'\?"):
        read_columns({"patient": ["a"], "label": ["b"]}, ["pateint"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"a,b\n1\n2,3\n", "records 2 have not"),
        (b"a,a\n1,2\n", "names columns twice: 'a'"),
        (b"a,b\n\xff\xfe,2\n", "not a table in UTF-8"),
        (b'a,b\n"1,2\n', "not whole"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    """Empty, ragged, doubled, foreign and cut files are refused with their reason."""
    path = tmp_path / "t.csv"
    path.write_bytes(content)

    with pytest.raises(InvalidInputError, match=reason) as caught:
        read_columns(path, ["a"])
    assert "t.csv" in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    """What is no file is refused."""
    with pytest.raises(InvalidInputError, match=r"gone\.csv does not exist"):
        read_columns(tmp_path / "gone.csv", ["a"])
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_columns(tmp_path, ["a"])


def test_what_is_no_table_is_refused() -> None:
    """A list is no table; the text says what is."""
    with pytest.raises(InvalidInputError, match="got list"):
        read_columns([1, 2], ["a"])


def test_columns_of_different_lengths_are_refused() -> None:
    """A mapping's columns must be of one length."""
    with pytest.raises(InvalidInputError, match="`a` has 1, `b` has 2"):
        read_columns({"a": [1], "b": [1, 2]}, ["a", "b"])


def test_covariates_are_numbers_only_where_all_cells_are() -> None:
    """Numbers become numbers, with nan for empty; ids with leading zeros stay text."""
    assert covariate_column(["1", None, "2.5", "-1e3"]).tolist()[::2] == [1.0, 2.5]
    assert math.isnan(covariate_column(["1", None])[1])
    assert covariate_column(["007", "8"]).tolist() == ["007", "8"]
    assert covariate_column(["M", None]).tolist() == ["M", ""]
    assert covariate_column([True, False]).tolist() == ["True", "False"]
    assert covariate_column([None, None]).tolist() == ["", ""]
    assert covariate_column(["-", "."]).tolist() == ["-", "."]


def test_an_empty_table_has_no_columns() -> None:
    """Nothing is no error here: what needs a column names the one it misses."""
    assert read_all_columns({}) == {}
