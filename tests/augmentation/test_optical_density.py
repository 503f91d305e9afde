"""Optical density and grey levels."""

import numpy as np

from prevalens.augmentation.optical_density import (
    density_of,
    level_of,
    level_of_planes,
    light_of_planes,
    present_in,
    without_black,
)

LEVELS = np.arange(256, dtype=np.float32).reshape(1, 16, 16, 1)


def test_white_has_no_density_and_black_the_most() -> None:
    """255 is 0, 127 is log 2, 0 and below are log 256."""
    levels = np.asarray([255, 127, 0, -9], np.float32)

    np.testing.assert_allclose(density_of(levels, xp=np), np.log([1, 2, 256, 256]), atol=1e-6)
    np.testing.assert_allclose(
        np.log(256) - light_of_planes(levels.reshape(1, 2, 2), library=None).ravel(),
        np.log([1, 2, 256, 256]),
        atol=1e-6,
    )


def test_levels_come_back() -> None:
    """Both ways and back, to a thousandth of a level."""
    density = density_of(LEVELS, xp=np)

    np.testing.assert_allclose(level_of(density, xp=np), LEVELS, atol=1e-3)
    light = light_of_planes(LEVELS, library=None)
    np.testing.assert_allclose(level_of_planes(light, library=None), LEVELS, atol=1e-3)


def test_black_keeps_no_light() -> None:
    """Where all channels are 0 the change is left out; where one is not, it is whole."""
    pictures = np.asarray([[0, 0, 0], [0, 1, 0], [0, 0, 200]], np.float32).reshape(1, 1, 3, 3)
    result = without_black(np.full_like(pictures, 50), pictures, xp=np)

    assert result[0, 0, :, 0].tolist() == [0, 50, 50]
    assert present_in(pictures[0].transpose(2, 0, 1)).tolist() == [[0, 1, 1]]
