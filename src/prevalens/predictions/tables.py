"""Tables in and out: a CSV file, or any data frame, as named columns."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prevalens._checks import did_you_mean, name_some
from prevalens._writing import whole_file
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column

_DELIMITERS = (",", ";", "\t", "|")


def read_columns(source: str | os.PathLike[str] | Mapping[str, Any]) -> dict[str, Column]:
    """Read every column of a CSV file as text, or take those of a data frame as they are.

    A byte-order mark is dropped; comma, semicolon, tab and bar are told apart by the header.
    Where the delimiter is a semicolon, a comma inside a number is read as its decimal point.

    Args:
        source: Path of a CSV file, a data frame (pandas, polars), or a mapping of columns.

    Raises:
        InvalidInputError: the file is missing, empty, not UTF-8, has a column twice, or has a
            row that is longer or shorter than the header.
    """
    if isinstance(source, str | os.PathLike):
        return _read_csv(Path(source))
    names = list(source.columns) if hasattr(source, "columns") else list(source)
    return {str(name): np.asarray(source[name]) for name in names}


def write_columns(path: str | os.PathLike[str], columns: Mapping[str, Sequence[Any]]) -> None:
    """Write named columns as CSV (UTF-8, commas, a header), whole or not at all."""
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def find_column(columns: Mapping[str, Column], name: str, *, purpose: str) -> Column:
    """Return the column called `name`, or say which there are and suggest the nearest."""
    if name in columns:
        return columns[name]
    raise InvalidInputError(
        f"The table has no column {name!r} for the {purpose}; its columns are "
        f"{name_some(columns, limit=20)}.{did_you_mean(name, columns)}"
    )


def numbers(column: Column, *, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a column as numbers, or name the rows that hold none.

    Raises:
        InvalidInputError: a cell is empty or is no number.
    """
    values = np.array([_number(cell) for cell in column.tolist()], dtype=np.float64)
    bad = np.flatnonzero(np.isnan(values))
    if bad.size:
        cells = [column.tolist()[row] for row in bad.tolist()]
        raise InvalidInputError(
            f"Column {name!r} must hold a number in every row, but {bad.size} of {len(column)} "
            f"hold none: {name_some(cells)} in rows {name_some(bad.tolist())} (the first is 0). "
            "Fill them in, or leave those rows out."
        )
    return values


def as_covariate(column: Column) -> Column:
    """Return a column of texts as numbers where every cell is one, else unchanged."""
    if column.dtype.kind in "biuf":
        return column
    values = np.array([_number(cell) for cell in column.tolist()], dtype=np.float64)
    return column if np.isnan(values).any() else values


def _number(cell: object) -> float:
    if cell is None:
        return np.nan
    try:
        return float(str(cell).strip())
    except ValueError:
        return np.nan


def _read_csv(path: Path) -> dict[str, Column]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        near = did_you_mean(path.name, [other.name for other in path.parent.glob("*")])
        raise InvalidInputError(f"There is no file {path}. Give a CSV file.{near}") from error
    except IsADirectoryError as error:
        raise InvalidInputError(f"{path} is a folder. Give a CSV file.") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} is not UTF-8 text ({error.reason} at byte {error.start}). "
            "Save it as 'CSV UTF-8'."
        ) from error
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    rows = [row for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter) if row]
    if len(rows) < 2:
        raise InvalidInputError(f"{path} must have a header and at least one row, got {len(rows)}.")
    header = [name.strip() for name in rows[0]]
    _check_shape(path, header, rows[1:])
    columns = {
        name: np.array(cells, dtype=np.str_)
        for name, cells in zip(header, zip(*rows[1:], strict=True), strict=True)
    }
    return {n: _decimal_points(c) for n, c in columns.items()} if delimiter == ";" else columns


def _check_shape(path: Path, header: list[str], rows: list[list[str]]) -> None:
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise InvalidInputError(
            f"{path}: every column needs a name of its own, but {name_some(repeated)} came twice."
        )
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InvalidInputError(
                f"{path}: every row must have the header's {len(header)} cells, but row {number} "
                f"has {len(row)}: {row[:6]}. Quote cells that hold the delimiter."
            )


def _decimal_points(column: Column) -> Column:
    if not any("," in cell for cell in column.tolist()):
        return column
    changed = np.char.replace(column, ",", ".")
    return column if any(np.isnan(_number(cell)) for cell in changed.tolist()) else changed
