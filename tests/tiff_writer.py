"""A TIFF writer of a few lines, for layouts that no library writes."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION = 256, 257, 258, 259, 262, 270
STRIPS, SAMPLES, ROWS, COUNTS, PLANAR = 273, 277, 278, 279, 284
SUBFILE, COLOURS, EXTRA, FORMAT, DEPTH = 254, 320, 338, 339, 32997


def tiff(*pages: dict[int, Any], order: str = "<", big: bool = False) -> bytes:
    """Return a file of pages, each a mapping of tags; `STRIPS` holds bytes or a list of them."""
    word, size = ("Q", 8) if big else ("I", 4)
    out = bytearray(b"II" if order == "<" else b"MM")
    out += struct.pack(order + "H", 43 if big else 42)
    out += struct.pack(order + "HHQ", 8, 0, 16) if big else struct.pack(order + "I", 8)
    for number, page in enumerate(pages):
        strips = page[STRIPS] if isinstance(page[STRIPS], list) else [page[STRIPS]]
        tags = dict(page) | {COUNTS: [len(strip) for strip in strips], STRIPS: [0] * len(strips)}
        head = 8 if big else 2
        table = head + len(tags) * (12 + 2 * (size - 4) + 0 if not big else 20) + size
        after = len(out) + table
        tail = bytearray()
        places = []
        for strip in strips:
            places.append(after + len(tail))
            tail += strip + b"\0" * (len(strip) % 2)
        tags[STRIPS] = places
        entries = bytearray()
        for tag, value in sorted(tags.items()):
            kind, count, body = _encoded(tag, value, order)
            if len(body) > size:
                place = after + len(tail)
                tail += body + b"\0" * (len(body) % 2)
                body = struct.pack(order + word, place)
            entries += struct.pack(f"{order}HH{word}", tag, kind, count) + body.ljust(size, b"\0")
        last = number == len(pages) - 1
        out += struct.pack(order + ("Q" if big else "H"), len(tags)) + entries
        out += struct.pack(order + word, 0 if last else after + len(tail)) + tail
    return bytes(out)


def _encoded(tag: int, value: Any, order: str) -> tuple[int, int, bytes]:
    if isinstance(value, bytes):
        return 2, len(value), value
    values = list(value) if isinstance(value, Sequence | np.ndarray) else [value]
    wide = tag in {STRIPS, COUNTS, WIDTH, HEIGHT, ROWS, SUBFILE}
    return (
        (4 if wide else 3),
        len(values),
        struct.pack(f"{order}{len(values)}{'I' if wide else 'H'}", *values),
    )


def page(pixels: Any, *, photometric: int = 1, order: str = "<", **tags: Any) -> dict[int, Any]:
    """Return an uncompressed page of grey `(h, w)` or colour `(h, w, n)`; tags by name."""
    array = np.asarray(pixels)
    samples = 1 if array.ndim == 2 else array.shape[2]
    kind = {"u": 1, "i": 2, "f": 3, "b": 1}[array.dtype.kind]
    data = array.astype(array.dtype.newbyteorder(order)).tobytes()
    if tags.get("PLANAR") == 2:
        planes = np.moveaxis(array, 2, 0)
        data = [plane.astype(array.dtype.newbyteorder(order)).tobytes() for plane in planes]
    made = {
        WIDTH: array.shape[1],
        HEIGHT: array.shape[0],
        BITS: [array.dtype.itemsize * 8] * samples,
        COMPRESSION: 1,
        PHOTOMETRIC: photometric,
        STRIPS: data,
        SAMPLES: samples,
        ROWS: array.shape[0],
    }
    if kind != 1:
        made[FORMAT] = [kind] * samples
    return made | {globals()[name]: value for name, value in tags.items()}
