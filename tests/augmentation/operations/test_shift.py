"""Moving sideways, up and down."""

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Shift
from prevalens.exceptions import InvalidInputError, SaturationWarning


def test_a_shift_moves_right_and_down() -> None:
    """By 2/7 of a width of 7 right and 1/5 of a height of 5 up: read 2 to the left, 1 below."""
    sampled = {"shift_x": np.asarray([2 / 7]), "shift_y": np.asarray([-1 / 5])}
    a, b, c, d, e, f = Shift().undo(sampled, height=5, width=7, xp=np)

    assert (a, b, c, d) == (1, 0, 0, 1)
    np.testing.assert_allclose([e[0], f[0]], [-2, 1], rtol=1e-6)


def test_each_axis_has_a_distance_of_its_own() -> None:
    """0.2 means (-0.2, 0.2), along x and along y."""
    operation = Shift(fraction=0.2)

    assert [(p.name, p.low, p.high) for p in operation.parameters()] == [
        ("shift_x", -0.2, 0.2),
        ("shift_y", -0.2, 0.2),
    ]
    with pytest.raises(InvalidInputError, match="`fraction`"):
        Shift(fraction=float("inf"))


def test_past_half_the_frame_warns() -> None:
    """0.5 does not, 0.9 says what it does and what to do."""
    assert not Shift(fraction=0.5).too_strong
    with pytest.warns(SaturationWarning, match=r"0\.9.*Narrow"):
        AugmentationPolicy([Shift(fraction=0.9)])
