"""The policy in the workers."""

import sys

import numpy as np
import pytest

from prevalens.augmentation import (
    AugmentationPolicy,
    Blur,
    Elastic,
    Exposure,
    Flip,
    Jpeg,
    QuarterTurn,
    Rotation,
    Shift,
    Zoom,
    augment_on_host,
    host_augmentation,
    presets,
)
from prevalens.augmentation.pipeline import places_of
from prevalens.augmentation.resampling import FILLS, resample
from prevalens.exceptions import InvalidInputError


def smooth_images(n: int = 4, channels: int = 3) -> np.ndarray:
    """Return soft pictures, as cells are: OpenCV reads places to 1/32 pixel."""
    y, x = np.mgrid[:40, :50]
    waves = [
        127 + 60 * np.sin(x / (5 + k) + k) + 60 * np.cos(y / (6 + c))
        for k in range(n)
        for c in range(channels)
    ]
    shape = (n, channels, 40, 50)
    return np.stack(waves).reshape(shape).transpose(0, 2, 3, 1).astype(np.uint8)


@pytest.mark.parametrize("opencv", [True, False])
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("elastic", [True, False])
def test_the_host_moves_pixels_as_the_layer_does(
    opencv: bool,
    fill: str,
    elastic: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With OpenCV or without, the mean difference to the interpolation is under a grey level."""
    if opencv:
        pytest.importorskip("cv2")
    else:
        monkeypatch.setattr(host_augmentation, "_opencv", lambda: None)
    bend = [Elastic(fraction=0.05)] if elastic else []
    policy = AugmentationPolicy(
        [Flip(), Rotation(degrees=90), Shift(fraction=0.2), Zoom(factor=1.3), *bend],
        fill=fill,
        fill_value=90,
    )
    images = smooth_images()
    drawn = policy.draw(4, seed=3, epoch=0)
    places = places_of(policy.operations, drawn, height=40, width=50, xp=np)
    assert places is not None
    wanted = resample(images, *places, fill=fill, fill_value=90.0, xp=np)
    result = augment_on_host(policy, images, drawn)

    assert result.dtype == np.uint8
    assert np.abs(result - wanted).mean() < 1


@pytest.mark.parametrize("opencv", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_host_blurs_as_the_layer_does(
    opencv: bool, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blurred images are those of the shifted copies but for rounding; sharp ones are as before."""
    if opencv:
        pytest.importorskip("cv2")
    else:
        monkeypatch.setattr(host_augmentation, "_opencv", lambda: None)
    policy = AugmentationPolicy([Blur(defocus=(0.5, 2), motion=(0, 3), probability=0.5)])
    images = np.random.default_rng(0).integers(0, 256, (8, 40, 50, channels), dtype=np.uint8)
    drawn = policy.draw(8, seed=3, epoch=0)
    wanted = policy.operations[0].change(images.astype(np.float32), drawn, xp=np)
    result = augment_on_host(policy, images, drawn)
    sharp = (drawn["defocus"] == 0) & (drawn["motion_length"] == 0)

    assert sharp.tolist().count(True) in range(1, 8)
    assert np.array_equal(result[sharp], images[sharp])
    assert np.abs(result - wanted).max() < 0.51
    assert np.abs(result[~sharp] - images[~sharp].astype(float)).mean() > 5


def test_grey_pictures_keep_their_axis() -> None:
    """One channel in, one channel out, and the caller's array is not written to."""
    images = smooth_images(channels=1)
    before = images.copy()
    policy = AugmentationPolicy([Rotation(degrees=30), Jpeg(probability=1)])
    result = augment_on_host(policy, images, policy.draw(4, seed=0, epoch=0))

    assert result.shape == images.shape
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize(
    ("images", "text"),
    [
        (np.zeros((2, 4, 4, 3), np.float32), "got float32.*multiplied by 255"),
        (np.zeros((4, 4, 3), np.uint8), r"shape \(4, 4, 3\)"),
        ([[1]], "got list"),
        (np.zeros((3, 4, 4, 3), np.uint8), "got 3 images and"),
        (np.zeros((2, 4, 6, 3), np.uint8), "height 4 and width 6"),
        (np.zeros((2, 3, 6, 6), np.uint8), "last axis"),
        (np.zeros((2, 4, 4, 3), np.uint16), "got uint16"),
        (np.zeros((2, 4, 4, 3), bool), "got bool"),
    ],
)
def test_what_is_no_batch_of_pixels_is_refused(images: np.ndarray, text: str) -> None:
    """Floats (0 to 1 among them), single images, other lengths and oblong turns."""
    policy = AugmentationPolicy([QuarterTurn()])
    with pytest.raises(InvalidInputError, match=text):
        augment_on_host(policy, images, policy.draw(2, seed=0, epoch=0))


@pytest.mark.parametrize("fill", ["reflect", "wrap"])
def test_without_opencv_pixels_that_nothing_moves_stay(
    fill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrays do the work where `cv2` cannot be imported; without a move there is none."""
    monkeypatch.setitem(sys.modules, "cv2", None)
    host_augmentation._opencv.cache_clear()
    images = smooth_images()
    policy = AugmentationPolicy([Flip(), Rotation(degrees=9), Exposure()], fill=fill)
    drawn = policy.draw(4, seed=0, epoch=0)
    still = {name: np.full_like(values, name == "exposure") for name, values in drawn.items()}
    try:
        assert host_augmentation._opencv() is None
        np.testing.assert_array_equal(augment_on_host(policy, images, still), images)
        assert (augment_on_host(policy, images, drawn) != images).any()
    finally:
        host_augmentation._opencv.cache_clear()


def test_no_image_is_no_image() -> None:
    """A shard may be empty."""
    policy = presets.blood_smear()
    images = np.zeros((0, 8, 8, 3), np.uint8)

    assert augment_on_host(policy, images, policy.draw(0, seed=0, epoch=0)).shape == images.shape


@pytest.mark.parametrize("name", presets.PRESETS)
def test_an_image_does_not_depend_on_the_others(name: str) -> None:
    """One by one, the pictures are those of the batch."""
    policy = getattr(presets, name)()
    images = np.random.default_rng(0).integers(0, 256, (5, 20, 20, 3), dtype=np.uint8)
    drawn = policy.draw(5, seed=1, epoch=0)
    together = augment_on_host(policy, images, drawn)

    for row in range(5):
        own = {key: values[row : row + 1] for key, values in drawn.items()}
        alone = augment_on_host(policy, images[row : row + 1], own)
        np.testing.assert_array_equal(alone[0], together[row])


def test_a_fill_beyond_the_bytes_is_refused() -> None:
    """The layer would fill with 300 where bytes can hold 255."""
    policy = AugmentationPolicy([Shift(fraction=0.2)], fill="constant", fill_value=300)
    with pytest.raises(InvalidInputError, match=r"`fill_value` must lie in .0, 255., got 300"):
        augment_on_host(policy, smooth_images(), policy.draw(4, seed=0, epoch=0))
