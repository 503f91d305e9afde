"""Slanting."""

import numpy as np
import pytest

from prevalens.augmentation import Shear
from prevalens.exceptions import InvalidInputError


def test_undoing_is_the_inverse_of_slanting() -> None:
    """Forward, x gains tan(10 degrees) of y, and y loses tan(5 degrees) of x."""
    sampled = {"shear_x": np.asarray([10.0]), "shear_y": np.asarray([-5.0])}
    a, b, c, d, e, f = Shear().undo(sampled, height=5, width=7, xp=np)
    forward = [[1, np.tan(np.radians(10))], [np.tan(np.radians(-5)), 1]]

    np.testing.assert_allclose([[a[0], b[0]], [c[0], d[0]]], np.linalg.inv(forward), rtol=1e-6)
    assert (e, f) == (0, 0)


def test_angles_go_both_ways_within_40_degrees() -> None:
    """At 45 degrees on both axes a picture is a line."""
    assert Shear(degrees=4).degrees == (-4.0, 4.0)
    with pytest.raises(InvalidInputError, match=r"`degrees` must lie in \[0, 40\]"):
        Shear(degrees=60)
