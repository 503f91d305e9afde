"""From a file to pixels; every refusal names the file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from prevalens._checks import check_integer
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.dicom import is_dicom, read_dicom
from prevalens.images.many_files import map_files
from prevalens.images.row_bands import row_bands
from prevalens.typing import Image, Images

# Formats that Pillow reads by itself: its EPS reader, for one, would start another program.
FORMATS = ("BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = frozenset(
    {
        *(".bmp", ".dib", ".gif", ".jpg", ".jpeg", ".jp2", ".j2k", ".png", ".webp"),
        *(".pgm", ".ppm", ".pnm", ".tif", ".tiff", ".dcm", ".dicom"),
    }
)


def read_image(
    path: str | os.PathLike[str],
    *,
    size: int | tuple[int, int] | None = None,
    channels: int = 3,
) -> Image:
    """Read one image file as bytes of grey or red, green, blue.

    What each kind of file means:

    - 8-bit grey and colour: as stored. Colour becomes grey by the luma of ITU-R BT.601; grey
      becomes colour by three equal channels.
    - 1-bit: 0 and 255. Palette: its colours. CMYK and YCbCr: Pillow's plain conversion to RGB,
      without a colour profile.
    - 16-bit grey: the whole range 0 to 65535 goes linearly to 0 to 255 and is rounded; never
      stretched to what the picture holds. 16-bit colour PNG: the high byte.
    - Transparency (LA, RGBA, palette): laid over black.
    - EXIF orientation is applied, so that what is up in a viewer is up in the array.
    - DICOM (needs the extra `dicom`): see `read_dicom`.
    - Several frames (GIF, TIFF, animated PNG or WebP) and floating-point pixels are refused.

    Args:
        path: BMP, GIF, JPEG, JPEG 2000, PNG, PPM, TIFF, WebP or DICOM file.
        size: Height and width to resize to, or one number for a square; bilinear with
            anti-aliasing, the aspect ratio is not kept. By default the stored size.
        channels: 3 for red, green, blue; 1 for grey.

    Returns:
        The pixels, uint8, shape `(height, width, channels)`, 0 to 255.

    Raises:
        UnreadableImageError: the file is missing, empty, cut, no image, of several frames, or has
            more pixels than `PIL.Image.MAX_IMAGE_PIXELS`; the text names it.
        InvalidInputError: `size` or `channels` is not as above.
    """
    wanted = check_size(size)
    if channels not in {1, 3}:
        raise InvalidInputError(f"`channels` must be 1 (grey) or 3 (colour), got {channels!r}.")
    target = Path(path)
    _refuse_absent(target)
    picture = Pillow.fromarray(read_dicom(target)) if is_dicom(target) else _decode(target)
    picture = _as(picture, "L" if channels == 1 else "RGB")
    if wanted is not None and picture.size != (wanted[1], wanted[0]):
        picture = picture.resize((wanted[1], wanted[0]), Pillow.Resampling.BILINEAR)
    pixels: Image = np.array(picture, dtype=np.uint8)
    return pixels.reshape(*pixels.shape[:2], channels)


def read_images(
    paths: Sequence[str | os.PathLike[str]],
    *,
    size: int | tuple[int, int],
    channels: int = 3,
    n_jobs: int | None = None,
    progress: bool = False,
) -> Images:
    """Read many image files into one array.

    Args:
        paths: The files.
        size: Height and width to resize each to, or one number for squares.
        channels: 3 for red, green, blue; 1 for grey.
        n_jobs: Workers, as joblib counts them. None follows `joblib.parallel_config`, so that
            its `backend="dask"` or `"ray"` spreads the reading over a cluster. The result does
            not depend on it.
        progress: Whether to show a line on standard error, where that is a terminal.

    Returns:
        The pixels in the order of `paths`, uint8, shape `(n_paths, height, width, channels)`.

    Raises:
        UnreadableImageError: some files cannot be read; the text names every one of them.
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


def _refuse_absent(path: Path) -> None:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UnreadableImageError(f"{path} {what}. Give the path of an image file.")
    if path.stat().st_size == 0:
        raise UnreadableImageError(f"{path} is empty (0 bytes). Copy or download it again.")


def _decode(path: Path) -> Pillow.Image:
    try:
        with Pillow.open(path, formats=FORMATS) as opened:
            _refuse_bomb(path, opened)
            _refuse_frames(path, opened)
            opened.load()
            ImageOps.exif_transpose(opened, in_place=True)
            return _eight_bit(path, opened)
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError(f"{path} does not exist any more.") from error
    except UnidentifiedImageError as error:
        raise UnreadableImageError(
            f"{path} is no image in a readable format. Convert it to PNG, or leave it out."
        ) from error
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise _bomb(path, str(error)) from error
    # Pillow's decoders raise OSError, SyntaxError, struct.error and more on damaged files.
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise UnreadableImageError(
            f"{path} is damaged ({reason}). Copy it again, or leave it out."
        ) from error


def _refuse_bomb(path: Path, picture: Pillow.Image) -> None:
    # Pillow warns at its limit and refuses at twice that; here the limit is the limit.
    limit = Pillow.MAX_IMAGE_PIXELS
    if limit is not None and picture.width * picture.height > limit:
        raise _bomb(path, f"{picture.width} x {picture.height}; the limit is {limit}")


def _bomb(path: Path, claim: str) -> UnreadableImageError:
    return UnreadableImageError(
        f"{path} claims too many pixels ({claim}). If you trust it, raise "
        "PIL.Image.MAX_IMAGE_PIXELS; else leave it out."
    )


def _refuse_frames(path: Path, picture: Pillow.Image) -> None:
    # An MPO photograph carries previews beside its picture, which comes first.
    frames = 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)
    if frames > 1:
        raise UnreadableImageError(
            f"{path} holds {frames} frames, and one row is one image. Export each frame to a "
            "file of its own."
        )


def _eight_bit(path: Path, picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith("I"):
        return _from_sixteen_bit(path, np.asarray(picture))
    if picture.mode == "F":
        raise UnreadableImageError(
            f"{path} holds floating-point pixels, whose range nothing states. Convert it to 8 or "
            "16 bits."
        )
    if picture.has_transparency_data:
        return _over_black(picture)
    return _as(picture, "L" if picture.mode in {"1", "L"} else "RGB")


def _as(picture: Pillow.Image, mode: str) -> Pillow.Image:
    # Converting to the same mode would copy, and a picture may be large.
    return picture if picture.mode == mode else picture.convert(mode)


def _over_black(picture: Pillow.Image) -> Pillow.Image:
    shown = Pillow.new("RGB", picture.size)
    for band in row_bands(picture.height, picture.width):
        box = (0, band.start, picture.width, band.stop)
        layer = picture.crop(box).convert("RGBA")
        black = Pillow.new("RGBA", layer.size, (0, 0, 0, 255))
        shown.paste(Pillow.alpha_composite(black, layer).convert("RGB"), box)
    return shown


def _from_sixteen_bit(path: Path, pixels: np.ndarray[Any, Any]) -> Pillow.Image:
    if pixels.min() < 0 or pixels.max() > 65535:
        raise UnreadableImageError(
            f"{path} holds 32-bit values from {pixels.min()} to {pixels.max()}, whose range "
            "nothing states. Convert it to 8 or 16 bits."
        )
    shown = np.empty(pixels.shape, dtype=np.uint8)
    for band in row_bands(*pixels.shape):
        # 65535 / 257 is 255 exactly; adding half of 257 rounds.
        wide = pixels[band].astype(np.uint32)
        wide += 128
        wide //= 257
        shown[band] = wide
    return Pillow.fromarray(shown)
