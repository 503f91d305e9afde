"""The common formats, by Pillow."""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import PIL
from PIL import Image as Pillow
from PIL import ImageFile, ImageOps, UnidentifiedImageError

from prevalens._paths import is_file
from prevalens.exceptions import DataWarning, UnreadableImageError
from prevalens.images.grey_range import (
    check_bits,
    refuse_kind,
    sixteen_to_eight,
    warn_of_few_levels,
    warn_of_low_bytes,
)
from prevalens.images.opening import (
    hash_file,
    open_picture,
    refuse_bomb,
    several_frames,
    too_many_pixels,
)
from prevalens.images.png_parts import refuse_short
from prevalens.images.row_bands import row_bands
from prevalens.images.strict_decoding import strictly
from prevalens.images.tiff_meaning import refuse_unclear
from prevalens.images.tiff_pages import TiffPage, find_picture
from prevalens.typing import Image

# Formats that Pillow reads by itself: its EPS reader, for one, would start another program.
FORMATS = ("BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
_TIFF = {b"II*\0", b"MM\0*", b"II\x2b\0", b"MM\0\x2b"}


@dataclass(frozen=True, kw_only=True)
class PillowReader:
    """Reads BMP, GIF, JPEG, JPEG 2000, PNG, PPM, TIFF and WebP.

    Args:
        bits: How many bits the values of 16-bit grey files use, 9 to 16; by default all 16, or
            what a PGM file states. A camera of 12 bits fills a sixteenth of that range.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image as pillow
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "grey.png")
        ...     pillow.new("L", (3, 2), 7).save(path)
        ...     PillowReader().read(str(path)).tolist()
        [[7, 7, 7], [7, 7, 7]]
    """

    bits: int | None = None

    def __post_init__(self) -> None:
        check_bits(self.bits)

    @property
    def name(self) -> str:
        """Pillow and its version, and the bits where they are stated."""
        return f"pillow {PIL.__version__}" + (f" bits={self.bits}" if self.bits else "")

    def matches(self, address: str, /) -> bool:
        """Return whether a file is there."""
        return is_file(address)

    def identity(self, address: str, /) -> str:
        """Return the SHA-256 of the file's bytes."""
        return hash_file(address)

    def read(self, address: str, /) -> Image:
        """Return the picture, see `prevalens.images.read_image`.

        Raises:
            UnreadableImageError: it cannot be read; the text names it.
        """
        with open_picture(address) as opened:
            return self.decode(opened, address)

    def decode(self, opened: BinaryIO, address: str) -> Image:
        """Return the picture in an open file; `address` is for messages."""
        try:
            with strictly():
                opened.seek(0)
                page = find_picture(opened, address) if opened.read(4) in _TIFF else None
                if page is not None:
                    refuse_unclear(address, page)
                opened.seek(0)
                return _decode(opened, address, page, self.bits)
        except (UnreadableImageError, DataWarning):
            raise
        except UnidentifiedImageError as error:
            raise UnreadableImageError(
                f"{address} is no image in a readable format. Convert it to PNG, or leave it out."
            ) from error
        except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
            raise too_many_pixels(address, str(error)) from error
        # Pillow's decoders raise OSError, SyntaxError, struct.error and more on damaged files.
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise UnreadableImageError(
                f"{address} is damaged ({reason}). Copy it again, or leave it out."
            ) from error


def _decode(opened: BinaryIO, address: str, page: TiffPage | None, bits: int | None) -> Image:
    with Pillow.open(opened, formats=FORMATS) as picture:
        refuse_bomb(address, picture.width, picture.height)
        if page is None:
            _refuse_frames(address, picture)
        else:
            picture.seek(page.number)
            refuse_bomb(address, picture.width, picture.height)
        _take_high_bytes(picture)
        layouts = _layouts(picture)
        picture.load()
        if picture.format == "PNG":
            refuse_short(opened, address, picture)
        ImageOps.exif_transpose(picture, in_place=True)
        if picture.mode.startswith("I"):
            # Pillow has spread a PPM file's own range of "L" over all 16 bits.
            own = picture.format == "PPM" and layouts == {"L"}
            return _grey_of_sixteen(address, picture, page, None if own else bits)
        wide = _is_wide(layouts, page)
        if bits is not None and wide:
            raise UnreadableImageError(
                f"{address} holds colours of 16 bits, of which the high byte is read; `bits` says "
                f"how grey values are meant. Leave bits={bits} out, or convert it to grey."
            )
        _spread_transparency(address, picture, layouts)
        shown = _eight_bit(address, picture)
        if wide:
            warn_of_low_bytes(address, shown)
        return shown


def _refuse_frames(address: str, picture: ImageFile.ImageFile) -> None:
    # An MPO photograph carries previews beside its picture, which comes first. To count the
    # others would be to walk through all of them.
    if picture.format == "MPO" or not getattr(picture, "is_animated", False):
        return
    raise several_frames(address)


def _take_high_bytes(picture: ImageFile.ImageFile) -> None:
    """Let 16-bit colours of PPM be read as those of PNG and TIFF are; Pillow would round them."""
    for tile in picture.tile:
        if (tile[0], tile[3]) == ("ppm", ("RGB", 65535)):
            picture.tile = [type(tile)("raw", tile[1], tile[2], "RGB;16B")]


def _layouts(picture: ImageFile.ImageFile) -> set[str]:
    """Return the layouts of pixels as Pillow calls them, such as "RGB;16B"."""
    return {
        args if isinstance(args, str) else str(args[0])
        for args in (tile.args for tile in picture.tile)
        if args
    }


def _is_wide(layouts: set[str], page: TiffPage | None) -> bool:
    """Return whether colours have 16 bits, of which Pillow keeps the high byte."""
    if page is not None:
        return page.bits[0] == 16
    return any(layout.endswith(";16B") for layout in layouts)


def _spread_transparency(address: str, picture: ImageFile.ImageFile, layouts: set[str]) -> None:
    """Bring a PNG's transparent value to the bits that its pixels were brought to."""
    clear = picture.info.get("transparency")
    if picture.format != "PNG" or clear is None:
        return
    if isinstance(clear, tuple) and _is_wide(layouts, None):
        raise UnreadableImageError(
            f"{address} holds colours of 16 bits, one of which is transparent, and of which the "
            "high byte is read, so that it cannot be told from its neighbours. Convert it to "
            "8 bits, or to a channel of transparency."
        )
    if picture.mode == "1":  # earlier Pillows give the bit
        picture.info["transparency"] = 255 * bool(clear)
    for bits in (2, 4):
        if picture.mode == "L" and f"L;{bits}" in layouts:
            picture.info["transparency"] = clear * (255 // (2**bits - 1))


def _eight_bit(address: str, picture: Pillow.Image) -> Image:
    if picture.mode == "F":
        raise refuse_kind(address, "floating-point")
    if picture.has_transparency_data:
        return _over_black(picture)
    mode = "L" if picture.mode in {"1", "L"} else "RGB"
    # Converting to the same mode would copy, and a picture may be large.
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))


