"""PNG files written by hand: parts, transparency of few bits, and too few pixels."""

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from prevalens.exceptions import DataWarning, UnreadableImageError
from prevalens.images import OpencvReader, PillowReader, read_image
from prevalens.images.png_parts import is_orienting, parts_of

XMP = b'<x xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/>'


def part(kind: bytes, body: bytes) -> bytes:
    """Return a part of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    size: tuple[int, int],
    rows: list[bytes],
    *,
    depth: int = 8,
    colour: int = 0,
    more: bytes = b"",
    interlaced: int = 0,
) -> bytes:
    """Return a PNG file of these rows of packed pixels."""
    head = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + more
        + part(b"IDAT", packed)
        + part(b"IEND", b"")
    )


def saved(path: Path, data: bytes) -> Path:
    """Write a file."""
    path.write_bytes(data)
    return path


def test_parts_are_told_up_to_the_end_or_the_cut() -> None:
    """Head, pixels, end; of a file cut inside its pixels the head alone."""
    data = png((2, 1), [bytes([1, 2])])
    assert [kind for kind, _ in parts_of(data)] == [b"IHDR", b"IDAT", b"IEND"]
    assert [kind for kind, _ in parts_of(data[:45])] == [b"IHDR"]
    assert parts_of(data + b"more")[-1] == (b"IEND", b"")


@pytest.mark.parametrize(
    ("depth", "row", "clear", "right"),
    [
        # tRNS holds the value as stored, of 0 to 2^bits - 1; three of them are a colour.
        (1, [0b01010101], [1], [0] * 8),
        (2, [0b00011011], [3], [0, 85, 170, 0]),
        (4, [0x0F, 0x70], [15], [0, 0, 119, 0]),
        (4, [0xFE], [14], [255, 0]),
        (8, [7, 255], [255], [7, 0]),
        (16, [0xFF, 0xFF, 0, 0xFF], [255], [255, 0]),
        (8, [9, 9, 9, 1, 2, 3], [9, 9, 9], [0, 0, 0, 1, 2, 3]),
    ],
)
def test_a_transparent_value_is_black_at_every_depth(
    tmp_path: Path, depth: int, row: list[int], clear: list[int], right: list[int]
) -> None:
    """PNG 11.3.2.1: pixels of that value are transparent, and laid over black."""
    channels = len(clear)
    more = part(b"tRNS", struct.pack(f">{len(clear)}H", *clear))
    size = (len(right) // channels, 1)
    data = png(size, [bytes(row)], depth=depth, colour=2 if channels == 3 else 0, more=more)
    path = saved(tmp_path / "a.png", data)

    assert read_image(path, channels=channels).reshape(-1).tolist() == right


def test_a_transparent_colour_of_sixteen_bits_is_refused(tmp_path: Path) -> None:
    """Of 0x00ff, white (0xffff) is not to become transparent because its high byte is 255."""
    row = struct.pack(">6H", *[0xFFFF] * 3, *[0x00FF] * 3)
    more = part(b"tRNS", struct.pack(">3H", *[0x00FF] * 3))
    path = saved(tmp_path / "a.png", png((2, 1), [row], depth=16, colour=2, more=more))

    with pytest.raises(UnreadableImageError, match=r"one of which is transparent.*to 8 bits"):
        read_image(path)


@pytest.mark.parametrize("colour", [2, 4])
def test_twelve_bits_of_colour_are_warned_of(tmp_path: Path, colour: int) -> None:
    """4,095 of 65,535 is 15 by its high byte: so is every value of a camera of 12 bits."""
    values = [0, 2048, 4095] if colour == 2 else [4095, 65535]
    row = struct.pack(f">{len(values)}H", *values)
    path = saved(tmp_path / "a.png", png((1, 1), [row], depth=16, colour=colour))

    with pytest.warns(DataWarning, match="no high byte is above 15 of 255: a camera of 12 bits"):
        shown = read_image(path)
    assert shown.max() == 15


@pytest.mark.parametrize(
    ("depth", "colour", "row"),
    [(8, 0, bytes(range(1, 9))), (8, 2, bytes(range(1, 25))), (1, 0, b"\xff"), (16, 0, bytes(16))],
)
@pytest.mark.parametrize("reader", [PillowReader(), OpencvReader()])
def test_too_few_rows_are_damage(
    tmp_path: Path, reader: Any, depth: int, colour: int, row: bytes
) -> None:
    """Two of four rows, packed without a fault; what lacks would be black."""
    if isinstance(reader, OpencvReader):
        pytest.importorskip("cv2", reason="the extra `fast` is not installed")
    short = saved(tmp_path / "a.png", png((8, 4), [row] * 2, depth=depth, colour=colour))
    whole = saved(tmp_path / "b.png", png((8, 4), [row] * 4, depth=depth, colour=colour))

    assert read_image(whole, reader=reader).shape == (4, 8, 3)
    n_bytes = len(row) + 1
    with pytest.raises(UnreadableImageError, match=f"holds {2 * n_bytes} of {4 * n_bytes} bytes"):
        read_image(short, reader=reader)


def test_interlaced_pixels_are_counted_by_pass(tmp_path: Path) -> None:
    """3 x 3 under Adam7: passes of 1x1, 1x1, 2x1, 1x2 and 3x1 pixels hold something."""
    rows = [b"\x01", b"\x02", b"\x03\x04", b"\x05", b"\x06", b"\x07\x08\x09"]
    path = saved(tmp_path / "a.png", png((3, 3), rows, interlaced=1))
    shown = read_image(path, channels=1)[..., 0]
    assert shown.tolist() == [[1, 5, 2], [7, 8, 9], [3, 6, 4]]

    with pytest.raises(UnreadableImageError, match="holds 11 of 15 bytes"):
        read_image(saved(path, png((3, 3), rows[:-1], interlaced=1)))


def test_which_side_is_up_may_be_written_as_text(tmp_path: Path) -> None:
    """Text by Adobe turns the picture in Pillow; OpenCV does not look, so it is not asked."""
    pytest.importorskip("cv2", reason="the extra `fast` is not installed")
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP
    turned = saved(tmp_path / "a.png", png((3, 1), [b"\1\2\3"], more=part(b"iTXt", text)))
    upright = saved(
        tmp_path / "b.png", png((3, 1), [b"\1\2\3"], more=part(b"tEXt", b"Software\0paint"))
    )

    for reader in (PillowReader(), OpencvReader()):
        assert read_image(turned, channels=1, reader=reader).reshape(-1).tolist() == [3, 2, 1]
        assert read_image(upright, channels=1, reader=reader).reshape(-1).tolist() == [1, 2, 3]
    assert not is_orienting(b"tEXt", b"Software\0paint")
    assert is_orienting(b"zTXt", b"Raw profile type exif\0\0...")
