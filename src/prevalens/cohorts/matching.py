"""Which rows of a column have one of the values that are wanted."""

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from prevalens._cells import as_number, as_text, is_missing
from prevalens._checks import did_you_mean, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column, Flags


def rows_that_match(column: Column, wanted: Any) -> Flags:
    """Return whether each row has the value wanted, or one of a list, tuple or set of values."""
    several = wanted if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
    if column.dtype.kind == "f":
        kept: Flags = np.isin(column, [as_number(value) for value in several])
        return kept | np.isnan(column) if any(map(is_missing, several)) else kept
    texts = {"" if is_missing(value) else as_text(value) for value in several}
    return np.fromiter((cell in texts for cell in column.tolist()), np.bool_, len(column))


def refuse_no_match(columns: Mapping[str, Column], values: Mapping[str, Any]) -> NoReturn:
    """Say that no row matches, and what the columns hold."""
    if not values:
        raise InvalidInputError("No row is left: the mask is false throughout. Loosen it.")
    asked = ", ".join(f"{name}={value!r}" for name, value in values.items())
    held = "; ".join(
        f"{name} holds {name_some(sorted(set(column.tolist())))}"
        for name, column in columns.items()
    )
    first, column = next(iter(columns.items()))
    near = did_you_mean(values[first], map(str, sorted(set(column.tolist()))[:1000]))
    raise InvalidInputError(f"No rows match {asked}; {held}. Loosen a condition.{near}")
