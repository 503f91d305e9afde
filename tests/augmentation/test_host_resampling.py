"""Moving one picture on the host."""

import numpy as np
import pytest

from prevalens.augmentation.host_resampling import (
    move_by_numpy,
    move_by_opencv,
    opencv_can_move,
)
from prevalens.augmentation.resampling import FILLS, resample


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("shape", [(6, 9, 3), (5, 4, 1), (1, 3, 2), (2, 1, 5), (1, 1, 3)])
def test_numpy_moves_a_picture_as_it_moves_a_batch(fill: str, shape: tuple[int, ...]) -> None:
    """Up to two picture sizes beyond each edge, to float32's last digits, of 1 pixel too."""
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, shape, dtype=np.uint8)
    height, width, _ = shape
    x = rng.uniform(-2 * width, 3 * width - 1, (1, height, width)).astype(np.float32)
    y = rng.uniform(-2 * height, 3 * height - 1, (1, height, width)).astype(np.float32)
    wanted = resample(image[None], x, y, fill=fill, fill_value=17.0, xp=np)[0]
    result = move_by_numpy(image, (x[0], y[0]), fill=fill, fill_value=17.0, library=None)

    np.testing.assert_allclose(result.transpose(1, 2, 0), wanted, atol=1e-3)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("fill", [fill for fill in FILLS if fill != "wrap"])
def test_opencv_moves_by_a_matrix_and_by_places(fill: str, channels: int) -> None:
    """Three pixels to the right and one down, beyond the edge as the fill says, exactly."""
    library = pytest.importorskip("cv2")
    image = np.random.default_rng(4).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    matrix = np.asarray([[1, 0, -3], [0, 1, -1]], np.float32)
    y, x = np.mgrid[:5, :7].astype(np.float32)
    places = (x - 3, y - 1)
    edge = {"fill": fill, "fill_value": 90.0, "library": library}
    wanted = resample(
        image[None], places[0][None], places[1][None], fill=fill, fill_value=90.0, xp=np
    )[0]

    for given in (None, places):
        batch = np.full((3, *image.shape), 7, dtype=np.uint8)
        into = batch[1]
        assert move_by_opencv(image, matrix, given, **edge, into=into) is into  # type: ignore[arg-type]
        np.testing.assert_array_equal(batch[1], wanted)
        assert (batch[[0, 2]] == 7).all()


def test_what_opencv_cannot_do_is_left_to_numpy() -> None:
    """No "wrap", no five channels, no side that its 16-bit places cannot count."""
    assert opencv_can_move(np.zeros((4, 4, 3), np.uint8), "mirror")
    assert not opencv_can_move(np.zeros((4, 4, 3), np.uint8), "wrap")
    assert not opencv_can_move(np.zeros((4, 4, 5), np.uint8), "mirror")
    assert not opencv_can_move(np.zeros((2**15, 1, 1), np.uint8), "mirror")
