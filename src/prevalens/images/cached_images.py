"""One file of decoded images, and which of its slots can be trusted."""

import errno
import functools
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

from prevalens._gate import open_file
from prevalens.exceptions import DataWarning, UnreadableImageError
from prevalens.images.file_signatures import (
    Contents,
    Signatures,
    has_signature,
    hash_content,
    hash_contents,
)
from prevalens.images.readers.reader import Reader
from prevalens.typing import Flags, Image, Images, Rows

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
    process. A file that may only be read is read, and what it lacks is decoded each time.

    Args:
        file: The file; made where it does not exist and may be.
        shape: `(n_images, height, width, channels)`.
        paths: The image files, one for each slot.
        signatures: What they looked like when the cache was opened, shape `(n_images, 4)`.
        reader: What reads them.

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
        reader: Reader,
    ) -> None:
        self._file = file
        self._shape = shape
        self._paths = paths
        self._signatures = signatures
        self._reader = reader
        self._open()

    def _open(self) -> None:
        count = self._shape[0]
        self._bytes = int(np.prod(self._shape[1:]))
        self._first = _HEAD + -(-count * _RECORD * 8 // _PAGE) * _PAGE
        self._size = self._first + count * self._bytes
        self._handle, self._full = _open_slots(self._file, self._size)
        weakref.finalize(self, os.close, self._handle)
        self.trusted = np.zeros(count, dtype=np.bool_)
        self.is_read_only = self._full
        self._is_older = False
        if os.fstat(self._handle).st_size < self._size:  # of others, and not whole
            self.records = np.zeros((count, _RECORD), dtype=np.uint64)
            self.pixels = np.broadcast_to(np.uint8(0), self._shape)
            return
        mapped = mmap.mmap(self._handle, self._size, access=mmap.ACCESS_READ)
        words = np.frombuffer(mapped, np.uint64, count * _RECORD, _HEAD)
        self.records = words.reshape(count, _RECORD)
        flat = np.frombuffer(mapped, np.uint8, count * self._bytes, self._first)
        self.pixels = flat.reshape(self._shape)
        self._look(np.arange(count))

    def __getstate__(self) -> dict[str, Any]:
        names = ("_file", "_shape", "_paths", "_signatures", "_reader")
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

        Raises:
            UnreadableImageError: the file was cut since it was opened.
        """
        self._refuse_cut()
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
        content = hash_content(self._paths[row], self._reader)
        # Looked at after it was decoded and hashed: as it was before, so it was all along.
        if content.any() and has_signature(self._paths[row], self._signatures[row], self._reader):
            self._put(row, image, content)

    def find_changed(self) -> Rows:
        """Read the file of each kept image, and return the rows whose content is another now."""
        rows = np.flatnonzero(self.trusted)
        now = hash_contents([self._paths[row] for row in rows.tolist()], self._reader)
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
        same = rows[older._still_holds(rows, by_signature=by_signature)]  # noqa: SLF001
        for row in same.tolist():
            self._put(row, older.pixels[row], older.records[row, 4:6])
        return len(same)

    def forget_changed(self, *, by_signature: bool) -> None:
        """Trust only what still holds, where the file is of other times and may only be read."""
        rows = np.flatnonzero(self.trusted)
        self.trusted[rows] = self._still_holds(rows, by_signature=by_signature)
        self._is_older = True

    def _still_holds(self, rows: Rows, *, by_signature: bool) -> Flags:
        """Return which of `rows` are kept of the content that their image files have now."""
        records = self.records[rows]
        same: Flags = (records[:, :4] == self._signatures[rows]).all(axis=1) & by_signature
        unsure = np.flatnonzero(~same)
        paths = [self._paths[row] for row in rows[unsure].tolist()]
        same[unsure] = (hash_contents(paths, self._reader) == records[unsure, 4:6]).all(axis=1)
        return same

    def write_head(self, head: dict[str, Any]) -> None:
        """Write what this file is, for `read_head`, unless it is too long to fit."""
        text = json.dumps(head).encode()
        if len(text) < _HEAD and not self.is_read_only:
            self._write((np.frombuffer(text, np.uint8), 0))

    def _put(self, row: int, image: Image, content: Contents) -> None:
        if self._full:
            return
        flat = np.ascontiguousarray(image).reshape(-1)
        record = np.zeros((1, _RECORD), dtype=np.uint64)
        record[0, :4], record[0, 4:6], record[0, 6] = self._signatures[row], content, _sum(flat)
        record[0, 7] = _check(record, np.array([row]))[0]
        places = (
            (flat, self._first + row * self._bytes),
            (record.view(np.uint8)[0], _HEAD + row * _RECORD * 8),
        )
        if self._write(*places):
            self.trusted[row] = True

    def _write(self, *parts: tuple[np.ndarray[Any, Any], int]) -> bool:
        """Write each array at its place; return False, and say so, where the disk is full."""
        try:
            for data, place in parts:
                _write_at(self._handle, data, place)
        except OSError as error:
            self._full = True
            warnings.warn(
                f"The pixel cache {self._file} cannot grow ({error.strerror}): "
                f"{self.n_kept} of {len(self)} images are kept, the others are decoded each time. "
                "Make room to speed the next run up.",
                DataWarning,
                stacklevel=4,
            )
        return not self._full

    def _refuse_cut(self) -> None:
        # To read through the map beyond the file's end would kill the process, and still does where
        # it is cut within one gather. `pread` would give an error there too, but costs more time a
        # row in every warm epoch, most of all where images are small.
        if self.trusted.any() and os.fstat(self._handle).st_size < self._size:
            raise UnreadableImageError(
                f"The pixel cache {self._file} was cut while it was in use. Remove it, and start "
                "again."
            )

    def _look(self, rows: Rows) -> None:
        """Trust those of `rows` that are there, whoever wrote them."""
        if self._is_older or os.fstat(self._handle).st_size < self._size:
            return
        records = self.records[rows]
        for row in rows[records[:, 7] == _check(records, rows)].tolist():
            self.trusted[row] = _sum(self.pixels[row].reshape(-1)) == self.records[row, 6]


def _open_slots(file: Path, size: int) -> tuple[int, bool]:
    """Return an open file of slots, made and made whole where it may be; and whether it may not."""
    binary = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | binary, 0o666)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        return os.open(file if file.exists() else os.devnull, os.O_RDONLY | binary), True
    # Every process may do this at once: growing to the same size does no harm, and a file that a
    # killed run left short is made whole.
    if os.fstat(handle).st_size < size:
        os.truncate(handle, size)
    return handle, False


def read_head(file: Path) -> dict[str, Any]:
    """Return what a file of decoded images says of itself; nothing where it says nothing."""
    try:
        with open_file(file, what="a pixel cache", max_bytes=2**63) as opened:
            head = json.loads(opened.read(_HEAD).rstrip(b"\0"))
    except (OSError, ValueError, RecursionError):
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
    """Weigh the bytes as 64-bit words, each by its place: finds pages lost, torn or swapped."""
    whole = len(flat) // 8 * 8
    words = flat[:whole].view(np.uint64)
    last = int.from_bytes(flat[whole:].tobytes(), "little")
    return np.uint64((int(np.dot(words, _weights(len(words)))) + last) % 2**64)


@functools.lru_cache(maxsize=8)
def _weights(count: int) -> np.ndarray[Any, Any]:
    # Odd, so that no word's change is lost.
    return np.arange(1, count + 1, dtype=np.uint64) * _MIX | np.uint64(1)


def _check(records: np.ndarray[Any, Any], rows: Rows) -> Any:
    """Return the check of each record, shape `(n,)`: it holds of this slot's words alone."""
    mixed = rows.astype(np.uint64) + np.uint64(1)
    with np.errstate(over="ignore"):
        for word in records[:, : _RECORD - 1].T:
            mixed = (mixed ^ word) * _MIX + np.uint64(1)
            mixed ^= mixed >> np.uint64(32)
    return mixed
