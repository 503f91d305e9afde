"""How to tell that a file is still the same: by a quick look, or by its content."""

import hashlib
import os
import time
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from prevalens.exceptions import UnreadableImageError
from prevalens.images.many_files import map_files

FilePath: TypeAlias = str | os.PathLike[str]
Signatures: TypeAlias = NDArray[np.uint64]  # (n_files, 4) bytes, two times, number of the inode
Contents: TypeAlias = NDArray[np.uint64]  # (n_files, 2) half of the SHA-256, 0 where unreadable

_TICK = 0.02  # seconds; file systems stamp changes by a clock that ticks every 1 to 10 ms


def sign_files(paths: Sequence[FilePath]) -> Signatures:
    """Return what a quick look at each file shows: its size, times and inode, shape `(n_files, 4)`.

    While a signature stays, so does the file, unless somebody sets times by hand or the file
    system's clock is coarser than 20 ms.

    Raises:
        UnreadableImageError: a file does not exist.
    """
    try:
        stats = [os.stat(path) for path in paths]  # noqa: PTH116
    except OSError as error:
        raise UnreadableImageError(
            f"{error.filename} cannot be cached ({error.strerror}). Check the path."
        ) from error
    newest = max((each.st_ctime for each in stats), default=0.0)
    # A file changed within this tick of the clock could change again unseen: wait it out.
    time.sleep(min(_TICK, max(0.0, newest + _TICK - time.time())))
    return np.array([_numbers(each) for each in stats], dtype=np.uint64).reshape(-1, 4)


def has_signature(path: FilePath, signature: Signatures) -> bool:
    """Say whether a quick look at a file still shows `signature`, shape `(4,)`."""
    try:
        return _numbers(os.stat(path)) == tuple(signature.tolist())  # noqa: PTH116
    except OSError:
        return False


def hash_contents(paths: Sequence[FilePath]) -> Contents:
    """Read files whole and return half of the SHA-256 of each, shape `(n_files, 2)`."""
    return np.array(map_files(_content, paths), dtype=np.uint64).reshape(-1, 2)


def hash_content(path: FilePath) -> Contents:
    """Read one file whole and return half of its SHA-256, shape `(2,)`; 0 where unreadable."""
    return np.array(_content(path), dtype=np.uint64)


def _content(path: FilePath) -> tuple[int, int]:
    try:
        with open(path, "rb", buffering=0) as opened:  # noqa: PTH123
            digest = hashlib.file_digest(opened, "sha256").digest()
    except OSError:
        return 0, 0
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")


def _numbers(stat: os.stat_result) -> tuple[int, int, int, int]:
    # Times before 1970 are negative, and inodes of some file systems longer than a word.
    numbers = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    return tuple(number % 2**64 for number in numbers)  # type: ignore[return-value]
