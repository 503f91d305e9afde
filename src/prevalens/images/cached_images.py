"""One file of decoded images, and which of its slots can be trusted."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from prevalens.exceptions import DataWarning
from prevalens.typing import Image, Images, Rows

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: spreads small numbers


class CachedImages:
    """Slots of decoded images in a memory-mapped file, shared by threads and processes.

    A slot's pixels are written before its record, and its record holds their checksum: a slot
    without a right record is empty, so a run killed at any moment leaves no half-written image
    behind. The file is written by calls that report a full disk, never through the map, where a
    full disk would kill the process.

    Args:
        pixels: The file of pixels; beside it, with the suffix `.slots`, the file of records.
        shape: `(n_images, height, width, channels)`.
    """

    def __init__(self, pixels: Path, shape: tuple[int, ...]) -> None:
        self._files = (pixels, pixels.with_suffix(".slots"))
        self._shape = shape
        self._bytes = int(np.prod(shape[1:]))
        self._open()

    def _open(self) -> None:
        self._full = False
        count = self._shape[0]
        _grow(self._files[0], count * self._bytes)
        _grow(self._files[1], count * 16)
        self._pixels = np.memmap(self._files[0], dtype=np.uint8, mode="r", shape=self._shape)
        self._slots = np.memmap(self._files[1], dtype=np.uint64, mode="r", shape=(count, 2))
        self._trusted = np.zeros(count, dtype=np.bool_)
        self._look(np.arange(count))

    def __getstate__(self) -> dict[str, Any]:
        return {"_files": self._files, "_shape": self._shape, "_bytes": self._bytes}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def __len__(self) -> int:
        return self._shape[0]

    @property
    def n_kept(self) -> int:
        """Number of images that are decoded and verified."""
        return int(self._trusted.sum())

    def take(self, rows: Rows, *, into: Images) -> Rows:
        """Copy the images of `rows` that are kept, and return where in `rows` the others stand.

        Args:
            rows: Positions of images, shape `(batch,)`.
            into: Where to copy to, uint8 `(batch, height, width, channels)`.
        """
        if not self._trusted[rows].all():
            self._look(rows[~self._trusted[rows]])
        missing = np.flatnonzero(~self._trusted[rows])
        if not missing.size:
            # "clip" lets numpy copy straight into place; the rows were checked on the line above.
            np.take(self._pixels, rows, axis=0, out=into, mode="clip")
            return missing
        for place in np.flatnonzero(self._trusted[rows]).tolist():
            into[place] = self._pixels[rows[place]]
        return missing

    def keep(self, row: int, image: Image) -> None:
        """Write the image of `row`; where the disk is full, warn once and go on without."""
        if self._full:
            return
        flat = np.ascontiguousarray(image).reshape(-1)
        total = _checksum(flat)
        record = np.array([total, _check(total, np.uint64(row))], dtype=np.uint64)
        try:
            _write_at(self._files[0], flat, row * self._bytes)
            _write_at(self._files[1], record.view(np.uint8), row * 16)
        except OSError as error:
            self._full = True
            warnings.warn(
                f"The pixel cache {self._files[0]} cannot grow ({error.strerror}): "
                f"{self.n_kept} of {len(self)} images are kept, the others are decoded each time. "
                "Make room to speed the next run up.",
                DataWarning,
                stacklevel=2,
            )
            return
        self._trusted[row] = True

    def _look(self, rows: Rows) -> None:
        """Trust those of `rows` that are there, whoever wrote them."""
        totals, checks = np.asarray(self._slots)[rows].T
        for row in rows[checks == _check(totals, rows.astype(np.uint64))].tolist():
            flat = self._pixels[row].reshape(-1)
            self._trusted[row] = _checksum(flat) == self._slots[row, 0]


def _grow(path: Path, size: int) -> None:
    # Every process may do this at once: growing to the same size does no harm, and a file that a
    # killed run left short is made whole.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        if os.fstat(handle).st_size < size:
            file.truncate(size)


def _write_at(path: Path, data: np.ndarray[Any, Any], offset: int) -> None:
    # Unbuffered, so that a full disk is reported here and not when the file is closed.
    with path.open("r+b", buffering=0) as file:
        file.seek(offset)
        left = memoryview(data)  # type: ignore[arg-type]
        while left:
            left = left[file.write(left) :]


def _checksum(flat: np.ndarray[Any, Any]) -> np.uint64:
    """Sum the bytes as 64-bit words: finds pages a crash lost or tore, at memory speed."""
    whole = len(flat) // 8 * 8
    return flat[:whole].view(np.uint64).sum(dtype=np.uint64) + flat[whole:].sum(dtype=np.uint64)


def _check(totals: Any, rows: Any) -> Any:
    with np.errstate(over="ignore"):
        return (totals ^ (rows + np.uint64(1))) * _MIX + np.uint64(1)
