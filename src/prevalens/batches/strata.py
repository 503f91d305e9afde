"""What a dataset balances: the label, or a text of each row; pure."""

import numpy as np
from numpy.typing import ArrayLike

from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels, Rows


def strata_of(
    rows: Rows, *, cohort: Cohort, strata: ArrayLike | None
) -> tuple[Labels, tuple[str, ...]]:
    """Return the stratum of each of `rows` as a number, and the names of the strata.

    Args:
        rows: Rows of the cohort, shape `(n_kept,)`.
        cohort: The cohort.
        strata: A text for each row of the cohort; None for its label.

    Raises:
        InvalidInputError: `strata` is not one text for each row of the cohort.
    """
    if strata is None:
        return cohort.labels[rows], cohort.classes
    array = np.asarray(strata)
    if array.shape != (len(cohort),):
        raise InvalidInputError(
            f"`strata` must be one text for each of the {len(cohort)} rows of the cohort, got "
            f"shape {array.shape}. Give those of all rows, not of one part."
        )
    names, codes = np.unique(array[rows].astype(str), return_inverse=True)
    return codes.reshape(-1), tuple(names.tolist())
