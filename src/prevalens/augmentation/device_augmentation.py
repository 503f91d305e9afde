"""A policy on the accelerator: applies sampled parameters to a batch, by `keras.ops`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from prevalens.augmentation.array_calls import cast, clip, is_torch
from prevalens.augmentation.operation import Operation
from prevalens.augmentation.pipeline import movement_of, pixel_operations, places_of
from prevalens.augmentation.resampling import resample
from prevalens.augmentation.torch_resampling import can_sample, sample_on_torch


def move_pixels(
    images: Any,
    sampled: Mapping[str, Any],
    operations: Sequence[Operation],
    *,
    fill: str,
    fill_value: float,
) -> Any:
    """Apply the geometry of a policy: one matrix, one interpolation.

    Args:
        images: Shape `(batch, height, width, channels)`.
        sampled: Parameters by name.
        operations: Operations of the policy; those that move no pixels are passed over.
        fill: What lies beyond the edge, see `prevalens.augmentation.resampling`.
        fill_value: Value beyond the edge for `fill="constant"`.

    Returns:
        float32 images of the same shape; the images as they came where nothing moves.
    """
    height, width = images.shape[1:3]
    size = {"height": height, "width": width, "xp": keras.ops}
    if keras.backend.backend() == "torch" and can_sample(images, fill):
        movement = movement_of(operations, sampled, **size)
        if movement is None:
            return images
        return sample_on_torch(images, *movement, fill=fill, fill_value=fill_value)
    places = places_of(operations, sampled, **size)
    if places is None:
        return images
    return resample(images, *places, fill=fill, fill_value=fill_value, xp=keras.ops)


def change_pixels(
    images: Any,
    sampled: Mapping[str, Any],
    operations: Sequence[Operation],
    *,
    value_range: tuple[float, float],
) -> Any:
    """Apply the operations of a policy that change pixel values.

    Args:
        images: Shape `(batch, height, width, channels)`, any dtype.
        sampled: Parameters by name.
        operations: Operations of the policy; those that only move pixels are passed over.
        value_range: Pixel values of black and white.

    Returns:
        float32 images in the value range; as they came where no operation changes pixels.
    """
    changing = pixel_operations(operations)
    if not changing:
        return images
    black, white = value_range
    pictures = cast(images, "float32", keras.ops)
    if value_range != (0.0, 255.0):
        pictures = (pictures - black) * (255.0 / (white - black))
    for operation in changing:
        pictures = operation.change(pictures, sampled, xp=keras.ops)
    pictures = clip(pictures, 0.0, 255.0, keras.ops)
    if value_range != (0.0, 255.0):
        pictures = pictures * ((white - black) / 255.0) + black
    return pictures


def nan_beyond(images: Any, *, value_range: tuple[float, float]) -> Any:
    """Return 0 for each image within the stated range, NaN for each other.

    Nothing inside a compiled step can raise, and cutting pixels off would teach from other
    pictures: with NaN the loss is NaN at the first step. An image is beyond the range by more
    than half a grey level, or where a pixel is no number. A batch that goes from 0 to 1 is, too,
    where 0 to 255 was stated.

    Args:
        images: Any numbers, four axes of which the first is the batch.
        value_range: Pixel values of black and white.

    Returns:
        float32, `(batch, 1, 1, 1)`.
    """
    ops, (black, white) = keras.ops, value_range
    slack = (white - black) / 510
    pixels = cast(images, "float32", ops)
    low = ops.min(pixels, axis=(1, 2, 3), keepdims=True)
    high = ops.max(pixels, axis=(1, 2, 3), keepdims=True)
    inside = (low >= black - slack) & (high <= white + slack)
    if value_range == (0.0, 255.0):
        peak = ops.max(high, axis=0, keepdims=True)
        inside = inside & ((peak <= 0) | (peak > 1))
    zero = ops.zeros_like(low)
    if is_torch(zero):  # keras.ops.where would copy the number to the device
        return zero.masked_fill(~inside, math.nan)
    return ops.where(inside, zero, math.nan)
