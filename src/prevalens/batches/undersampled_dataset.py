"""Every minority image each epoch, and a fresh draw from the larger classes."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens.augmentation.policy import AugmentationPolicy
from prevalens.batches.batch_reader import Batch, BatchReader, check_rows
from prevalens.batches.epoch_follower import EpochFollower, asking_method
from prevalens.batches.image_source import Size
from prevalens.batches.prefetched_dataset import Place, PrefetchedDataset
from prevalens.batches.sampler_plan import SamplerPlan
from prevalens.batches.sharding import find_shard
from prevalens.batches.undersampling import EpochPlan, Ratio, UndersamplingPlan
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.images.pixel_cache import PixelCache
from prevalens.typing import Rows


class UndersampledDataset(PrefetchedDataset):
    """Shows every minority image each epoch, and a fresh draw from the larger classes.

    The draws walk through a class without repeats until all of it has been seen. What a batch
    holds is a function of `(seed, epoch, position)` alone. `fit` must be told to follow:
    `model.fit(dataset, callbacks=[dataset.follow_epochs()])`; without it `fit` is refused, since
    every epoch would show the same draw. Batches come in the dataset's own order, which is
    already shuffled: `fit(shuffle=...)` changes nothing. `evaluate` and `predict` see the draw of
    epoch 0, in order, and never an augmented image.

    Each batch is `(images, labels)`: images uint8 `(batch, height, width, 3)`, 0 to 255; labels
    `(batch,)`, float32 with 1 for positive where there are two classes, else the int64 index of
    the class. The last batch holds what is left.

    Args:
        cohort: The cohort the rows point into.
        rows: Rows to draw from, for example `partition.train`.
        image_size: Side in pixels of square images, or `(height, width)`.
        batch_size: Images in a batch, over all processes.
        ratio: Size of the smallest class over the most that any other may show, in (0, 1], by
            default 1.0; or imbalanced-learn's words, a count by class name, or a function (see
            `epoch_counts`). `{}` shows every row, in a new order each epoch.
        seed: Seed of the draws, at least 0.
        unit: `"image"` draws images alike; `"patient"` spreads the draw evenly over patients.
        sampler: One of imbalanced-learn's samplers that exposes `sample_indices_`, in place of
            `ratio` and `unit`.
        features: What the sampler sees, `(n_rows, n_features)` with a row for each of the cohort.
        covariates: Names of numeric covariates; inputs become `(images, covariates)`.
        targets: What to learn in place of the label, `(n_rows,)` or `(n_rows, n_targets)` with a
            row for each of the cohort.
        sample_weights: Weight of each row of the cohort, `(n_rows,)`, >= 0; batches become
            `(inputs, labels, weights)`.
        cache: Keeps decoded images, so that each file is decoded once.
        decoder: `"pillow"`, or `"opencv"` (extra `fast`) for the common formats.
        augmentation: What the reading threads change in the images, as bytes: image k of an epoch
            by row k of `augmentation.draw(..., seed=seed, epoch=epoch)`. A chance per class goes
            by the label that the batch has for the image's class, whatever `targets` are. By
            default nothing is changed here; a `RandomAugmentation` in the model is the other way.
        on_unreadable: `"raise"`, or `"skip"` to leave out images that cannot be read, up to 1 %
            of `rows`; they are counted and listed in the history, and in `unreadable`.
        shard: `(index, count)` of this process, or `"auto"`: each shows its share of every batch.
        divisible_by: Each share has a multiple of this many rows; what is missing is filled up
            with copies of weight 0.
        threads: Threads that read ahead; by default one for each core this process may use, at
            most 8. Their number changes the speed and nothing else.

    Attributes:
        train_prevalence: Share of positive images in what the first epoch shows, in [0, 1].
        cohort_prevalence: Share of positive images in `rows`, in [0, 1].

    Raises:
        InvalidInputError: a row lies outside the cohort or repeats, a class has no rows, the
            ratio cannot be met, a size is below 1, a column is of the wrong length, or the
            augmentation does not fit the classes or the size.
    """

    def __init__(
        self,
        cohort: Cohort,
        rows: Rows,
        *,
        image_size: Size,
        batch_size: int,
        ratio: Ratio | None = None,
        seed: int,
        unit: str = "image",
        sampler: Any = None,
        features: ArrayLike | None = None,
        covariates: Sequence[str] = (),
        targets: ArrayLike | None = None,
        sample_weights: ArrayLike | None = None,
        cache: PixelCache | None = None,
        decoder: str = "pillow",
        augmentation: AugmentationPolicy | None = None,
        on_unreadable: str = "raise",
        shard: tuple[int, int] | str | None = None,
        divisible_by: int = 1,
        threads: int | None = None,
    ) -> None:
        kept = check_rows(rows, cohort=cohort)
        plan = choose_plan(
            kept,
            cohort=cohort,
            ratio=ratio,
            seed=seed,
            unit=unit,
            sampler=sampler,
            features=features,
        )
        reader = BatchReader(
            cohort,
            image_size=image_size,
            covariates=covariates,
            targets=targets,
            sample_weights=sample_weights,
            cache=cache,
            decoder=decoder,
            on_unreadable=on_unreadable,
            n_skipped_at_most=len(kept) // 100,
            augmentation=augmentation,
            seed=seed,
        )
        share = find_shard(shard, divisible_by=divisible_by)
        super().__init__(reader, plan, batch_size=batch_size, shard=share, threads=threads)
        self.train_prevalence = float(np.mean(cohort.is_positive[plan.rows(0)]))
        self.cohort_prevalence = float(np.mean(cohort.is_positive[kept]))
        self._skips = on_unreadable == "skip"
        self._turn = threading.Lock()
        self._following = False  # between the beginning and the end of a followed `fit`
        self._whole = True  # whether Keras' epochs are the dataset's own
        self._asked = 0  # batches asked for since the first of epoch 0

    @property
    def unreadable(self) -> dict[int, str]:
        """Rows left out so far because their file cannot be read, each with the reason."""
        return dict(sorted(self._reader.unreadable.items()))

    def follow_epochs(self) -> EpochFollower:
        """Return the callback that tells this dataset which epoch it is.

        With `on_unreadable="skip"` it adds the number of images skipped so far to the logs as
        `unreadable_images`, and their files to the history as `unreadable_files`.

        It honours `initial_epoch`, so a resumed run shows what the interrupted one would have.
        With `steps_per_epoch` the draws are one stream that runs on over Keras' epochs.
        """
        return EpochFollower(
            self,
            begin=self._begin,
            end=self._end,
            unreadable=self._unreadable_files if self._skips else None,
        )

    def on_epoch_begin(self) -> None:
        """Refuse `fit` without `follow_epochs`; called by Keras at the start of each pass."""
        method, callbacks = asking_method()
        self._looking = method in {"evaluate", "predict"}
        if self._looking and self._following and not self._whole:
            raise InvalidInputError(
                f"`{method}` was called on the dataset that `fit(steps_per_epoch=...)` is reading, "
                "which would break its stream of draws. Make another dataset for it."
            )
        if method == "fit" and not any(
            isinstance(each, EpochFollower) and each.dataset is self for each in callbacks
        ):
            raise InvalidInputError(
                "`fit` must tell this dataset which epoch it is, or every epoch would show the "
                "same draw. Pass callbacks=[dataset.follow_epochs()]."
            )

    def on_epoch_end(self) -> None:
        """Go back to following, where an evaluation was within a followed `fit`."""
        self._looking = False

    def __getitem__(self, index: int) -> Batch:
        with self._turn:
            if self._looking or not self._following:
                return super().__getitem__(index)
            asked = self._asked
            self._asked += 1
        return self._fetch([self._place(asked + k) for k in range(self.threads + 2)])

    def _place(self, number: int) -> Place:
        return Place(*divmod(number, len(self)))

    def _begin(self, epoch: int, steps: int) -> None:
        self._whole = steps == len(self)
        if self._whole or not self._following:
            # Keras keeps one pass going over its epochs where they are not the dataset's own:
            # then batches are counted on, and only a run's first epoch says where it starts.
            self._asked = first_batch(epoch, steps, len(self))
        self._following = True

    def _end(self) -> None:
        self._following = False

    def _unreadable_files(self) -> list[str]:
        return [self._reader.source.paths[row] for row in self.unreadable]


def choose_plan(
    rows: Rows,
    *,
    cohort: Cohort,
    ratio: Ratio | None,
    seed: int,
    unit: str,
    sampler: Any,
    features: ArrayLike | None,
) -> EpochPlan:
    """Return the plan that a ratio or a sampler asks for; refuse settings that would do nothing.

    Raises:
        InvalidInputError: both are given, or features without a sampler.
    """
    if sampler is not None:
        if ratio is not None or unit != "image":
            raise InvalidInputError(
                f"A `sampler` decides by itself what to draw, so `ratio` ({ratio!r}) and `unit` "
                f"({unit!r}) would do nothing. Leave them out, or set the sampler's own "
                "`sampling_strategy`."
            )
        return SamplerPlan(sampler, rows, cohort=cohort, features=features, seed=seed)
    if features is not None:
        raise InvalidInputError(
            "`features` are for a `sampler`, and none was given. Leave them out, or give one."
        )
    return UndersamplingPlan(
        rows,
        labels=cohort.labels[rows],
        patients=cohort.patients[rows],
        classes=cohort.classes,
        ratio=1.0 if ratio is None else ratio,
        seed=seed,
        unit=unit,
    )


def first_batch(epoch: int, steps: int, length: int) -> int:
    """Return how many batches Keras has shown before `epoch` with `steps_per_epoch=steps`.

    Keras cuts the epoch short in which a pass of `length` batches ends.

    Examples:
        >>> [first_batch(epoch, 4, 10) for epoch in range(5)]
        [0, 4, 8, 10, 14]
    """
    passes, more = divmod(epoch, -(-length // steps))
    return passes * length + more * steps
