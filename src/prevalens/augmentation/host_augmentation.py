"""A policy in the workers: uint8 in, uint8 out, with OpenCV where it is installed; pure."""

import functools
import io
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from prevalens._optional import require
from prevalens.augmentation.affine import source_matrices
from prevalens.augmentation.blur import spread_by_shifts
from prevalens.augmentation.picture import appearance_of, places_of, refuse_turning_oblongs
from prevalens.augmentation.resampling import resample
from prevalens.exceptions import InvalidInputError, MissingExtraError
from prevalens.typing import Images

if TYPE_CHECKING:
    from prevalens.augmentation.policy import AugmentationPolicy

_BORDERS = {
    "constant": "BORDER_CONSTANT",
    "nearest": "BORDER_REPLICATE",
    "reflect": "BORDER_REFLECT",
    "mirror": "BORDER_REFLECT_101",
}


def augment_on_host(
    policy: "AugmentationPolicy", images: Images, parameters: Mapping[str, Any]
) -> Images:
    """Apply drawn parameters on the host, for example in the workers of a data loader.

    The pictures are those of `RandomAugmentation` rounded to whole grey levels. With the extra
    `fast`, OpenCV moves the pixels; without it, or for `fill="wrap"`, numpy does, more slowly.

    Args:
        policy: The policy that the parameters were drawn from.
        images: uint8, `(n, height, width, channels)`.
        parameters: From `policy.draw`, one row per image.

    Returns:
        New uint8 images of the same shape.

    Raises:
        InvalidInputError: images are not uint8, not one per row of parameters, or too oblong for
            a quarter turn.

    Examples:
        >>> import numpy as np
        >>> from prevalens.augmentation import AugmentationPolicy, Flip, augment_on_host
        >>> policy = AugmentationPolicy([Flip(vertical=False, probability=1)])
        >>> images = np.arange(4, dtype=np.uint8).reshape(1, 1, 4, 1)
        >>> augment_on_host(policy, images, policy.draw(1, seed=0, epoch=0)).ravel().tolist()
        [3, 2, 1, 0]
    """
    check_host_images(images, parameters)
    moved = _move(policy, images, parameters)
    changed = appearance_of(moved, parameters, policy.by_name, xp=np, spread=_spread)
    if changed.dtype != np.uint8:
        changed = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    if "jpeg_quality" in parameters:
        changed = _through_jpeg(changed, np.asarray(parameters["jpeg_quality"]))
    return changed.copy() if changed is images else changed


def check_host_images(images: Any, parameters: Mapping[str, Any]) -> None:
    """Refuse what is not a batch of uint8 images, one per row of the parameters."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.ndim != 4:
        found = getattr(images, "dtype", type(images).__name__)
        raise InvalidInputError(
            "`images` must be uint8 pixels from 0 to 255 of shape (n, height, width, channels), "
            f"got {found} of shape {np.shape(images)}. Pixels from 0 to 1 must be multiplied by "
            "255 and rounded."
        )
    lengths = {name: len(values) for name, values in parameters.items()}
    wrong = {name: length for name, length in lengths.items() if length != len(images)}
    if wrong:
        raise InvalidInputError(
            f"Each image needs its own row of parameters, got {len(images)} images and {wrong}. "
            "Draw as many as there are images, or take their rows."
        )
    refuse_turning_oblongs(parameters, height=images.shape[1], width=images.shape[2])


def _move(
    policy: "AugmentationPolicy", images: Images, parameters: Mapping[str, Any]
) -> NDArray[Any]:
    height, width = images.shape[1:3]
    library = _opencv()
    # OpenCV has no wrapping border for this, and takes at most four channels.
    if library is None or policy.fill == "wrap" or images.shape[3] > 4:
        places = places_of(parameters, height=height, width=width, xp=np)
        if places is None:
            return images
        moved = resample(images, *places, fill=policy.fill, fill_value=policy.fill_value, xp=np)
        return np.clip(np.rint(moved), 0, 255).astype(np.uint8)
    edge: dict[str, Any] = {
        "borderMode": getattr(library, _BORDERS[policy.fill]),
        "borderValue": (policy.fill_value,) * 4,
    }
    moved = np.empty(images.shape, dtype=np.uint8)
    if "elastic_x" in parameters:
        for row in range(len(images)):  # one by one: the places of a batch would fill the memory
            own = {name: np.asarray(v)[row : row + 1] for name, v in parameters.items()}
            x, y = cast("tuple[Any, Any]", places_of(own, height=height, width=width, xp=np))
            bent = library.remap(images[row], x[0], y[0], library.INTER_LINEAR, **edge)
            moved[row] = bent.reshape(images.shape[1:])
        return moved
    matrices = source_matrices(parameters, height=height, width=width, xp=np)
    if matrices is None:
        return images
    edge["flags"] = library.INTER_LINEAR | library.WARP_INVERSE_MAP
    for row, matrix in enumerate(matrices):
        # OpenCV drops a last axis of one, so that the target is given without it.
        target = moved[row, :, :, 0] if images.shape[3] == 1 else moved[row]
        library.warpAffine(images[row], matrix, (width, height), target, **edge)
    return moved


def _spread(wide: NDArray[Any], kernels: NDArray[Any], *, xp: ModuleType) -> NDArray[Any]:
    """Blur the images whose kernel does, one by one; most draws leave an image sharp."""
    reach, library = kernels.shape[1] // 2, _opencv()
    height, width = wide.shape[1] - 2 * reach, wide.shape[2] - 2 * reach
    inner = np.s_[reach : reach + height, reach : reach + width]
    spread = wide[:, *inner].copy()
    for row in np.flatnonzero(kernels[:, reach, reach] < 1):
        if library is None:
            own = slice(row, row + 1)
            spread[own] = spread_by_shifts(wide[own], kernels[own], xp=xp)
        else:
            blurred = library.filter2D(wide[row], -1, kernels[row].astype(np.float32))
            spread[row] = blurred.reshape(wide.shape[1:])[inner]
    return spread


@functools.cache
def _opencv() -> ModuleType | None:
    try:
        return require("cv2", extra="fast")
    except MissingExtraError:
        return None


def _through_jpeg(images: Images, quality: NDArray[Any]) -> Images:
    """Encode and decode each image whose quality is below 100."""
    result = images.copy()
    for row in np.flatnonzero(quality < 100):
        buffer = io.BytesIO()
        pixels = images[row][..., 0] if images.shape[3] == 1 else images[row]
        Image.fromarray(pixels).save(buffer, format="JPEG", quality=int(quality[row]))
        result[row] = np.asarray(Image.open(buffer)).reshape(images.shape[1:])
    return result
