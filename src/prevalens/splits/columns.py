"""Columns as they come (lists, arrays, series) turned into codes, strata and bins."""

import contextlib
import itertools
import re
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import did_you_mean, name_some
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.typing import Column, Labels

_SPACE = re.compile(r"[^\S\n]+")

Strata = Sequence[str | tuple[str, ...]]


def encode(name: str, values: ArrayLike) -> tuple[Labels, list[str]]:
    """Turn a column into codes and the sorted texts they stand for.

    Args:
        name: What the column is called in errors.
        values: One value per row, shape `(n_rows,)`.

    Returns:
        Codes, shape `(n_rows,)`, and the text of each code. Codes follow the texts' order, so
        that they do not depend on the order of the rows.

    Raises:
        InvalidInputError: the column is not one-dimensional, or a value is missing.
    """
    column = as_column(name, values)
    if column.dtype.kind in "iub":
        found, codes = _encode_numbers(column)
        return codes, [str(value) for value in found.tolist()]
    # A new value gets the next number: one look-up a row, far faster than sorting texts.
    first: dict[Any, int] = defaultdict(itertools.count().__next__)
    codes = np.fromiter(map(first.__getitem__, column.tolist()), np.int64, len(column))
    _refuse_missing(name, codes, list(first))
    texts = [str(value) for value in first]
    order = sorted(set(texts))
    place = {text: position for position, text in enumerate(order)}
    return np.array([place[text] for text in texts], dtype=np.int64)[codes], order


def _encode_numbers(column: Column) -> tuple[Column, Labels]:
    """Return the different numbers, sorted, and the place of each row's among them."""
    if column.dtype.kind == "b":
        found, codes = _encode_numbers(column.astype(np.int64))
        return found.astype(np.bool_), codes
    low, high = int(column.min()), int(column.max())
    if high - low > 4 * len(column) or high >= 2**63:
        found, codes = np.unique(column, return_inverse=True)
        return found, codes.astype(np.int64)
    # Numbers close together are counted, which is far faster than sorting them.
    above = column.astype(np.int64) - low
    present = np.bincount(above) > 0
    return np.flatnonzero(present) + low, (np.cumsum(present) - 1)[above]


def as_column(name: str, values: ArrayLike) -> Column:
    """Return the values as an array of shape `(n_rows,)`; one column of a table is unwrapped."""
    plain = not hasattr(values, "dtype")
    column: Column = np.asarray(values, dtype=object if plain else None)
    if plain and all(type(value) is int for value in column.ravel().tolist()):
        with contextlib.suppress(OverflowError):  # longer ones are told apart as they are
            column = column.astype(np.int64)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1 or column.size == 0:
        raise InvalidInputError(
            f"`{name}` must have one value per row, got shape {column.shape}. "
            "Give one column of at least one row."
        )
    return column


def _refuse_missing(name: str, codes: Labels, values: list[Any]) -> None:
    missing = [code for code, value in enumerate(values) if is_missing(value)]
    rows = np.flatnonzero(np.isin(codes, missing)).tolist() if missing else []
    if rows:
        raise InvalidInputError(
            f"`{name}` must be known for every image, but {len(rows)} of {len(codes)} rows have "
            f"none: rows {name_some(rows)}. Fill them in, or leave those rows out."
        )


def is_missing(value: object) -> bool:
    """Return whether a value stands for "not known": None, nan, NA, NaT or an empty text."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(value, str):
        return not value.strip()
    return bool(value != value)  # noqa: PLR0124  only nan differs from itself


def warn_of_lookalikes(ids: Sequence[str]) -> None:
    """Warn of patient ids that differ by case or white space only, naming them."""
    # All ids as one text, one to a line, is far faster than one id after the other.
    squeezed = _SPACE.sub("", "\n".join(text.replace("\n", "") for text in ids)).casefold()
    keys = squeezed.split("\n")
    if len(set(keys)) == len(ids):
        return
    alike: dict[str, list[str]] = defaultdict(list)
    for key, text in zip(keys, ids, strict=True):
        alike[key].append(text)
    pairs = [tuple(texts) for texts in alike.values() if len(texts) > 1]
    warnings.warn(
        f"Patient ids that differ by case or white space only are taken as different "
        f"patients: {name_some(pairs)}. If they are the same patient, write them alike.",
        DataWarning,
        stacklevel=4,
    )


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
    column = as_column(name, columns[name])
    if len(column) != n_rows:
        raise InvalidInputError(
            f"The stratum {name!r} has {len(column)} values for {n_rows} rows. Give one for each."
        )
    if column.dtype.kind in "iuf":
        return quantile_bins(column, bins=bins)
    # A new value gets the next number: one look-up a row, and one question a value.
    first: dict[Any, int] = defaultdict(itertools.count().__next__)
    codes = np.fromiter(map(first.__getitem__, column.tolist()), np.int64, len(column))
    texts = np.array(["" if is_missing(value) else str(value) for value in first])
    return np.unique(texts, return_inverse=True)[1].astype(np.int64)[codes]


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
