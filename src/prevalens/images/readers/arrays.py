"""Rows of arrays: `.npy` and `.npz` of numpy, and HDF5."""

import hashlib
import importlib
import math
import os
import struct
import threading
import zipfile
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from prevalens._gate import open_archive, read_array, read_array_head
from prevalens._paths import is_file
from prevalens.exceptions import UnreadableImageError
from prevalens.images.grey_range import (
    check_bits,
    refuse_kind,
    sixteen_to_eight,
    warn_of_few_levels,
)
from prevalens.images.opening import open_picture, refuse_bomb, split_address
from prevalens.typing import Image

SUFFIXES = frozenset({".npy", ".npz", ".h5", ".hdf5"})
# Unpacked; a compressed member is unpacked whole and kept until another is asked for.
_MOST = 2**33


@dataclass(frozen=True, kw_only=True)
class ArrayReader:
    """Reads one picture of an array of pictures, such as MedMNIST's files.

    Addresses: `a.npy#17` is row 17 (from 0) of the first axis; `a.npz#train_images/17` that of a
    member, `a.h5#scans/ct/17` that of a dataset. Without a number the whole array is the picture.
    A picture has the shape `(height, width)`, `(height, width, 1)` or `(height, width, 3)` and
    holds uint8, truth values (0 and 255) or uint16.

    Args:
        bits: How many bits uint16 values use, 9 to 16; by default all 16.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "cells.npy")
        ...     np.save(path, np.arange(32, dtype=np.uint8).reshape(2, 4, 4))
        ...     ArrayReader().read(f"{path}#1")[0].tolist()
        [16, 17, 18, 19]
    """

    bits: int | None = None

    def __post_init__(self) -> None:
        check_bits(self.bits)

    @property
    def name(self) -> str:
        """The reader, and the bits where they are stated."""
        return "arrays" + (f" bits={self.bits}" if self.bits else "")

    def matches(self, address: str, /) -> bool:
        """Return whether there is a file of one of the kinds."""
        file, _ = split_address(address)
        return is_array(file) and is_file(file)

    def identity(self, address: str, /) -> str:
        """Return the SHA-256 of the picture's kind, shape and values."""
        values = _values(address)
        head = f"{values.dtype.str} {values.shape} ".encode()
        return hashlib.sha256(head + np.ascontiguousarray(values).tobytes()).hexdigest()

    def read(self, address: str, /) -> Image:
        """Return the picture.

        Raises:
            UnreadableImageError: there is no such file, member or row, it is damaged, too large,
                or holds something else than pictures.
        """
        values = _values(address)
        flat = values.ndim == 2 or (values.ndim == 3 and values.shape[2] in {1, 3})
        if not flat or 0 in values.shape:
            raise UnreadableImageError(
                f"{address} has the shape {values.shape}; a picture is (height, width), "
                "(height, width, 1) or (height, width, 3). Name its row, as in a.npy#17."
            )
        row = (split_address(address)[1] or "").rpartition("/")[2]
        if row.isdecimal() and values.ndim == 2 and values.shape[1] in {1, 3}:
            raise UnreadableImageError(
                f"{address} has the shape {values.shape}, as one line of a picture with channels "
                f"has. Where the array is one picture, leave #{row} out; one of several has a row."
            )
        refuse_bomb(address, values.shape[1], values.shape[0])
        if values.dtype == np.bool_:
            return values.astype(np.uint8) * np.uint8(255)
        if values.dtype.kind == "u" and values.itemsize == 2:  # whichever byte comes first
            shown = sixteen_to_eight(address, values, bits=self.bits)
            warn_of_few_levels(address, values, shown)
            return shown
        if values.dtype != np.uint8:
            raise refuse_kind(address, str(values.dtype))
        return values


def is_array(file: str) -> bool:
    """Return whether a name is that of an array file."""
    return os.path.splitext(file)[1].lower() in SUFFIXES  # noqa: PTH122


def _values(address: str) -> NDArray[Any]:
    file, part = split_address(address)
    suffix = os.path.splitext(file)[1].lower()  # noqa: PTH122
    read = {".npy": _of_npy, ".npz": _of_npz}.get(suffix, _of_hdf5)
    try:
        with open_picture(file, max_bytes=2**63) as opened:
            return read(opened, file, part or "")
    except UnreadableImageError:
        raise
    # Damaged files raise OSError, ValueError, KeyError, zlib.error and more.
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise UnreadableImageError(
            f"{address} cannot be read ({reason}). Save the file again, or leave it out."
        ) from error


def _of_npy(opened: BinaryIO, file: str, part: str) -> NDArray[Any]:
    return _row_of_stored(opened, file, _row(part, file), end=os.fstat(opened.fileno()).st_size)


