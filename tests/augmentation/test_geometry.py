"""Geometry on the accelerator."""

import keras
import numpy as np
import pytest

from prevalens.augmentation.affine import source_matrices
from prevalens.augmentation.geometry import apply_geometry
from prevalens.augmentation.resampling import FILLS, resample, source_places

pytestmark = pytest.mark.keras


def drawn(n: int) -> dict[str, np.ndarray]:
    """Return strong draws of all that moves pixels."""
    rng = np.random.default_rng(11)
    low_high = {
        "rotation": (-180, 180),
        "shift_x": (-0.4, 0.4),
        "shift_y": (-0.4, 0.4),
        "zoom": (0.5, 2),
        "shear_x": (-20, 20),
        "shear_y": (-20, 20),
    }
    values = {k: rng.uniform(*ends, n).astype(np.float32) for k, ends in low_high.items()}
    for name in ("flip_horizontal", "flip_vertical"):
        values[name] = rng.integers(0, 2, n).astype(np.float32)
    return values


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_backend_gives_the_picture_of_plain_numpy(fill: str, dtype: str) -> None:
    """Mean difference far below 1/255 of the range, on whichever backend runs this."""
    images = np.random.default_rng(2).integers(0, 256, (4, 24, 31, 3)).astype(dtype)
    parameters = drawn(4)
    matrices = source_matrices(parameters, height=24, width=31, xp=np)
    x, y = source_places(matrices, height=24, width=31, xp=np)
    wanted = resample(images, x, y, fill=fill, fill_value=40.0, xp=np)
    result = apply_geometry(
        keras.ops.convert_to_tensor(images),
        {k: keras.ops.convert_to_tensor(v) for k, v in parameters.items()},
        fill=fill,
        fill_value=40.0,
    )

    difference = np.abs(keras.ops.convert_to_numpy(result) - wanted)
    assert difference.mean() < 0.05
    assert (difference > 1).mean() < 0.001


def test_nothing_to_move_returns_the_images() -> None:
    """Without geometry the very tensor comes back."""
    images = keras.ops.ones((1, 2, 2, 3))

    assert apply_geometry(images, {}, fill="wrap", fill_value=0.0) is images


@pytest.mark.parametrize("fill", FILLS)
def test_what_moves_nothing_gives_the_images_back(fill: str) -> None:
    """A draw without a movement costs no resampling, whatever lies beyond the edge."""
    images = keras.ops.ones((2, 4, 4, 3))
    assert apply_geometry(images, {}, fill=fill, fill_value=0) is images
