"""Pictures of single images in a report, decoded as the model's input was."""

import base64
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image

from prevalens.exceptions import InvalidInputError, PrevalensError
from prevalens.images.decoding import check_reader, read_image
from prevalens.images.readers.reader import Reader
from prevalens.typing import Image as PixelImage

_SIDE = 128  # pixels; twenty of them stay well below a megabyte
Picture: TypeAlias = Callable[[Path], PixelImage]  # path to pixels, 0 to 255


def thumbnail(
    path: Path, picture: Picture | None, *, reader: Reader | None = None
) -> tuple[str | None, str | None]:
    """Return what is shown of an image as base64 JPEG text, or why there is nothing.

    Args:
        path: The image file.
        picture: Draws what is shown from the path, uint8 `(height, width, 3)`; by default the
            image itself, as `read_image` gives it to the model.
        reader: What reads the image, as the cohort's.

    Raises:
        InvalidInputError: `picture` returns something else than pixels.
    """
    if not check_reader(reader).matches(os.fspath(path)):
        return None, "the file was not found"
    if picture is None:
        # A report must not fail over a picture: a refusal becomes words in it.
        try:
            return _encoded(read_image(path, reader=reader), _SIDE), None
        except PrevalensError as error:
            return None, f"the file cannot be read ({type(error).__name__})"
    pixels = picture(path)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InvalidInputError(
            "`picture` must answer uint8 pixels of shape (height, width, 3), got "
            f"{pixels.dtype} of shape {pixels.shape}."
        )
    # As high as a thumbnail, and as wide as what was drawn side by side needs.
    return _encoded(pixels, 4 * _SIDE), None


def _encoded(pixels: PixelImage, width: int) -> str:
    drawn = Image.fromarray(pixels)
    drawn.thumbnail((width, _SIDE))
    held = io.BytesIO()
    drawn.save(held, format="JPEG", quality=80, optimize=True)
    return base64.b64encode(held.getvalue()).decode("ascii")
