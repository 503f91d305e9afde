"""One file of decoded images, and which of its slots can be trusted."""

import json
import mmap
import os
import threading
import warnings
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prevalens.exceptions import DataWarning
from prevalens.images.file_signatures import (
    Contents,
    Signatures,
    has_signature,
    hash_content,
    hash_contents,
)
from prevalens.typing import Image, Images, Rows

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads small numbers
_HEAD = 8192  # bytes before the records: what the file is, for those who look into it
_RECORD = 8  # words of a record
_PAGE = 4096
_SEEKING = threading.Lock()


class CachedImages:
    """Slots of decoded images in a memory-mapped file, shared by threads and processes.

    A slot is written once: its pixels, then its record, which holds what the image file looked
    like, the hash of its content and the checksum of the pixels. A slot without a right record is
    empty, so a run killed at any moment leaves no half-written image behind. The file is written
    by calls that report a full disk, never through the map, where a full disk would kill the
    process.

    Args:
        file: The file; made where it does not exist.
        shape: `(n_images, height, width, channels)`.
        paths: The image files, one for each slot.
        signatures: What they looked like when the cache was opened, shape `(n_images, 4)`.

    Attributes:
        pixels: The images, uint8, `shape`; undefined where they are not trusted.
        records: A record for each, of 8 words: signature (4), content (2), checksum of the
            pixels, check of the record.
        trusted: Which images are decoded and verified, shape `(n_images,)`.
    """

    def __init__(
        self,
        file: Path,
        shape: tuple[int, ...],
        *,
        paths: Sequence[str | os.PathLike[str]],
        signatures: Signatures,
    ) -> None:
        self._file = file
        self._shape = shape
        self._paths = paths
        self._signatures = signatures
        self._open()

    def _open(self) -> None:
        self._full = False
        count = self._shape[0]
        self._bytes = int(np.prod(self._shape[1:]))
        self._first = _HEAD + -(-count * _RECORD * 8 // _PAGE) * _PAGE
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        weakref.finalize(self, os.close, handle)
        self._handle = handle
        size = self._first + count * self._bytes
        # Every process may do this at once: growing to the same size does no harm, and a file
        # that a killed run left short is made whole.
        if os.fstat(handle).st_size < size:
            os.truncate(handle, size)
        mapped = mmap.mmap(handle, size, access=mmap.ACCESS_READ)
        words = np.frombuffer(mapped, np.uint64, count * _RECORD, _HEAD)
        self.records = words.reshape(count, _RECORD)
        flat = np.frombuffer(mapped, np.uint8, count * self._bytes, self._first)
        self.pixels = flat.reshape(self._shape)
        self.trusted = np.zeros(count, dtype=np.bool_)
        self._look(np.arange(count))

    def __getstate__(self) -> dict[str, Any]:
        names = ("_file", "_shape", "_paths", "_signatures")
        return {name: self.__dict__[name] for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def __len__(self) -> int:
        return self._shape[0]

    @property
    def n_kept(self) -> int:
        """Number of images that are decoded and verified."""
        return int(self.trusted.sum())

    def take(self, rows: Rows, *, into: Images) -> Rows:
        """Copy the images of `rows` that are kept, and return where in `rows` the others stand.

        Args:
            rows: Positions of images, shape `(batch,)`.
            into: Where to copy to, uint8 `(batch, height, width, channels)`.
        """
        if not self.trusted[rows].all():
            self._look(rows[~self.trusted[rows]])
        missing = np.flatnonzero(~self.trusted[rows])
        if not missing.size:
            # "clip" lets numpy copy straight into place; the rows were checked on the line above.
            np.take(self.pixels, rows, axis=0, out=into, mode="clip")
            return missing
        for place in np.flatnonzero(self.trusted[rows]).tolist():
            into[place] = self.pixels[rows[place]]
        return missing

    def keep(self, row: int, image: Image) -> None:
        """Write the image that was decoded from the file of `row`.

        Where the file is not what it was when the cache was opened, nothing is kept; where the
        disk is full, a warning says so once, and the run goes on without.
        """
        if self._full:
            return
        content = hash_content(self._paths[row])
        # Looked at after it was decoded and hashed: as it was before, so it was all along.
        if content.any() and has_signature(self._paths[row], self._signatures[row]):
            self._put(row, image, content)

    def find_changed(self) -> Rows:
        """Read the file of each kept image, and return the rows whose content is another now."""
        rows = np.flatnonzero(self.trusted)
        now = hash_contents([self._paths[row] for row in rows.tolist()])
        changed: Rows = rows[(now != self.records[rows, 4:6]).any(axis=1)]
        return changed

    def carry_over(self, older: "CachedImages", *, by_signature: bool) -> int:
        """Copy from an older file of the same images what still holds; return how many that is.

        Args:
            older: Slots of the same names, of which some files may have changed since.
            by_signature: Whether a file that looks as it did need not be read; any other is the
                same where its content is.
        """
        rows = np.flatnonzero(older.trusted & ~self.trusted)
        records = older.records[rows]
        same = (records[:, :4] == self._signatures[rows]).all(axis=1) & by_signature
        unsure = np.flatnonzero(~same)
        now = hash_contents([self._paths[row] for row in rows[unsure].tolist()])
        same[unsure] = (now == records[unsure, 4:6]).all(axis=1)
        for place in np.flatnonzero(same).tolist():
            row = int(rows[place])
            self._put(row, older.pixels[row], records[place, 4:6])
        return int(same.sum())

    def write_head(self, head: dict[str, Any]) -> None:
        """Write what this file is, for `read_head`, unless it is too long to fit."""
        text = json.dumps(head).encode()
        if len(text) < _HEAD:
            _write_at(self._handle, np.frombuffer(text, np.uint8), 0)

    def _put(self, row: int, image: Image, content: Contents) -> None:
        if self._full:
            return
        flat = np.ascontiguousarray(image).reshape(-1)
        record = np.zeros((1, _RECORD), dtype=np.uint64)
        record[0, :4], record[0, 4:6], record[0, 6] = self._signatures[row], content, _sum(flat)
        record[0, 7] = _check(record, np.array([row]))[0]
        try:
            _write_at(self._handle, flat, self._first + row * self._bytes)
            _write_at(self._handle, record.view(np.uint8)[0], _HEAD + row * _RECORD * 8)
        except OSError as error:
            self._full = True
            warnings.warn(
                f"The pixel cache {self._file} cannot grow ({error.strerror}): "
                f"{self.n_kept} of {len(self)} images are kept, the others are decoded each time. "
                "Make room to speed the next run up.",
                DataWarning,
                stacklevel=3,
            )
            return
        self.trusted[row] = True

    def _look(self, rows: Rows) -> None:
        """Trust those of `rows` that are there, whoever wrote them."""
        records = self.records[rows]
        for row in rows[records[:, 7] == _check(records, rows)].tolist():
            self.trusted[row] = _sum(self.pixels[row].reshape(-1)) == self.records[row, 6]


def read_head(file: Path) -> dict[str, Any]:
    """Return what a file of decoded images says of itself; nothing where it says nothing."""
    try:
        with file.open("rb") as opened:
            head = json.loads(opened.read(_HEAD).rstrip(b"\0"))
    except (OSError, ValueError):
        return {}
    return head if isinstance(head, dict) else {}


def _write_at(handle: int, data: np.ndarray[Any, Any], offset: int) -> None:
    left = memoryview(data)  # type: ignore[arg-type]
    while left:
        if hasattr(os, "pwrite"):
            written = os.pwrite(handle, left, offset)
        else:  # Windows: one place for all threads of a process
            with _SEEKING:
                os.lseek(handle, offset, os.SEEK_SET)
                written = os.write(handle, left)
        left, offset = left[written:], offset + written


def _sum(flat: np.ndarray[Any, Any]) -> np.uint64:
    """Sum the bytes as 64-bit words: finds pages a crash lost or tore, at memory speed."""
    whole = len(flat) // 8 * 8
    return flat[:whole].view(np.uint64).sum(dtype=np.uint64) + flat[whole:].sum(dtype=np.uint64)


def _check(records: np.ndarray[Any, Any], rows: Rows) -> Any:
    """Return the check of each record, shape `(n,)`: it holds of this slot's words alone."""
    mixed = rows.astype(np.uint64) + np.uint64(1)
    with np.errstate(over="ignore"):
        for word in records[:, : _RECORD - 1].T:
            mixed = (mixed ^ word) * _MIX + np.uint64(1)
            mixed ^= mixed >> np.uint64(32)
    return mixed
