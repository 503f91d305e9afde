"""More or less light; pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.array_calls import column
from prevalens.augmentation.operation import LightOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, ratio


class Exposure(LightOperation, frozen=True, kw_only=True):
    """More or less light on the sensor: every pixel is multiplied.

    Args:
        factor: Range of the factor; one number `f` means `(1 / f, f)`.
        probability: Chance of a change, 0 to 1.

    Examples:
        >>> [(each.low, each.high) for each in Exposure(factor=1.25).parameters()]
        [(0.8, 1.25)]
    """

    order: ClassVar[float] = 140

    factor: RangeLike = 1.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(factor=ratio("factor", self.factor))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the factor."""
        return (Parameter("exposure", *self._ends("factor"), identity=1.0, scale="log"),)

    @property
    def too_strong(self) -> str:
        """Say when most pixels can end at white or black."""
        low, high = self._ends("factor")
        return f"factors of {low:g} to {high:g} saturate" * (low < 0.4 or high > 2.5)

    def gain(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Any:
        """Return the factor of each image."""
        del height, width
        return column(sampled["exposure"], xp, rank=4)
