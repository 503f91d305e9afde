"""Slanting; pure."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.operation import Matrix, MatrixOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, both_ways


class Shear(MatrixOperation, frozen=True, kw_only=True):
    """Slant along each axis, by an angle of its own.

    Args:
        degrees: Range of the angle; one number `r` means `(-r, r)`; within 40 degrees.
        probability: Chance of a shear, 0 to 1.

    Examples:
        >>> [each.name for each in Shear(degrees=(2, 6)).parameters()]
        ['shear_x', 'shear_y']
    """

    order: ClassVar[float] = 40

    degrees: RangeLike = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        # At 45 degrees on both axes the picture collapses to a line.
        self._keep(degrees=both_ways("degrees", self.degrees, limit=40.0))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two angles in degrees."""
        low, high = self._ends("degrees")
        return Parameter("shear_x", low, high), Parameter("shear_y", low, high)

    def undo(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Matrix:
        """Slant back."""
        del height, width
        x, y = (xp.tan(sampled[f"shear_{axis}"] * (math.pi / 180)) for axis in "xy")
        scale = 1 / (1 - x * y)
        return scale, -x * scale, -y * scale, scale, 0, 0
