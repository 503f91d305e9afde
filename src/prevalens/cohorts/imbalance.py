"""How unequal the classes are; which is the majority is read from the data, never assumed."""

from collections.abc import Sequence

import numpy as np

from prevalens._checks import check_kind
from prevalens._columns import as_rows
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows


def class_counts(cohort: Cohort, rows: Rows | Sequence[int] | None = None) -> dict[str, int]:
    """Return the number of images of each class, in the order of `cohort.classes`.

    Args:
        cohort: The cohort.
        rows: Rows to count, for example `partition.train`; by default all.

    Examples:
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], patients=["p", "q", "q", "r"],
        ...     labels=["sick", "well", "well", "well"], positive="sick",
        ... )
        >>> class_counts(cohort)
        {'well': 3, 'sick': 1}
    """
    check_kind("cohort", cohort, Cohort)
    labels = cohort.labels if rows is None else cohort.labels[as_rows("rows", rows, len(cohort))]
    counts = np.bincount(labels, minlength=len(cohort.classes)).tolist()
    return dict(zip(cohort.classes, counts, strict=True))


def prevalence(cohort: Cohort, rows: Rows | Sequence[int] | None = None) -> float:
    """Return the share of images that are positive, 0 to 1.

    Args:
        cohort: The cohort.
        rows: Rows to count, by default all.

    Raises:
        InvalidInputError: there are no rows.

    Examples:
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], patients=["p", "q", "q", "r"],
        ...     labels=["sick", "well", "well", "well"], positive="sick",
        ... )
        >>> prevalence(cohort), prevalence(cohort, [0, 1])
        (0.25, 0.5)
    """
    check_kind("cohort", cohort, Cohort)
    counts = _some(class_counts(cohort, rows))
    return counts[cohort.positive] / sum(counts.values())


def majority_class(cohort: Cohort, rows: Rows | Sequence[int] | None = None) -> str:
    """Return the class with most images; of equal ones, the first in `cohort.classes`.

    Args:
        cohort: The cohort.
        rows: Rows to count, by default all.

    Raises:
        InvalidInputError: there are no rows.

    Examples:
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], patients=["p", "q", "q", "r"],
        ...     labels=["sick", "well", "well", "well"], positive="sick",
        ... )
        >>> majority_class(cohort)
        'well'
    """
    check_kind("cohort", cohort, Cohort)
    counts = _some(class_counts(cohort, rows))
    return max(counts, key=counts.__getitem__)


def imbalance_ratio(cohort: Cohort, rows: Rows | Sequence[int] | None = None) -> float:
    """Return images of the largest class per image of the smallest, at least 1.

    Args:
        cohort: The cohort.
        rows: Rows to count, by default all.

    Raises:
        InvalidInputError: a class has no images, so the ratio is undefined.

    Examples:
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], patients=["p", "q", "q", "r"],
        ...     labels=["sick", "well", "well", "well"], positive="sick",
        ... )
        >>> imbalance_ratio(cohort)
        3.0
    """
    check_kind("cohort", cohort, Cohort)
    counts = _all_present(class_counts(cohort, rows))
    return max(counts.values()) / min(counts.values())


def class_weights(cohort: Cohort, rows: Rows | Sequence[int] | None = None) -> dict[int, float]:
    """Return the weight of each class that makes every class count the same in a loss.

    The weight is n_rows / (n_classes x images of the class), so that weights average to 1 over
    the images: scikit-learn's "balanced". They suit Keras' `fit(class_weight=...)`. Use weights
    or undersampling, not both: either alone evens the classes out.

    Args:
        cohort: The cohort.
        rows: Rows to weigh, for example `partition.train`; by default all.

    Returns:
        The weight of each class by its index in `cohort.classes`.

    Raises:
        InvalidInputError: a class has no images, so its weight is undefined.

    Examples:
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], patients=["p", "q", "q", "r"],
        ...     labels=["sick", "well", "well", "well"], positive="sick",
        ... )
        >>> {label: round(weight, 3) for label, weight in class_weights(cohort).items()}
        {0: 0.667, 1: 2.0}
    """
    check_kind("cohort", cohort, Cohort)
    counts = _all_present(class_counts(cohort, rows))
    total = sum(counts.values())
    return {index: total / (len(counts) * count) for index, count in enumerate(counts.values())}


def _some(counts: dict[str, int]) -> dict[str, int]:
    if not sum(counts.values()):
        raise InvalidInputError("Shares of images need images, got 0 rows. Give some rows.")
    return counts


def _all_present(counts: dict[str, int]) -> dict[str, int]:
    empty = [name for name, count in counts.items() if not count]
    if empty:
        raise InvalidInputError(
            f"Every class needs images, but {empty} have none in these rows: {counts}. Give rows "
            "of every class, or drop the class."
        )
    return counts
