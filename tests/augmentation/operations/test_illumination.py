"""Light that is uneven over the picture."""

import numpy as np
import pytest

from prevalens.augmentation import Illumination
from prevalens.exceptions import InvalidInputError


def lit(gradient: float, angle: float, vignette: float) -> np.ndarray:
    """Return a flat picture of 101x101 pixels of 100 under uneven light."""
    sampled = {
        "illumination_gradient": np.asarray([gradient], np.float32),
        "illumination_angle": np.asarray([angle], np.float32),
        "vignette": np.asarray([vignette], np.float32),
    }
    flat = np.full((1, 101, 101, 1), 100, np.float32)
    return np.asarray(Illumination().change(flat, sampled, xp=np))[0, ..., 0]


def test_light_falls_off_towards_the_corners() -> None:
    """The centre keeps its light; at the corner (distance 0.99 of the half diagonal) 20 % go."""
    result = lit(0, 0, 0.2)

    assert result[50, 50] == 100
    np.testing.assert_allclose(result[0, 0], 100 - 20 * (100 / 101) ** 2, atol=1e-3)


def test_a_gradient_points_where_its_angle_says() -> None:
    """At 0 degrees the right edge gains what the left loses; at 90 degrees the bottom does."""
    edge = 10 * 50 / (101 / 2**0.5)

    np.testing.assert_allclose(lit(0.1, 0, 0)[50, [0, 100]], [100 - edge, 100 + edge], atol=1e-3)
    np.testing.assert_allclose(lit(0.1, 0, 0)[[0, 100], 50], 100, atol=1e-3)
    np.testing.assert_allclose(lit(0.1, 90, 0)[[0, 100], 50], [100 - edge, 100 + edge], atol=1e-3)


def test_the_angle_alone_changes_nothing() -> None:
    """Without a gradient and a vignette the operation is known to be idle."""
    assert Illumination(gradient=0, vignette=0).changes_nothing
    assert not Illumination(gradient=0).changes_nothing
    with pytest.raises(InvalidInputError, match="`vignette`"):
        Illumination(vignette=(0.5, 0.2))
