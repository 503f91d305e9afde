"""Optical density, in which dyes and gamma act: the negative logarithm of the light; pure."""

import math
from typing import Any

import numpy as np

from prevalens.augmentation.array_calls import clip
from prevalens.augmentation.host_functions import Planes, exponential, logarithm

_WHITE = 256.0  # one more than the brightest level, so that black has a finite density


def density_of(pictures: Any, *, xp: Any) -> Any:
    """Return the density of grey levels; 0 at white, log(256) at black and below."""
    return math.log(_WHITE) - xp.log(clip(pictures, 0.0, math.inf, xp) + 1.0)


def level_of(density: Any, *, xp: Any) -> Any:
    """Return the grey levels of densities."""
    return xp.exp(-density) * _WHITE - 1.0


def without_black(changed: Any, pictures: Any, *, xp: Any) -> Any:
    """Return `changed` where `pictures` have light.

    Black is no dye: cells that were cut out, as in C-NMC 2019, keep their black ground.
    """
    brightest = pictures[..., :1]
    for channel in range(1, pictures.shape[-1]):  # faster than a maximum over so short an axis
        brightest = xp.maximum(brightest, pictures[..., channel : channel + 1])
    return changed * clip(brightest, 0.0, 1.0, xp)


def density_of_planes(planes: Planes, *, library: Any) -> Planes:
    """Return the density of one picture's planes, as new planes."""
    light = np.maximum(planes, np.float32(0))
    light += np.float32(1)
    light = logarithm(light, library=library)
    return np.subtract(np.float32(math.log(_WHITE)), light, out=light)


def level_of_planes(density: Planes, *, library: Any) -> Planes:
    """Return the grey levels of planes of densities, written over them."""
    np.negative(density, out=density)
    density = exponential(density, library=library)
    density *= np.float32(_WHITE)
    density -= np.float32(1)
    return density
