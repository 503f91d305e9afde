"""Columns as they come (lists, arrays, series) turned into codes, strata and bins."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens import _columns
from prevalens._checks import did_you_mean
from prevalens._numbers import as_covariate
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column, Labels

Strata = Sequence[str | tuple[str, ...]]


def encode(name: str, values: ArrayLike) -> tuple[Labels, list[str]]:
    """Turn a column into codes and the sorted texts they stand for.

    Args:
        name: What the column is called in errors; `patients` holds ids.
        values: One value per row, shape `(n_rows,)`.

    Returns:
        Codes, shape `(n_rows,)`, and the text of each code. Codes follow the texts' order, so
        that they do not depend on the order of the rows.

    Raises:
        InvalidInputError: the column is not one-dimensional, or a value is missing.
    """
    ids = name == "patients"
    coded = _columns.encode("patient id" if ids else name.removesuffix("s"), values, ids=ids)
    if not coded.codes.size:
        raise InvalidInputError(f"`{name}` must have at least one row, got none. Give some rows.")
    return coded.codes, coded.names


def stratum_codes(
    strata: Strata, columns: Mapping[str, Column], labels: Labels, *, bins: int
) -> list[Labels]:
    """Turn each stratum into codes.

    Args:
        strata: Names of columns, each balanced by itself, or tuples of names, balanced crossed;
            `"label"` names the label.
        columns: The columns by name, each `(n_rows,)`.
        labels: Label codes, `(n_rows,)`.
        bins: Number of quantile bins for a column of numbers with more different values.

    Returns:
        One array of codes, `(n_rows,)`, for each stratum, every code in use.
    """
    return [
        _crossed(
            [
                labels if part == "label" else _levels(part, columns, len(labels), bins)
                for part in ((stratum,) if isinstance(stratum, str) else stratum)
            ]
        )
        for stratum in strata
    ]


def _levels(name: str, columns: Mapping[str, Column], n_rows: int, bins: int) -> Labels:
    if name not in columns:
        raise InvalidInputError(
            f"`strata` names {name!r}, but the columns are {sorted(map(str, columns))}."
            + did_you_mean(name, map(str, columns))
        )
    column = as_covariate(name, columns[name])
    if len(column) != n_rows:
        raise InvalidInputError(
            f"The stratum {name!r} has {len(column)} values for {n_rows} rows. Give one for each."
        )
    if column.dtype.kind == "f":
        return quantile_bins(column, bins=bins)
    return _columns.code_texts(column).codes


def quantile_bins(column: NDArray[Any], *, bins: int) -> Labels:
    """Bin numbers by quantile; few different values are kept as they are; nan has its own bin.

    Args:
        column: Numbers, shape `(n_rows,)`.
        bins: Number of bins; each holds about as many rows, ties stay together.

    Returns:
        Bin of each row, shape `(n_rows,)`, every bin in use.
    """
    known = ~np.isnan(column.astype(np.float64))
    codes = np.zeros(len(column), dtype=np.int64)
    values = np.unique(column[known])
    if len(values) > bins:
        # Quantiles that are values of the column, at whole ranks: no rounding decides who falls
        # where.
        ranks = -(-len(column[known]) * np.arange(1, bins) // bins)
        values = np.unique(np.sort(column[known])[ranks - 1])
    codes[known] = 1 + np.searchsorted(values, column[known])
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _crossed(codes: list[Labels]) -> Labels:
    if not codes:
        raise InvalidInputError("A stratum of `strata` is empty. Name one column or more in it.")
    result = codes[0]
    for more in codes[1:]:
        both = result * (more.max() + 1) + more
        result = np.unique(both, return_inverse=True)[1].astype(np.int64)
    return result
