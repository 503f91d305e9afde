"""Shot and read noise."""

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Noise
from prevalens.augmentation.operations.noise import TILE, noise_tile
from prevalens.exceptions import InvalidInputError, SaturationWarning


def noisy(level: float, shot: float, read: float, place: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Return a flat picture with noise."""
    parameters = {
        "noise_shot": np.asarray([shot], np.float32),
        "noise_read": np.asarray([read], np.float32),
        "noise_place": np.asarray([place], np.float32),
    }
    return np.asarray(
        Noise().change(np.full((1, 200, 200, 3), level, np.float32), parameters, xp=np)
    )


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


@pytest.mark.parametrize("opencv", [True, False])
@pytest.mark.parametrize(
    ("shape", "place"), [((1, 300, 530, 3), (250, 3)), ((1, 5, 7, 1), (0, 255))]
)
def test_the_host_adds_the_noise_of_the_layer(
    opencv: bool, shape: tuple[int, ...], place: tuple[int, int]
) -> None:
    """The tile repeats in both directions; pictures agree to a thousandth of a grey level."""
    library = pytest.importorskip("cv2") if opencv else None
    image = np.random.default_rng(1).uniform(-5, 260, shape).astype(np.float32)
    sampled = {
        "noise_shot": np.asarray([5], np.float32),
        "noise_read": np.asarray([3], np.float32),
        "noise_place": np.asarray([place], np.float32),
    }
    wanted = Noise().change(image, sampled, xp=np)[0]
    planes = np.array(image[0].transpose(2, 0, 1), order="C")
    result = Noise().change_on_host(planes, sampled, library=library).transpose(1, 2, 0)

    assert np.abs(wanted - image[0]).mean() > 1
    np.testing.assert_allclose(result, wanted, atol=1e-3)


def test_settings() -> None:
    """Without deviations nothing changes; what drowns the picture warns."""
    assert Noise(shot=0, read=0).changes_nothing
    with pytest.raises(InvalidInputError, match="`shot`"):
        Noise(shot=-1)
    with pytest.warns(SaturationWarning, match="drowns"):
        AugmentationPolicy([Noise(read=(0, 100))])
