"""Turning by any angle; pure."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.operation import Matrix, MatrixOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, both_ways


class Rotation(MatrixOperation, frozen=True, kw_only=True):
    """Turn about the centre.

    Args:
        degrees: Range of the angle, counterclockwise; one number `r` means `(-r, r)`.
        probability: Chance of a rotation, 0 to 1.

    Examples:
        >>> [(each.low, each.high) for each in Rotation(degrees=30).parameters()]
        [(-30.0, 30.0)]
    """

    order: ClassVar[float] = 50

    degrees: RangeLike = 15.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(degrees=both_ways("degrees", self.degrees, limit=360.0))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the angle in degrees."""
        return (Parameter("rotation", *self._ends("degrees")),)

    def undo(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Matrix:
        """Turn back."""
        del height, width
        angle = sampled["rotation"] * (math.pi / 180)
        cosine, sine = xp.cos(angle), xp.sin(angle)
        return cosine, -sine, sine, cosine, 0, 0
