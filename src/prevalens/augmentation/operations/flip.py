"""Mirroring; pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

from prevalens.augmentation.operation import Matrix, MatrixOperation
from prevalens.augmentation.ranges import Parameter, Probability
from prevalens.exceptions import InvalidInputError


class Flip(MatrixOperation, frozen=True, kw_only=True):
    """Mirror left-right, top-bottom, or both, each axis by a gate of its own.

    Args:
        horizontal: Whether left and right may be swapped.
        vertical: Whether top and bottom may be swapped.
        probability: Chance of each allowed axis, 0 to 1.

    Examples:
        >>> from prevalens.augmentation import AugmentationPolicy
        >>> drawn = AugmentationPolicy([Flip(vertical=False)]).draw(1000, seed=0, epoch=0)
        >>> bool(400 < drawn["flip_horizontal"].sum() < 600)  # about half
        True
    """

    order: ClassVar[float] = 10

    probability: Probability = 0.5
    horizontal: bool = True
    vertical: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("horizontal", "vertical"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidInputError(
                    f"`{name}` must be True or False, got {getattr(self, name)!r}."
                )

    def parameters(self) -> tuple[Parameter, ...]:
        """Return one 0-or-1 per axis."""
        return (
            Parameter("flip_horizontal", self.horizontal, self.horizontal, gate="horizontal"),
            Parameter("flip_vertical", self.vertical, self.vertical, gate="vertical"),
        )

    def undo(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Matrix:
        """Read from the other end."""
        del height, width, xp
        across, down = (sampled[f"flip_{axis}"] for axis in ("horizontal", "vertical"))
        return 1 - 2 * across, 0, 0, 1 - 2 * down, 0, 0
