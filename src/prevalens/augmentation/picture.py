"""From drawn parameters to pictures, in any array module; pure.

The geometry is one set of places and one interpolation. Then come dyes, light, focus and sensor,
in the order in which light passes through a microscope.
"""

from collections.abc import Callable, Mapping
from typing import Any

from prevalens.augmentation.affine import source_matrices
from prevalens.augmentation.appearance_operations import Blur, Stain
from prevalens.augmentation.array_calls import cast
from prevalens.augmentation.blur import blur, spread_by_shifts
from prevalens.augmentation.elastic import displacements
from prevalens.augmentation.light import change_light
from prevalens.augmentation.noise import add_noise
from prevalens.augmentation.operation import Operation
from prevalens.augmentation.resampling import source_places
from prevalens.augmentation.stain import change_colours
from prevalens.exceptions import InvalidInputError


def refuse_turning_oblongs(parameters: Mapping[str, Any], *, height: int, width: int) -> None:
    """Refuse quarter turns of images that are not square: their frame would not fit."""
    if "quarter_turns" in parameters and height != width:
        raise InvalidInputError(
            f"Quarter turns need square images, got height {height} and width {width}. "
            "Resize the images, or leave QuarterTurn out."
        )


def movement_of(
    parameters: Mapping[str, Any], *, height: int, width: int, xp: Any
) -> tuple[Any, tuple[Any, Any] | None] | None:
    """Return the matrices `(n, 2, 3)`, and the elastic field as fractions of width and height.

    The field is None where nothing bends; None stands for both where nothing moves.
    """
    refuse_turning_oblongs(parameters, height=height, width=width)
    matrices = source_matrices(parameters, height=height, width=width, xp=xp)
    if "elastic_x" not in parameters:
        return None if matrices is None else (matrices, None)
    if matrices is None:
        still = xp.zeros_like(parameters["elastic_x"][:, 0])
        matrices = source_matrices({"rotation": still}, height=height, width=width, xp=xp)
    size = {"height": height, "width": width, "xp": xp}
    field = tuple(displacements(parameters[f"elastic_{axis}"], **size) for axis in "xy")
    return matrices, (field[0], field[1])


def places_of(
    parameters: Mapping[str, Any], *, height: int, width: int, xp: Any
) -> tuple[Any, Any] | None:
    """Return the source x and y of each result pixel, `(n, height, width)`; None if none moves."""
    movement = movement_of(parameters, height=height, width=width, xp=xp)
    if movement is None:
        return None
    matrices, field = movement
    x, y = source_places(matrices, height=height, width=width, xp=xp)
    return (x, y) if field is None else (x + field[0] * width, y + field[1] * height)


def appearance_of(
    images: Any,
    parameters: Mapping[str, Any],
    operations: Mapping[str, Operation],
    *,
    xp: Any,
    spread: Callable[..., Any] = spread_by_shifts,
) -> Any:
    """Change colour, light, sharpness and noise.

    Args:
        images: Any dtype, 0 to 255, `(n, height, width, channels)`.
        parameters: Drawn parameters by name; those that move pixels are passed over.
        operations: The policy's operations by name, for what is set rather than drawn.
        xp: Array module, `numpy` or `keras.ops`.
        spread: How blurring kernels are applied, see `prevalens.augmentation.blur`.

    Returns:
        float32 images from 0 to 255; as they came where no operation changes the appearance.

    Raises:
        InvalidInputError: stain or white balance meet images that are not RGB.
    """
    if not any(operation.needs_range for operation in operations.values()):
        return images
    _refuse_grey(operations, int(images.shape[-1]))
    pictures = cast(images, "float32", xp)
    stain, unsharp = operations.get("stain"), operations.get("blur")
    basis = stain.basis if isinstance(stain, Stain) else ""
    pictures = change_colours(pictures, parameters, basis=basis, xp=xp)
    pictures = change_light(pictures, parameters, xp=xp)
    if isinstance(unsharp, Blur):
        pictures = blur(pictures, parameters, reach=unsharp.reach, xp=xp, spread=spread)
    pictures = add_noise(pictures, parameters, xp=xp)
    return xp.clip(pictures, 0.0, 255.0)


def _refuse_grey(operations: Mapping[str, Operation], channels: int) -> None:
    wanting = [name for name, operation in operations.items() if operation.needs_colour]
    if wanting and channels != 3:
        raise InvalidInputError(
            f"Operations {', '.join(wanting)} need red, green and blue, got images with {channels} "
            "channels. Leave them out, or repeat the grey channel."
        )
