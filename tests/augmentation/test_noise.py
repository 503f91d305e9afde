"""Shot and read noise."""

import numpy as np
import pytest

from prevalens.augmentation.noise import TILE, add_noise, noise_tile


def noisy(level: float, shot: float, read: float, place: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Return a flat picture with noise."""
    parameters = {
        "noise_shot": np.asarray([shot], np.float32),
        "noise_read": np.asarray([read], np.float32),
        "noise_place": np.asarray([place], np.float32),
    }
    return np.asarray(add_noise(np.full((1, 200, 200, 3), level, np.float32), parameters, xp=np))


@pytest.mark.parametrize(
    ("level", "shot", "read", "deviation"), [(255, 5, 0, 5), (255 / 4, 6, 4, 5), (0, 9, 2, 2)]
)
def test_variance_is_shot_times_light_plus_read(
    level: float, shot: float, read: float, deviation: float
) -> None:
    """At a quarter of white: sqrt(6^2 / 4 + 4^2) = 5. Five standard errors of 120,000: 1 %."""
    picture = noisy(level, shot, read)

    assert abs(picture.std() / deviation - 1) < 0.015
    assert abs(picture.mean() - level) < 0.02 * deviation


def test_another_place_is_another_noise_and_channels_differ() -> None:
    """Correlations of noise at two places, and of two channels, are near 0."""
    first, second = noisy(100, 0, 3)[0], noisy(100, 0, 3, (100, 31))[0]

    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(first[..., 0].ravel(), first[..., 1].ravel())[0, 1]) < 0.03


def test_the_tile_is_normal_and_read_only() -> None:
    """Mean 0, deviation 1, and nobody can change it for the others."""
    tile = noise_tile(3)

    assert tile.shape == (TILE * TILE, 3)
    assert abs(tile.mean()) < 0.02
    assert abs(tile.std() - 1) < 0.02
    with pytest.raises(ValueError, match="read-only"):
        tile[0] = 0


def test_no_noise_drawn_returns_the_picture() -> None:
    """The very array comes back."""
    image = np.ones((1, 2, 2, 1), np.float32)

    assert add_noise(image, {}, xp=np) is image
