"""Bending smoothly; pure."""

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_number
from prevalens.augmentation.array_calls import constant, product
from prevalens.augmentation.operation import FieldOperation
from prevalens.augmentation.ranges import Parameter

GRID = 7  # control points along each side


class Elastic(FieldOperation, frozen=True, kw_only=True):
    """Bend the picture smoothly, as soft cells bend.

    Each of 7x7 control points moves at random, and cubic B-splines spread the movement; no pixel
    moves further than its control points.

    Args:
        fraction: Largest movement of a control point along each axis, as a fraction of the
            picture's height and width, 0 to 1.
        probability: Chance of a deformation, 0 to 1.

    References:
        Simard, Steinkraus & Platt, "Best practices for convolutional neural networks applied to
        visual document analysis", ICDAR 2003; Rueckert et al., "Nonrigid registration using
        free-form deformations", IEEE TMI 1999 (the B-spline field).

    Examples:
        >>> Elastic(fraction=0.05).changes_nothing, Elastic(fraction=0).changes_nothing
        (False, True)
    """

    order: ClassVar[float] = 70

    fraction: float = 0.03

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep(fraction=check_number("fraction", self.fraction, low=0, high=1))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the movements of the control points along x and along y."""
        return tuple(
            Parameter(f"elastic_{axis}", -self.fraction, self.fraction, size=GRID * GRID)
            for axis in "xy"
        )

    @property
    def too_strong(self) -> str:
        """Say when the picture can fold over itself."""
        # Control points lie 1/4 apart (7 points, 3 of them beyond the edges). Choi & Lee (2000)
        # show that a cubic B-spline field cannot fold below 0.48 of that distance.
        limit = 0.48 / (GRID - 3)
        return f"moving by {self.fraction:g} may fold the picture" * (self.fraction > limit)

    def bend(
        self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any
    ) -> tuple[Any, Any]:
        """Spread the control points' movements over all pixels."""
        size = {"height": height, "width": width, "xp": xp}
        return (
            displacements(sampled["elastic_x"], **size),
            displacements(sampled["elastic_y"], **size),
        )


def displacements(movements: Any, *, height: int, width: int, xp: Any) -> Any:
    """Spread control points' movements over all pixels.

    Args:
        movements: Shape `(n, GRID * GRID)`.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        Movements of the pixels, `(n, height, width)`, in the unit of `movements`.
    """
    grid = xp.reshape(movements, (-1, GRID, GRID))
    rows, columns = (constant(spline_weights(size), grid, xp) for size in (height, width))
    # One side at a time: numpy's einsum of three would multiply 49 numbers for each pixel.
    along = xp.matmul(rows, grid)
    if xp is np:
        return np.stack([product(one, columns.T) for one in along])
    return xp.matmul(along, xp.transpose(columns))


@functools.cache
def spline_weights(size: int) -> NDArray[np.float32]:
    """Return each pixel's weights on the control points, `(size, GRID)`; every row sums to 1."""
    place = (np.arange(size) + 0.5) / size * (GRID - 3) + 1
    distance = np.abs(place[:, None] - np.arange(GRID)[None, :])
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.maximum(2 - distance, 0) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)
