"""Reading and writing one file at given places, by many threads and processes at once."""

import errno
import os
import secrets
import threading
from pathlib import Path
from typing import Any

import numpy as np

_SEEKING = threading.Lock()


def open_slots(file: Path, size: int) -> tuple[int, bool]:
    """Open a file of `size` bytes, made where it does not exist and may be.

    A file that is shorter was cut, and is left so: growing it again would give zeros to those who
    know it as it was.

    Returns:
        The open file, and whether it must not be written to.
    """
    binary = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        if not file.exists():
            _make(file, size)
        handle = os.open(file, os.O_RDWR | binary)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise
        return os.open(file if file.exists() else os.devnull, os.O_RDONLY | binary), True
    return handle, os.fstat(handle).st_size < size


def _make(file: Path, size: int) -> None:
    """Make a file at its full size in one step; every process may do this at once."""
    made = file.with_name(f".{file.stem}-{secrets.token_hex(4)}")
    try:
        made.touch()
        os.truncate(made, size)
        # A link never takes the place of a file that another process made meanwhile.
        try:
            os.link(made, file)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            made.replace(file)
    finally:
        made.unlink(missing_ok=True)


def read_at(handle: int, into: np.ndarray[Any, Any], offset: int) -> int:
    """Fill an array, as it lies in memory, from a place in a file.

    Args:
        handle: The open file.
        into: What to fill, C-contiguous.
        offset: Where to begin, in bytes.

    Returns:
        How many bytes there were; fewer than asked where the file ends before.
    """
    left, read = memoryview(into).cast("B"), 0  # type: ignore[arg-type]
    while read < len(left):
        if hasattr(os, "preadv"):
            count = os.preadv(handle, [left[read:]], offset + read)
        else:  # Windows: one place for all threads of a process
            with _SEEKING:
                os.lseek(handle, offset + read, os.SEEK_SET)
                data = os.read(handle, len(left) - read)
            count = len(data)
            left[read : read + count] = data
        if not count:
            break
        read += count
    return read


def write_at(handle: int, data: np.ndarray[Any, Any], offset: int) -> None:
    """Write all of an array of bytes at a place in a file."""
    left = memoryview(data)  # type: ignore[arg-type]
    while left:
        if hasattr(os, "pwrite"):
            written = os.pwrite(handle, left, offset)
        else:  # Windows: one place for all threads of a process
            with _SEEKING:
                os.lseek(handle, offset, os.SEEK_SET)
                written = os.write(handle, left)
        left, offset = left[written:], offset + written
