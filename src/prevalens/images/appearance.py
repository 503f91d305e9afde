"""What an image gives away before anyone looks at what it shows."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from prevalens._checks import check_path
from prevalens.images.decoding import read_image
from prevalens.images.dicom_file import HEAD, is_dicom_head
from prevalens.images.many_files import map_files
from prevalens.images.opening import open_picture, split_address
from prevalens.images.readers.arrays import is_array
from prevalens.images.readers.pillow import FORMATS
from prevalens.images.readers.reader import Reader
from prevalens.typing import Image

_SIDE = 16


@dataclass(frozen=True, eq=False)
class Appearance:
    """The outside of one image file.

    Args:
        n_bytes: Size of the file; 0 where the address is none.
        width: Pixels across, as shown.
        height: Pixels down, as shown.
        mode: Format and pixel layout, such as "PNG L" or "JPEG RGB"; "DICOM" for all DICOM
            files, "array" for rows of arrays, and the reader's class where it reads no files.
        brightness: Mean over pixels and channels, 0 to 255.
        border: Mean red, green and blue of the top, bottom, left and right edge, one hundredth of
            the image wide, shape `(12,)`, 0 to 255.
        thumbnail: Grey 16 x 16 picture, row by row, shape `(256,)`, 0 to 255.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from prevalens.images import read_appearance
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "white.png")
        ...     Image.new("L", (20, 10), 255).save(path)
        ...     made = read_appearance(path)
        >>> made.width, made.height, made.mode, made.brightness
        (20, 10, 'PNG L', 255.0)
    """

    n_bytes: int
    width: int
    height: int
    mode: str
    brightness: float
    border: NDArray[np.float64]
    thumbnail: NDArray[np.float64]


def read_appearance(path: str | os.PathLike[str], *, reader: Reader | None = None) -> Appearance:
    """Return the outside of one image file.

    Args:
        path: The file.
        reader: What reads, as for `read_image`.

    Raises:
        UnreadableImageError: the file cannot be read; the text names it.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "white.png")
        ...     Image.new("L", (20, 10), 255).save(path)
        ...     made = read_appearance(path)
        >>> made.width, made.height
        (20, 10)
    """
    pixels = read_image(path, reader=reader)
    height, width = pixels.shape[:2]
    grey = Pillow.fromarray(pixels).convert("L")
    small = grey.resize((_SIDE, _SIDE), Pillow.Resampling.BILINEAR)
    n_bytes, mode = _file(check_path("path", path), reader)
    return Appearance(
        n_bytes=n_bytes,
        width=width,
        height=height,
        mode=mode,
        brightness=float(pixels.mean()),
        border=_border(pixels),
        thumbnail=np.asarray(small, dtype=np.float64).reshape(-1),
    )


def read_appearances(
    paths: Sequence[str | os.PathLike[str]],
    *,
    reader: Reader | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> list[Appearance]:
    """Return the outside of each image file, in the order of `paths`.

    Args:
        paths: The files.
        reader: What reads, as for `read_image`.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        UnreadableImageError: some files cannot be read; the text names every one of them.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = [Path(folder, f"{width}.png") for width in (8, 16)]
        ...     for path in paths:
        ...         Image.new("L", (int(path.stem), 10)).save(path)
        ...     print([each.width for each in read_appearances(paths)])
        [8, 16]
    """
    found: list[Appearance] = map_files(
        read_appearance,
        paths,
        n_jobs=n_jobs,
        progress="measured" if progress else None,
        reader=reader,
    )
    return found


def _file(address: str, reader: Reader | None) -> tuple[int, str]:
    """Return a file's size, and its format and pixel layout."""
    file, _ = split_address(address)
    try:
        with open_picture(file, max_bytes=2**63) as opened:
            n_bytes = os.fstat(opened.fileno()).st_size
            if is_array(file):
                return n_bytes, "array"
            if is_dicom_head(opened.read(HEAD)):
                return n_bytes, "DICOM"
            opened.seek(0)
            with Pillow.open(opened, formats=FORMATS) as picture:
                return n_bytes, f"{picture.format} {picture.mode}"
    # The picture was read, so it is the reader's own kind of file, or none.
    except OSError:
        return 0, type(reader).__name__


def _border(pixels: Image) -> NDArray[np.float64]:
    rows, columns = (max(1, side // 100) for side in pixels.shape[:2])
    edges = (pixels[:rows], pixels[-rows:], pixels[:, :columns], pixels[:, -columns:])
    return np.concatenate([edge.mean(axis=(0, 1)) for edge in edges])
