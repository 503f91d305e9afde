"""Parts of PNG files that Pillow and OpenCV take differently, or pass over."""

import struct
import zlib
from typing import BinaryIO

from PIL import ImageFile

from prevalens.exceptions import UnreadableImageError

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by kind of colour
# Columns, rows, and steps across and down of the seven passes of Adam7.
_PASSES = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
_WORDS = (b"Raw profile type exif", b"Raw profile type APP1", b"XML:com.adobe.xmp")
_CHUNK = 2**16


def parts_of(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the parts of a PNG file by kind, up to the end or the first that is not whole."""
    place, found = 8, []
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if place + 12 + length > len(data):
            break
        found.append((kind, data[place + 8 : place + 8 + length]))
        if kind == b"IEND":
            break
        place += 12 + length
    return found


def is_orienting(kind: bytes, body: bytes) -> bool:
    """Return whether a part of text may say which side is up, as some programs write it."""
    return kind in {b"tEXt", b"zTXt", b"iTXt"} and body.startswith(_WORDS)


def refuse_short(opened: BinaryIO, address: str, picture: ImageFile.ImageFile) -> None:
    """Refuse a file whose packed pixels end well and are too few: Pillow makes the rest black.

    To count them is to unpack them once more, so it is done only where the last row is 0.

    Args:
        opened: The file.
        address: Its name, for messages.
        picture: What Pillow made of it, as stored.

    Raises:
        UnreadableImageError: pixels are lacking.
    """
    last = picture.crop((0, picture.height - 1, *picture.size))
    if not picture.info.get("interlace") and last.getbbox() is not None:
        return
    opened.seek(0)
    parts = parts_of(opened.read())
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    pixel = depth * _CHANNELS[colour]
    needed = sum(
        rows * (1 + (columns * pixel + 7) // 8)
        for columns, rows in _sizes(width, height, interlaced=bool(interlaced))
    )
    there = _unpacked_size([body for kind, body in parts if kind == b"IDAT"], most=needed)
    if there < needed:
        raise UnreadableImageError(
            f"{address} is damaged (it holds {there} of {needed} bytes of pixels). Copy it again, "
            "or leave it out."
        )


def _sizes(width: int, height: int, *, interlaced: bool) -> list[tuple[int, int]]:
    """Return columns and rows of each pass."""
    if not interlaced:
        return [(width, height)]
    sizes = [
        (-(-(width - left) // across), -(-(height - top) // down))
        for left, top, across, down in _PASSES
    ]
    return [(columns, rows) for columns, rows in sizes if columns > 0 and rows > 0]


def _unpacked_size(bodies: list[bytes], *, most: int) -> int:
    unpacker, size = zlib.decompressobj(), 0
    for body in bodies:
        waiting = body
        while waiting and size < most and not unpacker.eof:
            size += len(unpacker.decompress(waiting, _CHUNK))
            waiting = unpacker.unconsumed_tail
    return size + (len(unpacker.flush()) if size < most else 0)
