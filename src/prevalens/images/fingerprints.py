"""Fingerprints of images: of their bytes, and of what they look like."""

import functools
import os
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy.fft import dctn

from prevalens._checks import check_path
from prevalens.images.decoding import read_image
from prevalens.images.many_files import map_files
from prevalens.images.opening import hash_file
from prevalens.images.readers.reader import Reader
from prevalens.typing import Image, Texts

Hash: TypeAlias = NDArray[np.float32]  # (255,)
Hashes: TypeAlias = NDArray[np.float32]  # (n_images, 255)

_SIDE = 32
_WAVES = 16
_BLANK = 1.0  # of 255: standard deviation of the small grey picture
_FREQUENCY = np.hypot.outer(np.arange(_WAVES), np.arange(_WAVES))


def hash_files(
    paths: Sequence[str | os.PathLike[str]],
    *,
    reader: Reader | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> Texts:
    """Return the SHA-256 of each file's bytes, in the order of `paths`.

    Args:
        paths: The files.
        reader: Asked for the identity of each instead, where the paths are its addresses.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Raises:
        UnreadableImageError: some files cannot be opened; the text names every one of them.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = [Path(folder, name) for name in ("a", "copy of a")]
        ...     written = [path.write_bytes(b"abc") for path in paths]
        ...     hashes = hash_files(paths)
        >>> bool(hashes[0] == hashes[1])
        True
    """
    hashed = hash_file if reader is None else functools.partial(_identity, reader)
    found = map_files(hashed, paths, n_jobs=n_jobs, progress="hashed" if progress else None)
    return np.array(found, dtype=np.str_)


def perceptual_hash(image: Image) -> Hash:
    """Return numbers that are close for pictures that look alike.

    The picture becomes grey and 32 x 32; of its cosine transform the 255 lowest frequencies but
    the mean are kept, each times its frequency, so that fine detail counts as much as the coarse
    outline that all images of one kind share; then the length is made 1. So brightness and
    contrast drop out, and re-encoding and resizing change little. Compare two hashes by their
    Euclidean distance, 0 to 2; `find_near_pairs` finds the close ones. A blank picture, whose
    32 x 32 grey values spread by less than one, has the hash 0 and is alike to nobody.

    The idea of hashing by low frequencies is that of Zauner (2010), "Implementation and
    benchmarking of perceptual image hash functions"; here the numbers are kept, not their signs.

    Args:
        image: Pixels, uint8, shape `(height, width, channels)`, 1 or 3 channels, 0 to 255.

    Returns:
        The hash, float32, shape `(255,)`.

    Examples:
        >>> picture = np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3) // 64
        >>> dark, bright = picture.astype(np.uint8) // 4, picture.astype(np.uint8) // 2
        >>> float(np.linalg.norm(perceptual_hash(dark) - perceptual_hash(bright))) < 0.25
        True
    """
    pixels = image[..., 0] if image.shape[-1] == 1 else image
    grey = Pillow.fromarray(pixels).convert("L")
    small = grey.resize((_SIDE, _SIDE), Pillow.Resampling.BILINEAR)
    values = np.asarray(small, dtype=np.float64)
    # Of a blank picture rounding is left, and all of them would look alike.
    if values.std() < _BLANK:
        return np.zeros(_WAVES**2 - 1, dtype=np.float32)
    flat = (dctn(values, norm="ortho")[:_WAVES, :_WAVES] * _FREQUENCY).ravel()[1:]
    return (flat / max(float(np.linalg.norm(flat)), 1e-12)).astype(np.float32)


def perceptual_hashes(
    paths: Sequence[str | os.PathLike[str]],
    *,
    reader: Reader | None = None,
    n_jobs: int | None = None,
    progress: bool = False,
) -> Hashes:
    """Return the perceptual hash of each image file, in the order of `paths`.

    Args:
        paths: The files.
        reader: What reads, as for `read_image`.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Whether to show a line on standard error, where that is a terminal.

    Returns:
        float32, shape `(n_paths, 255)`.

    Raises:
        UnreadableImageError: some files cannot be read; the text names every one of them.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image as pillow
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     paths = [Path(folder, name) for name in ("small.png", "large.png")]
        ...     for path, size in zip(paths, (32, 64), strict=True):
        ...         pillow.linear_gradient("L").resize((size, size)).save(path)
        ...     small, large = perceptual_hashes(paths)
        >>> float(np.linalg.norm(small - large)) < 0.25  # one picture in two sizes
        True
    """
    found = map_files(
        _hash_of, paths, n_jobs=n_jobs, progress="seen" if progress else None, reader=reader
    )
    return np.stack(found) if found else np.empty((0, _WAVES**2 - 1), dtype=np.float32)


def _hash_of(path: str | os.PathLike[str], *, reader: Reader | None) -> Hash:
    return perceptual_hash(read_image(path, channels=1, reader=reader))


def _identity(reader: Reader, path: str | os.PathLike[str]) -> str:
    return reader.identity(check_path("path", path))
