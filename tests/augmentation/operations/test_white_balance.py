"""Red, green and blue by factors of their own."""

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, WhiteBalance
from prevalens.exceptions import SaturationWarning


def test_each_channel_is_multiplied_by_its_factor() -> None:
    """Factors 0.5, 2 and 1 of 100 give 50, 200 and 100."""
    pictures = np.full((1, 2, 2, 3), 100, np.float32)
    sampled = {"white_balance": np.asarray([[0.5, 2, 1]], np.float32)}

    assert WhiteBalance().change(pictures, sampled, xp=np)[0, 1, 0].tolist() == [50, 200, 100]


def test_ranges() -> None:
    """Three numbers from 0.8 to 1.25; a factor down to 0.1 warns."""
    operation = WhiteBalance(factor=1.25)

    assert operation.factor == (0.8, 1.25)
    assert operation.parameters()[0].size == 3
    assert operation.needs_colour
    with pytest.warns(SaturationWarning, match="saturate a colour"):
        AugmentationPolicy([WhiteBalance(factor=(0.1, 1))])
