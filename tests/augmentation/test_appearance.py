"""The look on the accelerator, on whichever backend runs this."""

import keras
import numpy as np
import pytest

from prevalens.augmentation import (
    AugmentationPolicy,
    Blur,
    Dust,
    Exposure,
    Gamma,
    Illumination,
    Noise,
    Stain,
    WhiteBalance,
)
from prevalens.augmentation.appearance import apply_appearance
from prevalens.augmentation.picture import appearance_of

pytestmark = pytest.mark.keras


def test_the_backend_gives_the_picture_of_numpy() -> None:
    """All operations that change the look together agree far below a grey level."""
    policy = AugmentationPolicy(
        [
            Stain(basis="h_and_e"),
            Gamma(),
            WhiteBalance(),
            Exposure(),
            Illumination(),
            Dust(probability=1),
            Blur(defocus=(0, 0.9), probability=1),
            Noise(),
        ]
    )
    images = np.random.default_rng(2).integers(0, 256, (5, 20, 26, 3)).astype(np.uint8)
    drawn = policy.draw(5, seed=1, epoch=0)
    wanted = appearance_of(images, drawn, policy.by_name, xp=np)
    tensors = {name: keras.ops.convert_to_tensor(values) for name, values in drawn.items()}
    result = apply_appearance(keras.ops.convert_to_tensor(images), tensors, policy.by_name)

    assert np.abs(wanted - images).mean() > 1
    np.testing.assert_allclose(keras.ops.convert_to_numpy(result), wanted, atol=0.05)


@pytest.mark.parametrize(("top", "lost"), [(1.0, True), (255.0, False), (0.0, False)])
def test_pixels_from_0_to_1_come_back_as_nan(top: float, lost: bool) -> None:
    """A float batch that ends at 1 is no picture from 0 to 255; a black one may be."""
    policy = AugmentationPolicy([Exposure(factor=1.2)])
    drawn = {"exposure": keras.ops.ones((2,))}
    result = apply_appearance(keras.ops.ones((2, 3, 3, 3)) * top, drawn, policy.by_name)

    assert np.isnan(keras.ops.convert_to_numpy(result)).all() == lost
