"""Bending the curve from dark to bright."""

import numpy as np
import pytest

from prevalens.augmentation import Gamma
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize("way", ["layer", "opencv", "numpy"])
@pytest.mark.parametrize("channels", [1, 3])
def test_gamma_multiplies_every_density(way: str, channels: int) -> None:
    """A pixel at 1/4 of the light has 1/16 of it at gamma 2; grey images work too."""
    quarter = np.full((1, 1, 1, channels), 63, np.float32)  # (63 + 1) / 256 = 1/4
    sampled = {"gamma": np.asarray([2.0], np.float32)}
    if way == "layer":
        result = Gamma().change(quarter, sampled, xp=np)
    else:
        library = pytest.importorskip("cv2") if way == "opencv" else None
        result = Gamma().change_on_host(quarter[0].transpose(2, 0, 1), sampled, library=library)

    np.testing.assert_allclose(result, 256 / 16 - 1, atol=1e-4)


def test_ranges() -> None:
    """1.25 means from 0.8 to 1.25, and 1 changes nothing."""
    assert Gamma(factor=1.25).factor == (0.8, 1.25)
    assert Gamma(factor=(0.9, 1)).factor == (0.9, 1.0)
    assert Gamma(factor=1).changes_nothing
    with pytest.raises(InvalidInputError, match="`factor`"):
        Gamma(factor=0)
