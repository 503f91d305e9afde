"""The matrix operations of a policy as ONE matrix per image; pure."""

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

from prevalens.augmentation.operation import Matrix, MatrixOperation


def source_matrices(
    operations: Sequence[MatrixOperation],
    sampled: Mapping[str, Any],
    *,
    height: int,
    width: int,
    xp: Any,
) -> Any:
    """Compose operations into the map from a result pixel to its source.

    A picture is changed by the first operation, then by the second; the matrix undoes the last
    one first. `(x, y)` of the source is `matrix @ (x, y, 1)` of the result, in pixels, where
    `(0, 0)` is the centre of the top left pixel.

    Args:
        operations: Operations in the order in which they are applied; may be none.
        sampled: Parameters by name, one row per image, those of the operations among them.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        Matrices of shape `(n, 2, 3)`.
    """
    whole: Matrix = (1, 0, 0, 1, 0, 0)
    for operation in operations:
        whole = _after(whole, operation.undo(sampled, height=height, width=width, xp=xp))
    any_values = next(iter(sampled.values()))
    zero = xp.zeros_like(any_values if len(any_values.shape) == 1 else any_values[:, 0])
    a, b, c, d, e, f = (zero + entry for entry in whole)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    rows = [
        xp.stack([a, b, middle_x + e - a * middle_x - b * middle_y], axis=-1),
        xp.stack([c, d, middle_y + f - c * middle_x - d * middle_y], axis=-1),
    ]
    return xp.stack(rows, axis=1)


def _after(first: Matrix, second: Matrix) -> Matrix:
    """Return the map that goes a place by `second`, then by `first`."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        _sum(_times(a, g), _times(b, i)),
        _sum(_times(a, h), _times(b, j)),
        _sum(_times(c, g), _times(d, i)),
        _sum(_times(c, h), _times(d, j)),
        _sum(_sum(_times(a, k), _times(b, m)), e),
        _sum(_sum(_times(c, k), _times(d, m)), f),
    )


# Most entries are 0 or 1 in most operations; each product left out is a call on the device less.
def _times(left: Any, right: Any) -> Any:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, numbers.Real) and one in (0, 1):
            return other if one == 1 else 0
    return left * right


def _sum(left: Any, right: Any) -> Any:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, numbers.Real) and one == 0:
            return other
    return left + right
