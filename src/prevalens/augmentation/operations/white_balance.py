"""Red, green and blue by factors of their own; pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.operation import LightOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, ratio


class WhiteBalance(LightOperation, frozen=True, kw_only=True):
    """Multiply red, green and blue by factors of their own.

    Args:
        factor: Range of each factor; one number `f` means `(1 / f, f)`.
        probability: Chance of a change, 0 to 1.

    Examples:
        >>> WhiteBalance(factor=1.1).needs_colour
        True
    """

    order: ClassVar[float] = 130
    needs_colour: ClassVar[bool] = True

    factor: RangeLike = 1.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(factor=ratio("factor", self.factor))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the three factors."""
        ends = self._ends("factor")
        return (Parameter("white_balance", *ends, identity=1.0, scale="log", size=3),)

    @property
    def too_strong(self) -> str:
        """Say when a colour can saturate."""
        low, high = self._ends("factor")
        return f"factors of {low:g} to {high:g} saturate a colour" * (low < 0.4 or high > 2.5)

    def gain(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Any:
        """Return the factors of the channels."""
        del height, width, xp
        return sampled["white_balance"][:, None, None, :]
