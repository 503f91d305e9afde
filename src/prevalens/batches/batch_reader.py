"""Rows in, arrays out: what one batch holds."""

from typing import Any, TypeAlias

import numpy as np

from prevalens._checks import check_integer, name_some
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images.decoding import read_image
from prevalens.typing import Images, Rows

Batch: TypeAlias = tuple[Any, ...]
Size: TypeAlias = int | tuple[int, int]


class BatchReader:
    """Reads the images and labels of any rows of a cohort, at one size.

    Args:
        cohort: The cohort the rows point into.
        image_size: Side in pixels of square images, or `(height, width)`.
    """

    def __init__(self, cohort: Cohort, *, image_size: Size) -> None:
        self.cohort = cohort
        self.image_size = check_size(image_size)

    def read(self, rows: Rows) -> Batch:
        """Return images `(batch, height, width, 3)` uint8, and labels `(batch,)`."""
        return self.images(rows), self.labels(rows)

    def images(self, rows: Rows) -> Images:
        """Return the decoded images of `rows`, uint8 `(batch, height, width, 3)`, 0 to 255.

        Raises:
            UnreadableImageError: a file cannot be read; the text names it and its row.
        """
        images = np.empty((len(rows), *self.image_size, 3), dtype=np.uint8)
        for position, row in enumerate(rows.tolist()):
            try:
                images[position] = read_image(self.cohort.path(row), size=self.image_size)
            except UnreadableImageError as error:
                raise UnreadableImageError(f"Row {row} of the cohort: {error}") from error
        return images

    def labels(self, rows: Rows) -> np.ndarray[Any, Any]:
        """Return float32 1 for positive of two classes; the int64 class index for more."""
        if len(self.cohort.classes) == 2:
            return self.cohort.is_positive[rows].astype(np.float32)
        return self.cohort.labels[rows]


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


def check_rows(rows: object, *, cohort: Cohort) -> Rows:
    """Return rows of the cohort as int64 `(n_kept,)`, or say which lie outside or repeat."""
    array = np.asarray(rows)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise InvalidInputError(
            "`rows` must be a list of at least one row number, for example `partition.train`, "
            f"got {array.dtype} of shape {array.shape}."
        )
    outside = array[(array < 0) | (array >= len(cohort))]
    if outside.size:
        raise InvalidInputError(
            f"`rows` must lie in 0 to {len(cohort) - 1}, the cohort's rows, but "
            f"{name_some(outside.tolist())} came. Give rows drawn on this cohort."
        )
    found, counts = np.unique(array, return_counts=True)
    if len(found) != len(array):
        raise InvalidInputError(
            f"`rows` must name each row once, but {name_some(found[counts > 1].tolist())} came "
            "more than once. Give each once."
        )
    return array.astype(np.int64)
