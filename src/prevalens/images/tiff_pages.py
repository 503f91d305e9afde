"""What a TIFF file says of its pages, before any pixel is decoded."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from prevalens.exceptions import UnreadableImageError
from prevalens.images.opening import several_frames

# Tags, by their numbers in TIFF 6.0.
_SUBFILE, _OLD_SUBFILE, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 258, 259, 262
_DESCRIPTION, _SAMPLES, _PLANAR, _COLOURS, _FORMAT = 270, 277, 284, 320, 339
_WIDTH, _HEIGHT, _STRIPS, _ROWS = 256, 257, 273, 278
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _DEPTH = 322, 323, 324, 32997
_WANTED = {
    *(_WIDTH, _HEIGHT, _STRIPS, _ROWS, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _DEPTH),
    *(_SUBFILE, _OLD_SUBFILE, _BITS, _COMPRESSION, _PHOTOMETRIC, _DESCRIPTION),
    *(_SAMPLES, _PLANAR, _COLOURS, _FORMAT),
}
_SIZES = {1: "B", 2: "c", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 16: "Q"}
_PAGES = 1000  # thumbnails and masks beside the picture; a file of more is no picture
_VALUES = 2**18  # of one tag; the colours of a 16-bit palette are 196,608


@dataclass(frozen=True)
class TiffPage:
    """One page of a TIFF file.

    Args:
        number: Its place in the file, from 0.
        tags: Values of the tags that say what its pixels mean.
        is_big_endian: Whether the higher byte of a number comes first.
        is_big: Whether the file is a BigTIFF, of 8-byte places.
    """

    number: int
    tags: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    is_big_endian: bool = False
    is_big: bool = False

    def first(self, tag: int, default: int) -> int:
        """Return the first value of a tag."""
        return int(self.tags.get(tag, (default,))[0])

    @property
    def is_beside(self) -> bool:
        """Whether it is a smaller copy of the picture or a mask for it."""
        return bool(self.first(_SUBFILE, 0) & 0b101) or self.first(_OLD_SUBFILE, 1) == 2

    @property
    def photometric(self) -> int:
        """What its values mean: 0 grey with low values white, 1 grey, 2 RGB, 3 a palette, ..."""
        return self.first(_PHOTOMETRIC, -1)

    @property
    def compression(self) -> int:
        """How its pixels are packed: 1 not at all, 7 as JPEG, ..."""
        return self.first(_COMPRESSION, 1)

    @property
    def is_planar(self) -> bool:
        """Whether each channel is stored by itself."""
        return self.first(_PLANAR, 1) == 2

    @property
    def bits(self) -> tuple[int, ...]:
        """Bits of each channel."""
        given = tuple(map(int, self.tags.get(_BITS, (1,))))
        count = self.first(_SAMPLES, 1)
        return given * count if len(given) == 1 else given[:count]

    @property
    def kinds(self) -> set[int]:
        """Kinds of number: 1 without sign, 2 with sign, 3 floating-point, 4 not told."""
        return set(map(int, self.tags.get(_FORMAT, (1,))))

    @property
    def colours(self) -> tuple[int, ...]:
        """Red, then green, then blue of a palette."""
        return self.tags.get(_COLOURS, ())

    @property
    def is_whole(self) -> bool:
        """Whether it names as many strips or tiles as its size needs; what lacks would be black."""
        width, height = self.first(_WIDTH, 0), self.first(_HEIGHT, 0)
        planes = len(self.bits) if self.is_planar else 1
        if _TILES in self.tags:
            across = -(-width // max(1, self.first(_TILE_WIDTH, 1)))
            down = -(-height // max(1, self.first(_TILE_HEIGHT, 1)))
            return len(self.tags[_TILES]) >= min(_VALUES, across * down * planes)
        rows = max(1, min(height, self.first(_ROWS, height)))
        return len(self.tags.get(_STRIPS, ())) >= min(_VALUES, -(-height // rows) * planes)

    @property
    def slices(self) -> int:
        """Images in this page: of a volume, or as ImageJ and tifffile put a stack behind a page."""
        text = b"".join(self.tags.get(_DESCRIPTION, ()))
        if self.first(_DEPTH, 1) > 1 or (text[:1] == b"{" and b'"truncated": true' in text):
            return 2  # or more
        if not text.startswith(b"ImageJ="):
            return 1
        lines = dict(line.partition(b"=")[::2] for line in text.splitlines())
        count = lines.get(b"images", b"1").strip(b"\0 ")
        return int(count) if count.isdigit() else 1


def find_picture(opened: BinaryIO, address: str) -> TiffPage:
    """Return the one page that is the picture; smaller copies and masks are passed over.

    Args:
        opened: The file, at any place.
        address: Its name, for messages.

    Raises:
        UnreadableImageError: the file holds several pictures or none, or is damaged.
    """
    full: TiffPage | None = None
    try:
        for page in _pages(opened):
            if page.number >= _PAGES:
                raise several_frames(address)
            if not page.is_beside:
                if full is not None or page.slices > 1:
                    raise several_frames(address)
                full = page
    except (struct.error, EOFError, OverflowError) as error:
        raise UnreadableImageError(
            f"{address} is damaged ({error}). Copy it again, or leave it out."
        ) from error
    if full is not None and not full.is_whole:
        raise UnreadableImageError(
            f"{address} is damaged (it lacks strips or tiles of its picture). Copy it again, or "
            "leave it out."
        )
    if full is None:
        raise UnreadableImageError(
            f"{address} holds only smaller copies or masks of a picture. Leave it out."
        )
    return full


def _pages(opened: BinaryIO) -> Iterator[TiffPage]:
    opened.seek(0)
    head = opened.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2], "<")
    big = head[2:4] in {b"\x2b\0", b"\0\x2b"}
    (place,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
    unpack = _unpacker(opened, order)
    counter, entry, word = ("Q", 20, "Q") if big else ("H", 12, "I")
    seen: set[int] = set()
    while place and place not in seen:
        seen.add(place)
        opened.seek(place)
        (count,) = unpack(counter)
        if count > 2**16:
            raise EOFError("a page claims too many tags")
        table = opened.read(count * entry)
        (following,) = unpack(word)
        if len(table) < count * entry:
            raise EOFError("a page is cut")
        rows = [table[start : start + entry] for start in range(0, len(table), entry)]
        tags = dict(filter(None, (_tag(opened, row, order, word) for row in rows)))
        yield TiffPage(len(seen) - 1, tags, is_big_endian=order == ">", is_big=big)
        place = following


def _unpacker(opened: BinaryIO, order: str) -> Callable[[str], tuple[Any, ...]]:
    def unpack(code: str) -> tuple[Any, ...]:
        return struct.unpack(order + code, opened.read(struct.calcsize(order + code)))

    return unpack


def _tag(opened: BinaryIO, row: bytes, order: str, word: str) -> tuple[int, tuple[Any, ...]] | None:
    number, kind, count = struct.unpack_from(f"{order}HH{word}", row)
    if number not in _WANTED or kind not in _SIZES or not count:
        return None
    code = f"{order}{min(count, _VALUES)}{_SIZES[kind]}"
    held = row[4 + struct.calcsize(order + word) :]
    if struct.calcsize(code) > len(held):
        (place,) = struct.unpack(order + word, held)
        opened.seek(place)
        held = opened.read(struct.calcsize(code))
    return number, struct.unpack_from(code, held)
