"""One file of decoded images, and which of its slots can be trusted."""

import functools
import json
import os
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
from prevalens.images.slot_file import open_slots, read_at, write_at
from prevalens.typing import Flags, Image, Images, Rows

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads small numbers
_HEAD = 8192  # bytes before the records: what the file is, for those who look into it
_RECORD = 8  # words of a record
_PAGE = 4096
_END = 1  # bytes after the last image that nobody writes: a file cut and written to stays short


class CachedImages:
    """Slots of decoded images in one file, shared by threads and processes.

    A slot is written once: its pixels, then its record, which holds what the image file looked
    like, the hash of its content and the checksum of the pixels. A slot without a right record is
    empty, so a run killed at any moment leaves no half-written image behind. The file is read and
    written by calls, which report a full disk and a file that was cut; through a memory map either
    would kill the process. A file that may only be read is read, and what it lacks is decoded each
    time.

    Args:
        file: The file; made where it does not exist and may be.
        shape: `(n_images, height, width, channels)`.
        paths: The image files, one for each slot.
        signatures: What they looked like when the cache was opened, shape `(n_images, 4)`.
        reader: What reads them.

    Attributes:
        records: A record for each that is trusted, of 8 words: signature (4), content (2),
            checksum of the pixels, check of the record.
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
        self._size = self._first + count * self._bytes + _END
        self._handle, self._full = open_slots(self._file, self._size)
        weakref.finalize(self, os.close, self._handle)
        self.records = np.zeros((count, _RECORD), dtype=np.uint64)
        self.trusted = np.zeros(count, dtype=np.bool_)
        self.is_read_only = self._full
        self._is_older = False
        self._length = min(os.fstat(self._handle).st_size, self._size)
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
    def is_whole(self) -> bool:
        """Whether the file had its full size when it was opened."""
        return self._length == self._size

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
        if not self.trusted[rows].all():
            self._look(rows[~self.trusted[rows]])
        kept = self.trusted[rows]
        if kept.any():
            places = np.flatnonzero(kept)
            for start, stop in _runs(rows[places], places):
                first, last = int(places[start]), int(places[stop - 1]) + 1
                self._read(rows[first], into[first:last])
            # Last, so that it holds of all that was read, also where a cut file grew again.
            self._refuse_cut()
        return np.flatnonzero(~kept)

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
        image = np.empty(self._bytes, dtype=np.uint8)
        for row in same.tolist():
            older._read(row, image)  # noqa: SLF001
            older._refuse_cut()  # noqa: SLF001
            self._put(row, image, older.records[row, 4:6])
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
        self._refuse_cut()
        flat = np.ascontiguousarray(image).reshape(-1)
        record = np.zeros((1, _RECORD), dtype=np.uint64)
        record[0, :4], record[0, 4:6], record[0, 6] = self._signatures[row], content, _sum(flat)
        record[0, 7] = _check(record, np.array([row]))[0]
        places = (
            (flat, self._first + row * self._bytes),
            (record.view(np.uint8)[0], _HEAD + row * _RECORD * 8),
        )
        if self._write(*places):
            self.records[row] = record[0]
            self.trusted[row] = True

    def _write(self, *parts: tuple[np.ndarray[Any, Any], int]) -> bool:
        """Write each array at its place; return False, and say so, where the disk is full."""
        try:
            for data, place in parts:
                write_at(self._handle, data, place)
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

    def _read(self, row: int, into: Images) -> bool:
        """Copy the pixels from `row` on; return whether all were there."""
        return read_at(self._handle, into, self._first + int(row) * self._bytes) == into.nbytes

    def _refuse_cut(self) -> None:
        if os.fstat(self._handle).st_size < self._length:
            raise UnreadableImageError(
                f"The pixel cache {self._file} was cut while it was in use. Start again: what is "
                "left of it is kept."
            )

    def _look(self, rows: Rows) -> None:
        """Trust those of `rows` that are there, whoever wrote them."""
        if self._is_older or not rows.size:
            return
        records = self._read_records(rows)
        image = np.empty(self._bytes, dtype=np.uint8)
        right = np.flatnonzero(records[:, 7] == _check(records, rows))
        for row, record in zip(rows[right].tolist(), records[right], strict=True):
            if self._read(row, image) and _sum(image) == record[6]:
                self.records[row] = record
                self.trusted[row] = True

    def _read_records(self, rows: Rows) -> np.ndarray[Any, Any]:
        """Return the records of `rows` as they stand in the file now."""
        records = np.zeros((len(rows), _RECORD), dtype=np.uint64)
        for start, stop in _runs(rows):
            read_at(self._handle, records[start:stop], _HEAD + int(rows[start]) * _RECORD * 8)
        return records


def _runs(*columns: Rows) -> list[tuple[int, int]]:
    """Return where rows stand that follow each other in every column: each can be read at once."""
    breaks = np.zeros(len(columns[0]) - 1, dtype=np.bool_)
    for column in columns:
        breaks |= np.diff(column) != 1
    stops = [*(np.flatnonzero(breaks) + 1).tolist(), len(columns[0])]
    return list(zip([0, *stops[:-1]], stops, strict=True))


def read_head(file: Path) -> dict[str, Any]:
    """Return what a file of decoded images says of itself; nothing where it says nothing."""
    try:
        with open_file(file, what="a pixel cache", max_bytes=2**63) as opened:
            head = json.loads(opened.read(_HEAD).rstrip(b"\0"))
    except (OSError, ValueError, RecursionError):
        return {}
    return head if isinstance(head, dict) else {}


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
