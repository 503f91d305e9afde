"""Fingerprints of images: of their bytes, and of what they look like."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prevalens.exceptions import UnreadableImageError
from prevalens.images.many_files import map_files
from prevalens.typing import Texts


def hash_file(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises:
        UnreadableImageError: the file cannot be opened; the text names it.
    """
    try:
        with Path(path).open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableImageError(
            f"{path} cannot be opened ({error.strerror or error}). Check the path."
        ) from error


def hash_files(
    paths: Sequence[str | os.PathLike[str]], *, n_jobs: int | None = None, progress: bool = False
) -> Texts:
    """Return the SHA-256 of each file's bytes, in the order of `paths`.

    Args:
        paths: The files.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        UnreadableImageError: some files cannot be opened; the text names every one of them.
    """
    found = map_files(hash_file, paths, n_jobs=n_jobs, progress="hashed" if progress else None)
    return np.array(found, dtype=np.str_)
