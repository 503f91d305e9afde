"""The loss of a JPEG file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.augmentation import AugmentationPolicy, Jpeg, augment_on_host
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_round_trip_of_pillow(tmp_path: Path, channels: int) -> None:
    """Quality 60 gives the pixels of Pillow's own file at quality 60; quality 100 none."""
    y, x = np.mgrid[:40, :50]
    waves = [127 + 60 * np.sin(x / (5 + c)) + 60 * np.cos(y / 6) for c in range(channels)]
    images = np.stack([np.stack(waves, axis=-1)] * 2).astype(np.uint8)
    policy = AugmentationPolicy([Jpeg(quality=60, probability=1)])
    pixels = images[0, ..., 0] if channels == 1 else images[0]
    Image.fromarray(pixels).save(tmp_path / "one.jpg", quality=60)
    result = augment_on_host(policy, images, {"jpeg_quality": np.asarray([60, 100])})
    wanted = np.asarray(Image.open(tmp_path / "one.jpg")).reshape(images[0].shape)

    np.testing.assert_array_equal(result[0], wanted)
    np.testing.assert_array_equal(result[1], images[1])


def test_the_quality_is_whole_and_both_ends_are_reached() -> None:
    """60 to 95: whole numbers below 96, and 100 where it is left out."""
    (quality,) = Jpeg(quality=(60, 95)).parameters()

    assert (quality.low, quality.high, quality.identity, quality.scale) == (60, 96, 100, "whole")
    with pytest.raises(InvalidInputError, match="`quality`"):
        Jpeg(quality=(0, 50))
