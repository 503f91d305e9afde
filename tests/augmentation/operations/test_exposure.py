"""More or less light."""

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Exposure
from prevalens.exceptions import SaturationWarning


def test_every_pixel_is_multiplied() -> None:
    """Of two images, one gets half the light and one 1.5 times it."""
    pictures = np.full((2, 2, 2, 1), 100, np.float32)
    sampled = {"exposure": np.asarray([0.5, 1.5], np.float32)}
    result = Exposure().change(pictures, sampled, xp=np)

    assert result[:, 0, 0, 0].tolist() == [50, 150]


def test_ranges() -> None:
    """1.25 means from 0.8 to 1.25; four times the light warns."""
    assert Exposure(factor=1.25).factor == (0.8, 1.25)
    assert not Exposure().too_strong
    with pytest.warns(SaturationWarning, match="Narrow its range"):
        AugmentationPolicy([Exposure(factor=4)])