def _of_npz(opened: BinaryIO, file: str, part: str) -> NDArray[Any]:
    with open_archive(opened, file, max_bytes=_MOST, error=UnreadableImageError) as archive:
        names = [info.filename.removesuffix(".npy") for info in archive.infolist()]
        member, row = _member(part, names)
        if member is None:
            raise UnreadableImageError(
                f"{file} has no array {part!r}; it has {names[:10]}. Write file.npz#name/row."
            )
        info = archive.infolist()[names.index(member)]
        number = _row(row, file)
        if info.compress_type == zipfile.ZIP_STORED:
            opened.seek(info.header_offset + 26)
            lengths = struct.unpack("<HH", opened.read(4))
            opened.seek(info.header_offset + 30 + sum(lengths))
            return _row_of_stored(opened, file, number, end=opened.tell() + info.file_size)
        return _chosen(_UNPACKED.array(opened, archive, info), number, file)


def _of_hdf5(opened: BinaryIO, file: str, part: str) -> NDArray[Any]:
    h5py = importlib.import_module("h5py")
    with h5py.File(opened, "r") as held:
        place, names = held, part.strip("/").split("/")
        while names and not isinstance(place, h5py.Dataset):
            # A link may name any file of this machine, which a table has no business opening.
            if not isinstance(place.get(names[0], getlink=True), h5py.HardLink):
                raise UnreadableImageError(
                    f"{file} has no dataset {part!r} of its own; it has {list(place)[:10]} there. "
                    "Write file.h5#group/dataset/row."
                )
            place = place[names.pop(0)]
        if not isinstance(place, h5py.Dataset) or place.is_virtual or place.external:
            raise UnreadableImageError(
                f"{file}#{part} is no dataset that this file holds itself. Write "
                "file.h5#group/dataset/row."
            )
        row = _row("/".join(names), file)
        _refuse_large(file, place.shape if row is None else place.shape[1:], place.dtype)
        _refuse_large(file, place.chunks or (), place.dtype)
        _refuse_beyond(file, place.shape, row)
        return np.asarray(place[()] if row is None else place[row])


def _row_of_stored(opened: BinaryIO, file: str, row: int | None, *, end: int) -> NDArray[Any]:
    """Read one row of an array in numpy's format, and no more of the file."""
    shape, in_columns, dtype = read_array_head(opened)
    start = opened.tell()
    wanted = shape if row is None else shape[1:]
    _refuse_large(file, wanted, dtype)
    _refuse_beyond(file, shape, row)
    if in_columns and row is not None:
        raise UnreadableImageError(
            f"{file} is stored by columns, so that a row lies all over it. Save it again after "
            "numpy.ascontiguousarray."
        )
    if dtype.hasobject:
        raise refuse_kind(file, "object")
    size = math.prod(wanted) * dtype.itemsize
    if end < start + math.prod(shape) * dtype.itemsize:
        raise UnreadableImageError(f"{file} is cut. Copy or download it again.")
    opened.seek(start + (row or 0) * size)
    values = np.frombuffer(opened.read(size), dtype=dtype)
    return values.reshape(wanted, order="F" if in_columns else "C")


def _chosen(array: NDArray[Any], row: int | None, file: str) -> NDArray[Any]:
    _refuse_beyond(file, array.shape, row)
    chosen: NDArray[Any] = array if row is None else array[row]
    return chosen


def _member(part: str, names: list[str]) -> tuple[str | None, str]:
    if part in names:
        return part, ""
    member, _, row = part.rpartition("/")
    return (member, row) if member in names else (None, "")


def _row(text: str, file: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise UnreadableImageError(
            f"{file}#{text} names no row: after the array comes a number from 0, as in a.npy#17."
        )
    return int(text)


def _refuse_beyond(file: str, shape: tuple[int, ...], row: int | None) -> None:
    if row is not None and (not shape or row >= shape[0]):
        raise UnreadableImageError(
            f"{file} has no row {row}: its array has the shape {shape}, and rows count from 0."
        )


def _refuse_large(file: str, shape: tuple[int, ...], dtype: Any) -> None:
    if math.prod(shape) * dtype.itemsize > 2**30:
        raise UnreadableImageError(
            f"{file} claims a picture of the shape {shape} and {dtype}, more than 1 GB. Name its "
            "row, as in a.npy#17."
        )


class _Unpacked:
    """The compressed member that was asked for last: unpacked once, not once a row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[object, ...] = ()
        self._array: NDArray[Any] = np.empty(0)

    def array(
        self, opened: BinaryIO, archive: zipfile.ZipFile, info: zipfile.ZipInfo
    ) -> NDArray[Any]:
        found = os.fstat(opened.fileno())
        key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, info.filename)
        with self._lock:
            if key != self._key:
                self._key, self._array = (), np.empty(0)
                self._array = read_array(archive, info)
                self._array.setflags(write=False)
                self._key = key
            return self._array


_UNPACKED = _Unpacked()
