"""The one interpolation, against numpy's padding and hand counts."""

import numpy as np
import pytest

from prevalens.augmentation.resampling import FILLS, fold, resample, source_places

PAD_MODE = {
    "constant": "constant",
    "nearest": "edge",
    "reflect": "symmetric",
    "mirror": "reflect",
    "wrap": "wrap",
}


def padded_bilinear(
    image: np.ndarray, x: np.ndarray, y: np.ndarray, fill: str, fill_value: float
) -> np.ndarray:
    """Read `image` (height, width, channels) at x, y, from a copy that numpy padded."""
    margin = 3 * max(image.shape[:2])
    keys = {"constant_values": fill_value} if fill == "constant" else {}
    wide = np.pad(
        image.astype(np.float64), [(margin, margin)] * 2 + [(0, 0)], PAD_MODE[fill], **keys
    )
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    wx, wy = (x - x0)[..., None], (y - y0)[..., None]
    x0, y0 = x0 + margin, y0 + margin
    upper = wide[y0, x0] * (1 - wx) + wide[y0, x0 + 1] * wx
    lower = wide[y0 + 1, x0] * (1 - wx) + wide[y0 + 1, x0 + 1] * wx
    return upper * (1 - wy) + lower * wy


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("shape", [(6, 9, 3), (5, 4, 1), (1, 3, 2), (2, 1, 3)])
def test_fill_modes_are_those_of_numpy_padding(fill: str, shape: tuple[int, int, int]) -> None:
    """Up to two picture sizes beyond each edge, every mode agrees with a padded copy."""
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (2, *shape)).astype(np.uint8)
    height, width = shape[:2]
    x = rng.uniform(-2 * width, 3 * width - 1, (2, height, width)).astype(np.float32)
    y = rng.uniform(-2 * height, 3 * height - 1, (2, height, width)).astype(np.float32)
    result = resample(images, x, y, fill=fill, fill_value=17.0, xp=np)

    for row in range(2):
        wanted = padded_bilinear(images[row], x[row], y[row], fill, 17.0)
        np.testing.assert_allclose(result[row], wanted, atol=0.01)


def test_whole_places_are_read_exactly() -> None:
    """The identity matrix gives the picture back, bit for bit."""
    images = np.random.default_rng(1).integers(0, 256, (1, 4, 5, 3)).astype(np.uint8)
    x, y = source_places(
        np.asarray([[[1, 0, 0], [0, 1, 0]]], dtype=np.float32), height=4, width=5, xp=np
    )

    for fill in FILLS:
        result = resample(
            images,
            np.broadcast_to(x, (1, 4, 5)),
            np.broadcast_to(y, (1, 4, 5)),
            fill=fill,
            fill_value=9.0,
            xp=np,
        )
        assert (result == images).all()


@pytest.mark.parametrize(
    ("fill", "folded"),
    [
        ("constant", [-1, 4]),
        ("nearest", [0, 3]),
        ("reflect", [1, 2]),
        ("mirror", [2, 1]),
        ("wrap", [2, 1]),
    ],
)
def test_places_beyond_a_row_of_four(fill: str, folded: list[int]) -> None:
    """Places -2 and 5 of `a b c d`, as the module's own pictures of the modes say."""
    np.testing.assert_allclose(fold(np.asarray([-2.0, 5.0]), 4, fill, np), folded, atol=1e-6)
