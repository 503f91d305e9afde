"""A cell out of focus on a moving stage; pure."""

import functools
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prevalens.augmentation.array_calls import clip, column, constant, is_torch
from prevalens.augmentation.operation import PixelOperation
from prevalens.augmentation.ranges import Parameter, Probability, RangeLike, span


class Blur(PixelOperation, frozen=True, kw_only=True):
    """A cell out of focus (a disc) on a moving stage (a line): one kernel for both.

    Args:
        defocus: Range of the disc's radius in pixels; below 0.5 nothing is blurred.
        motion: Range of the line's length in pixels.
        probability: Chance of a blur, 0 to 1.

    Examples:
        >>> blur = Blur(defocus=(0.5, 2.0), motion=(0, 4))
        >>> [each.name for each in blur.parameters()]
        ['defocus', 'motion_length', 'motion_angle']
    """

    order: ClassVar[float] = 170

    probability: Probability = 0.3
    defocus: RangeLike = (0.5, 1.5)
    motion: RangeLike = (0.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("defocus", "motion"):
            self._keep(**{name: span(name, getattr(self, name), low=0, high=15)})

    def parameters(self) -> tuple[Parameter, ...]:
        """Return radius, length and the line's angle in degrees."""
        return (
            Parameter("defocus", *self._ends("defocus")),
            Parameter("motion_length", *self._ends("motion")),
            Parameter("motion_angle", 0, 180, strength=False),
        )

    @property
    def reach(self) -> int:
        """Pixels from the kernel's centre to its edge."""
        return int(self._ends("defocus")[1] + self._ends("motion")[1] / 2 + 1)

    def change(self, pictures: Any, sampled: Mapping[str, Any], *, xp: Any) -> Any:
        """Blur each image with its own kernel; beyond the edge the image is mirrored."""
        kernels = blur_kernels(sampled, reach=self.reach, xp=xp)
        wide = _widened(pictures, self.reach, xp)
        # PyTorch runs eagerly, and would pass over the pixels for each of up to 49 shifts.
        spread = spread_by_groups if is_torch(pictures) else spread_by_shifts
        return spread(wide, kernels, xp=xp)

    def change_on_host(
        self, planes: NDArray[np.float32], sampled: Mapping[str, Any], *, library: Any
    ) -> NDArray[np.float32]:
        """Blur one picture, by OpenCV's filter where it is installed."""
        reach = int(sampled["defocus"][0] + sampled["motion_length"][0] / 2 + 1)
        kernel = blur_kernels(sampled, reach=reach, xp=np)[0].astype(np.float32)
        if kernel[reach, reach] >= 1:
            return planes
        if library is not None:
            edge = library.BORDER_REFLECT
            return np.stack([library.filter2D(p, -1, kernel, borderType=edge) for p in planes])
        _, height, width = planes.shape
        wide = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)), mode="symmetric")
        total = np.zeros_like(planes)
        for row, place in np.argwhere(kernel):
            total += kernel[row, place] * wide[:, row : row + height, place : place + width]
        return total


def blur_kernels(sampled: Mapping[str, Any], *, reach: int, xp: Any) -> Any:
    """Return kernels `(n, 2 * reach + 1, 2 * reach + 1)` that sum to 1.

    A kernel is the area that a disc sweeps along a line, evenly weighted, with a rim that fades
    over one pixel; radius 0 and length 0 give a single 1 in the centre.
    """
    steps = xp.arange(-reach, reach + 1, dtype="float32")
    x, y = steps[None, None, :], steps[None, :, None]
    angle = column(sampled["motion_angle"], xp, rank=3) * (math.pi / 180)
    half = column(sampled["motion_length"], xp, rank=3) / 2
    radius = column(sampled["defocus"], xp, rank=3)
    cosine, sine = xp.cos(angle), xp.sin(angle)
    along, across = x * cosine - y * sine, x * sine + y * cosine
    beyond = clip(xp.abs(along) - half, 0.0, math.inf, xp)
    distance = xp.sqrt(beyond * beyond + across * across)
    weights = clip(radius + 0.5 - distance, 0.0, 1.0, xp)
    return weights / xp.sum(weights, axis=(1, 2), keepdims=True)


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


def spread_by_groups(wide: Any, kernels: Any, *, xp: Any) -> Any:
    """Do what `spread_by_shifts` does, as one grouped convolution of `keras.ops`.

    Each channel of each image is a channel of one picture, with its own kernel: 5 times as fast
    as shifts on PyTorch, where the convolution takes channels first.
    """
    n, high, broad, channels = wide.shape
    side = kernels.shape[1]
    planes = xp.reshape(xp.transpose(wide, (0, 3, 1, 2)), (1, n * channels, high, broad))
    stacked = xp.transpose(xp.repeat(kernels, channels, axis=0), (1, 2, 0))[..., None]
    spread = xp.depthwise_conv(planes, stacked, data_format="channels_first")
    size = (n, channels, high - side + 1, broad - side + 1)
    return xp.transpose(xp.reshape(spread, size), (0, 2, 3, 1))


def _widened(pictures: Any, reach: int, xp: Any) -> Any:
    # keras.ops.pad has no such mode on TensorFlow; a gather of rows and columns is the same.
    for axis, size in ((1, pictures.shape[1]), (2, pictures.shape[2])):
        places = constant(_mirrored(size, reach), pictures, xp)
        pictures = xp.take(pictures, places, axis=axis)
    return pictures


@functools.cache
def _mirrored(size: int, reach: int) -> NDArray[np.int32]:
    """Return the places 0 to `size`, with `reach` mirrored ones on either side."""
    return np.pad(np.arange(size), reach, mode="symmetric").astype(np.int32)
