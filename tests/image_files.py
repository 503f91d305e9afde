"""Small image files of every format and mode."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

FORMATS = {
    "BMP": ("L", "P", "RGB", "1"),
    "GIF": ("P",),
    "JPEG": ("L", "RGB", "CMYK"),
    "JPEG2000": ("RGB",),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "PPM": ("L", "RGB"),
    "TIFF": ("1", "L", "RGB", "RGBA", "CMYK", "I;16", "F"),
    "WEBP": ("RGB", "RGBA"),
}


def small_files() -> Iterator[bytes]:
    """Give a file of 9x7 pixels of each format and mode."""
    noise = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    for name, modes in FORMATS.items():
        for mode in modes:
            buffer = io.BytesIO()
            Image.fromarray(noise).convert("L" if mode == "I;16" else "RGB").convert(mode).save(
                buffer, format=name
            )
            yield buffer.getvalue()
