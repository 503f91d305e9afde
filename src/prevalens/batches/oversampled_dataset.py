"""Every image each epoch, and images of the smaller classes several times."""

from typing import Unpack

from numpy.typing import ArrayLike

from prevalens.batches.batch_reader import check_rows
from prevalens.batches.epoch_dataset import EpochDataset, Feeding
from prevalens.batches.image_source import Size
from prevalens.batches.oversampling import OversamplingPlan
from prevalens.batches.strata import strata_of
from prevalens.batches.undersampling import Ratio
from prevalens.cohorts.cohort import Cohort
from prevalens.typing import Rows


class OversampledDataset(EpochDataset):
    """Shows every image each epoch, and images of the smaller classes several times.

    Each image of a smaller class is shown equally often, or once more: which ones is drawn anew
    each epoch, so that each has its turn before any has a second. With `augmentation` each showing
    is changed in its own way; without, it is the same picture again, unless the model augments.
    What a batch holds is a function of `(seed, epoch, position)` alone, and `fit` must be told to
    follow, as with `UndersampledDataset`.

    Args:
        cohort: The cohort the rows point into.
        rows: Rows to draw from, for example `partition.train`.
        image_size: Side in pixels of square images, or `(height, width)`.
        batch_size: Images in a batch, over all processes.
        ratio: The least that any class shows over the size of the largest, in (0, 1]; or
            imbalanced-learn's words, a count by class name, or a function (see
            `oversampled_counts`).
        seed: Seed of the draws, at least 0.
        unit: `"image"` draws the further showings alike; `"patient"` spreads them evenly over
            patients.
        strata: What is balanced in place of the label, a text for each row of the cohort, for
            example from `label_combinations`.
        balanced_batches: Whether each batch, not the epoch only, has the classes of the cohort in
            the shares of the epoch.
        **feeding: How rows are read, as in `UndersampledDataset`.

    Attributes:
        train_prevalence: Share of positive images in what the first epoch shows, in [0, 1].
        cohort_prevalence: Share of positive images in `rows`, in [0, 1].
        train_shares: Share of each class in what the first epoch shows, by its name.
        cohort_shares: Share of each class in `rows`, by its name.

    Raises:
        InvalidInputError: a row lies outside the cohort or repeats, a class has no rows, the
            ratio cannot be met, a size is below 1, a column is of the wrong length, or the
            augmentation does not fit the classes or the size.

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> from prevalens.cohorts import make_cells
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cells = make_cells(folder, n_patients=6, images_per_patient=4, image_size=32)
        ...     rows = np.arange(len(cells))
        ...     train = OversampledDataset(cells, rows, image_size=32, batch_size=4, seed=0)
        ...     labels = np.concatenate([train[k][1] for k in range(len(train))])
        >>> len(labels), float(labels.mean())  # of 8 and 16 images
        (32, 0.5)
    """

    def __init__(
        self,
        cohort: Cohort,
        rows: Rows,
        *,
        image_size: Size,
        batch_size: int,
        ratio: Ratio = 1.0,
        seed: int,
        unit: str = "image",
        strata: ArrayLike | None = None,
        balanced_batches: bool = False,
        **feeding: Unpack[Feeding],
    ) -> None:
        kept = check_rows(rows, cohort=cohort)
        labels, classes = strata_of(kept, cohort=cohort, strata=strata)
        plan = OversamplingPlan(
            kept,
            labels=labels,
            patients=cohort.patients[kept],
            classes=classes,
            ratio=ratio,
            seed=seed,
            unit=unit,
        )
        super().__init__(
            cohort,
            kept,
            plan,
            image_size=image_size,
            batch_size=batch_size,
            seed=seed,
            balanced_batches=balanced_batches,
            feeding=feeding,
        )
