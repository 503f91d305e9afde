"""Addresses of pictures, and the gate their files come through."""

import hashlib
import os
from io import BufferedReader

from PIL import Image as Pillow

from prevalens._gate import open_file
from prevalens.exceptions import UnreadableImageError

# 90 million pixels, the most that are read, of four channels of 16 bits are 0.7 GB uncompressed.
MAX_BYTES = 2**30


def split_address(address: str) -> tuple[str, str | None]:
    """Return the file and what is meant inside it: the text after the last `#`, if any.

    A file whose own name holds `#` is meant whole.

    Examples:
        >>> split_address("pathmnist.npz#train_images/17")
        ('pathmnist.npz', 'train_images/17')
        >>> split_address("scan.png")
        ('scan.png', None)
    """
    if "#" not in address or os.path.lexists(address):
        return address, None
    file, _, part = address.rpartition("#")
    return file, part


def open_picture(file: str, *, max_bytes: int = MAX_BYTES) -> BufferedReader:
    """Open the file of a picture.

    Raises:
        UnreadableImageError: there is none, it is empty, too large or no regular file.
    """
    return open_file(file, what="an image file", max_bytes=max_bytes, error=UnreadableImageError)


def hash_file(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises:
        UnreadableImageError: the file cannot be opened; the text names it.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "abc")
        ...     written = path.write_bytes(b"abc")
        ...     hash_file(path)[:16]  # FIPS 180-4's own example
        'ba7816bf8f01cfea'
    """
    with open_file(
        path, what="a file", max_bytes=2**63, error=UnreadableImageError, may_be_empty=True
    ) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def refuse_bomb(address: str, width: int, height: int) -> None:
    """Refuse a picture of more pixels than `PIL.Image.MAX_IMAGE_PIXELS`.

    Pillow warns at its limit and refuses at twice that; here the limit is the limit.
    """
    limit = Pillow.MAX_IMAGE_PIXELS
    if limit is not None and width * height > limit:
        raise too_many_pixels(address, f"{width} x {height}; the limit is {limit}")


def too_many_pixels(address: str, claim: str) -> UnreadableImageError:
    """Return the refusal of a picture that claims too many pixels."""
    return UnreadableImageError(
        f"{address} claims too many pixels ({claim}). If you trust it, raise "
        "PIL.Image.MAX_IMAGE_PIXELS; else leave it out."
    )


def several_frames(address: str) -> UnreadableImageError:
    """Return the refusal of a file of several pictures."""
    return UnreadableImageError(
        f"{address} holds several frames, and one row is one image. Export each frame to a file "
        "of its own."
    )
