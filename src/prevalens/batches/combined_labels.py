"""Several labels as one: the combination of findings that an image has; pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Texts


def label_combinations(targets: ArrayLike, *, names: Sequence[str], at_least: int = 1) -> Texts:
    """Name the combination of labels of each row, so that combinations can be balanced.

    Give the result to a training dataset as `strata`: a ratio is then about combinations, each
    of which is a class of its own ("label powerset"). Balance of single labels follows only as
    far as the combinations allow, since an image brings all its labels.

    Args:
        targets: 1 where a row has a label, else 0, shape `(n_rows, n_labels)`.
        names: Name of each label.
        at_least: Combinations of fewer rows are pooled into one, "rare combinations".

    Returns:
        A name for each row, shape `(n_rows,)`: the labels joined by " + ", or "none".

    Raises:
        InvalidInputError: a target is neither 0 nor 1, or names and columns differ in number.

    Examples:
        >>> label_combinations([[0, 0], [1, 1], [0, 1]], names=["mass", "nodule"]).tolist()
        ['none', 'mass + nodule', 'nodule']
    """
    array = np.asarray(targets)
    if array.ndim != 2 or array.shape[1] != len(names):
        raise InvalidInputError(
            f"`targets` must have a column for each of the {len(names)} names, got shape "
            f"{array.shape}. Give shape (n_rows, {len(names)})."
        )
    wrong = np.flatnonzero(~np.isin(array, (0, 1)).all(axis=1))
    if wrong.size:
        raise InvalidInputError(
            f"`targets` must be 0 or 1, but rows {name_some(wrong.tolist())} have other values. "
            "Fill missing labels in, or leave those rows out."
        )
    found, which, counts = np.unique(
        array.astype(bool), axis=0, return_inverse=True, return_counts=True
    )
    check_integer("at_least", at_least, minimum=1)
    texts = [
        "rare combinations"
        if count < at_least
        else " + ".join(name for name, has in zip(names, row, strict=True) if has) or "none"
        for row, count in zip(found, counts.tolist(), strict=True)
    ]
    named: Texts = np.asarray(texts)[which.reshape(-1)]
    return named
