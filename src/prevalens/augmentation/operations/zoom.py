"""Enlarging and shrinking; pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.operation import Matrix, MatrixOperation
from prevalens.augmentation.ranges import Parameter, RangeLike, ratio


class Zoom(MatrixOperation, frozen=True, kw_only=True):
    """Enlarge or shrink about the centre, evenly over the logarithm of the factor.

    Args:
        factor: Range of the factor; above 1 the picture grows. One number `f` means
            `(1 / f, f)`.
        probability: Chance of a zoom, 0 to 1.

    Examples:
        >>> [(each.low, each.high) for each in Zoom(factor=1.25).parameters()]
        [(0.8, 1.25)]
    """

    order: ClassVar[float] = 30

    factor: RangeLike = 1.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(factor=ratio("factor", self.factor))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the factor."""
        return (Parameter("zoom", *self._ends("factor"), identity=1.0, scale="log"),)

    @property
    def too_strong(self) -> str:
        """Say when a picture can shrink or grow out of recognition."""
        low, high = self._ends("factor")
        return f"zooming by {low:g} to {high:g} loses the picture" * (low < 0.25 or high > 4)

    def undo(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Matrix:
        """Read nearer to the centre where the picture grows."""
        del height, width, xp
        shrink = 1 / sampled["zoom"]
        return shrink, 0, 0, shrink, 0, 0
