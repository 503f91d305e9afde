"""Patients that are one, and roots of cohorts that become one."""

from pathlib import Path

import pytest

from prevalens._columns import as_texts
from prevalens.cohorts.joining import common_root, joined
from prevalens.exceptions import InvalidInputError


def test_pairs_chain_to_components() -> None:
    """b-c and c-d make one; a stays."""
    assert joined(["a", "b", "c", "d"], [("b", "c"), ("c", "d")]) == ["a", *["b+c+d"] * 3]
    with pytest.raises(InvalidInputError, match=r"but 'x' are none"):
        joined(["a", "b"], [("a", "x")])


def test_paths_move_below_the_folder_above_both() -> None:
    """The same root changes nothing."""
    first, second = as_texts(["a.png"]), as_texts(["b.png"])
    base, one, other = common_root(Path("/s/x"), first, Path("/s/y/z"), second)

    assert (base, one.tolist(), other.tolist()) == (Path("/s"), ["x/a.png"], ["y/z/b.png"])
    assert common_root(Path("r"), first, Path("r"), second)[1] is first
