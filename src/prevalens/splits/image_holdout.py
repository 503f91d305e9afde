"""One train, validation and test part, image by image: the protocol that lets patients cross."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_kind
from prevalens._seeding import generator
from prevalens.cohorts.cohort import Cohort
from prevalens.splits.image_splitter import ImageSplitter, deal_images
from prevalens.splits.partition import Partition
from prevalens.splits.units import held_out_shares, refuse_validation
from prevalens.typing import Labels, Rows


class ImageHoldout(ImageSplitter):
    """Cut a cohort once by image, whoever the images are of; it warns how many patients cross.

    Many published estimates come from this protocol. It is here to reproduce them, and to show by
    how much they are optimistic; to learn how a model does on new patients use `PatientHoldout`.

    Args:
        validation: Share of the images in the validation part; 0 for none.
        test: Share of the images in the test part; 0 for none.
        seed: Different seeds give different partitions.

    Raises:
        InvalidInputError: the shares leave nothing to train on, or hold nothing out.

    Examples:
        >>> import warnings
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(40)], labels=["sick", "well"] * 20,
        ...     patients=[f"p{k // 4}" for k in range(40)], positive="sick",
        ... )
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     partition = ImageHoldout(validation=0.2, test=0.2).partition(cohort)
        >>> len(partition.test), caught[0].category.__name__
        (8, 'LeakageWarning')
    """

    def __init__(self, *, validation: float = 0.15, test: float = 0.15, seed: int = 0) -> None:
        held_out_shares(validation=validation, test=test)
        self.validation = validation
        self.test = test
        self.seed = check_integer("seed", seed, minimum=0)

    def partition(self, cohort: Cohort) -> Partition:
        """Draw the partition of a cohort.

        Raises:
            ImpossibleSplitError: a class has fewer images than there are parts.
        """
        check_kind("cohort", cohort, Cohort)
        return self._partition(cohort, self._rows(cohort.labels, cohort.classes))

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002, N803
        """Return 1; the arguments are the protocol's and change nothing."""
        return 1

    def split(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike | None = None,
        groups: None = None,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield train and test rows once, for scikit-learn, which knows no validation part.

        Args:
            X: Anything with one entry per row.
            y: Class of each row, `(n_rows,)`.
            groups: Refused: patients would be ignored.

        Raises:
            InvalidInputError: `groups` is given, `y` is missing, lengths differ, or the splitter
                has a validation part.
            ImpossibleSplitError: a class has fewer images than there are parts.
        """
        refuse_validation(validation=self.validation, test=self.test)
        rows = self._rows(*self._labels_from(X, y, groups))
        yield rows["train"], rows["test"]

    def _rows(self, labels: Labels, classes: Sequence[str]) -> dict[str, Rows]:
        shares = held_out_shares(validation=self.validation, test=self.test)
        rng = generator(self.seed, "images", "holdout")
        parts = deal_images(labels, classes, list(shares.values()), rng)
        return {name: np.flatnonzero(parts == number) for number, name in enumerate(shares)}
