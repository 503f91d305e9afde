"""Functions of one picture's planes that OpenCV does faster than numpy; pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens.typing import Image

Planes = NDArray[np.float32]


def logarithm(planes: Planes, *, library: Any) -> Planes:
    """Return the natural logarithm of positive numbers, written over them."""
    return _through(library, "log", np.log, planes)


def exponential(planes: Planes, *, library: Any) -> Planes:
    """Return e to the power of numbers, written over them."""
    return _through(library, "exp", np.exp, planes)


def square_root(planes: Planes, *, library: Any) -> Planes:
    """Return the root of numbers from 0 on, written over them."""
    return _through(library, "sqrt", np.sqrt, planes)


def as_planes(image: Image, *, library: Any) -> Planes:
    """Return a picture `(height, width, channels)` as float32 planes of its channels."""
    height, width, channels = image.shape
    if library is not None and channels > 1:
        return np.stack(library.split(image), dtype=np.float32)
    planes = np.empty((channels, height, width), dtype=np.float32)
    for channel in range(channels):
        planes[channel] = image[..., channel]
    return planes


def as_bytes(planes: Planes, *, library: Any) -> Image:
    """Return planes as a picture of whole grey levels, `(height, width, channels)`."""
    whole = np.rint(planes)
    np.clip(whole, np.float32(0), np.float32(255), out=whole)
    whole = whole.astype(np.uint8)
    if library is not None and len(planes) > 1:
        merged: Image = library.merge(list(whole))
        return merged
    image = np.empty((*planes.shape[1:], len(planes)), dtype=np.uint8)
    for channel, plane in enumerate(whole):
        image[..., channel] = plane
    return image


def _through(library: Any, name: str, instead: Any, planes: Planes) -> Planes:
    if library is None or not planes.size:
        return np.asarray(instead(planes, out=planes))
    # OpenCV takes two axes of any length.
    flat = planes.reshape(-1, planes.shape[-1])
    getattr(library, name)(flat, flat)
    return planes
