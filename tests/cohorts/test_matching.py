"""Rows with one of the values that are wanted."""

from typing import Any

import numpy as np
import pytest

from prevalens._columns import as_texts
from prevalens.cohorts.matching import refuse_no_match, rows_that_match
from prevalens.exceptions import InvalidInputError

NUMBERS = np.array([1.0, 2.5, np.nan])
TEXTS = as_texts(["a", "", "1"])


@pytest.mark.parametrize(
    ("column", "wanted", "kept"),
    [
        (NUMBERS, 1, [0]),
        (NUMBERS, ["2,5", None], [1, 2]),
        (NUMBERS, "x", []),
        (TEXTS, "a ", [0]),
        (TEXTS, {"a", None}, [0, 1]),
        (TEXTS, 1.0, [2]),
        (TEXTS, (), []),
    ],
)
def test_values_are_matched_as_cells_are_read(column: Any, wanted: Any, kept: list[int]) -> None:
    """Numbers as texts, missing ones, blanks."""
    assert np.flatnonzero(rows_that_match(column, wanted)).tolist() == kept


def test_the_refusal_lists_what_there_is() -> None:
    """The values asked, those held, and the nearest."""
    with pytest.raises(
        InvalidInputError, match=r"match site='nord'; site holds 'north', 'south'\."
    ):
        refuse_no_match({"site": as_texts(["south", "north"])}, {"site": "nord"})
    with pytest.raises(InvalidInputError, match="Did you mean 'north'"):
        refuse_no_match({"site": as_texts(["south", "north"])}, {"site": "nord"})
    with pytest.raises(InvalidInputError, match="false throughout"):
        refuse_no_match({}, {})
