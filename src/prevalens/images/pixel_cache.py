"""Decoded images, memory-mapped, safe to kill."""

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from prevalens.exceptions import CacheFullError, InvalidInputError, UnreadableImageError
from prevalens.images.cached_images import CachedImages

_FORMAT = "prevalens pixels 1"
_TICK = 0.02  # seconds; file systems stamp changes by a clock that ticks every 1 to 10 ms


class PixelCache:
    """A folder that keeps decoded images, so that each file is decoded once.

    There is one file for each list of images at one size, read through a memory map by as many
    threads and processes as like. Its key is the settings and each image's path, bytes, and
    times of modification and of change: an image that is replaced is decoded anew. A run killed
    at any moment leaves a cache that the next one goes on with.

    Args:
        directory: The folder; made where it does not exist. Best on a local disk.
        announce: Told the size of a new file before it is written; by default a line on standard
            error.

    Examples:
        >>> import tempfile
        >>> cache = PixelCache(tempfile.mkdtemp())
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        announce: Callable[[str], object] | None = None,
    ) -> None:
        self.directory = Path(directory)
        if self.directory.exists() and not self.directory.is_dir():
            raise InvalidInputError(
                f"`directory` must be a folder, but {self.directory} is a file. Name another."
            )
        self._announce = announce or _write_line

    def __repr__(self) -> str:
        return f"PixelCache({str(self.directory)!r})"

    def open(
        self, paths: Sequence[Path], *, size: tuple[int, int], channels: int = 3, decoder: str
    ) -> CachedImages:
        """Open the file of these images at this size, or begin it.

        Args:
            paths: The image files; their positions number the slots.
            size: Height and width of the decoded images.
            channels: 3 for colour, 1 for grey.
            decoder: Name and version of what decodes, so that another decoder's pixels are kept
                apart.

        Returns:
            The images that are there, each verified against its checksum, and room for the rest.

        Raises:
            UnreadableImageError: a file does not exist.
            CacheFullError: the disk has no room for the file; nothing was written.
        """
        shape = (len(paths), *size, channels)
        files = self.directory / f"{_key(paths, shape, decoder)}.pixels"
        if not files.exists():
            self._make_room(files, shape)
        return CachedImages(files, shape)

    def _make_room(self, pixels: Path, shape: tuple[int, ...]) -> None:
        needed = shape[0] * shape[1] * shape[2] * shape[3]
        self.directory.mkdir(parents=True, exist_ok=True)
        for older in self.directory.glob(f"{pixels.name.split('-')[0]}-*"):
            # The same images before one was replaced; who still reads them keeps the open file.
            older.unlink(missing_ok=True)
        free = shutil.disk_usage(self.directory).free
        if needed > free:
            raise CacheFullError(
                f"Caching {shape[0]} images at {shape[1]} x {shape[2]} needs "
                f"{needed / 1e9:.2f} GB, but {self.directory} has {free / 1e9:.2f} GB free. "
                "Make room, name another directory, or leave out `cache`: it "
                "changes the speed and nothing else."
            )
        self._announce(
            f"prevalens: caching {shape[0]} images at {shape[1]} x {shape[2]} in "
            f"{self.directory}: {needed / 1e9:.2f} GB of {free / 1e9:.2f} GB free"
        )


def _key(paths: Sequence[Path], shape: tuple[int, ...], decoder: str) -> str:
    names = [str(path.absolute()) for path in paths]
    try:
        stats = [os.stat(name) for name in names]  # noqa: PTH116
    except OSError as error:
        raise UnreadableImageError(
            f"{error.filename} cannot be cached ({error.strerror}). Check the path."
        ) from error
    newest = max((each.st_ctime for each in stats), default=0.0)
    # A file changed within this tick of the clock could change again unseen: wait it out.
    time.sleep(min(_TICK, max(0.0, newest + _TICK - time.time())))
    contents = [[each.st_size, each.st_mtime_ns, each.st_ctime_ns] for each in stats]
    settings = [_FORMAT, list(shape), decoder, names]
    return "-".join(
        hashlib.sha256(json.dumps(part).encode()).hexdigest()[:20] for part in (settings, contents)
    )


def _write_line(text: str) -> None:
    sys.stderr.write(text + "\n")
