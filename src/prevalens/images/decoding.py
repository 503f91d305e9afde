"""The one door to pictures: an address and a reader in, bytes of grey or colour out."""

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from PIL import Image as Pillow

from prevalens._checks import check_integer, check_path
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.many_files import map_files
from prevalens.images.readers.files import FileReader
from prevalens.images.readers.reader import Reader
from prevalens.images.resizing import resize
from prevalens.typing import Image, Images

Address: TypeAlias = str | os.PathLike[str]

SUFFIXES = frozenset(
    {
        *(".bmp", ".dib", ".gif", ".jpg", ".jpeg", ".jp2", ".j2k", ".png", ".webp"),
        *(".pgm", ".ppm", ".pnm", ".tif", ".tiff", ".dcm", ".dicom", ".ima"),
    }
)
FILES = FileReader()


def read_image(
    path: Address,
    *,
    size: int | tuple[int, int] | None = None,
    channels: int = 3,
    reader: Reader | None = None,
) -> Image:
    """Read one image as bytes of grey or red, green, blue.

    What each kind of file means, where no reader of your own is given:

    - 8-bit grey and colour: as stored. Colour becomes grey by the luma of ITU-R BT.601; grey
      becomes colour by three equal channels.
    - 1-bit: 0 and 255. Palette: its colours. CMYK and YCbCr: Pillow's plain conversion to RGB,
      without a colour profile.
    - 16-bit grey: the whole range 0 to 65535, or what `FileReader(bits=12)` states, goes linearly
      to 0 to 255 and is rounded; never stretched to what the picture holds. 16-bit colour: the
      high byte.
    - Transparency (LA, RGBA, palette): laid over black.
    - EXIF orientation is applied, so that what is up in a viewer is up in the array.
    - DICOM (needs the extra `dicom`): see `DicomReader`. Found by content, not by suffix.
    - A row of an array: `a.npy#17`, `a.npz#images/17`, `a.h5#scans/17`, see `ArrayReader`.
    - Several frames (GIF, TIFF, animated PNG or WebP), and values with a sign, of 32 bits or
      floating-point are refused, and so is a TIFF whose layout readers take differently. Smaller
      copies beside a TIFF's picture are passed over.

    Args:
        path: BMP, GIF, JPEG, JPEG 2000, PNG, PPM, TIFF, WebP, DICOM or array file.
        size: Height and width to resize to, or one number for a square; bilinear with
            anti-aliasing, the aspect ratio is not kept. By default the stored size. See
            `resizer_name` for what resizes.
        channels: 3 for red, green, blue; 1 for grey.
        reader: What reads, for example `FileReader(window=(40, 400))` or one of your own; by
            default `FileReader()`.

    Returns:
        The pixels, uint8, shape `(height, width, channels)`, 0 to 255.

    Raises:
        UnreadableImageError: the file is missing, empty, cut, no image, no regular file, of
            several frames, or has more pixels than `PIL.Image.MAX_IMAGE_PIXELS`; the text names
            it.
        InvalidInputError: `size` or `channels` is not as above, or the reader gives no picture.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image as pillow
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "red.png")
        ...     pillow.new("RGB", (20, 10), (255, 0, 0)).save(path)
        ...     image = read_image(path, size=8)
        >>> image.shape, image[0, 0].tolist()
        ((8, 8, 3), [255, 0, 0])
    """
    wanted = check_size(size)
    if channels not in {1, 3}:
        raise InvalidInputError(f"`channels` must be 1 (grey) or 3 (colour), got {channels!r}.")
    address = check_path("path", path)
    pixels = _checked((reader or FILES).read(address), address, reader)
    pixels = _as_grey(pixels) if channels == 1 else pixels
    if wanted is not None and pixels.shape[:2] != wanted:
        pixels = resize(pixels, wanted)
    if pixels.shape[2] != channels:
        return np.repeat(pixels, channels, axis=2)
    return pixels if pixels.flags.owndata and pixels.flags.writeable else pixels.copy()


def read_images(
    paths: Sequence[Address],
    *,
    size: int | tuple[int, int],
    channels: int = 3,
    reader: Reader | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> Images:
    """Read many images into one array.

    Args:
        paths: The files.
        size: Height and width to resize each to, or one number for squares.
        channels: 3 for red, green, blue; 1 for grey.
        reader: What reads, as for `read_image`.
        n_jobs: Workers, as joblib counts them. None follows `joblib.parallel_config`, so that
            its `backend="dask"` or `"ray"` spreads the reading over a cluster. The result does
            not depend on it.
        progress: Whether to show a line on standard error, where that is a terminal.

    Returns:
        The pixels in the order of `paths`, uint8, shape `(n_paths, height, width, channels)`.

    Raises:
        UnreadableImageError: some files cannot be read; the text names every one of them.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image as pillow
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = [Path(folder, name) for name in ("a.png", "b.png")]
        ...     for path in paths:
        ...         pillow.new("RGB", (20, 10)).save(path)
        ...     images = read_images(paths, size=(6, 8))
        >>> images.shape, images.dtype.name
        ((2, 6, 8, 3), 'uint8')
    """
    height, width = check_size(size) or (0, 0)
    if not height:
        raise InvalidInputError("Images of one array need one `size`, got None. Give a size.")
    read = map_files(
        read_image,
        paths,
        n_jobs=n_jobs,
        progress="read" if progress else None,
        size=(height, width),
        channels=channels,
        reader=reader,
    )
    empty: Images = np.empty((0, height, width, channels), dtype=np.uint8)
    return np.stack(read) if read else empty


def check_size(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """Return `size` as height and width, or say that it must be one or two whole numbers."""
    if size is None:
        return None
    pair: tuple[Any, ...] = tuple(size) if isinstance(size, Sequence) else (size, size)
    if len(pair) != 2:
        raise InvalidInputError(f"`size` must be a number or (height, width), got {size!r}.")
    height, width = (check_integer("size", side, minimum=1) for side in pair)
    return height, width


def check_reader(reader: Reader | None) -> Reader:
    """Return the reader, the one for all files where none is given, or say what a reader is."""
    if reader is None:
        return FILES
    if isinstance(reader, type) or not isinstance(reader, Reader):
        raise InvalidInputError(
            "`reader` must have a name and the methods matches, read and identity, got "
            f"{reader!r}. See prevalens.images.Reader, or give FileReader()."
        )
    return reader


def _checked(pixels: Any, address: str, reader: Reader | None) -> Image:
    """Return what a reader gave with an axis of channels, or say what it should have given."""
    found = np.asarray(pixels)
    if found.dtype != np.uint8 or found.ndim not in {2, 3} or 0 in found.shape:
        raise _no_picture(found, address, reader)
    if found.ndim == 2:
        return found[:, :, None]
    if found.shape[2] not in {1, 3}:
        raise _no_picture(found, address, reader)
    return found


def _no_picture(found: Any, address: str, reader: Reader | None) -> UnreadableImageError:
    return UnreadableImageError(
        f"A reader gives uint8 of shape (height, width) or (height, width, 1 or 3), but of "
        f"{address} {type(reader or FILES).__name__} gave {found.dtype} of shape {found.shape}. "
        "Mend its `read`."
    )


def _as_grey(pixels: Image) -> Image:
    if pixels.shape[2] == 1:
        return pixels
    return np.asarray(Pillow.fromarray(np.ascontiguousarray(pixels)).convert("L"))[:, :, None]
