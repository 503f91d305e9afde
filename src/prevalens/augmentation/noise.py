"""Shot and read noise from one fixed tile of normal numbers; pure.

Where a draw only picks the place in the tile, the same parameters give the same noise on every
backend, which their own generators would not.
"""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._seeding import generator
from prevalens.augmentation.array_calls import cast, column, take_rows

TILE = 256  # side of the tile; it repeats beyond


@functools.cache
def noise_tile(channels: int) -> NDArray[np.float32]:
    """Return standard normal numbers, `(TILE * TILE, channels)`."""
    tile = generator(0, "noise tile").standard_normal((TILE * TILE, channels), dtype=np.float32)
    tile.setflags(write=False)
    return tile


def add_noise(images: Any, parameters: Mapping[str, Any], *, xp: Any) -> Any:
    """Add noise whose variance is `shot^2 * level / 255 + read^2` at each pixel.

    Args:
        images: float32, 0 to 255, `(n, height, width, channels)`.
        parameters: Drawn parameters by name; without `noise_shot` the images come back.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        Images of the same shape, not clipped.
    """
    if "noise_shot" not in parameters:
        return images
    height, width, channels = images.shape[1:]
    start = cast(parameters["noise_place"], "int32", xp)
    x = (xp.arange(width, dtype="int32")[None, :] + start[:, :1]) % TILE
    y = (xp.arange(height, dtype="int32")[None, :] + start[:, 1:]) % TILE
    places = y[:, :, None] * TILE + x[:, None, :]
    noise = take_rows(xp.array(noise_tile(channels)), places, xp)
    shot, read = (column(parameters[f"noise_{name}"], xp, rank=4) for name in ("shot", "read"))
    variance = shot * shot * xp.maximum(images, 0.0) / 255.0 + read * read
    return images + xp.sqrt(variance) * noise
