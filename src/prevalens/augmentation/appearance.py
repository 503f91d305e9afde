"""Changes colour, light, sharpness and noise of a batch on the accelerator."""

from collections.abc import Mapping
from typing import Any

import keras

from prevalens.augmentation.operation import Operation
from prevalens.augmentation.picture import appearance_of


def apply_appearance(
    images: Any, parameters: Mapping[str, Any], operations: Mapping[str, Operation]
) -> Any:
    """Apply the appearance of drawn parameters.

    Nothing inside a compiled step can raise, so a batch that plainly goes from 0 to 1 instead of
    0 to 255 comes back as NaN: the loss is NaN at the first step, instead of a model that has
    learned from black pictures.

    Args:
        images: Shape `(batch, height, width, channels)`, pixels from 0 to 255.
        parameters: Drawn parameters by name.
        operations: The policy's operations by name.

    Returns:
        float32 images from 0 to 255; as they came where no operation changes the appearance.
    """
    changed = appearance_of(images, parameters, operations, xp=keras.ops)
    if changed is images or keras.backend.is_int_dtype(images.dtype):
        return changed
    peak = keras.ops.cast(keras.ops.max(images), "float32")
    return keras.ops.where((peak > 0) & (peak <= 1), float("nan"), changed)
