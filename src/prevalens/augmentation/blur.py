"""Defocus and motion as one kernel per image; pure."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from prevalens.augmentation.array_calls import column


def spread_by_shifts(wide: Any, kernels: Any, *, xp: Any) -> Any:
    """Weigh and add shifted copies: one fused pass where a compiler sees it.

    Args:
        wide: Images with a margin, `(n, height + side - 1, width + side - 1, channels)`.
        kernels: Kernels, `(n, side, side)`.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        Images of shape `(n, height, width, channels)`.
    """
    side = kernels.shape[1]
    height, width = wide.shape[1] - side + 1, wide.shape[2] - side + 1
    total = 0.0
    for row in range(side):
        for place in range(side):
            weight = column(kernels[:, row, place], xp, rank=4)
            total = total + weight * wide[:, row : row + height, place : place + width]
    return total


def blur(
    images: Any,
    parameters: Mapping[str, Any],
    *,
    reach: int,
    xp: Any,
    spread: Callable[..., Any] = spread_by_shifts,
) -> Any:
    """Blur each image with its own kernel; beyond the edge the image is mirrored.

    Args:
        images: float32, `(n, height, width, channels)`.
        parameters: Drawn parameters by name; without `defocus` the images come back.
        reach: Pixels from the centre of the kernel to its edge.
        xp: Array module, `numpy` or `keras.ops`.
        spread: How kernels are applied, with the arguments of `spread_by_shifts`.

    Returns:
        Images of the same shape.
    """
    if "defocus" not in parameters:
        return images
    height, width = images.shape[1:3]
    kernels = blur_kernels(parameters, reach=reach, xp=xp)
    # keras.ops.pad has no such mode on TensorFlow; a gather of rows and columns is the same.
    wide = images
    for axis, size in ((1, height), (2, width)):
        places = np.pad(np.arange(size), reach, mode="symmetric").astype(np.int32)
        wide = xp.take(wide, xp.array(places), axis=axis)
    return spread(wide, kernels, xp=xp)


def blur_kernels(parameters: Mapping[str, Any], *, reach: int, xp: Any) -> Any:
    """Return kernels `(n, 2 * reach + 1, 2 * reach + 1)` that sum to 1.

    A kernel is the area that a disc sweeps along a line, evenly weighted, with a rim that fades
    over one pixel; radius 0 and length 0 give a single 1 in the centre.
    """
    steps = xp.arange(-reach, reach + 1, dtype="float32")
    x, y = steps[None, None, :], steps[None, :, None]
    angle = column(parameters["motion_angle"], xp, rank=3) * (math.pi / 180)
    half = column(parameters["motion_length"], xp, rank=3) / 2
    radius = column(parameters["defocus"], xp, rank=3)
    cosine, sine = xp.cos(angle), xp.sin(angle)
    along, across = x * cosine - y * sine, x * sine + y * cosine
    beyond = xp.maximum(xp.abs(along) - half, 0.0)
    distance = xp.sqrt(beyond * beyond + across * across)
    weights = xp.clip(radius + 0.5 - distance, 0.0, 1.0)
    return weights / xp.sum(weights, axis=(1, 2), keepdims=True)
