"""The images of any rows of a cohort: from the cache where they are there, else decoded."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, overload

import numpy as np

from prevalens._checks import check_choice, check_integer
from prevalens.batches.buffer_pool import BufferPool
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.image_names import file_of
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.decoding import check_reader, read_image
from prevalens.images.pixel_cache import PixelCache
from prevalens.images.readers.files import FileReader
from prevalens.images.readers.reader import Reader
from prevalens.typing import Images, Rows

# Images whose content an identity looks at, evenly spread.
_LOOKED_AT = 100

Size: TypeAlias = int | tuple[int, int]

DECODERS = ("pillow", "opencv")


class ImageSource:
    """Reads the images of any rows of a cohort at one size.

    Args:
        cohort: The cohort the rows point into.
        image_size: Side in pixels of square images, or `(height, width)`.
        cache: Keeps decoded images, so that each file is decoded once.
        decoder: `"opencv"` reads the common formats by it; `"pillow"` as the cohort's reader does.

    Attributes:
        paths: File of each row of the cohort.
    """

    def __init__(
        self, cohort: Cohort, *, image_size: Size, cache: PixelCache | None, decoder: str
    ) -> None:
        self.size = check_size(image_size)
        self._reader = reader_of(cohort, check_choice("decoder", decoder, DECODERS))
        # A missing package is an error here, and not at each image.
        _ = self._reader.name
        self._buffers = BufferPool()
        self.paths = ImagePaths(cohort)
        self._kept = cache.open(self.paths, size=self.size, reader=self._reader) if cache else None

    def identity(self, rows: Rows) -> dict[str, Any]:
        """Return the size, the reader, and a hash of what some of `rows` are."""
        digest = hashlib.sha256()
        places = np.linspace(0, len(rows) - 1, min(_LOOKED_AT, len(rows))).astype(np.int64)
        for row in rows[places].tolist():
            try:
                digest.update(self._reader.identity(self.paths[row]).encode())
            except (OSError, UnreadableImageError):
                digest.update(b"unreadable")
        return {
            "image_size": list(self.size),
            "reader": self._reader.name,
            "images": digest.hexdigest(),
        }

    def read(self, rows: Rows) -> tuple[Images, dict[int, str]]:
        """Return images, uint8 `(batch, height, width, 3)`, and which could not be read.

        Args:
            rows: Rows of the cohort, shape `(batch,)`.

        Returns:
            The images in the order of `rows`, 0 to 255, and for each that cannot be read its
            place in `rows` and the reason; its pixels are then undefined.
        """
        images = self._buffers.empty((len(rows), *self.size, 3), np.uint8)
        missing = np.arange(len(rows)) if self._kept is None else self._kept.take(rows, into=images)
        failures = {}
        for place in missing.tolist():
            row = int(rows[place])
            try:
                images[place] = read_image(self.paths[row], size=self.size, reader=self._reader)
            except UnreadableImageError as error:
                failures[place] = str(error)
                continue
            if self._kept is not None:
                self._kept.keep(row, images[place])
        return images, failures


def reader_of(cohort: Cohort, decoder: str) -> Reader:
    """Return what reads a cohort's images, with `decoder` for the common formats."""
    own = check_reader(cohort.reader)
    if decoder == "pillow":
        return own
    if not isinstance(own, FileReader):
        raise InvalidInputError(
            f"`decoder` chooses what FileReader reads common formats by, but the cohort has a "
            f"reader of its own, {type(own).__name__}. Leave decoder={decoder!r} out."
        )
    return replace(own, decoder=decoder)


class ImagePaths(Sequence[str]):
    """The file of each row of a cohort, made when it is asked for: a million take no room.

    Args:
        cohort: The cohort.
    """

    def __init__(self, cohort: Cohort) -> None:
        root = str(cohort.root)
        self._root = "" if root == "." else root  # as `Cohort.path` joins them
        self._images = cohort.images

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[each] for each in range(len(self))[row]]
        name = str(self._images[row])
        if "%" in name:  # perhaps a name that is no UTF-8
            return str(file_of(Path(self._root), name))
        return os.path.join(self._root, name)  # noqa: PTH118 (ten times faster)


def check_size(image_size: object) -> tuple[int, int]:
    """Return `(height, width)`, or say what an image size is."""
    pair = image_size if isinstance(image_size, tuple | list) else (image_size, image_size)
    if len(pair) != 2:
        raise InvalidInputError(
            f"`image_size` must be a whole number or (height, width), got {image_size!r}."
        )
    return (
        check_integer("image_size", pair[0], minimum=1),
        check_integer("image_size", pair[1], minimum=1),
    )