def _over_black(picture: Pillow.Image) -> Image:
    shown = np.empty((picture.height, picture.width, 3), dtype=np.uint8)
    plain = {"La": "LA", "RGBa": "RGBA"}.get(picture.mode)
    for band in row_bands(picture.height, picture.width):
        layer = picture.crop((0, band.start, picture.width, band.stop))
        layer = (layer.convert(plain) if plain else layer).convert("RGBA")
        black = Pillow.new("RGBA", layer.size, (0, 0, 0, 255))
        shown[band] = np.asarray(Pillow.alpha_composite(black, layer).convert("RGB"))
    return shown


def _grey_of_sixteen(
    address: str, picture: Pillow.Image, page: TiffPage | None, bits: int | None
) -> Image:
    pixels = np.asarray(picture)
    if picture.mode == "I" and picture.format != "PPM":
        raise refuse_kind(address, "32-bit")
    if page is not None and page.bits == (12,):
        bits = 12
    shown = np.empty(pixels.shape, dtype=np.uint8)
    for band in row_bands(*pixels.shape):
        shown[band] = sixteen_to_eight(address, pixels[band], bits=bits)
    if page is not None and page.photometric == 0:
        np.subtract(255, shown, out=shown)
    clear = picture.info.get("transparency")
    if isinstance(clear, int):
        shown[pixels == clear] = 0
    warn_of_few_levels(address, pixels, shown)
    return shown
