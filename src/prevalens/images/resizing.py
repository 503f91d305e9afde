"""Antialiased resizing of bytes: by the fastest kernel that this environment has."""

import functools
import importlib.util
import os
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import PIL
from PIL import Image as Pillow

from prevalens._checks import check_choice
from prevalens._optional import require
from prevalens.typing import Image

_VARIABLE = "PREVALENS_RESIZER"
_LOCAL = threading.local()


def resizer_name() -> str:
    """Return what resizes images here, with its version; it is part of a pixel cache's key.

    All three are bilinear with anti-aliasing, in whole numbers, and differ from one another by at
    most 1 of 255. Which one it is depends on what is installed, never on what was imported
    before: cykooz-resizer (extra `fast`) where it is there; else PyTorch where it is the backend
    of Keras, as `KERAS_BACKEND` says; else Pillow. The same resizer gives the same bytes. To have
    the same bytes on machines that differ, set the environment variable `PREVALENS_RESIZER` to
    `pillow`, `cykooz` or `torch` before the first image is read.

    Raises:
        InvalidInputError: the variable says something else.
        MissingExtraError: it names a package that is not installed.

    Examples:
        >>> resizer_name().split()[0] in {"cykooz-resizer", "pillow", "torch"}
        True
    """
    return _resizer()[0]


def resize(pixels: Image, size: tuple[int, int]) -> Image:
    """Resize an image to `size`, height and width.

    Args:
        pixels: uint8, shape `(height, width, 1 or 3)`.
        size: The new height and width.
    """
    return _resizer()[1](np.ascontiguousarray(pixels), size)


def resize_by_pillow(pixels: Image, size: tuple[int, int]) -> Image:
    """Resize as `resize` does, by Pillow wherever it runs."""
    flat = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    resized = Pillow.fromarray(flat).resize(size[::-1], Pillow.Resampling.BILINEAR)
    return np.asarray(resized).reshape(*size, pixels.shape[2])


@functools.cache
def _resizer() -> tuple[str, Callable[[Image, tuple[int, int]], Image]]:
    asked = os.environ.get(_VARIABLE)
    chosen = check_choice(_VARIABLE, asked, _KERNELS) if asked else _best()
    package, function = _KERNELS[chosen]
    if chosen == "pillow":
        return f"pillow {PIL.__version__}", function
    _ = _torch() if chosen == "torch" else _cykooz()
    return f"{package} {version(package)}", function


def _best() -> str:
    if importlib.util.find_spec("cykooz_resizer") is not None:
        return "cykooz"
    is_backend = os.environ.get("KERAS_BACKEND") == "torch"
    return "torch" if is_backend and importlib.util.find_spec("torch") is not None else "pillow"


def _cykooz() -> Any:
    return require("cykooz_resizer", extra="fast")


def _torch() -> Any:
    return require("torch", extra="torch")


def _by_cykooz(pixels: Image, size: tuple[int, int]) -> Image:
    library = _cykooz()
    if not hasattr(_LOCAL, "resizer"):  # one for each thread: it keeps buffers
        _LOCAL.resizer = library.Resizer()
        _LOCAL.options = library.ResizeOptions(
            resize_alg=library.ResizeAlg.convolution(library.FilterType.bilinear)
        )
    height, width, channels = pixels.shape
    kind = library.PixelType.U8 if channels == 1 else library.PixelType.U8x3
    target = library.ImageData(size[1], size[0], kind)
    source = library.ImageData(width, height, kind, pixels.tobytes())
    _LOCAL.resizer.resize(source, target, _LOCAL.options)
    return np.frombuffer(target.get_buffer(), dtype=np.uint8).reshape(*size, channels)


def _by_torch(pixels: Image, size: tuple[int, int]) -> Image:
    torch = _torch()
    # A copy where the pixels may not be written to, as torch warns of those.
    owned = pixels if pixels.flags.writeable else pixels.copy()
    planes = torch.from_numpy(owned).permute(2, 0, 1)[None]
    resized = torch.nn.functional.interpolate(planes, size=size, mode="bilinear", antialias=True)
    return np.ascontiguousarray(resized[0].permute(1, 2, 0).numpy())


_KERNELS: dict[str, tuple[str, Callable[[Image, tuple[int, int]], Image]]] = {
    "cykooz": ("cykooz-resizer", _by_cykooz),
    "torch": ("torch", _by_torch),
    "pillow": ("pillow", resize_by_pillow),
}
