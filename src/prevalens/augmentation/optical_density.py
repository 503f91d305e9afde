"""Optical density, in which dyes and gamma act: the negative logarithm of the light; pure."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens.augmentation.array_calls import clip, is_torch
from prevalens.augmentation.host_functions import Planes, exponential, logarithm

WHITE = 256.0  # one more than the brightest level, so that black has a finite density


def density_of(pictures: Any, *, xp: Any) -> Any:
    """Return the density of grey levels; 0 at white, log(256) at black and below."""
    return math.log(WHITE) - xp.log(clip(pictures, 0.0, math.inf, xp) + 1.0)


def level_of(density: Any, *, xp: Any) -> Any:
    """Return the grey levels of densities."""
    return xp.exp(-density) * WHITE - 1.0


def without_black(changed: Any, pictures: Any, *, xp: Any) -> Any:
    """Return `changed` where `pictures` have light.

    Black is no dye: cells that were cut out, as in C-NMC 2019, keep their black ground.
    """
    if is_torch(pictures):  # which is slow at a maximum over so short an axis
        brightest = pictures[..., :1]
        for channel in range(1, pictures.shape[-1]):
            brightest = xp.maximum(brightest, pictures[..., channel : channel + 1])
    else:
        # XLA would fuse slices with what made the pictures, and make them anew for each.
        brightest = xp.max(pictures, axis=-1, keepdims=True)
    return changed * clip(brightest, 0.0, 1.0, xp)


def light_of_planes(planes: Planes, *, library: Any) -> Planes:
    """Return the logarithm of the light of one picture's planes, as new planes.

    Density is log(256) less this; what multiplies densities and adds to them does so to this,
    but for a constant, which spares three passes over the pixels.
    """
    light = np.clip(planes, np.float32(0), np.float32(np.inf))
    light += np.float32(1)
    return logarithm(light, library=library)


def level_of_planes(light: Planes, *, library: Any) -> Planes:
    """Return the grey levels of planes of logarithms of light, written over them."""
    levels = exponential(light, library=library)
    levels -= np.float32(1)
    return levels


def present_in(planes: Planes) -> NDArray[np.float32]:
    """Return 1 where a picture has light and 0 where it is black, as `without_black` has it."""
    return np.clip(planes.max(axis=0), np.float32(0), np.float32(1))
