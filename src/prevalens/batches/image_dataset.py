"""Every row once, in order."""

from prevalens.batches.batch_reader import BatchReader, Size, check_rows
from prevalens.batches.prefetched_dataset import PrefetchedDataset
from prevalens.cohorts.cohort import Cohort
from prevalens.typing import Rows


class ImageDataset(PrefetchedDataset):
    """Shows every row once, in order: for validation, test and prediction.

    Each batch is `(images, labels)`: images uint8 `(batch, height, width, 3)`, 0 to 255; labels
    `(batch,)`, float32 with 1 for positive where there are two classes, else the int64 index of
    the class. The last batch holds what is left.

    Args:
        cohort: The cohort the rows point into.
        rows: Rows to show, for example `partition.validation`.
        image_size: Side in pixels of square images, or `(height, width)`.
        batch_size: Images in a batch.
        threads: Threads that read ahead; by default one for each core this process may use, at
            most 8.

    Raises:
        InvalidInputError: a row lies outside the cohort or repeats, or a size is below 1.
    """

    def __init__(
        self,
        cohort: Cohort,
        rows: Rows,
        *,
        image_size: Size,
        batch_size: int,
        threads: int | None = None,
    ) -> None:
        kept = check_rows(rows, cohort=cohort)
        super().__init__(
            BatchReader(cohort, image_size=image_size),
            _EveryEpochAlike(kept),
            batch_size=batch_size,
            threads=threads,
        )


class _EveryEpochAlike:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def rows(self, epoch: int) -> Rows:  # noqa: ARG002
        return self._rows
