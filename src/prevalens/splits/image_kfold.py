"""Cross-validation image by image: the protocol that lets patients cross."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_kind
from prevalens._seeding import generator
from prevalens.cohorts.cohort import Cohort
from prevalens.splits.image_splitter import ImageSplitter, deal_images
from prevalens.splits.partition import Partition
from prevalens.splits.units import check_shares
from prevalens.typing import Labels, Rows


class ImageKFold(ImageSplitter):
    """Cut a cohort into folds of images, whoever they are of; it warns how many patients cross.

    Many published estimates come from this protocol. It is here to reproduce them, and to show by
    how much they are optimistic; to learn how a model does on new patients use `PatientKFold`.

    Args:
        n_splits: Number of folds, at least 2.
        seed: Different seeds give different folds.

    Examples:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     folds = list(ImageKFold(5).split(range(10), ["sick", "well"] * 5))
        >>> [len(test) for _, test in folds], caught[0].category.__name__
        ([2, 2, 2, 2, 2], 'LeakageWarning')
    """

    def __init__(self, n_splits: int = 5, *, seed: int = 0) -> None:
        self.n_splits = check_integer("n_splits", n_splits, minimum=2)
        self.seed = check_integer("seed", seed, minimum=0)

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002, N803
        """Return the number of folds; the arguments are the protocol's and change nothing."""
        return self.n_splits

    def split(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike | None = None,
        groups: None = None,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield the rows to train on and the rows to test on, fold by fold.

        Args:
            X: Anything with one entry per row.
            y: Class of each row, `(n_rows,)`.
            groups: Refused: patients would be ignored.

        Raises:
            InvalidInputError: `groups` is given, `y` is missing, or lengths differ.
            ImpossibleSplitError: a class has fewer images than there are folds.
        """
        folds = self._folds(*self._labels_from(X, y, groups))
        for fold in range(self.n_splits):
            yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)

    def partitions(self, cohort: Cohort, *, validation: float = 0.0) -> Iterator[Partition]:
        """Yield one partition for each fold; the fold is its test part.

        Args:
            cohort: The cohort to cut.
            validation: Share of the whole cohort that becomes the validation part, drawn in each
                fold from the images outside it; less than `1 - 1 / n_splits`.

        Raises:
            InvalidInputError: `validation` leaves nothing to train on.
            ImpossibleSplitError: a class has fewer images than there are parts.
        """
        check_kind("cohort", cohort, Cohort)
        check_shares(validation=validation, test=1 / self.n_splits)
        folds = self._folds(cohort.labels, cohort.classes)
        for fold in range(self.n_splits):
            rows = {"train": np.flatnonzero(folds != fold), "test": np.flatnonzero(folds == fold)}
            if validation:
                outside = rows["train"]
                inner = validation / (1 - 1 / self.n_splits)
                rng = generator(self.seed, "images", "validation", fold)
                parts = deal_images(cohort.labels[outside], cohort.classes, [1 - inner, inner], rng)
                rows |= {"train": outside[parts == 0], "validation": outside[parts == 1]}
            yield self._partition(cohort, rows, fold=fold, validation=validation)

    def _folds(self, labels: Labels, classes: Sequence[str]) -> Labels:
        shares = [1 / self.n_splits] * self.n_splits
        return deal_images(labels, classes, shares, generator(self.seed, "images", "folds"))
