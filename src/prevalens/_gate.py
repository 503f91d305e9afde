"""One gate for files from outside: regular, of a bounded size, opened without waiting."""

import math
import os
import stat
import zipfile
from io import BufferedReader
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from prevalens._checks import check_path
from prevalens.exceptions import InvalidInputError

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    # A pipe that takes a file's place after it was looked at does not wait for a writer.
    | getattr(os, "O_NONBLOCK", 0)
)
_MEMBERS = 100_000


def open_file(
    path: str | os.PathLike[str],
    *,
    what: str,
    max_bytes: int,
    error: type[InvalidInputError] = InvalidInputError,
    may_be_empty: bool = False,
) -> BufferedReader:
    """Open a file to read bytes from, once it is known to be one.

    Args:
        path: The file; links are followed.
        what: What it should be, with its article, for messages: "an image file".
        max_bytes: A larger file is refused.
        error: What is raised.
        may_be_empty: Whether a file of no bytes is taken.

    Returns:
        The open file; whoever asks closes it.

    Raises:
        InvalidInputError: there is no such file, it is empty, too large, or no regular file (a
            folder, a pipe, a device), or `path` is none; the text names it.
    """
    # To the system a number is a file that is open already, whatever it is of.
    check_path("path", path)
    try:
        _check(path, os.stat(path), what, max_bytes, error, may_be_empty=may_be_empty)  # noqa: PTH116
        opened = open(os.open(path, _FLAGS), "rb")  # noqa: PTH123, SIM115
    except FileNotFoundError as missing:
        raise error(f"{path} does not exist. Give the path of {what}.") from missing
    except (OSError, ValueError) as refusal:
        if isinstance(refusal, error):
            raise
        reason = getattr(refusal, "strerror", None) or refusal
        raise error(f"{path} cannot be opened ({reason}). Give {what} that can be.") from refusal
    try:
        _check(path, os.fstat(opened.fileno()), what, max_bytes, error, may_be_empty=may_be_empty)
    except BaseException:
        opened.close()
        raise
    return opened


def _check(
    path: str | os.PathLike[str],
    found: os.stat_result,
    what: str,
    max_bytes: int,
    error: type[InvalidInputError],
    *,
    may_be_empty: bool,
) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "is a folder" if stat.S_ISDIR(found.st_mode) else "is no regular file"
        raise error(f"{path} {kind}. Give the path of {what}.")
    if found.st_size == 0 and not may_be_empty:
        raise error(f"{path} is empty (0 bytes). Copy or download it again.")
    if found.st_size > max_bytes:
        raise error(
            f"{path} has {found.st_size} bytes, more than the {max_bytes} that {what} may have. "
            "Split it, or leave it out."
        )


def read_file(
    path: str | os.PathLike[str],
    *,
    what: str,
    max_bytes: int,
    error: type[InvalidInputError] = InvalidInputError,
) -> bytes:
    """Return a file's bytes; refuses what `open_file` refuses, and never reads more."""
    with open_file(path, what=what, max_bytes=max_bytes, error=error) as opened:
        data = opened.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise error(f"{path} grew beyond {max_bytes} bytes while it was read. Try again.")
    return data


def open_archive(
    opened: BinaryIO,
    name: str,
    *,
    max_bytes: int,
    error: type[InvalidInputError] = InvalidInputError,
) -> zipfile.ZipFile:
    """Return a zip archive whose directory claims no more than `max_bytes`, unpacked.

    What its directory claims is all that is ever unpacked: `zipfile` stops there.

    Args:
        opened: The file, from `open_file`.
        name: Its name, for messages.
        max_bytes: Sum over the members, unpacked.
        error: What is raised.

    Raises:
        InvalidInputError: the file is no archive, or claims more; the text names it.
    """
    try:
        archive = zipfile.ZipFile(opened)
    except Exception as damage:
        raise error(f"{name} is no whole zip archive ({damage}). Save it again.") from damage
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > max_bytes or len(members) > _MEMBERS:
        raise error(
            f"{name} claims to unpack to {total} bytes in {len(members)} members, more than the "
            f"{max_bytes} bytes in {_MEMBERS} that are allowed. Split it, or leave it out."
        )
    return archive


def read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """Return an array in numpy's format, once its head claims no more than the member holds.

    Raises:
        ValueError: it claims more, holds objects, or is no array.
    """
    with archive.open(member) as opened:
        shape, _, dtype = read_array_head(opened)
        if dtype.hasobject:
            raise ValueError(f"{member.filename} holds objects")
        if math.prod(shape) * dtype.itemsize > member.file_size:
            raise ValueError(f"{member.filename} claims the shape {shape}, more than it holds")
        opened.seek(0)
        array: NDArray[Any] = npy.read_array(opened, allow_pickle=False)
        return array


def read_array_head(opened: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether it is stored by columns, and kind of an array in numpy's format.

    Raises:
        ValueError: it is no array of versions 1 to 3, or a length is negative.
    """
    major, _ = npy.read_magic(opened)
    read = npy.read_array_header_1_0 if major == 1 else npy.read_array_header_2_0
    shape, in_columns, dtype = read(opened)
    if min(shape, default=0) < 0:
        raise ValueError(f"its shape is {shape}")
    return shape, in_columns, dtype
