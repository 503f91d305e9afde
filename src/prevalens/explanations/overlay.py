"""Lays a map over its image: red speaks for the class, blue against it."""

import os

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image as Pillow

from prevalens._checks import check_number
from prevalens._writing import whole_file
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Image

# Red and blue of equal lightness, which colour-blind readers tell apart too.
_FOR = np.array([214.0, 60.0, 40.0])
_AGAINST = np.array([50.0, 110.0, 220.0])


def enlarge(heat: ArrayLike, *, height: int, width: int) -> NDArray[np.float32]:
    """Resize a map to its image by bilinear interpolation.

    Args:
        heat: Map of shape `(map_height, map_width)`.
        height: Height of the image, in pixels.
        width: Width of the image, in pixels.

    Returns:
        The map, shape `(height, width)`.
    """
    plane = _plane(heat)
    return np.asarray(Pillow.fromarray(plane).resize((width, height), Pillow.Resampling.BILINEAR))


def draw_overlay(
    image: Image, heat: ArrayLike, *, limit: float | None = None, opacity: float = 0.6
) -> Image:
    """Colour an image where a map is far from 0, and leave it as it is where the map is 0.

    Args:
        image: Pixels from 0 to 255, shape `(height, width, 3)` or, grey, `(height, width, 1)`.
        heat: Map of any smaller size, shape `(map_height, map_width)`; enlarged to the image.
        limit: Value of the map that gets the full colour; by default its largest distance from 0.
            Give the same limit to images that are to be compared.
        opacity: Share of the full colour that covers the image, in [0, 1].

    Returns:
        Pixels from 0 to 255, shape `(height, width, 3)`.

    Raises:
        InvalidInputError: the image is not 0-255 with 1 or 3 channels, or the map is not a plane
            of finite numbers.

    Examples:
        >>> image, heat = np.full((4, 4, 3), 100, np.uint8), np.zeros((4, 4))
        >>> heat[0, 0] = 1
        >>> drawn = draw_overlay(image, heat)
        >>> drawn.shape, drawn[3, 3].tolist(), bool((drawn[0, 0] != 100).any())
        ((4, 4, 3), [100, 100, 100], True)
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3):
        raise InvalidInputError(
            f"`image` must be uint8 of shape (height, width, 1 or 3), got {image.dtype} of shape "
            f"{image.shape}."
        )
    opacity = check_number("opacity", opacity, low=0, high=1)
    full = enlarge(heat, height=image.shape[0], width=image.shape[1])
    top = (
        float(np.abs(_plane(heat)).max()) if limit is None else check_number("limit", limit, low=0)
    )
    strength = np.clip(full / top if top > 0 else full, -1, 1)[..., None]
    colour = np.where(strength >= 0, _FOR, _AGAINST)
    share = opacity * np.abs(strength)
    return np.rint((1 - share) * image + share * colour).astype(np.uint8)


def save_overlay(
    path: str | os.PathLike[str],
    image: Image,
    heat: ArrayLike,
    *,
    limit: float | None = None,
    opacity: float = 0.6,
) -> None:
    """Write the image and its overlay side by side as one PNG, whole or not at all.

    Args:
        path: File to write, ending in `.png`.
        image: As in `draw_overlay`.
        heat: As in `draw_overlay`.
        limit: As in `draw_overlay`.
        opacity: As in `draw_overlay`.

    Raises:
        InvalidInputError: the file does not end in `.png`, or as in `draw_overlay`.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "overlay.png")
        ...     save_overlay(path, np.full((4, 4, 3), 100, np.uint8), np.ones((2, 2)))
        ...     path.exists()
        True
    """
    if not str(path).lower().endswith(".png"):
        raise InvalidInputError(f"Overlays are written as PNG, got {str(path)!r}. Use '.png'.")
    covered = draw_overlay(image, heat, limit=limit, opacity=opacity)
    both = np.concatenate([np.broadcast_to(image, covered.shape), covered], axis=1)
    with whole_file(path) as temporary:
        Pillow.fromarray(both).save(temporary, format="PNG")


def mass_inside(heat: ArrayLike, mask: ArrayLike) -> float:
    """Return the share of a map's positive part that lies on a mask.

    Chance is the mask's own share of the image: a map that knows nothing scores `mask.mean()`.

    Args:
        heat: Map, shape `(map_height, map_width)`; enlarged to the mask.
        mask: Whether each pixel is inside, shape `(height, width)`.

    Returns:
        A share in [0, 1]; nan if no place of the map is positive.

    Examples:
        >>> mass_inside([[3.0, 1.0], [-5.0, 0.0]], [[True, False], [False, False]])
        0.75
    """
    inside = np.asarray(mask, dtype=bool)
    if inside.ndim != 2:
        raise InvalidInputError(
            f"`mask` must have the axes (height, width), got shape {inside.shape}."
        )
    positive = np.clip(enlarge(heat, height=inside.shape[0], width=inside.shape[1]), 0, None)
    total = float(positive.sum(dtype=np.float64))
    return float(positive[inside].sum(dtype=np.float64)) / total if total > 0 else float("nan")


def _plane(heat: ArrayLike) -> NDArray[np.float32]:
    plane = np.asarray(heat, dtype=np.float32)
    if plane.ndim != 2 or plane.size == 0 or not np.isfinite(plane).all():
        raise InvalidInputError(
            f"A map must be a plane (map_height, map_width) of finite numbers, got shape "
            f"{plane.shape}. Pass one image's map, and look for nan in the model's scores."
        )
    return plane
