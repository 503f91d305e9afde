"""What both splitters of images share: the deal, and the warning that patients cross."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import BaseCrossValidator

from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError, LeakageWarning
from prevalens.splits.assignment import shuffled
from prevalens.splits.columns import encode
from prevalens.splits.partition import NO_ROWS, Partition, count_crossing
from prevalens.splits.patient_splitter import check_rows
from prevalens.typing import Labels, Rows


class ImageSplitter(BaseCrossValidator):
    """Splits image by image, as if no two were of one patient, and says what that lets through."""

    seed: int

    def _labels_from(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike | None,
        groups: object,
    ) -> tuple[Labels, Sequence[str]]:
        """Read what scikit-learn's protocol hands over."""
        name = type(self).__name__
        if groups is not None:
            raise InvalidInputError(
                f"{name} splits images and would ignore `groups`. "
                f"Use {name.replace('Image', 'Patient')} to keep patients whole, or leave it out."
            )
        if y is None:
            raise InvalidInputError(f"{name} needs `y`, the class of each row, got None. Pass `y`.")
        labels, names = encode("y", y)
        check_rows(X, len(labels))
        warnings.warn(
            f"{name} splits image by image: patients with several images stand on both sides, "
            "and estimates are optimistic. Use "
            f"{name.replace('Image', 'Patient')} with the patients as `groups`.",
            LeakageWarning,
            stacklevel=4,
        )
        return labels, names

    def _partition(self, cohort: Cohort, rows: Mapping[str, Rows], **settings: Any) -> Partition:
        """Make the record, which counts the patients that cross, and warn of them."""
        crossing = count_crossing(cohort.patients, list(rows.values()))
        if crossing:
            warnings.warn(
                f"{type(self).__name__} put images of {crossing} of {cohort.n_patients} patients "
                "into more than one part; estimates from it are optimistic. "
                f"{type(self).__name__.replace('Image', 'Patient')} keeps patients whole.",
                LeakageWarning,
                stacklevel=3,
            )
        return Partition(
            train=rows["train"],
            validation=rows.get("validation", NO_ROWS),
            test=rows.get("test", NO_ROWS),
            cohort_fingerprint=cohort.fingerprint,
            n_rows=len(cohort),
            method=type(self).__name__,
            settings={**vars(self), **settings},
            patients_crossing=crossing,
        )


def deal_images(
    labels: Labels,
    classes: Sequence[str],
    shares: Sequence[float],
    rng: np.random.Generator,
) -> Labels:
    """Draw the part of each image; each class keeps its shares to within one image.

    Args:
        labels: Class of each image, an index into `classes`, shape `(n_rows,)`.
        classes: Name of each class.
        shares: Share of each part, all positive, summing to 1.
        rng: A generator of `_seeding.generator`; only its raw stream is used.

    Returns:
        Part of each image, shape `(n_rows,)`; every part holds every class.

    Raises:
        ImpossibleSplitError: a class has fewer images than there are parts.
    """
    parts = np.empty(len(labels), dtype=np.int64)
    order = shuffled(len(labels), rng)
    order = order[np.argsort(labels[order], kind="stable")]
    counts = np.bincount(labels)
    rarest = min(np.flatnonzero(counts).tolist(), key=lambda code: (counts[code], code))
    if counts[rarest] < len(shares):
        raise ImpossibleSplitError(
            f"Cannot make {len(shares)} parts that each hold every class: class "
            f"{classes[rarest]!r} has only {counts[rarest]} images. Make at most "
            f"{counts[rarest]} parts, or merge classes."
        )
    given = np.zeros(len(shares))
    for rows in np.split(order, np.cumsum(counts)[:-1]):
        quotas = _quotas(len(rows), np.asarray(shares), given)
        given += quotas
        parts[rows] = np.repeat(np.arange(len(shares)), quotas)
    return parts


def _quotas(n_images: int, shares: Any, given: Any) -> Any:
    """Round shares of `n_images` to whole images, each part at least one."""
    exact = shares * n_images
    quotas = np.floor(exact + 1e-9).astype(np.int64)
    # Left-over images go to the parts that are furthest behind over all classes so far.
    behind = shares * (given.sum() + n_images) - given - quotas
    left = n_images - quotas.sum()
    quotas[np.argsort(-behind, kind="stable")[:left]] += 1
    while n_images and quotas.min() < 1:
        quotas[quotas.argmax()] -= 1
        quotas[quotas.argmin()] += 1
    return quotas
