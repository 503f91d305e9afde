"""The class that costs least to decide for, where errors cost differently."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels


def least_cost_classes(scores: ArrayLike, costs: ArrayLike) -> Labels:
    """Decide for the class of least expected cost in each row.

    The scores must be probabilities where the decisions are made: correct the prior shift and
    recalibrate first. Of equal costs the first class is taken.

    Args:
        scores: Probability of each class, shape `(n_rows, n_classes)`, in [0, 1].
        costs: Cost of deciding for class j where i is true, at `[i, j]`, shape
            `(n_classes, n_classes)`, in any one unit; usually 0 on the diagonal.

    Returns:
        Class decided for in each row, shape `(n_rows,)`.

    Raises:
        InvalidInputError: shapes do not fit, a cost is not finite, or a score is outside [0, 1].

    References:
        Elkan (2001), IJCAI.

    Examples:
        >>> least_cost_classes([[0.9, 0.1], [0.96, 0.04]], [[0, 1], [20, 0]]).tolist()
        [1, 0]
    """
    given, price = np.asarray(scores, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    n_classes = given.shape[1] if given.ndim == 2 else 0
    if n_classes < 2 or price.shape != (n_classes, n_classes) or not np.isfinite(price).all():
        raise InvalidInputError(
            "`scores` must have a column for each class and `costs` a finite row and column for "
            f"each, got shapes {given.shape} and {price.shape}. Give the cost of every pair."
        )
    if not ((given >= 0) & (given <= 1)).all():
        raise InvalidInputError(
            f"`scores` must lie in [0, 1], got {np.min(given):g} to {np.max(given):g}. Apply the "
            "softmax first."
        )
    return (given @ price).argmin(axis=1).astype(np.int64)
