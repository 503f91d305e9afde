"""A user's own measure of several classes: value, interval and differences from one function."""

from collections.abc import Callable

import numpy as np

from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_columns import ClassColumns
from prevalens.metrics.class_smooth import Pulls, mean_pulls, smooth_estimate, without_each
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.settings import Settings
from prevalens.typing import Labels, Numbers

_STEP = 1e-4  # of a share: central differences are exact to about its square


def pulls_of_matrix(
    key: str, of_matrix: Callable[[Numbers], float], columns: ClassColumns
) -> tuple[float, Numbers]:
    """Return a function of the matrix of shares, and the influence value of each row.

    Args:
        key: Name of the measure, for errors.
        of_matrix: The function.
        columns: The checked columns.

    Raises:
        InvalidInputError: the function does not return one number.
    """
    k, n = len(columns.names), columns.labels.size
    shares = columns.matrix / n

    def value_at(matrix: Numbers) -> float:
        with np.errstate(all="ignore"):
            found = np.asarray(of_matrix(matrix.copy()), dtype=object)
        if found.shape != () or not isinstance(found.item(), int | float | np.number):
            raise InvalidInputError(
                f"`of_matrix` of the measure {key!r} must return one number, got {found!r:.60}."
            )
        return float(found.item())

    value = value_at(shares)
    slopes = np.zeros((k, k))
    # No row is in an empty cell, so that its slope counts for nothing.
    for place in zip(*np.nonzero(shares), strict=True) if np.isfinite(value) else ():
        step = np.zeros((k, k))
        step[place] = _STEP * shares[place]
        slopes[place] = (value_at(shares + step) - value_at(shares - step)) / (2 * step[place])
    centred = slopes - (slopes * shares).sum()
    return value, centred[columns.labels, columns.predicted] / n


def pulls_of_images(
    key: str, of_images: Callable[[Labels, Numbers], Numbers], columns: ClassColumns
) -> tuple[float, Numbers]:
    """Return a mean over images, and the influence value of each row.

    Args:
        key: Name of the measure, for errors.
        of_images: Returns the value of each image from labels and scores.
        columns: The checked columns.

    Raises:
        InvalidInputError: the function does not return one finite number for each image.
    """
    values = np.asarray(of_images(columns.labels.copy(), columns.scores.copy()))
    if values.shape != columns.labels.shape or values.dtype.kind not in "biuf":
        raise InvalidInputError(
            f"`of_images` of the measure {key!r} must return a number for each image, shape "
            f"{columns.labels.shape}, got {values.dtype} of shape {values.shape}."
        )
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InvalidInputError(
            f"`of_images` of the measure {key!r} must return finite numbers, got {values[row]} of "
            f"image {row}."
        )
    return mean_pulls(values.astype(np.float64))


def estimate_of_pulls(
    pulls: Pulls, columns: ClassColumns, settings: Settings, *, name: str, low: float, high: float
) -> Estimate:
    """Compute value and interval over patients.

    Raises:
        InvalidInputError: the value lies outside the stated range.
    """
    value, influence_values = pulls(columns)
    if np.isfinite(value) and not low <= value <= high:
        raise InvalidInputError(
            f"The measure {name!r} gave {value:g}, outside its range [{low:g}, {high:g}]. Correct "
            "its function, or state `low` and `high`."
        )
    skewed = not (np.isfinite(low) and np.isfinite(high))
    return smooth_estimate(
        columns, value, influence_values, settings, name=name, low=low, high=high, skewed=skewed
    )


def changes_of_pulls(pulls: Pulls, columns: ClassColumns) -> Numbers:
    """Return how far the value moves without each patient, shape `(n_units,)`."""
    return without_each(columns, pulls(columns)[1])
