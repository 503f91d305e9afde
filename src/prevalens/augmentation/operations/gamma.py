"""Bending the curve from dark to bright; pure."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prevalens.augmentation.array_calls import column
from prevalens.augmentation.operation import PixelOperation
from prevalens.augmentation.optical_density import (
    WHITE,
    density_of,
    level_of,
    level_of_planes,
    light_of_planes,
    present_in,
    without_black,
)
from prevalens.augmentation.ranges import Parameter, RangeLike, ratio


class Gamma(PixelOperation, frozen=True, kw_only=True):
    """Bend the curve from dark to bright: every optical density is multiplied.

    Args:
        factor: Range of the exponent; one number `f` means `(1 / f, f)`.
        probability: Chance of a change, 0 to 1.

    Examples:
        >>> [(each.low, each.high) for each in Gamma(factor=2).parameters()]
        [(0.5, 2.0)]
    """

    order: ClassVar[float] = 120

    factor: RangeLike = 1.15

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(factor=ratio("factor", self.factor))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the exponent."""
        return (Parameter("gamma", *self._ends("factor"), identity=1.0, scale="log"),)

    def change(self, pictures: Any, sampled: Mapping[str, Any], *, xp: Any) -> Any:
        """Multiply every density."""
        density = density_of(pictures, xp=xp) * column(sampled["gamma"], xp, rank=4)
        return without_black(level_of(density, xp=xp), pictures, xp=xp)

    def change_on_host(
        self, planes: NDArray[np.float32], sampled: Mapping[str, Any], *, library: Any
    ) -> NDArray[np.float32]:
        """Do the same to the planes of one picture."""
        gamma = float(sampled["gamma"][0])
        present = present_in(planes)
        light = light_of_planes(planes, library=library)
        light *= np.float32(gamma)
        light += np.float32((1 - gamma) * math.log(WHITE))
        levels = level_of_planes(light, library=library)
        levels *= present
        return levels
