"""The look on the accelerator, on whichever backend runs this."""

import keras
import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Exposure, presets
from prevalens.augmentation.appearance import apply_appearance
from prevalens.augmentation.picture import appearance_of

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("name", ["blood_smear", "histology", "chest_xray"])
def test_the_backend_gives_the_picture_of_numpy(name: str) -> None:
    """All operations of a preset together agree far below a grey level."""
    policy = getattr(presets, name)()
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
