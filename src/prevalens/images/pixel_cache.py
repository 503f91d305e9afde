"""Decoded images in one file, safe to kill."""

import contextlib
import functools
import hashlib
import json
import os
import secrets
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from prevalens._checks import check_path
from prevalens.exceptions import (
    CacheFullError,
    DataWarning,
    InvalidInputError,
    UnwritableFileError,
)
from prevalens.images.cached_images import CachedImages, read_head
from prevalens.images.decoding import check_reader
from prevalens.images.file_signatures import sign_files
from prevalens.images.readers.reader import Reader
from prevalens.images.resizing import resizer_name

_FORMAT = "prevalens pixels 4"


class PixelCache:
    """A folder that keeps decoded images, so that each file is decoded once.

    There is one file for each list of images at one size, read by as many threads and processes as
    like. What is kept belongs to the content of an image file: its hash
    is kept beside the pixels. When the cache is opened, a file that looks as it did (size, times,
    inode) is trusted; one that does not is read, and decoded anew only where its content is
    another. So images may be replaced, touched, copied or moved together with their folder. A run
    killed at any moment leaves a cache that the next one goes on with.

    Args:
        directory: The folder; made where it does not exist. Best on a local disk.
        announce: Told the size of a new file before it is written; by default a line on standard
            error.
        verify_contents: Whether opening reads every image file that is kept, also one that looks
            as it did: for file systems whose times cannot be relied on.

    Examples:
        >>> import tempfile
        >>> cache = PixelCache(tempfile.mkdtemp())
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        announce: Callable[[str], object] | None = None,
        verify_contents: bool = False,
    ) -> None:
        self.directory = Path(check_path("directory", directory))
        self.verify_contents = verify_contents
        if os.path.exists(directory) and not os.path.isdir(directory):  # noqa: PTH110, PTH112
            raise InvalidInputError(
                f"`directory` must be a folder, but {self.directory} is a file. Name another."
            )
        self._announce = announce or _write_line

    def __repr__(self) -> str:
        return f"PixelCache({str(self.directory)!r})"

    def open(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        size: tuple[int, int],
        channels: int = 3,
        reader: Reader | None = None,
    ) -> CachedImages:
        """Open the file of these images at this size, or begin it.

        Args:
            paths: The image files; their positions number the slots.
            size: Height and width of the decoded images.
            channels: 3 for colour, 1 for grey.
            reader: What reads them, as for `read_image`. The pixels of another, by its name, and
                those of another resizer are kept apart.

        Returns:
            The images that are there, each verified against its checksum, and room for the rest.

        Raises:
            UnreadableImageError: a file does not exist.
            CacheFullError: the disk has no room for the file; nothing was written.
            UnwritableFileError: there is no such folder, and none can be made.
        """
        shape = (len(paths), *size, channels)
        folder, names = _apart([os.path.abspath(path) for path in paths])  # noqa: PTH100
        own = check_reader(reader)
        signatures = sign_files(paths, own)
        settings = _short(_settings(shape, f"{own.name}; {resizer_name()}", names))
        file = self.directory / f"{settings}-{_short(signatures.tobytes())}.pixels"
        slots = functools.partial(
            CachedImages, shape=shape, paths=paths, signatures=signatures, reader=own
        )
        if not _may_write(self.directory):
            if not os.path.isdir(self.directory):  # noqa: PTH112 - as in `_may_write`
                raise UnwritableFileError(
                    f"The pixel cache {self.directory} cannot be made, or not be looked into "
                    "(no permission). Name a folder that can be written to."
                )
            return self._read_only(slots, file, settings)
        there = slots(file) if file.exists() else None
        if there is not None and not self._holds(there):
            # Who reads it keeps it; for us it is an older file, of which the rest is taken.
            there = None  # Windows renames no file that is open
            file.rename(file.with_stem(f"{settings}-{secrets.token_hex(10)}"))
        others = [each for each in self.directory.glob(f"{settings}-*.pixels") if each != file]
        past = [each for each in others if _is_past(each, folder)]
        is_new = there is None
        if is_new:
            self._make_room(shape, past)
        kept = slots(file) if there is None else there
        if not read_head(file):
            kept.write_head({"format": _FORMAT, "shape": shape, "folder": folder})
        self._carry_over(
            kept, [slots(each) for each in (others if is_new else past) if each.exists()]
        )
        for each in past:
            _remove(each)
        return kept

    def _holds(self, there: CachedImages) -> bool:
        """Whether a file is whole and, where that is to be verified, of what its images are now."""
        return there.is_whole and not (self.verify_contents and there.find_changed().size)

    def _read_only(
        self, slots: Callable[[Path], CachedImages], file: Path, settings: str
    ) -> CachedImages:
        """Take what is there: of this very list of images, or of one that looked otherwise."""
        candidates = [slots(file)]
        if not candidates[0].n_kept:
            candidates += [slots(each) for each in self.directory.glob(f"{settings}-*.pixels")]
        kept = max(candidates, key=lambda each: each.n_kept)
        if kept is not candidates[0] or self.verify_contents:
            kept.forget_changed(by_signature=not self.verify_contents)
        if kept.n_kept < len(kept):
            warnings.warn(
                f"The pixel cache {self.directory} may only be read: {kept.n_kept} of {len(kept)} "
                "images are kept, the others are decoded each time. Name a directory that may be "
                "written to, to speed the next run up.",
                DataWarning,
                stacklevel=3,
            )
        return kept

    def _carry_over(self, kept: CachedImages, others: Sequence[CachedImages]) -> None:
        trusting = not self.verify_contents
        carried = sum(kept.carry_over(other, by_signature=trusting) for other in others)
        if carried:
            self._announce(
                f"prevalens: {carried} of {len(kept)} images are as they were and stay cached"
            )

    def _make_room(self, shape: tuple[int, ...], past: Sequence[Path]) -> None:
        needed = shape[0] * shape[1] * shape[2] * shape[3]
        self.directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.directory).free
        if needed > free and past:
            for each in past:
                _remove(each)
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


def _apart(names: Sequence[str]) -> tuple[str, list[str]]:
    """Return the folder that holds all files, and their names below it, which a move leaves."""
    try:
        folder = os.path.commonpath([os.path.dirname(name) for name in names])  # noqa: PTH120
    except ValueError:  # no files, or of several Windows drives
        return "", list(names)
    return folder, [name[len(folder) :] for name in names]


def _may_write(directory: Path) -> bool:
    # A Path raises where a folder above may not be looked into.
    above = (directory, *directory.absolute().parents)
    there = next(each for each in above if os.path.exists(each))  # noqa: PTH110
    return os.access(there, os.W_OK | os.X_OK)


def _settings(shape: tuple[int, ...], reading: str, names: Sequence[str]) -> bytes:
    # The version stands for what this library does to pixels after decoding.
    return json.dumps([_FORMAT, version("prevalens"), shape, reading, names]).encode()


def _is_past(file: Path, folder: str) -> bool:
    """Whether a file of the same names is of this folder as it was, or of one that is gone."""
    past = read_head(file).get("folder", folder)
    return past == folder or not os.path.exists(past)  # noqa: PTH110


def _remove(file: Path) -> None:
    # Another process may have removed it; Windows keeps what somebody still reads.
    with contextlib.suppress(OSError):
        file.unlink()


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:20]


def _write_line(text: str) -> None:
    sys.stderr.write(text + "\n")
