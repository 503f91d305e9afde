"""Moves the pixels of a batch on the accelerator: one matrix, one interpolation."""

from collections.abc import Mapping
from typing import Any

import keras

from prevalens.augmentation.picture import movement_of, places_of
from prevalens.augmentation.resampling import resample
from prevalens.augmentation.torch_resampling import can_sample, sample_on_torch


def apply_geometry(
    images: Any, parameters: Mapping[str, Any], *, fill: str, fill_value: float
) -> Any:
    """Apply the geometry of drawn parameters.

    Args:
        images: Shape `(batch, height, width, channels)`.
        parameters: Drawn parameters by name; those that move no pixels are passed over.
        fill: What lies beyond the edge, see `prevalens.augmentation.resampling`.
        fill_value: Value beyond the edge for `fill="constant"`.

    Returns:
        float32 images of the same shape; the images as they came where nothing moves.
    """
    height, width = images.shape[1:3]
    size = {"height": height, "width": width, "xp": keras.ops}
    if keras.backend.backend() == "torch" and can_sample(images, fill):
        movement = movement_of(parameters, **size)
        if movement is None:
            return images
        return sample_on_torch(images, *movement, fill=fill, fill_value=fill_value)
    places = places_of(parameters, **size)
    if places is None:
        return images
    return resample(images, *places, fill=fill, fill_value=fill_value, xp=keras.ops)
