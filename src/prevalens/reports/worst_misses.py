"""The positives the model was surest were negative, with a picture where there is one."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Image as PixelImage

_SIDE = 128  # pixels; twenty of them stay well below a megabyte
Picture: TypeAlias = Callable[[Path], PixelImage]  # path to pixels, 0 to 255
_LARGEST = 100_000_000  # pixels; a larger picture is no thumbnail's business


def worst_misses(
    predictions: Predictions, *, threshold: float, limit: int, picture: Picture | None = None
) -> list[dict[str, Any]]:
    """List the false negatives, those with the lowest score first.

    Args:
        predictions: Two-class predictions.
        threshold: Scores at or above it are called positive.
        limit: Misses to list at most, at least 0.
        picture: Draws what is shown of an image from its path, uint8 `(height, width, 3)`; by
            default the image itself.

    Returns:
        For each miss its row, image, patient, score and, where the file can be read, a JPEG
        thumbnail as base64 text; else the reason why there is none.
    """
    missed = np.flatnonzero((predictions.labels == 1) & (predictions.scores < threshold))
    order = missed[np.argsort(predictions.scores[missed], kind="stable")][:limit]
    return [_miss(predictions, row, picture) for row in order.tolist()]


def _miss(predictions: Predictions, row: int, picture: Picture | None) -> dict[str, Any]:
    image = None if predictions.images is None else str(predictions.images[row])
    found, why = (
        (None, "no image file is named")
        if image is None
        else _shown(predictions.root / image, picture)
    )
    return {
        "row": row,
        "image": image,
        "patient": None if predictions.patients is None else str(predictions.patients[row]),
        "score": float(predictions.scores[row]),
        "thumbnail": found,
        "no_thumbnail": why,
    }


def _shown(path: Path, picture: Picture | None) -> tuple[str | None, str | None]:
    """Return what is shown of an image as base64 JPEG text, or why there is nothing."""
    if picture is None or not path.is_file():
        return _thumbnail(path)
    pixels = picture(path)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InvalidInputError(
            "`picture` must answer uint8 pixels of shape (height, width, 3), got "
            f"{pixels.dtype} of shape {pixels.shape}."
        )
    drawn = Image.fromarray(pixels)
    # As high as a thumbnail, and as wide as what was drawn side by side needs.
    drawn.thumbnail((4 * _SIDE, _SIDE))
    return _encoded(drawn), None


def _encoded(picture: Image.Image) -> str:
    held = io.BytesIO()
    picture.save(held, format="JPEG", quality=80, optimize=True)
    return base64.b64encode(held.getvalue()).decode("ascii")


def _thumbnail(path: Path) -> tuple[str | None, str | None]:
    """Return the picture as base64 JPEG text, or why there is none."""
    # A report must not fail over a picture: whatever Pillow raises becomes words in it.
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > _LARGEST:
                return None, f"the file is too large ({opened.width} x {opened.height} pixels)"
            opened.draft("RGB", (_SIDE, _SIDE))
            wide = _eight_bits(opened) if opened.mode.startswith(("I", "F")) else opened
            picture = wide.convert("RGB")
            picture.thumbnail((_SIDE, _SIDE))
    except FileNotFoundError:
        return None, "the file was not found"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return None, f"the file cannot be read ({type(error).__name__})"
    return _encoded(picture), None


def _eight_bits(opened: Image.Image) -> Image.Image:
    """Return a 16-bit or float picture stretched to 0 to 255, as a viewer shows it."""
    pixels = np.asarray(opened, dtype=np.float64)
    low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
    scaled = (np.nan_to_num(pixels, nan=low) - low) / max(high - low, 1e-12) * 255
    return Image.fromarray(scaled.astype(np.uint8))
