"""Columns out of any table: CSV and TSV files, data frames, dicts of columns."""

import csv
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prevalens._checks import check_same_length, did_you_mean, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column

_DELIMITERS = ",;\t|"
# 007 is an id that looks like a number, so it stays text.
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?")


def read_columns(source: Any, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return columns of a table as lists, `None` where a cell is empty.

    Args:
        source: Path of a CSV or TSV file, or a pandas, polars or pyarrow table, or a mapping of
            columns.
        names: The columns wanted.

    Raises:
        InvalidInputError: the table lacks a column (the nearest name is suggested), has two of
            one name, columns of different lengths, or the file is not a whole UTF-8 table.
    """
    columns = _table(source)
    _refuse_missing(columns, names)
    wanted = {name: _cells(columns[name]) for name in dict.fromkeys(names)}
    check_same_length(**wanted)
    return wanted


def read_all_columns(source: Any) -> dict[str, list[Any]]:
    """Return every column of a table, as `read_columns` returns those it is asked for."""
    columns = {name: _cells(column) for name, column in _table(source).items()}
    if columns:
        check_same_length(**columns)
    return columns


def _refuse_missing(columns: Mapping[str, Any], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in columns]
    if missing:
        raise InvalidInputError(
            f"The table has no column {missing[0]!r}; it has {list(columns)}."
            + did_you_mean(missing[0], columns)
        )


def covariate_column(cells: Sequence[Any]) -> Column:
    """Return cells as numbers where all that are given are numbers, else as text.

    Empty cells become nan among numbers and an empty text among texts.
    """
    given = [cell for cell in cells if cell is not None]
    if given and all(map(_is_number, given)):
        return np.array([math.nan if cell is None else float(cell) for cell in cells])
    return np.array(["" if cell is None else str(cell) for cell in cells], dtype=np.str_)


def _is_number(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(_NUMBER.fullmatch(cell.strip())) and any(map(str.isdigit, cell))
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool)


def _table(source: Any) -> Mapping[str, Any]:
    if isinstance(source, str | os.PathLike):
        return _read_file(Path(source))
    if isinstance(source, Mapping):
        return source
    # pyarrow says column_names; pandas and polars say columns.
    names = getattr(source, "column_names", getattr(source, "columns", None))
    if names is None or callable(names):
        raise InvalidInputError(
            "A table is the path of a CSV file, a data frame or a mapping of columns, got "
            f"{type(source).__name__}. Convert it to one of these."
        )
    listed = [str(name) for name in names]
    _refuse_twins(listed, "The table")
    return {name: source[key] for name, key in zip(listed, names, strict=True)}


def _cells(column: Any) -> list[Any]:
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            cells = getattr(column, method)()
            break
    else:
        cells = list(column)
    return [None if _is_missing(cell) else cell for cell in cells]


def _is_missing(cell: Any) -> bool:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return True
    # pandas' NA and NaT, and nan: none of them equals itself.
    same = cell == cell  # noqa: PLR0124
    return not (isinstance(same, bool | np.bool_) and bool(same))


def _read_file(path: Path) -> dict[str, list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidInputError(f"The table {path} does not exist. Check the path.") from error
    except OSError as error:
        raise InvalidInputError(
            f"The table {path} cannot be read ({error.strerror}). Give a CSV file that can be."
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} is not a table in UTF-8 ({error}). Save it as CSV, UTF-8."
        ) from error
    lines = text.splitlines()
    if not lines:
        raise InvalidInputError(f"The table {path} is empty. Its first line must name columns.")
    # The header tells the delimiter: it is short, and names rarely hold one.
    delimiter = max(_DELIMITERS, key=lines[0].count)
    try:
        header, *rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise InvalidInputError(f"{path} is not whole ({error}). Save it again.") from error
    names = [name.strip() for name in header]
    _refuse_twins(names, f"The table {path}")
    ragged = [n for n, row in enumerate(rows, start=2) if row and len(row) != len(names)]
    if ragged:
        raise InvalidInputError(
            f"Every line of {path} must have the {len(names)} cells its first line names, but "
            f"records {name_some(ragged)} have not. Quote cells that hold {delimiter!r}."
        )
    kept = [row for row in rows if row]
    return {name: [row[index] for row in kept] for index, name in enumerate(names)}


def _refuse_twins(names: Sequence[str], what: str) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise InvalidInputError(f"{what} names columns twice: {name_some(twins)}. Rename one.")
