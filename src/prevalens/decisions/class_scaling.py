"""Affine maps of the log scores of several classes, by maximum likelihood; pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import log_softmax, softmax

from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels, Scores

_REMEDY = "Check the order of the classes, or give more rows."


def fit_temperature(labels: Labels, logs: Scores) -> float:
    """Return the temperature of the largest likelihood: where its slope in 1 / it is 0.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        logs: Log scores, shape `(n_rows, n_classes)`.

    Raises:
        InvalidInputError: every row's own class scores highest, so that no temperature is the
            best; or higher scores do not go with the classes.
    """
    own = logs[np.arange(len(labels)), labels]

    def slope(inverse: float) -> float:
        expected = (softmax(inverse * logs, axis=1) * logs).sum(axis=1)
        return float((expected - own).mean())

    if (own >= logs.max(axis=1)).all():
        raise InvalidInputError(
            f"No temperature corrects these scores: every row's own class scores highest. {_REMEDY}"
        )
    if slope(0.0) >= 0:
        raise InvalidInputError(
            "No temperature corrects these scores: higher ones do not go with the classes. "
            + _REMEDY
        )
    most = 1.0
    while slope(most) <= 0:  # it ends: rows whose own class is not the highest pull it up
        most *= 2
    return 1 / float(brentq(slope, 0.0, most, xtol=1e-12))


def fit_shared_scale(labels: Labels, logs: Scores) -> tuple[float, NDArray[np.float64]]:
    """Return one scale for all log scores, and an offset for each class.

    The mean score of each class is then its share of the rows.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        logs: Log scores, shape `(n_rows, n_classes)`.

    Returns:
        The scale, above 0, and offsets `(n_classes,)` that sum to 0.

    Raises:
        InvalidInputError: the map parts the classes without an error, so that no scale is the
            best; or higher scores do not go with the classes.
    """
    scales, offsets = _fitted(labels, logs, np.ones((logs.shape[1], 1)))
    if scales[0] <= 0:
        raise InvalidInputError(
            f"No scale corrects these scores: higher ones do not go with the classes. {_REMEDY}"
        )
    return float(scales[0]), offsets


def fit_own_scales(labels: Labels, logs: Scores) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a scale and an offset for the log scores of each class (vector scaling).

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        logs: Log scores, shape `(n_rows, n_classes)`.

    Returns:
        Scales `(n_classes,)`, above 0, and offsets `(n_classes,)` that sum to 0.

    Raises:
        InvalidInputError: as in `fit_shared_scale`.
    """
    scales, offsets = _fitted(labels, logs, np.eye(logs.shape[1]))
    if (scales <= 0).any():
        raise InvalidInputError(
            "No scales correct these scores: higher ones do not go with the classes in columns "
            f"{np.flatnonzero(scales <= 0).tolist()}. {_REMEDY} Or use one scale for all."
        )
    return scales, offsets


def _fitted(
    labels: Labels, logs: Scores, of_scales: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the scales and offsets of the largest likelihood.

    Args:
        labels: Class of each row.
        logs: Log scores.
        of_scales: 1 where a class is scaled by a scale, shape `(n_classes, n_scales)`.
    """
    n, k = logs.shape
    own = np.zeros((n, k))
    own[np.arange(n), labels] = 1
    each = of_scales.shape[1]

    def loss(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        found = log_softmax((of_scales @ numbers[:each]) * logs + numbers[each:], axis=1)
        left = np.exp(found) - own
        slopes = np.concatenate([(left * logs).sum(axis=0) @ of_scales, left.sum(axis=0)])
        return -float((found * own).sum()) / n, slopes / n

    settings: dict[str, Any] = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000, "maxfun": 10000}
    start = np.append(np.ones(each), np.zeros(k))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=settings)
    scales, offsets = found.x[:each], found.x[each:] - found.x[each:].mean()
    made = (of_scales @ scales) * logs + offsets
    if (made[np.arange(n), labels] >= made.max(axis=1)).all():
        raise InvalidInputError(
            "No scale corrects these scores: with offsets they part the classes without an error. "
            f"{_REMEDY}"
        )
    return scales, offsets
