"""A policy in the workers: uint8 in, uint8 out, with OpenCV where it is installed; pure."""

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_number
from prevalens._optional import require
from prevalens.augmentation.affine import source_matrices
from prevalens.augmentation.host_functions import as_bytes, as_planes
from prevalens.augmentation.host_resampling import (
    move_by_numpy,
    move_by_opencv,
    opencv_can_move,
)
from prevalens.augmentation.operation import Operation
from prevalens.augmentation.pipeline import (
    check_parameters,
    check_pictures,
    field_operations,
    matrix_operations,
    pixel_operations,
)
from prevalens.exceptions import InvalidInputError, MissingExtraError
from prevalens.typing import Image, Images

if TYPE_CHECKING:
    from prevalens.augmentation.policy import AugmentationPolicy


def augment_on_host(
    policy: "AugmentationPolicy", images: Images, parameters: Mapping[str, Any]
) -> Images:
    """Apply sampled parameters on the host, for example in the workers of a data loader.

    The pictures are those of `RandomAugmentation` rounded to whole grey levels. With the extra
    `fast`, OpenCV does most of the work; without it, or for `fill="wrap"`, numpy does, more
    slowly.

    Args:
        policy: The policy that the parameters were drawn from.
        images: uint8, `(n, height, width, channels)`.
        parameters: From `policy.draw`, one row per image.

    Returns:
        New uint8 images of the same shape.

    Raises:
        InvalidInputError: images are not uint8, or not what the operations can change (oblong for
            a quarter turn, grey for a stain); or the parameters are not those of the policy, one
            row per image.

    Examples:
        >>> import numpy as np
        >>> from prevalens.augmentation import AugmentationPolicy, Flip, augment_on_host
        >>> policy = AugmentationPolicy([Flip(vertical=False, probability=1)])
        >>> images = np.arange(4, dtype=np.uint8).reshape(1, 1, 4, 1)
        >>> augment_on_host(policy, images, policy.draw(1, seed=0, epoch=0)).ravel().tolist()
        [3, 2, 1, 0]
    """
    parameters = {name: np.asarray(values) for name, values in parameters.items()}
    _check(policy, images, parameters)
    changed = np.empty(images.shape, dtype=np.uint8)
    if images.size:
        batch = _Batch(policy, parameters, images.shape)
        # One image after another: what belongs to one stays in the processor's cache.
        for row, (image, into) in enumerate(zip(images, changed, strict=True)):
            made = batch.change(batch.move(image, row, into), row)
            if made is not into:
                into[...] = made
    return changed


class _Batch:
    """What the images of one call share: the policy, its parameters and who is changed by what."""

    def __init__(
        self,
        policy: "AugmentationPolicy",
        parameters: Mapping[str, NDArray[Any]],
        shape: tuple[int, ...],
    ) -> None:
        self._policy, self._parameters = policy, parameters
        n, height, width, _ = shape
        self._size = (height, width)
        self._library = _opencv()
        operations = policy.operations
        moving = matrix_operations(operations)
        self._bending = [(each, ~_idle(each, parameters)) for each in field_operations(operations)]
        self._changing = [(each, ~_idle(each, parameters)) for each in pixel_operations(operations)]
        nobody = np.zeros(n, dtype=bool)
        self.bends = sum((rows for _, rows in self._bending), start=nobody)
        self.changes = sum((rows for _, rows in self._changing), start=nobody)
        self.moves = sum((~_idle(each, parameters) for each in moving), start=self.bends)
        self._matrices = (
            source_matrices(moving, parameters, height=height, width=width, xp=np)
            if self.moves.any()
            else None
        )

    def move(self, image: Image, row: int, into: Image) -> NDArray[Any]:
        """Return uint8 pixels, those of `into` where they fit, or float32 planes by numpy."""
        if self._matrices is None or not self.moves[row]:
            return image
        matrix = self._matrices[row]
        library, policy = self._library, self._policy
        edge: dict[str, Any] = {"fill": policy.fill, "fill_value": policy.fill_value}
        if library is None or not opencv_can_move(image, policy.fill):
            return move_by_numpy(image, self._places(matrix, row), **edge, library=library)
        places = self._places(matrix, row) if self.bends[row] else None
        return move_by_opencv(image, matrix, places, **edge, library=library, into=into)

    def change(self, moved: NDArray[Any], row: int) -> Image:
        """Return the pixels, uint8, after the operations that change their values."""
        library = self._library
        if moved.dtype == np.uint8:
            if not self.changes[row]:
                return moved
            planes = as_planes(moved, library=library)
        else:
            planes = moved
        for operation, rows in self._changing:
            if rows[row]:
                planes = operation.change_on_host(
                    planes, self._own(operation, row), library=library
                )
        return as_bytes(planes, library=library)

    def _places(self, matrix: NDArray[np.float32], row: int) -> tuple[Any, Any]:
        """Return the source x and y of each result pixel, `(height, width)`."""
        height, width = self._size
        fields = [
            operation.bend(self._own(operation, row), height=height, width=width, xp=np)
            for operation, rows in self._bending
            if rows[row]
        ]
        x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
        places = []
        for axis, (size, (across, down, start)) in enumerate(
            zip((width, height), matrix, strict=True)
        ):
            line, lines = across * x + start, down * y
            total = lines + line
            for field in fields:
                total += field[axis][0] * np.float32(size)
            places.append(total)
        return places[0], places[1]

    def _own(self, operation: Operation, row: int) -> dict[str, NDArray[Any]]:
        names = _names_of(operation)
        return {name: self._parameters[name][row : row + 1] for name in names}


@functools.lru_cache(maxsize=1024)
def _names_of(operation: Operation) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in operation.parameters())


def _idle(operation: Operation, parameters: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Return which images the operation leaves as they are, `(n,)`."""
    strengths = [each for each in operation.parameters() if each.strength]
    same = [
        (values == np.float32(each.identity)).reshape(len(values), -1).all(axis=1)
        for each, values in ((each, parameters[each.name]) for each in strengths)
    ]
    return np.logical_and.reduce(same)


def _check(policy: "AugmentationPolicy", images: Any, parameters: Mapping[str, Any]) -> None:
    """Refuse what is not a batch of uint8 images, one per row of the parameters."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 4:
        found = getattr(images, "dtype", type(images).__name__)
        raise InvalidInputError(
            "`images` must be uint8 pixels from 0 to 255 of shape (n, height, width, channels), "
            f"got {found} of shape {np.shape(images)}. Pixels from 0 to 1 must be multiplied by "
            "255 and rounded."
        )
    if policy.fill == "constant":
        check_number("fill_value", policy.fill_value, low=0, high=255)
    check_parameters(policy.operations, parameters, len(images))
    check_pictures(policy.operations, images.shape)


@functools.cache
def _opencv() -> ModuleType | None:
    try:
        return require("cv2", extra="fast")
    except MissingExtraError:
        return None
