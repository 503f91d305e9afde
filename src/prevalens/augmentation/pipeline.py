"""From sampled parameters to pictures, in any array module; pure.

The geometry is one set of places and one interpolation. Then come dyes, illumination, focus and
sensor, in the order in which light passes through a microscope: each operation's `order`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prevalens.augmentation.affine import source_matrices
from prevalens.augmentation.operation import (
    FieldOperation,
    MatrixOperation,
    Operation,
    PixelOperation,
)
from prevalens.augmentation.resampling import source_places
from prevalens.exceptions import InvalidInputError


def matrix_operations(operations: Sequence[Operation]) -> list[MatrixOperation]:
    """Return the operations that move pixels along straight lines, in their order."""
    return [each for each in _in_order(operations) if isinstance(each, MatrixOperation)]


def field_operations(operations: Sequence[Operation]) -> list[FieldOperation]:
    """Return the operations that bend, in their order."""
    return [each for each in _in_order(operations) if isinstance(each, FieldOperation)]


def pixel_operations(operations: Sequence[Operation]) -> list[PixelOperation]:
    """Return the operations that change pixel values, in their order."""
    return [each for each in _in_order(operations) if isinstance(each, PixelOperation)]


def movement_of(
    operations: Sequence[Operation],
    sampled: Mapping[str, Any],
    *,
    height: int,
    width: int,
    xp: Any,
) -> tuple[Any, tuple[Any, Any] | None] | None:
    """Return the matrices `(n, 2, 3)`, and the field as fractions of width and height.

    The field is None where nothing bends; None stands for both where nothing moves.
    """
    moving, bending = matrix_operations(operations), field_operations(operations)
    if not moving and not bending:
        return None
    size = {"height": height, "width": width, "xp": xp}
    matrices = source_matrices(moving, sampled, **size)
    fields = [operation.bend(sampled, **size) for operation in bending]
    if not fields:
        return matrices, None
    x, y = fields[0]
    for more_x, more_y in fields[1:]:
        x, y = x + more_x, y + more_y
    return matrices, (x, y)


def places_of(
    operations: Sequence[Operation],
    sampled: Mapping[str, Any],
    *,
    height: int,
    width: int,
    xp: Any,
) -> tuple[Any, Any] | None:
    """Return the source x and y of each result pixel, `(n, height, width)`; None if none moves."""
    movement = movement_of(operations, sampled, height=height, width=width, xp=xp)
    if movement is None:
        return None
    matrices, field = movement
    x, y = source_places(matrices, height=height, width=width, xp=xp)
    return (x, y) if field is None else (x + field[0] * width, y + field[1] * height)


def check_pictures(operations: Sequence[Operation], shape: Sequence[int | None]) -> None:
    """Refuse images that the operations cannot change, or would change as what they are not.

    Args:
        operations: Operations of the policy.
        shape: Shape of the images, channels last, unknown sizes as None.

    Raises:
        InvalidInputError: not four axes, channels first, quarter turns of oblong images, colour
            operations without red, green and blue, or pixel values with a channel that may be
            alpha.
    """
    if len(shape) != 4:
        raise InvalidInputError(
            "Images must be a batch of shape (n, height, width, channels), got shape "
            f"{tuple(shape)}. Give a single image an axis in front: image[None]."
        )
    _, height, width, channels = shape
    if channels not in {1, 3, None} and height in {1, 3} and width not in {1, 3, None}:
        raise InvalidInputError(
            f"Channels must be the last axis, got height {height}, width {width} and {channels} "
            'channels. Transpose the images, or use data_format="channels_first" in the layer.'
        )
    square = [operation.name for operation in operations if operation.needs_square]
    if square and None not in (height, width) and height != width:
        raise InvalidInputError(
            f"Quarter turns need square images, got height {height} and width {width}. "
            f"Resize the images, or leave {', '.join(square)} out."
        )
    colour = [operation.name for operation in operations if operation.needs_colour]
    if colour and channels not in {3, None}:
        raise InvalidInputError(
            f"Operations {', '.join(colour)} need red, green and blue, got images with {channels} "
            "channels. Leave them out, or repeat the grey channel."
        )
    values = [operation.name for operation in operations if operation.needs_range]
    if values and channels in {2, 4}:
        raise InvalidInputError(
            f"Operations {', '.join(values)} change pixel values, and the last of {channels} "
            "channels may be transparency, which is no light. Leave it out: images[..., :-1]."
        )


def check_parameters(
    operations: Sequence[Operation], sampled: Mapping[str, Any], n: int | None
) -> None:
    """Refuse parameters that are not those of the policy, or not one row per image.

    Args:
        operations: Operations of the policy.
        sampled: Parameters by name.
        n: Number of images, or None where it is not known.

    Raises:
        InvalidInputError: a parameter is missing or unknown, or of another length.
    """
    wanted = {p.name: p.size for operation in operations for p in operation.parameters()}
    if wanted.keys() != sampled.keys():
        differing = ", ".join(map(repr, sorted(wanted.keys() ^ sampled.keys())))
        raise InvalidInputError(
            "Parameters must be those that the policy samples, but these are in one of the two "
            f"only: {differing}. Sample them with `policy.draw`."
        )
    shapes = {name: tuple(np.shape(values)) for name, values in sampled.items()}
    for name, shape in shapes.items():
        if shape[1:] != ((wanted[name],) if wanted[name] > 1 else ()):
            raise InvalidInputError(
                f"Parameter {name!r} must have {wanted[name]} numbers per image, got shape {shape}."
            )
    lengths = {name: shape[0] for name, shape in shapes.items()}
    wrong = {name: length for name, length in lengths.items() if n is not None and length != n}
    if wrong:
        raise InvalidInputError(
            f"Each image needs its own row of parameters, got {n} images and {wrong}. "
            "Draw as many as there are images, or take their rows."
        )


def _in_order(operations: Sequence[Operation]) -> list[Operation]:
    return sorted(operations, key=lambda each: (each.order, each.name))
