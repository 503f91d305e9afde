"""Exposure, white balance, uneven light and dust: what multiplies the light; pure."""

import math
from collections.abc import Mapping
from typing import Any

from prevalens.augmentation.array_calls import column


def change_light(images: Any, parameters: Mapping[str, Any], *, xp: Any) -> Any:
    """Multiply the light of each image by its drawn factors.

    Args:
        images: float32, 0 to 255, `(n, height, width, channels)`.
        parameters: Drawn parameters by name; those of other operations are passed over.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        Images of the same shape, not clipped.
    """
    height, width = images.shape[1:3]
    if "white_balance" in parameters:
        images = images * parameters["white_balance"][:, None, None, :]
    if "exposure" in parameters:
        images = images * column(parameters["exposure"], xp, rank=4)
    if "vignette" in parameters:
        images = images * _uneven(parameters, height, width, xp)[..., None]
    if "dust_darkness" in parameters:
        images = images * _dust(parameters, height, width, xp)[..., None]
    return images


def _uneven(parameters: Mapping[str, Any], height: int, width: int, xp: Any) -> Any:
    """Return the field of light, 1 in the centre; distances are 1 at the corners."""
    half = math.hypot(height, width) / 2
    x = (xp.arange(width, dtype="float32") - (width - 1) / 2)[None, None, :] / half
    y = (xp.arange(height, dtype="float32") - (height - 1) / 2)[None, :, None] / half
    angle = column(parameters["light_angle"], xp, rank=3) * (math.pi / 180)
    towards = x * xp.cos(angle) + y * xp.sin(angle)
    gradient = column(parameters["light_gradient"], xp, rank=3)
    return (1 + gradient * towards) * (
        1 - column(parameters["vignette"], xp, rank=3) * (x * x + y * y)
    )


def _dust(parameters: Mapping[str, Any], height: int, width: int, xp: Any) -> Any:
    """Return the light that the specks leave."""
    x = (xp.arange(width, dtype="float32") / width)[None, None, :]
    y = (xp.arange(height, dtype="float32") / width)[None, :, None]
    light = 1.0
    for speck in range(parameters["dust_x"].shape[1]):
        at_x, at_y, radius, darkness = (
            column(parameters[f"dust_{name}"][:, speck], xp, rank=3)
            for name in ("x", "y", "radius", "darkness")
        )
        far = (x - at_x) ** 2 + (y - at_y * (height / width)) ** 2
        # A disc with a soft rim: 1 inside, half at the radius, 0 well outside.
        light = light * (1 - darkness / (1 + (far / (radius * radius)) ** 3))
    return light
