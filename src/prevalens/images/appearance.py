"""What an image gives away before anyone looks at what it shows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from prevalens.images.decoding import FORMATS, read_image
from prevalens.images.dicom import is_dicom
from prevalens.images.many_files import map_files
from prevalens.typing import Image

_SIDE = 16


@dataclass(frozen=True, eq=False)
class Appearance:
    """The outside of one image file.

    Args:
        n_bytes: Size of the file.
        width: Pixels across, as shown.
        height: Pixels down, as shown.
        mode: Format and pixel layout, such as "PNG L" or "JPEG RGB"; "DICOM" for all DICOM files.
        brightness: Mean over pixels and channels, 0 to 255.
        border: Mean red, green and blue of the top, bottom, left and right edge, one hundredth of
            the image wide, shape `(12,)`, 0 to 255.
        thumbnail: Grey 16 x 16 picture, row by row, shape `(256,)`, 0 to 255.
    """

    n_bytes: int
    width: int
    height: int
    mode: str
    brightness: float
    border: NDArray[np.float64]
    thumbnail: NDArray[np.float64]


def read_appearance(path: str | os.PathLike[str]) -> Appearance:
    """Return the outside of one image file.

    Raises:
        UnreadableImageError: the file cannot be read; the text names it.
    """
    pixels = read_image(path)
    height, width = pixels.shape[:2]
    grey = Pillow.fromarray(pixels).convert("L")
    small = grey.resize((_SIDE, _SIDE), Pillow.Resampling.BILINEAR)
    return Appearance(
        n_bytes=Path(path).stat().st_size,
        width=width,
        height=height,
        mode=_mode(path),
        brightness=float(pixels.mean()),
        border=_border(pixels),
        thumbnail=np.asarray(small, dtype=np.float64).reshape(-1),
    )


def read_appearances(
    paths: Sequence[str | os.PathLike[str]], *, n_jobs: int | None = None, progress: bool = False
) -> list[Appearance]:
    """Return the outside of each image file, in the order of `paths`.

    Args:
        paths: The files.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        UnreadableImageError: some files cannot be read; the text names every one of them.
    """
    found: list[Appearance] = map_files(
        read_appearance, paths, n_jobs=n_jobs, progress="measured" if progress else None
    )
    return found


def _mode(path: str | os.PathLike[str]) -> str:
    if is_dicom(path):
        return "DICOM"
    with Pillow.open(path, formats=FORMATS) as opened:
        return f"{opened.format} {opened.mode}"


def _border(pixels: Image) -> NDArray[np.float64]:
    rows, columns = (max(1, side // 100) for side in pixels.shape[:2])
    edges = (pixels[:rows], pixels[-rows:], pixels[:, :columns], pixels[:, -columns:])
    return np.concatenate([edge.mean(axis=(0, 1)) for edge in edges])
