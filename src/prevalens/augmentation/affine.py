"""Flip, quarter turn, zoom, shear, rotation and shift as ONE matrix per image; pure."""

import math
from collections.abc import Mapping
from typing import Any

from prevalens.augmentation.array_calls import cast

# Names of the parameters that this file composes.
AFFINE = frozenset(
    {
        "flip_horizontal",
        "flip_vertical",
        "quarter_turns",
        "zoom",
        "shear_x",
        "shear_y",
        "rotation",
        "shift_x",
        "shift_y",
    }
)


def source_matrices(parameters: Mapping[str, Any], *, height: int, width: int, xp: Any) -> Any:
    """Compose the geometry of each image into the map from a result pixel to its source.

    A picture is flipped, turned by quarters, zoomed, sheared, rotated about its centre, then
    shifted. The matrix undoes that: `(x, y)` of the source is `matrix @ (x, y, 1)` of the result,
    in pixels, where `(0, 0)` is the centre of the top left pixel.

    Args:
        parameters: Drawn parameters by name, each `(n,)`; those absent change nothing.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        Matrices of shape `(n, 2, 3)`; None where no parameter moves pixels.
    """
    p = {name: parameters[name] for name in AFFINE if name in parameters}
    if not p:
        return None
    zero = xp.zeros_like(next(iter(p.values())))
    a, b, c, d = _undo_linear(p, zero, xp)
    move_x = p.get("shift_x", zero) * width
    move_y = p.get("shift_y", zero) * height
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    right, down = middle_x + move_x, middle_y + move_y
    rows = [
        xp.stack([a, b, middle_x - a * right - b * down], axis=-1),
        xp.stack([c, d, middle_y - c * right - d * down], axis=-1),
    ]
    return xp.stack(rows, axis=1)


def _undo_linear(p: Mapping[str, Any], zero: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """Return the four entries of flip * quarter^-1 * zoom^-1 * shear^-1 * rotation^-1."""
    matrix = (zero + 1, zero, zero, zero + 1)
    if "flip_horizontal" in p:
        matrix = (1 - 2 * p["flip_horizontal"], zero, zero, 1 - 2 * p["flip_vertical"])
    if "quarter_turns" in p:
        turns = cast(p["quarter_turns"], "int32", xp)
        # From a table: cos(90 degrees) is not 0 in floating point, and a turn must be exact.
        cosines = xp.take(xp.array([1.0, 0.0, -1.0, 0.0], dtype="float32"), turns, axis=0)
        sines = xp.take(xp.array([0.0, 1.0, 0.0, -1.0], dtype="float32"), turns, axis=0)
        matrix = _times(matrix, (cosines, -sines, sines, cosines))
    if "zoom" in p:
        shrink = 1 / p["zoom"]
        matrix = _times(matrix, (shrink, zero, zero, shrink))
    if "shear_x" in p:
        x, y = (xp.tan(p[name] * (math.pi / 180)) for name in ("shear_x", "shear_y"))
        scale = 1 / (1 - x * y)
        matrix = _times(matrix, (scale, -x * scale, -y * scale, scale))
    if "rotation" in p:
        angle = p["rotation"] * (math.pi / 180)
        cosine, sine = xp.cos(angle), xp.sin(angle)
        matrix = _times(matrix, (cosine, -sine, sine, cosine))
    return matrix


def _times(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, Any, Any, Any]:
    a, b, c, d = left
    e, f, g, h = right
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h
