"""A column as it comes, turned into numbers, or into texts where not all cells are numbers."""

import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from prevalens import _cells
from prevalens._cells import as_text
from prevalens._checks import name_some
from prevalens._columns import as_texts, listed, numbered, rows_of, widened
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.typing import Column, Numbers

_DECIMAL = re.compile(r"[0-9.eE+-]+")


def as_numbers(name: str, values: Any) -> Numbers:
    """Return a column as float64, nan where a cell is missing.

    Numbers of lower precision become the float64 of the same decimals: 0.7 of float32 is 0.7.

    Raises:
        InvalidInputError: a cell is neither a number nor missing; the text names the rows.
    """
    array = values if isinstance(values, np.ndarray) else None
    if array is not None and array.dtype.kind in "biuf":
        column = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
        if column.ndim == 1:
            mask = np.ma.getmaskarray(column)
            wide = widened(np.ma.getdata(column))
            return np.where(mask, np.nan, wide) if mask.any() else wide
    cells = listed(name, values)
    if (decimals := _decimals(cells)) is not None:
        return decimals
    first, codes = numbered(name, cells)
    found, strange = _each(list(first), _cells.as_number, _cells.is_unknown)
    if strange:
        wrong = [list(first)[code] for code in strange]
        raise InvalidInputError(
            f"`{name}` must be numbers, got {name_some(wrong)} in rows "
            f"{name_some(rows_of(codes, strange))} (the first is 0). Correct them, or leave those "
            "rows out."
        )
    return found[codes] if len(found) else np.zeros(0)


def _decimals(cells: list[Any]) -> Numbers | None:
    """Return texts that are all plain decimals as numbers, at once; None where one is not.

    A column of a million different scores is read in a fifth of the time.
    """
    if set(map(type, cells)) != {str} or not _DECIMAL.fullmatch("".join(cells)):
        return None
    try:
        # Of these characters Python's grammar of a float is that of a number in a cell.
        return np.array(cells, dtype=np.float64)
    except ValueError:
        return None


def as_table(name: str, values: Any) -> Numbers | None:
    """Return a table of numbers, shape `(n_rows, n_columns)`, or None where it is one column."""
    if (names := _names_of(values)) is not None:
        columns = [as_numbers(str(key), values[key]) for key in names]
        return np.column_stack(columns) if columns else None
    if isinstance(values, list | tuple):
        if not values or not isinstance(values[0], list | tuple | np.ndarray):
            return None
        if len({len(row) for row in values}) > 1:
            raise InvalidInputError(f"`{name}` must have rows of one length. Fill them up.")
    array = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.ndim == 3 and array.shape[2] == 1:
        raise InvalidInputError(f"`{name}` must be one table, got {array.shape}.")
    if array.ndim != 2:
        return None
    if array.dtype.kind in "biuf":
        wide = widened(np.ma.getdata(array))
        mask = np.ma.getmaskarray(array)
        return np.where(mask, np.nan, wide) if mask.any() else wide
    return np.column_stack([as_numbers(name, column) for column in array.T])


def _names_of(values: Any) -> list[Any] | None:
    """Return the names of a data frame's columns; None where it is none."""
    # pyarrow says column_names; pandas and polars say columns.
    names = getattr(values, "column_names", getattr(values, "columns", None))
    return None if names is None or callable(names) else list(names)


def refuse_other_order(name: str, values: Any, classes: Sequence[str]) -> None:
    """Refuse a data frame that has a column named after each class, in another order.

    Raises:
        InvalidInputError: its columns would be taken for those of other classes.
    """
    names = [as_text(each) for each in _names_of(values) or ()]
    if set(names) == set(classes) and names != list(classes):
        raise InvalidInputError(
            f"The columns of `{name}` must be in the order of the classes {list(classes)}, got "
            f"{names}. Pass {name}[{list(classes)}]."
        )


def as_floats(name: str, values: Any) -> Numbers:
    """Return a number, a column or a table of numbers as float64, nan where a cell is missing.

    Raises:
        InvalidInputError: a cell is neither a number nor missing.
    """
    if isinstance(values, int | float) or getattr(values, "ndim", 1) == 0:
        return as_numbers(name, np.atleast_1d(values))[0]
    table = as_table(name, values)
    return as_numbers(name, values) if table is None else table


def as_every_number(name: str, values: Any) -> Numbers:
    """Return a column as float64, or name the rows that hold no number.

    Raises:
        InvalidInputError: a cell is missing or is no number.
    """
    numbers = as_numbers(name, values)
    rows = np.flatnonzero(np.isnan(numbers)).tolist()
    if rows:
        raise InvalidInputError(
            f"Column {name!r} must hold a number in every row, but {len(rows)} of {len(numbers)} "
            f"hold none: rows {name_some(rows)} (the first is 0). Fill them in, or leave those "
            "rows out."
        )
    return numbers


def _each(
    cells: list[Any], number: Callable[[Any], float], missing: Callable[[Any], bool]
) -> tuple[Numbers, list[int]]:
    """Return each cell as a number, and which are neither numbers nor missing."""
    found = np.array([number(cell) for cell in cells], dtype=np.float64)
    unread = np.flatnonzero(np.isnan(found)).tolist()
    return found, [code for code in unread if not missing(cells[code])]


def as_covariate(name: str, values: Any) -> Column:
    """Return a column as numbers where all that are given are numbers, else as texts.

    Missing cells become nan among numbers and an empty text among texts; a column without any
    other cell is of numbers. Ages as DICOM writes
    them (061Y) become years. Ids that look like numbers (007, or longer than float64 holds) and
    truth values stay texts.

    Raises:
        InvalidInputError: it is no column.

    Warns:
        DataWarning: commas may be decimal or of thousands (1,234); the column stays text.
    """
    array = values if isinstance(values, np.ndarray) and values.ndim == 1 else None
    if array is not None and array.dtype.kind in "iuf":
        exact = array.dtype.kind == "f" or not array.size or np.abs(array).max() <= 2**53
        if exact:
            return as_numbers(name, array)
    first, codes = numbered(name, listed(name, values))
    cells = list(first)
    for number in (_measured, _cells.as_years):
        found, strange = _each(cells, number, _cells.is_unknown)
        some = not np.isnan(found).all() or all(map(_cells.is_missing, cells))
        if not strange and some and not _is_ambiguous(name, cells):
            return found[codes] if cells else np.zeros(0)
    return as_texts("" if _cells.is_missing(c) else _cells.as_text(c) for c in cells)[codes]


def _measured(cell: Any) -> float:
    return _cells.as_number(cell) if _cells.is_measured(cell) else np.nan


def _is_ambiguous(name: str, cells: list[Any]) -> bool:
    """Warn where each comma may part thousands: three digits follow it, one to three precede."""
    commas = [cell.strip() for cell in cells if isinstance(cell, str) and "," in cell]
    parted = [cell.lstrip("+-").partition(",") for cell in commas]
    if not parted or not all(
        len(after) == 3 and after.isdigit() and before.isdigit() and before[0] != "0"
        for before, _, after in parted
    ):
        return False
    warnings.warn(
        f"The commas of {name!r}, as in {commas[0]!r}, may be decimal or of thousands; the column "
        "is kept as text. Write the numbers without thousands, and with a point.",
        DataWarning,
        stacklevel=6,
    )
    return True
