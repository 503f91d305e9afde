"""Light that is uneven over the picture; pure."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.array_calls import column
from prevalens.augmentation.operation import LightOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, span


class Illumination(LightOperation, frozen=True, kw_only=True):
    """Uneven light: brighter on one side, darker towards the corners.

    Args:
        gradient: Range of the change from the centre to a corner, as a fraction of the light.
        vignette: Range of the loss at the corners, as a fraction of the light.
        probability: Chance of a change, 0 to 1.

    Examples:
        >>> [each.name for each in Illumination().parameters()]
        ['illumination_gradient', 'illumination_angle', 'vignette']
    """

    order: ClassVar[float] = 150

    gradient: RangeLike = (0.0, 0.15)
    vignette: RangeLike = (0.0, 0.15)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("gradient", "vignette"):
            self._keep(**{name: span(name, getattr(self, name), low=0, high=1)})

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two strengths, and where the brighter side is, in degrees."""
        return (
            Parameter("illumination_gradient", *self._ends("gradient")),
            Parameter("illumination_angle", 0, 360, strength=False),
            Parameter("vignette", *self._ends("vignette")),
        )

    def gain(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Any:
        """Return the field of light, 1 in the centre; distances are 1 at the corners."""
        half = math.hypot(height, width) / 2
        x = (xp.arange(width, dtype="float32") - (width - 1) / 2)[None, None, :, None] / half
        y = (xp.arange(height, dtype="float32") - (height - 1) / 2)[None, :, None, None] / half
        angle, gradient, vignette = (
            column(sampled[name], xp, rank=4)
            for name in ("illumination_angle", "illumination_gradient", "vignette")
        )
        angle = angle * (math.pi / 180)
        towards = x * (gradient * xp.cos(angle)) + (1 + y * (gradient * xp.sin(angle)))
        return towards * ((1 - vignette * (y * y)) - vignette * (x * x))
