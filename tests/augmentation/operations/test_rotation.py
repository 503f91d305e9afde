"""Turning by any angle."""

import numpy as np
import pytest

from prevalens.augmentation import Rotation
from prevalens.exceptions import InvalidInputError


def test_a_rotation_goes_counterclockwise() -> None:
    """After 90 degrees the place above the centre, (0, -1), shows what was right of it, (1, 0)."""
    a, b, c, d, *_ = Rotation().undo({"rotation": np.asarray([90.0])}, height=5, width=5, xp=np)

    np.testing.assert_allclose([a[0] * 0 - b[0], c[0] * 0 - d[0]], [1, 0], atol=1e-6)


def test_angles_go_both_ways() -> None:
    """20 means (-20, 20); a pair stays; below 0 is refused."""
    assert Rotation(degrees=20).degrees == (-20.0, 20.0)
    assert Rotation(degrees=(5, 5)).degrees == (5.0, 5.0)
    assert Rotation(degrees=0).changes_nothing
    assert not Rotation(degrees=180).too_strong
    with pytest.raises(InvalidInputError, match="`degrees`"):
        Rotation(degrees=-3)
