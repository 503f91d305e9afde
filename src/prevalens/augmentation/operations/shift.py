"""Moving sideways, up and down; pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.operation import Matrix, MatrixOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, both_ways


class Shift(MatrixOperation, frozen=True, kw_only=True):
    """Move sideways and up or down, by a distance of its own along each axis.

    Args:
        fraction: Range as a fraction of the width (to the right) and of the height (down); one
            number `r` means `(-r, r)`.
        probability: Chance of a shift, 0 to 1.

    Examples:
        >>> [each.name for each in Shift(fraction=0.2).parameters()]
        ['shift_x', 'shift_y']
    """

    order: ClassVar[float] = 60

    fraction: RangeLike = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(fraction=both_ways("fraction", self.fraction, limit=10.0))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two fractions."""
        low, high = self._ends("fraction")
        return Parameter("shift_x", low, high), Parameter("shift_y", low, high)

    @property
    def too_strong(self) -> str:
        """Say when a picture can leave its frame."""
        reach = max(map(abs, self._ends("fraction")))
        return f"a shift by {reach:g} of the size leaves little of the picture" * (reach > 0.5)

    def undo(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Matrix:
        """Read from further left where the picture moves right."""
        del xp
        return 1, 0, 0, 1, sampled["shift_x"] * -width, sampled["shift_y"] * -height
