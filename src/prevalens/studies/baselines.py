"""What a model must beat: a thumbnail of the image, and the covariates."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.images.decoding import read_images
from prevalens.typing import Column

THUMBNAIL = 16  # pixels a side
_MANY = 20  # different texts of a covariate beyond which it is an id


def thumbnail_features(cohort: Cohort) -> NDArray[np.float32]:
    """Return each image at 16 by 16 pixels as features, shape `(n_rows, 768)`.

    Raises:
        UnreadableImageError: an image cannot be read.
    """
    size = (THUMBNAIL, THUMBNAIL)
    made = np.empty((len(cohort), THUMBNAIL * THUMBNAIL * 3), dtype=np.float32)
    paths = [cohort.path(row) for row in range(len(cohort))]
    for start in range(0, len(paths), 256):
        pixels = read_images(paths[start : start + 256], size=size, reader=cohort.reader)
        made[start : start + 256] = np.asarray(pixels).reshape(len(pixels), -1)
    return made


def covariate_features(cohort: Cohort, *, without: Sequence[str] = ()) -> NDArray[np.float32]:
    """Return covariates as features: numbers as they are, texts as one column a level.

    A missing number is the median, with a column that tells it was missing. A text with more than
    20 levels is an id and left out.

    Args:
        cohort: The cohort.
        without: Covariates to leave out, such as the one that names the parts.

    Raises:
        InvalidInputError: no covariate can be used.
    """
    columns: list[NDArray[np.float32]] = []
    for name, column in cohort.covariates.items():
        if name not in without:
            columns += _numeric(column) if column.dtype.kind in "fiub" else _levels(column)
    if not columns:
        raise InvalidInputError(
            "No covariate can be a baseline: each is an id, or left out. Name others, or remove "
            "'covariates' from `baselines`."
        )
    return np.column_stack(columns).astype(np.float32)


def _numeric(column: Column) -> list[NDArray[np.float32]]:
    values = column.astype(np.float64)
    missing = ~np.isfinite(values)
    filled = np.where(missing, np.median(values[~missing]) if (~missing).any() else 0.0, values)
    found = [filled.astype(np.float32)]
    return [*found, missing.astype(np.float32)] if missing.any() else found


def _levels(column: Column) -> list[NDArray[np.float32]]:
    levels, codes = np.unique(column.astype(str), return_inverse=True)
    if len(levels) > _MANY:
        return []
    return [(codes == level).astype(np.float32) for level in range(len(levels))]
