"""Fingerprints of images: of their bytes, and of what they look like."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy.fft import dctn

from prevalens.exceptions import UnreadableImageError
from prevalens.images.decoding import read_image
from prevalens.images.many_files import map_files
from prevalens.typing import Image, Texts

Hash: TypeAlias = NDArray[np.float32]  # (255,)
Hashes: TypeAlias = NDArray[np.float32]  # (n_images, 255)

_SIDE = 32
_WAVES = 16
_FREQUENCY = np.hypot.outer(np.arange(_WAVES), np.arange(_WAVES))


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


def perceptual_hash(image: Image) -> Hash:
    """Return numbers that are close for pictures that look alike.

    The picture becomes grey and 32 x 32; of its cosine transform the 255 lowest frequencies but
    the mean are kept, each times its frequency, so that fine detail counts as much as the coarse
    outline that all images of one kind share; then the length is made 1. So brightness and
    contrast drop out, and re-encoding and resizing change little. Compare two hashes by their
    Euclidean distance, 0 to 2; `find_near_pairs` finds the close ones. An empty picture, of one
    value, has the hash 0.

    The idea of hashing by low frequencies is that of Zauner (2010), "Implementation and
    benchmarking of perceptual image hash functions"; here the numbers are kept, not their signs.

    Args:
        image: Pixels, uint8, shape `(height, width, channels)`, 1 or 3 channels, 0 to 255.

    Returns:
        The hash, float32, shape `(255,)`.
    """
    pixels = image[..., 0] if image.shape[-1] == 1 else image
    grey = Pillow.fromarray(pixels).convert("L")
    small = grey.resize((_SIDE, _SIDE), Pillow.Resampling.BILINEAR)
    waves = dctn(np.asarray(small, dtype=np.float64), norm="ortho")[:_WAVES, :_WAVES]
    flat = (waves * _FREQUENCY).ravel()[1:]
    # Below this the picture is one value and what is left is rounding.
    length = float(np.linalg.norm(flat))
    return (flat / length if length > 1e-6 else flat * 0).astype(np.float32)


def perceptual_hashes(
    paths: Sequence[str | os.PathLike[str]], *, n_jobs: int | None = None, progress: bool = False
) -> Hashes:
    """Return the perceptual hash of each image file, in the order of `paths`.

    Args:
        paths: The files.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Returns:
        float32, shape `(n_paths, 255)`.

    Raises:
        UnreadableImageError: some files cannot be read; the text names every one of them.
    """
    found = map_files(_hash_of, paths, n_jobs=n_jobs, progress="seen" if progress else None)
    return np.stack(found) if found else np.empty((0, _WAVES**2 - 1), dtype=np.float32)


def _hash_of(path: str | os.PathLike[str]) -> Hash:
    return perceptual_hash(read_image(path, size=_SIDE, channels=1))
