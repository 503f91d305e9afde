"""Every minority image each epoch, and a fresh draw from the larger classes."""

import threading

import numpy as np

from prevalens.batches.batch_reader import Batch, BatchReader, Size, check_rows
from prevalens.batches.epoch_follower import EpochFollower, asking_method
from prevalens.batches.prefetched_dataset import Place, PrefetchedDataset
from prevalens.batches.undersampling import Ratio, UndersamplingPlan
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows


class UndersampledDataset(PrefetchedDataset):
    """Shows every minority image each epoch, and a fresh draw from the larger classes.

    The draws walk through a class without repeats until all of it has been seen. What a batch
    holds is a function of `(seed, epoch, position)` alone. `fit` must be told to follow:
    `model.fit(dataset, callbacks=[dataset.follow_epochs()])`; without it `fit` is refused, since
    every epoch would show the same draw. Batches come in the dataset's own order, which is
    already shuffled: `fit(shuffle=...)` changes nothing.

    Each batch is `(images, labels)`: images uint8 `(batch, height, width, 3)`, 0 to 255; labels
    `(batch,)`, float32 with 1 for positive where there are two classes, else the int64 index of
    the class. The last batch holds what is left.

    Args:
        cohort: The cohort the rows point into.
        rows: Rows to draw from, for example `partition.train`.
        image_size: Side in pixels of square images, or `(height, width)`.
        batch_size: Images in a batch.
        ratio: Size of the smallest class over the most that any other may show, in (0, 1]; or
            imbalanced-learn's words, a count by class name, or a function (see `class_counts`).
        seed: Seed of the draws, at least 0.
        unit: `"image"` draws images alike; `"patient"` spreads the draw evenly over patients.
        threads: Threads that read ahead; by default one for each core this process may use, at
            most 8. Their number changes the speed and nothing else.

    Attributes:
        train_prevalence: Share of positive images in what an epoch shows, in [0, 1].
        cohort_prevalence: Share of positive images in `rows`, in [0, 1].

    Raises:
        InvalidInputError: a row lies outside the cohort or repeats, a class has no rows, the
            ratio cannot be met, or a size is below 1.
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
        threads: int | None = None,
    ) -> None:
        kept = check_rows(rows, cohort=cohort)
        plan = UndersamplingPlan(
            kept,
            labels=cohort.labels[kept],
            patients=cohort.patients[kept],
            classes=cohort.classes,
            ratio=ratio,
            seed=seed,
            unit=unit,
        )
        reader = BatchReader(cohort, image_size=image_size)
        super().__init__(reader, plan, batch_size=batch_size, threads=threads)
        self.train_prevalence = float(np.mean(cohort.is_positive[plan.rows(0)]))
        self.cohort_prevalence = float(np.mean(cohort.is_positive[kept]))
        self._turn = threading.Lock()
        self._following = False
        self._asked = 0

    def follow_epochs(self) -> EpochFollower:
        """Return the callback that tells this dataset which epoch it is.

        It honours `initial_epoch`, so a resumed run shows what the interrupted one would have.
        With `steps_per_epoch` the draws are one stream that runs on over Keras' epochs.
        """
        return EpochFollower(self, begin=self._begin, end=self._end)

    def on_epoch_begin(self) -> None:
        """Refuse `fit` without `follow_epochs`; called by Keras at the start of each pass."""
        method, callbacks = asking_method()
        if method == "fit" and not any(
            isinstance(each, EpochFollower) and each.dataset is self for each in callbacks
        ):
            raise InvalidInputError(
                "`fit` must tell this dataset which epoch it is, or every epoch would show the "
                "same draw. Pass callbacks=[dataset.follow_epochs()]."
            )

    def __getitem__(self, index: int) -> Batch:
        with self._turn:
            if not self._following:
                return super().__getitem__(index)
            asked = self._asked
            self._asked += 1
        return self._fetch([self._place(asked + k) for k in range(self.threads + 2)])

    def _place(self, number: int) -> Place:
        return divmod(number, len(self))

    def _begin(self, epoch: int, steps: int) -> None:
        whole = steps == len(self)
        if whole or not self._following:
            # Keras keeps one pass going over its epochs where they are not the dataset's own:
            # then batches are counted on, and only a run's first epoch says where it starts.
            self._asked = epoch * len(self) if whole else first_batch(epoch, steps, len(self))
        self._following = True

    def _end(self) -> None:
        self._following = False


def first_batch(epoch: int, steps: int, length: int) -> int:
    """Return how many batches Keras has shown before `epoch` with `steps_per_epoch=steps`.

    Keras cuts the epoch short in which a pass of `length` batches ends.

    Examples:
        >>> [first_batch(epoch, 4, 10) for epoch in range(5)]
        [0, 4, 8, 10, 14]
    """
    passes, more = divmod(epoch, -(-length // steps))
    return passes * length + more * steps
