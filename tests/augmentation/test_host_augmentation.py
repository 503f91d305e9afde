"""The policy in the workers."""

import sys

import numpy as np
import pytest
from PIL import Image

from prevalens.augmentation import (
    AugmentationPolicy,
    Blur,
    Elastic,
    Flip,
    Jpeg,
    QuarterTurn,
    Rotation,
    Shift,
    Zoom,
    augment_on_host,
    host_augmentation,
)
from prevalens.augmentation.blur import blur
from prevalens.augmentation.picture import places_of
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
    places = places_of(drawn, height=40, width=50, xp=np)
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
    wanted = blur(images.astype(np.float32), drawn, reach=policy.by_name["blur"].reach, xp=np)
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


def test_jpeg_is_the_round_trip_of_pillow(tmp_path: object) -> None:
    """Quality 60 gives the pixels of Pillow's own file at quality 60; quality 100 none."""
    images = smooth_images(2)
    policy = AugmentationPolicy([Jpeg(quality=60, probability=1)])
    Image.fromarray(images[0]).save(f"{tmp_path}/one.jpg", quality=60)
    result = augment_on_host(policy, images, {"jpeg_quality": np.asarray([60, 100])})

    np.testing.assert_array_equal(result[0], np.asarray(Image.open(f"{tmp_path}/one.jpg")))
    np.testing.assert_array_equal(result[1], images[1])


@pytest.mark.parametrize(
    ("images", "text"),
    [
        (np.zeros((2, 4, 4, 3), np.float32), "got float32.*multiplied by 255"),
        (np.zeros((4, 4, 3), np.uint8), r"shape \(4, 4, 3\)"),
        ([[1]], "got list"),
        (np.zeros((3, 4, 4, 3), np.uint8), "got 3 images and"),
        (np.zeros((2, 4, 6, 3), np.uint8), "height 4 and width 6"),
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
    try:
        assert host_augmentation._opencv() is None
        assert (
            host_augmentation._move(AugmentationPolicy([Flip()], fill=fill), images, {}) is images
        )
    finally:
        host_augmentation._opencv.cache_clear()
