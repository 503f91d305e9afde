"""Enlarging and shrinking."""

import numpy as np
import pytest

from prevalens.augmentation import Zoom
from prevalens.exceptions import InvalidInputError


def test_a_zoom_by_two_reads_half_as_far_from_the_centre() -> None:
    """On both axes, and nothing moves the centre."""
    a, b, c, d, e, f = Zoom().undo({"zoom": np.asarray([2.0])}, height=5, width=7, xp=np)

    assert (a[0], b, c, d[0], e, f) == (0.5, 0, 0, 0.5, 0, 0)


def test_one_factor_goes_both_ways() -> None:
    """1.25 means from 0.8 to 1.25, even over the logarithm; left out is 1."""
    operation = Zoom(factor=1.25)
    (parameter,) = operation.parameters()

    assert operation.factor == (0.8, 1.25)
    assert (parameter.scale, parameter.identity) == ("log", 1.0)
    assert Zoom(factor=1).changes_nothing


@pytest.mark.parametrize("factor", [0.5, (0, 1), (2, 1), (1, float("inf"))])
def test_senseless_factors_are_refused(factor: object) -> None:
    """Below 1 for one number, 0, ends that are swapped, and infinity."""
    with pytest.raises(InvalidInputError, match="`factor`"):
        Zoom(factor=factor)  # type: ignore[arg-type]


def test_zooms_that_lose_the_picture_say_so() -> None:
    """A tenth of the size loses it, and so does five times; 1.1 does not."""
    assert "picture" in Zoom(factor=(0.1, 1)).too_strong
    assert Zoom(factor=5).too_strong
    assert not Zoom().too_strong
