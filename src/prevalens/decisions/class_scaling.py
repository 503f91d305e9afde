"""Affine maps of the log scores of several classes, by maximum likelihood; pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels, Scores

_REMEDY = "Check the order of the classes, or give more rows."


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
    n, k = logs.shape
    own = np.zeros((n, k))
    own[np.arange(n), labels] = 1

    def loss(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        found = log_softmax(numbers[0] * logs + numbers[1:], axis=1)
        left = np.exp(found) - own
        slopes = np.concatenate([[float((left * logs).sum())], left.sum(axis=0)])
        return -float((found * own).sum()) / n, slopes / n

    settings: dict[str, Any] = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000, "maxfun": 10000}
    found = minimize(
        loss, np.append(1.0, np.zeros(k)), jac=True, method="L-BFGS-B", options=settings
    )
    scale, offsets = float(found.x[0]), found.x[1:] - found.x[1:].mean()
    made = scale * logs + offsets
    if (made[np.arange(n), labels] >= made.max(axis=1)).all():
        raise InvalidInputError(
            f"No scale corrects these scores: with offsets they part the classes without an error. "
            f"{_REMEDY}"
        )
    if scale <= 0:
        raise InvalidInputError(
            f"No scale corrects these scores: higher ones do not go with the classes. {_REMEDY}"
        )
    return scale, offsets
