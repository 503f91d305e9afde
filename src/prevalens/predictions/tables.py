"""Tables of predictions in and out: numbers as people write them."""

import csv
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prevalens._checks import did_you_mean, name_some
from prevalens._writing import whole_file
from prevalens.cohorts.tables import covariate_column, read_all_columns
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column, Scores

Cells = list[Any]
_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")


def read_columns(source: Any) -> dict[str, Cells]:
    """Read every column of a CSV file, a data frame or a mapping; None where a cell is empty.

    Raises:
        InvalidInputError: the table has no rows, or is no whole table.
    """
    columns = read_all_columns(source)
    if not columns or not next(iter(columns.values())):
        raise InvalidInputError("The table has no rows. Give one row for each image.")
    return columns


def write_columns(path: str | os.PathLike[str], columns: Mapping[str, Sequence[Any]]) -> None:
    """Write named columns as CSV (UTF-8, commas, a header), whole or not at all."""
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def find_column(columns: Mapping[str, Cells], name: str, *, purpose: str) -> Cells:
    """Return the column called `name`, or say which there are and suggest the nearest."""
    if name in columns:
        return columns[name]
    raise InvalidInputError(
        f"The table has no column {name!r} for the {purpose}; its columns are "
        f"{name_some(columns, limit=20)}.{did_you_mean(name, columns)}"
    )


def numbers(cells: Cells, *, name: str) -> Scores:
    """Return a column as numbers, or name the rows that hold none.

    A decimal comma is read as a point.

    Raises:
        InvalidInputError: a cell is empty or is no number.
    """
    values = np.array([as_number(cell) for cell in cells], dtype=np.float64)
    bad = np.flatnonzero(np.isnan(values)).tolist()
    if bad:
        raise InvalidInputError(
            f"Column {name!r} must hold a number in every row, but {len(bad)} of {len(cells)} "
            f"hold none: {name_some(cells[row] for row in bad)} in rows {name_some(bad)} (the "
            "first is 0). Fill them in, or leave those rows out."
        )
    return values


def as_covariate(cells: Cells) -> Column:
    """Return cells as numbers where all that are given are numbers, else as text."""
    given = [cell for cell in cells if cell is not None]
    with_comma = any(isinstance(cell, str) and "," in cell for cell in given)
    if with_comma and not any(np.isnan(as_number(cell)) for cell in given):
        return np.array([as_number(cell) for cell in cells], dtype=np.float64)
    return covariate_column(cells)


def as_number(cell: object) -> float:
    """Return a cell as a number, nan where it is none."""
    if isinstance(cell, bool | np.bool_):
        return float(cell)
    text = "" if cell is None else str(cell)
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return np.nan
