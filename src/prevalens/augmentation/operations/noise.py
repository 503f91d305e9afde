"""Shot and read noise from one fixed tile of normal numbers; pure."""

import functools
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prevalens._seeding import generator
from prevalens.augmentation.array_calls import cast, clip, column, constant, take_rows
from prevalens.augmentation.host_functions import square_root
from prevalens.augmentation.operation import PixelOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, span

TILE = 256  # side of the tile; it repeats beyond


class Noise(PixelOperation, frozen=True, kw_only=True):
    """Shot noise, which grows with the light, and read noise, which does not.

    What is sampled picks a place in a fixed tile of normal numbers. So the same parameters give
    the same noise on every backend, which their own generators would not.

    Args:
        shot: Range of the standard deviation at white, in grey levels; it falls with the square
            root of the light.
        read: Range of the standard deviation everywhere, in grey levels.
        probability: Chance of noise, 0 to 1.

    Examples:
        >>> [each.name for each in Noise(shot=2.0).parameters()]
        ['noise_shot', 'noise_read', 'noise_place']
    """

    order: ClassVar[float] = 180

    shot: RangeLike = (0.0, 4.0)
    read: RangeLike = (0.0, 2.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("shot", "read"):
            self._keep(**{name: span(name, getattr(self, name), low=0, high=255)})

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two deviations, and the place in the noise tile."""
        return (
            Parameter("noise_shot", *self._ends("shot")),
            Parameter("noise_read", *self._ends("read")),
            Parameter("noise_place", 0, TILE, scale="whole", size=2, strength=False),
        )

    @property
    def too_strong(self) -> str:
        """Say when the noise drowns the picture."""
        level = max(self._ends("shot")[1], self._ends("read")[1])
        return f"noise of {level:g} grey levels drowns the picture" * (level > 64)

    def change(self, pictures: Any, sampled: Mapping[str, Any], *, xp: Any) -> Any:
        """Add noise whose variance is `shot^2 * level / 255 + read^2` at each pixel."""
        height, width, channels = pictures.shape[1:]
        start = cast(sampled["noise_place"], "int32", xp)
        x = (xp.arange(width, dtype="int32")[None, :] + start[:, :1]) % TILE
        y = (xp.arange(height, dtype="int32")[None, :] + start[:, 1:]) % TILE
        places = y[:, :, None] * TILE + x[:, None, :]
        noise = take_rows(constant(noise_tile(channels), pictures, xp), places, xp)
        shot, read = (column(sampled[f"noise_{name}"], xp, rank=4) for name in ("shot", "read"))
        variance = shot * shot * clip(pictures, 0.0, math.inf, xp) / 255.0 + read * read
        return pictures + xp.sqrt(variance) * noise

    def change_on_host(
        self, planes: NDArray[np.float32], sampled: Mapping[str, Any], *, library: Any
    ) -> NDArray[np.float32]:
        """Add the same noise to one picture, from whole pieces of the tile."""
        shot, read = (float(sampled[f"noise_{name}"][0]) for name in ("shot", "read"))
        x, y = (int(place) for place in sampled["noise_place"][0])
        deviation = np.clip(planes, np.float32(0), np.float32(np.inf))
        deviation *= np.float32(shot * shot / 255)
        deviation += np.float32(read * read)
        deviation = square_root(deviation, library=library)
        deviation *= _window(planes.shape, x, y)
        planes += deviation
        return planes


@functools.cache
def noise_tile(channels: int) -> NDArray[np.float32]:
    """Return standard normal numbers, `(TILE * TILE, channels)`."""
    tile = generator(0, "noise tile").standard_normal((TILE * TILE, channels), dtype=np.float32)
    tile.setflags(write=False)
    return tile


@functools.cache
def _planes(channels: int) -> NDArray[np.float32]:
    tile = noise_tile(channels).reshape(TILE, TILE, channels)
    return np.ascontiguousarray(tile.transpose(2, 0, 1))


def _window(shape: tuple[int, ...], x: int, y: int) -> NDArray[np.float32]:
    """Return the tile's numbers from column `x` and row `y` on, `(channels, height, width)`."""
    channels, height, width = shape
    tile, window = _planes(channels), np.empty(shape, dtype=np.float32)
    row = 0
    while row < height:
        top = (y + row) % TILE
        rows = min(TILE - top, height - row)
        place = 0
        while place < width:
            left = (x + place) % TILE
            columns = min(TILE - left, width - place)
            piece = tile[:, top : top + rows, left : left + columns]
            window[:, row : row + rows, place : place + columns] = piece
            place += columns
        row += rows
    return window
