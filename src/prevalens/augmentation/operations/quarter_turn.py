"""Turning by right angles; pure."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from prevalens.augmentation.array_calls import cast, constant
from prevalens.augmentation.operation import Matrix, MatrixOperation
from prevalens.augmentation.ranges import Parameter, Probability

# From a table: cos(90 degrees) is not 0 in floating point, and a turn must be exact.
_COSINES = np.asarray([1, 0, -1, 0], dtype=np.float32)
_SINES = np.asarray([0, 1, 0, -1], dtype=np.float32)


class QuarterTurn(MatrixOperation, frozen=True, kw_only=True):
    """Turn by 90, 180 or 270 degrees; no pixel is interpolated. Images must be square.

    Args:
        probability: Chance of a turn; 0.75 makes the four orientations equally likely.

    Examples:
        >>> QuarterTurn().needs_square
        True
    """

    order: ClassVar[float] = 20
    needs_square: ClassVar[bool] = True

    probability: Probability = 0.75

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the number of quarter turns, counterclockwise."""
        return (Parameter("quarter_turns", 1, 4, scale="whole"),)

    def undo(self, sampled: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Matrix:
        """Turn back."""
        del height, width
        turns = cast(sampled["quarter_turns"], "int32", xp)
        cosine, sine = (
            xp.take(constant(table, turns, xp), turns, axis=0) for table in (_COSINES, _SINES)
        )
        return cosine, -sine, sine, cosine, 0, 0
