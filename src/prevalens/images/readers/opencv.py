"""OpenCV for the formats it decodes as Pillow does; Pillow for the rest."""

import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from PIL import Image as Pillow

from prevalens._optional import require
from prevalens._paths import is_file
from prevalens.images.opening import hash_file, open_picture
from prevalens.images.png_parts import is_orienting, parts_of
from prevalens.images.readers.pillow import PillowReader
from prevalens.typing import Image

# Parts of a PNG file that change what its pixels mean: Pillow reads those.
_MEANINGFUL = {b"tRNS", b"eXIf", b"acTL", b"iCCP", b"gAMA"}
_LIMIT = 64 * 1024  # bytes in which a JPEG's header is looked for


@dataclass(frozen=True, kw_only=True)
class OpencvReader:
    """Reads what `PillowReader` does, faster for plain BMP, PNG and JPEG files.

    OpenCV decodes 24-bit BMP, 8-bit grey or colour PNG and grey or YCbCr JPEG files that carry no
    transparency, orientation or colour transform of their own. Every other file, also one that
    looks cut, is read by Pillow, so that each kind of file means the same and damage is an error.
    Pixels differ by what JPEG decoders round. Needs the extra `fast`.

    Args:
        bits: As for `PillowReader`.

    Examples:
        >>> OpencvReader(bits=12).bits
        12
    """

    bits: int | None = None
    _pillow: PillowReader = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pillow", PillowReader(bits=self.bits))

    @property
    def name(self) -> str:
        """OpenCV and Pillow, their versions, and the bits where they are stated.

        Raises:
            MissingExtraError: OpenCV is not installed.
        """
        return f"opencv {_cv2().__version__}, {self._pillow.name}"

    def matches(self, address: str, /) -> bool:
        """Return whether a file is there."""
        return is_file(address)

    def identity(self, address: str, /) -> str:
        """Return the SHA-256 of the file's bytes."""
        return hash_file(address)

    def read(self, address: str, /) -> Image:
        """Return the picture, see `prevalens.images.read_image`.

        Raises:
            MissingExtraError: OpenCV is not installed.
            UnreadableImageError: it cannot be read; the text names it.
        """
        with open_picture(address) as opened:
            return self.decode(opened, address)

    def decode(self, opened: BinaryIO, address: str) -> Image:
        """Return the picture in an open file; `address` is for messages."""
        opened.seek(0)
        pixels = _decode(opened.read())
        return self._pillow.decode(opened, address) if pixels is None else pixels


def _cv2() -> Any:
    return require("cv2", extra="fast")


def _decode(data: bytes) -> Image | None:
    cv2 = _cv2()
    if not (_plain_bmp(data) or _plain_png(data) or _plain_jpeg(data)):
        return None
    pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint8 or pixels.ndim not in {2, 3}:
        return None
    if pixels.ndim == 2:
        return np.asarray(pixels)
    converted: Image = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return converted


def _fits(width: int, height: int) -> bool:
    limit = Pillow.MAX_IMAGE_PIXELS
    return width > 0 and height > 0 and (limit is None or width * height <= limit)


def _plain_bmp(data: bytes) -> bool:
    if len(data) < 54 or data[:2] != b"BM":
        return False
    offset, header, width, height, _, bits, compression = struct.unpack_from("<IIiiHHI", data, 10)
    if header != 40 or bits != 24 or compression or not _fits(width, height):
        return False
    return len(data) >= offset + (width * 3 + 3) // 4 * 4 * height


def _plain_png(data: bytes) -> bool:
    if len(data) < 57 or data[:16] != b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR":
        return False
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    if depth != 8 or colour not in {0, 2} or not _fits(width, height):
        return False
    # OpenCV sets as much memory aside as a part claims to need, whether it is there or not.
    parts = parts_of(data)
    if not parts or parts[-1][0] != b"IEND":
        return False
    return not any(kind in _MEANINGFUL or is_orienting(kind, body) for kind, body in parts)


def _plain_jpeg(data: bytes) -> bool:
    if len(data) < 128 or data[:3] != b"\xff\xd8\xff" or data[-2:] != b"\xff\xd9":
        return False
    place = 2
    while place + 10 < min(len(data), _LIMIT) and data[place] == 0xFF:
        marker, length = data[place + 1], struct.unpack_from(">H", data, place + 2)[0]
        if marker in {0xE1, 0xEE, 0xE2}:  # Exif, Adobe, several pictures or a colour profile
            return False
        if marker in {0xC0, 0xC1, 0xC2}:
            depth, height, width, parts = struct.unpack_from(">BHHB", data, place + 4)
            return depth == 8 and parts in {1, 3} and _fits(width, height)
        place += 2 + length
    return False
