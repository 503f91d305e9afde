"""The policy on the accelerator, on whichever backend runs this."""

import keras
import numpy as np
import pytest

from prevalens.augmentation import (
    AugmentationPolicy,
    Blur,
    Dust,
    Exposure,
    Flip,
    Gamma,
    Illumination,
    Noise,
    Rotation,
    Shear,
    Shift,
    Stain,
    WhiteBalance,
    Zoom,
)
from prevalens.augmentation.device_augmentation import change_pixels, move_pixels, nan_beyond
from prevalens.augmentation.pipeline import pixel_operations, places_of
from prevalens.augmentation.resampling import FILLS, resample

pytestmark = pytest.mark.keras


def tensors(drawn: dict[str, np.ndarray]) -> dict[str, object]:
    """Return parameters as the backend's tensors."""
    return {name: keras.ops.convert_to_tensor(values) for name, values in drawn.items()}


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_pixels_move_as_in_plain_numpy(fill: str, dtype: str) -> None:
    """Mean difference far below 1/255 of the range, on whichever backend runs this."""
    policy = AugmentationPolicy(
        [Flip(), Rotation(degrees=180), Shift(fraction=0.4), Zoom(factor=2), Shear(degrees=20)]
    )
    images = np.random.default_rng(2).integers(0, 256, (4, 24, 31, 3)).astype(dtype)
    drawn = policy.draw(4, seed=11, epoch=0)
    places = places_of(policy.operations, drawn, height=24, width=31, xp=np)
    assert places is not None
    wanted = resample(images, *places, fill=fill, fill_value=40.0, xp=np)
    result = move_pixels(
        keras.ops.convert_to_tensor(images),
        tensors(drawn),
        policy.operations,
        fill=fill,
        fill_value=40.0,
    )

    difference = np.abs(keras.ops.convert_to_numpy(result) - wanted)
    assert difference.mean() < 0.05
    assert (difference > 1).mean() < 0.001


@pytest.mark.parametrize("fill", FILLS)
def test_what_moves_or_changes_nothing_gives_the_images_back(fill: str) -> None:
    """A policy without a movement costs no resampling, one of movements no change of pixels."""
    images = keras.ops.ones((2, 4, 4, 3))

    assert move_pixels(images, {}, [Exposure()], fill=fill, fill_value=0) is images
    assert change_pixels(images, {}, [Flip()], value_range=(0.0, 255.0)) is images


ALL = AugmentationPolicy(
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


def plain(images: np.ndarray, drawn: dict[str, np.ndarray]) -> np.ndarray:
    """Return what numpy makes of the images, 0 to 255."""
    pictures = images.astype(np.float32)
    for operation in pixel_operations(ALL.operations):
        pictures = operation.change(pictures, drawn, xp=np)
    return pictures.clip(0, 255)


@pytest.mark.parametrize("ends", [(0.0, 255.0), (0.0, 1.0), (-1.0, 1.0), (0.0, 65535.0)])
def test_pixels_change_as_in_plain_numpy_whatever_the_range(ends: tuple[float, float]) -> None:
    """All operations together agree to 0.05 grey levels of 255."""
    images = np.random.default_rng(2).integers(0, 256, (5, 20, 26, 3)).astype(np.uint8)
    drawn = ALL.draw(5, seed=1, epoch=0)
    wanted = plain(images, drawn)
    scale = (ends[1] - ends[0]) / 255
    given = images if ends == (0, 255) else (images * scale + ends[0]).astype(np.float32)
    result = change_pixels(
        keras.ops.convert_to_tensor(given), tensors(drawn), ALL.operations, value_range=ends
    )
    levels = (keras.ops.convert_to_numpy(result) - ends[0]) / scale

    assert np.abs(wanted - images).mean() > 1
    np.testing.assert_allclose(levels, wanted, atol=0.05)


@pytest.mark.parametrize(
    ("ends", "pixels", "lost"),
    [
        ((0.0, 255.0), [0, 255], False),
        ((0.0, 255.0), [0, 0], False),
        ((0.0, 255.0), [-0.4, 255.4], False),
        ((0.0, 255.0), [0, 1], True),
        ((0.0, 255.0), [-2.1, 2.6], True),
        ((0.0, 255.0), [-124, 151], True),
        ((0.0, 255.0), [0, 65535], True),
        ((0.0, 255.0), [0, float("nan")], True),
        ((0.0, 255.0), [0, float("inf")], True),
        ((0.0, 1.0), [0, 1], False),
        ((0.0, 1.0), [0, 0.001], False),
        ((0.0, 1.0), [0, 255], True),
        ((-1.0, 1.0), [-1, 1], False),
        ((-1.0, 1.0), [-1.02, 1], True),
    ],
)
def test_images_beyond_the_stated_range_become_nan(
    ends: tuple[float, float], pixels: list[float], lost: bool
) -> None:
    """By more than half a level of 255; normalised, 16-bit and NaN pixels among them."""
    images = np.asarray(pixels, np.float32).reshape(1, 1, 2, 1)
    result = keras.ops.convert_to_numpy(
        nan_beyond(keras.ops.convert_to_tensor(images), value_range=ends)
    )

    assert result.shape == (1, 1, 1, 1)
    assert np.isnan(result).all() == lost
    assert lost or not result.any()


def test_only_the_image_beyond_becomes_nan() -> None:
    """The others of the batch keep their pixels; whole numbers are looked at, too."""
    images = np.asarray([100, 300, 255, -1], np.int32).reshape(4, 1, 1, 1)
    result = nan_beyond(keras.ops.convert_to_tensor(images), value_range=(0.0, 255.0))

    assert np.isnan(keras.ops.convert_to_numpy(result)).ravel().tolist() == [0, 1, 0, 1]
