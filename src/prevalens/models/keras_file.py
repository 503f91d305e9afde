"""What a `.keras` file may hold before Keras is let at it; nothing is unpacked."""

import os
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import h5py

from prevalens._gate import open_file
from prevalens.exceptions import InvalidInputError

# Keras stores without compressing; compressed weights seldom shrink to a third.
_LARGEST = 2**40  # bytes
_UNPACKED = 4
_ALLOWED_BYTES = 64 * 2**20
_MEMBERS = 10_000
_TEXT_BYTES = 64 * 2**20


def check_keras_file(path: str | os.PathLike[str]) -> None:
    """Refuse a file that would unpack to far more than it is, or that reaches for other files.

    The zip directory, and the heads of the HDF5 arrays inside, are read; no array is.

    Args:
        path: The `.keras` file.

    Raises:
        InvalidInputError: the file is absent, no regular file or no zip archive; unpacks to more
            than four times its size and 64 MiB; or its weights link to another file.
    """
    with open_file(path, what="a classifier file", max_bytes=_LARGEST) as opened:
        _check(path, opened)


def _check(path: Any, opened: BinaryIO) -> None:
    allowed = _UNPACKED * os.fstat(opened.fileno()).st_size + _ALLOWED_BYTES
    try:
        with zipfile.ZipFile(opened) as archive:
            members = archive.infolist()
            _check_directory(path, members, allowed)
            for member in members:
                if member.filename.endswith(".h5"):
                    _check_arrays(path, archive, member.filename, allowed)
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise _refusal(path, f"it is cut or no archive: {error}.") from error


def _check_directory(path: Any, members: list[zipfile.ZipInfo], allowed: int) -> None:
    unpacked = sum(member.file_size for member in members)
    if unpacked > allowed:
        raise _refusal(
            path, f"it unpacks to {unpacked:,} bytes, and at most {allowed:,} are allowed."
        )
    if len(members) > _MEMBERS:
        raise _refusal(path, f"it has {len(members):,} members, and {_MEMBERS:,} are allowed.")
    for member in members:
        if member.filename.endswith(".json") and member.file_size > _TEXT_BYTES:
            raise _refusal(
                path, f"its {member.filename} has {member.file_size:,} bytes of {_TEXT_BYTES:,}."
            )


def _check_arrays(path: Any, archive: zipfile.ZipFile, name: str, allowed: int) -> None:
    total = 0
    with archive.open(name) as stream, h5py.File(stream, "r") as weights:
        for where, array in _arrays(path, weights, ""):
            if array.external or array.is_virtual:
                raise _refusal(path, f"the array {where} of {name} lies in another file.")
            total += array.size * array.dtype.itemsize
    if total > allowed:
        raise _refusal(
            path,
            f"the arrays of {name} unpack to {total:,} bytes, and at most {allowed:,} are allowed.",
        )


def _arrays(path: Any, group: Any, above: str) -> Iterator[tuple[str, Any]]:
    for name in group:
        where = f"{above}/{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise _refusal(path, f"{where} of its weights is a link.")
        found = group[name]
        if isinstance(found, h5py.Dataset):
            if found.shape is None:  # of no values, not even an empty array
                raise _refusal(path, f"{where} of its weights holds no array.")
            yield where, found
        elif not isinstance(found, h5py.Group):
            raise _refusal(path, f"{where} of its weights is a type, no array.")
        elif where.count("/") < 200:
            yield from _arrays(path, found, where)
        else:
            raise _refusal(path, "its weights are nested 200 deep.")


def _refusal(path: Any, reason: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path} cannot be read as a classifier: {reason} Give a whole file that save_classifier "
        "wrote, from someone you trust."
    )
