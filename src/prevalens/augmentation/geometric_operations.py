"""Operations that move pixels: flip, quarter turn, rotation, shift, zoom, shear; pure."""

from dataclasses import dataclass
from typing import ClassVar

from prevalens._checks import check_number
from prevalens.augmentation.operation import (
    Operation,
    Parameter,
    Probability,
    RangeLike,
    both_ways,
    span,
)
from prevalens.exceptions import InvalidInputError


@dataclass(frozen=True, kw_only=True)
class Flip(Operation):
    """Mirror left-right, top-bottom, or both, each axis by a draw of its own.

    Args:
        horizontal: Whether left and right may be swapped.
        vertical: Whether top and bottom may be swapped.
        probability: Chance of each allowed axis, 0 to 1.
    """

    name: ClassVar[str] = "flip"

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


@dataclass(frozen=True, kw_only=True)
class QuarterTurn(Operation):
    """Turn by 90, 180 or 270 degrees; no pixel is interpolated. Images must be square.

    Args:
        probability: Chance of a turn; 0.75 makes the four orientations equally likely.
    """

    name: ClassVar[str] = "quarter_turn"

    probability: Probability = 0.75

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the number of quarter turns, counterclockwise."""
        return (Parameter("quarter_turns", 1, 4, scale="whole"),)


@dataclass(frozen=True, kw_only=True)
class Rotation(Operation):
    """Turn about the centre.

    Args:
        degrees: Range of the angle, counterclockwise; one number `r` means `(-r, r)`.
        probability: Chance of a rotation, 0 to 1.
    """

    name: ClassVar[str] = "rotation"

    degrees: RangeLike = 15.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(degrees=both_ways("degrees", self.degrees, limit=360.0))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the angle in degrees."""
        return (Parameter("rotation", *self._ends("degrees")),)


@dataclass(frozen=True, kw_only=True)
class Shift(Operation):
    """Move sideways and up or down, each axis by a draw of its own.

    Args:
        fraction: Range as a fraction of the width (to the right) and of the height (down); one
            number `r` means `(-r, r)`.
        probability: Chance of a shift, 0 to 1.
    """

    name: ClassVar[str] = "shift"

    fraction: RangeLike = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(fraction=both_ways("fraction", self.fraction))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two fractions."""
        low, high = self._ends("fraction")
        return Parameter("shift_x", low, high), Parameter("shift_y", low, high)

    @property
    def too_strong(self) -> str:
        """Say when a picture can leave its frame."""
        reach = max(map(abs, self._ends("fraction")))
        return f"a shift by {reach:g} of the size leaves little of the picture" * (reach > 0.5)


@dataclass(frozen=True, kw_only=True)
class Zoom(Operation):
    """Enlarge or shrink about the centre, evenly over the logarithm of the factor.

    Args:
        factor: Range of the factor; above 1 the picture grows. One number `f` means
            `(1 / f, f)`.
        probability: Chance of a zoom, 0 to 1.
    """

    name: ClassVar[str] = "zoom"

    factor: RangeLike = 1.1

    def __post_init__(self) -> None:
        super().__post_init__()
        factor = self.factor
        if not isinstance(factor, tuple | list):
            number = check_number("factor", factor, low=1)
            factor = (1 / number, number)
        self._keep(factor=span("factor", factor, low=0, high=100, open_low=True))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the factor."""
        return (Parameter("zoom", *self._ends("factor"), identity=1.0, scale="log"),)

    @property
    def too_strong(self) -> str:
        """Say when a picture can shrink or grow out of recognition."""
        low, high = self._ends("factor")
        return f"zooming by {low:g} to {high:g} loses the picture" * (low < 0.25 or high > 4)


@dataclass(frozen=True, kw_only=True)
class Shear(Operation):
    """Slant along each axis by a draw of its own.

    Args:
        degrees: Range of the angle; one number `r` means `(-r, r)`; within 40 degrees.
        probability: Chance of a shear, 0 to 1.
    """

    name: ClassVar[str] = "shear"

    degrees: RangeLike = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        # At 45 degrees on both axes the picture collapses to a line.
        self._keep(degrees=both_ways("degrees", self.degrees, limit=40.0))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the two angles in degrees."""
        low, high = self._ends("degrees")
        return Parameter("shear_x", low, high), Parameter("shear_y", low, high)
