"""The loss of a JPEG file; pure."""

import io
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prevalens.augmentation.host_functions import as_bytes
from prevalens.augmentation.operation import PixelOperation
from prevalens.augmentation.ranges import Parameter, Probability, RangeLike, span


class Jpeg(PixelOperation, frozen=True, kw_only=True):
    """Save as JPEG and read again; on the host only.

    Args:
        quality: Range of the quality, whole numbers from 1 to 95.
        probability: Chance of the round trip, 0 to 1.

    Examples:
        >>> Jpeg(quality=(70, 90)).host_only
        True
    """

    order: ClassVar[float] = 190
    host_only: ClassVar[bool] = True

    probability: Probability = 0.3
    quality: RangeLike = (60, 95)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(quality=span("quality", self.quality, low=1, high=95))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the quality; 100 stands for no round trip."""
        low, high = self._ends("quality")
        return (Parameter("jpeg_quality", low, high + 1, identity=100, scale="whole"),)

    def change_on_host(
        self, planes: NDArray[np.float32], sampled: Mapping[str, Any], *, library: Any
    ) -> NDArray[np.float32]:
        """Encode and decode one picture, with Pillow."""
        pixels = as_bytes(planes, library=library)
        grey = len(planes) == 1
        buffer = io.BytesIO()
        picture = Image.fromarray(pixels[..., 0] if grey else pixels)
        picture.save(buffer, format="JPEG", quality=int(sampled["jpeg_quality"][0]))
        decoded = np.asarray(Image.open(buffer)).reshape(pixels.shape)
        return decoded.transpose(2, 0, 1).astype(np.float32)
