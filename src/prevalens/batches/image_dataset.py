"""Every row once, in order."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from prevalens.batches.batch_reader import BatchReader, check_rows
from prevalens.batches.image_source import Size
from prevalens.batches.prefetched_dataset import PrefetchedDataset
from prevalens.batches.sharding import find_shard
from prevalens.cohorts.cohort import Cohort
from prevalens.images.pixel_cache import PixelCache
from prevalens.typing import Rows


class ImageDataset(PrefetchedDataset):
    """Shows every row once, in order: for validation, test and prediction.

    Each batch is `(images, labels)`: images uint8 `(batch, height, width, 3)`, 0 to 255; labels
    `(batch,)`, float32 with 1 for positive where there are two classes, else the int64 index of
    the class. The last batch holds what is left. A file that cannot be read is always an error
    here, since prediction k is of row k; and nothing is augmented here, since a figure is of the
    images as they are (`predict_with_views` asks about flips and turns).

    Args:
        cohort: The cohort the rows point into.
        rows: Rows to show, for example `partition.validation`.
        image_size: Side in pixels of square images, or `(height, width)`.
        batch_size: Images in a batch, over all processes.
        covariates: Names of numeric covariates; inputs become `(images, covariates)`.
        targets: What to learn in place of the label, `(n_rows,)` or `(n_rows, n_targets)` with a
            row for each of the cohort.
        sample_weights: Weight of each row of the cohort, `(n_rows,)`, >= 0; batches become
            `(inputs, labels, weights)`.
        cache: Keeps decoded images, so that each file is decoded once.
        decoder: `"pillow"`, or `"opencv"` (extra `fast`) for the common formats.
        shard: `(index, count)` of this process, or `"auto"`: each shows its share of every batch.
        divisible_by: Each share has a multiple of this many rows; what is missing is filled up
            with copies of weight 0 (see `places`).
        threads: Threads that read ahead; by default one for each core this process may use, at
            most 8. Their number changes the speed and nothing else.

    Raises:
        InvalidInputError: a row lies outside the cohort or repeats, a size is below 1, or a
            column is of the wrong length.
    """

    def __init__(
        self,
        cohort: Cohort,
        rows: Rows,
        *,
        image_size: Size,
        batch_size: int,
        covariates: Sequence[str] = (),
        targets: ArrayLike | None = None,
        sample_weights: ArrayLike | None = None,
        cache: PixelCache | None = None,
        decoder: str = "pillow",
        shard: tuple[int, int] | str | None = None,
        divisible_by: int = 1,
        threads: int | None = None,
    ) -> None:
        kept = check_rows(rows, cohort=cohort)
        reader = BatchReader(
            cohort,
            image_size=image_size,
            covariates=covariates,
            targets=targets,
            sample_weights=sample_weights,
            cache=cache,
            decoder=decoder,
        )
        super().__init__(
            reader,
            _EveryEpochAlike(kept),
            batch_size=batch_size,
            shard=find_shard(shard, divisible_by=divisible_by),
            threads=threads,
        )

    def places(self) -> Rows:
        """Return the place in `rows` of each image that this process shows, in order.

        Copies that fill a batch up have place -1. Without `shard` and `divisible_by` these are
        0, 1, 2, ...; with them, `join_shards` puts predictions back in order.
        """
        n_rows = len(self.rows_of(0))
        firsts = range(0, n_rows, self.batch_size)
        local = [self._shard.places(min(self.batch_size, n_rows - first)) for first in firsts]
        shifted = [np.where(p >= 0, p + f, -1) for p, f in zip(local, firsts, strict=True)]
        return np.concatenate(shifted)


class _EveryEpochAlike:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def rows(self, epoch: int) -> Rows:  # noqa: ARG002
        return self._rows
