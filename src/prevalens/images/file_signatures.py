"""How to tell that a file is still the same: by a quick look, or by its content."""

import hashlib
import os
import time
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_path
from prevalens.exceptions import UnreadableImageError
from prevalens.images.many_files import map_files
from prevalens.images.opening import split_address
from prevalens.images.readers.reader import Reader

FilePath: TypeAlias = str | os.PathLike[str]
Signatures: TypeAlias = NDArray[np.uint64]  # (n_files, 4) bytes, two times, number of the inode
Contents: TypeAlias = NDArray[np.uint64]  # (n_files, 2) half of the SHA-256, 0 where unreadable

_TICK = 0.02  # seconds; file systems stamp changes by a clock that ticks every 1 to 10 ms


def sign_files(paths: Sequence[FilePath], reader: Reader) -> Signatures:
    """Return what a quick look at each file shows: its size, times and inode, shape `(n_files, 4)`.

    Of an address that is no file and part of none, it is the reader's identity.

    While a signature stays, so does the file, unless somebody sets times by hand or the file
    system's clock is coarser than 20 ms.

    Raises:
        UnreadableImageError: a file does not exist.
    """
    looks = [_look(path, reader) for path in paths]
    newest = max((look[2] for look in looks), default=0) * 1e-9
    # A file changed within this tick of the clock could change again unseen: wait it out.
    time.sleep(max(0.0, min(_TICK, newest + _TICK - time.time())))
    return np.array(looks, dtype=np.uint64).reshape(-1, 4)


def has_signature(path: FilePath, signature: Signatures, reader: Reader) -> bool:
    """Say whether a quick look at a file still shows `signature`, shape `(4,)`."""
    try:
        return _look(path, reader) == tuple(signature.tolist())
    except OSError:
        return False


def hash_contents(paths: Sequence[FilePath], reader: Reader) -> Contents:
    """Return half of the SHA-256 of each image's identity, shape `(n_files, 2)`."""
    return np.array(map_files(_content, paths, reader=reader), dtype=np.uint64).reshape(-1, 2)


def hash_content(path: FilePath, reader: Reader) -> Contents:
    """Return half of the SHA-256 of one image's identity, shape `(2,)`; 0 where unreadable."""
    return np.array(_content(path, reader=reader), dtype=np.uint64)


def _content(path: FilePath, *, reader: Reader) -> tuple[int, int]:
    try:
        identity = reader.identity(check_path("path", path))
    except OSError:
        return 0, 0
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")


def _look(path: FilePath, reader: Reader) -> tuple[int, ...]:
    address = check_path("path", path)
    try:
        try:
            return _numbers(os.stat(address))  # noqa: PTH116
        except OSError:
            return _numbers(os.stat(split_address(address)[0]))  # noqa: PTH116
    except (OSError, ValueError) as error:
        if not reader.matches(address):
            raise UnreadableImageError(
                f"{address} cannot be cached ({getattr(error, 'strerror', None) or error}). "
                "Check the path."
            ) from error
        # Two words, of which none is taken for a time.
        return (*_content(address, reader=reader), 0, 0)


def _numbers(stat: os.stat_result) -> tuple[int, int, int, int]:
    # Times before 1970 are negative, and inodes of some file systems longer than a word.
    numbers = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    return tuple(number % 2**64 for number in numbers)  # type: ignore[return-value]
