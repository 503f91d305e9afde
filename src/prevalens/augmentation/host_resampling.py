"""Moves the pixels of one picture on the host, by OpenCV or by numpy; pure."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens.augmentation.host_functions import Planes, as_planes
from prevalens.augmentation.resampling import fold, neighbours
from prevalens.typing import Image

_BORDERS = {
    "constant": "BORDER_CONSTANT",
    "nearest": "BORDER_REPLICATE",
    "reflect": "BORDER_REFLECT",
    "mirror": "BORDER_REFLECT_101",
}


def opencv_can_move(image: Image, fill: str) -> bool:
    """Return whether OpenCV has the fill mode, and takes the size and the channels."""
    height, width, channels = image.shape
    return fill in _BORDERS and channels <= 4 and 0 < max(height, width) < 2**15 - 1


def move_by_opencv(
    image: Image,
    matrix: NDArray[np.float32],
    places: tuple[Any, Any] | None,
    *,
    fill: str,
    fill_value: float,
    library: ModuleType,
    into: Image,
) -> Image:
    """Read one picture at the places of a matrix, or at those given.

    Args:
        image: uint8, `(height, width, channels)` with at most 4 channels.
        matrix: From a result pixel to its source, `(2, 3)`.
        places: Source x and y of each result pixel, `(height, width)`, where the picture bends.
        fill: What lies beyond the edge, see `prevalens.augmentation.resampling`; not "wrap".
        fill_value: Value beyond the edge for `fill="constant"`.
        library: OpenCV.
        into: Where the pixels are written, of the shape of the image.

    Returns:
        `into`. OpenCV reads places to 1/32 of a pixel.
    """
    height, width = image.shape[:2]
    edge = {
        "borderMode": getattr(library, _BORDERS[fill]),
        "borderValue": (fill_value,) * 4,
        "dst": into,
    }
    if places is not None:
        moved = library.remap(image, *places, library.INTER_LINEAR, **edge)
    else:
        flags = library.INTER_LINEAR | library.WARP_INVERSE_MAP
        moved = library.warpAffine(image, matrix, (width, height), flags=flags, **edge)
    if moved is not into and not np.shares_memory(moved, into):
        into[...] = moved.reshape(into.shape)  # OpenCV drops a last axis of one
    return into


def move_by_numpy(
    image: Image, places: tuple[Any, Any], *, fill: str, fill_value: float, library: Any
) -> Planes:
    """Read one picture at fractional places, as `prevalens.augmentation.resampling.resample` does.

    Args:
        image: uint8, `(height, width, channels)`.
        places: Source x and y of each result pixel, `(height, width)`.
        fill: What lies beyond the edge.
        fill_value: Value beyond the edge for `fill="constant"`.
        library: OpenCV, or None where it is not installed.

    Returns:
        float32 planes, `(channels, height, width)`, not rounded.
    """
    height, width, _ = image.shape
    x, y = places
    left, right, across = neighbours(fold(x, width, fill, np), width, fill, np)
    top, bottom, down = neighbours(fold(y, height, fill, np), height, fill, np)
    corners = [
        ((row.astype(np.intp) * width + place).reshape(-1), (high * broad).reshape(-1))
        for row, high in ((top, down[0]), (bottom, down[1]))
        for place, broad in ((left, across[0]), (right, across[1]))
    ]
    planes = as_planes(image, library=library)
    moved = np.zeros_like(planes)
    # One plane after another, so that it stays in the processor's cache.
    for source, target in zip(planes, moved, strict=True):
        flat, sums = source.reshape(-1), target.reshape(-1)
        for position, weight in corners:
            pixels = flat.take(position)
            pixels *= weight
            sums += pixels
    if fill == "constant" and fill_value:
        outside = 1 - sum(weight for _, weight in corners)
        moved += np.float32(fill_value) * outside.reshape(height, width)
    return moved
