"""What the datasets share whose epochs differ: they follow the epochs of `fit`."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import keras
import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import did_you_mean
from prevalens._running_method import running_method
from prevalens.augmentation.policy import AugmentationPolicy
from prevalens.batches.batch_order import BalancedOrder
from prevalens.batches.batch_reader import Batch, BatchReader
from prevalens.batches.epoch_follower import EpochFollower
from prevalens.batches.image_source import Size
from prevalens.batches.prefetched_dataset import Place, PrefetchedDataset
from prevalens.batches.row_source import RowSource
from prevalens.batches.sharding import find_shard
from prevalens.batches.undersampling import EpochPlan
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.images.pixel_cache import PixelCache
from prevalens.typing import Rows


class Feeding(TypedDict, total=False):
    """Settings of a training dataset that say how its rows are read, as keyword arguments."""

    covariates: Sequence[str]
    targets: ArrayLike | None
    sample_weights: ArrayLike | None
    cache: PixelCache | None
    decoder: str
    augmentation: AugmentationPolicy | None
    on_unreadable: str
    shard: tuple[int, int] | str | None
    divisible_by: int
    threads: int | None


class EpochDataset(PrefetchedDataset):
    """Shows in each epoch the rows that a plan says; a batch is a function of seed and epoch.

    Args:
        cohort: The cohort the rows point into.
        rows: Rows to draw from, each once.
        plan: Says which of them an epoch shows.
        image_size: Side in pixels of square images, or `(height, width)`.
        batch_size: Images in a batch, over all processes.
        seed: Seed of the draws, at least 0.
        balanced_batches: Whether each batch has the classes in the shares of the epoch.
        feeding: How rows are read.

    Attributes:
        train_prevalence: Share of positive images in what the first epoch shows, in [0, 1].
        cohort_prevalence: Share of positive images in `rows`, in [0, 1].
        train_shares: Share of each class in what the first epoch shows, by its name.
        cohort_shares: Share of each class in `rows`, by its name.
    """

    def __init__(
        self,
        cohort: Cohort,
        rows: Rows,
        plan: EpochPlan,
        *,
        image_size: Size,
        batch_size: int,
        seed: int,
        balanced_batches: bool,
        feeding: Feeding,
    ) -> None:
        _check_names(feeding)
        on_unreadable = feeding.get("on_unreadable", "raise")
        reader = BatchReader(
            cohort,
            image_size=image_size,
            covariates=feeding.get("covariates", ()),
            targets=feeding.get("targets"),
            sample_weights=feeding.get("sample_weights"),
            cache=feeding.get("cache"),
            decoder=feeding.get("decoder", "pillow"),
            on_unreadable=on_unreadable,
            n_skipped_at_most=len(rows) // 100,
            augmentation=feeding.get("augmentation"),
            seed=seed,
        )
        if balanced_batches:
            plan = BalancedOrder(plan, labels=cohort.labels, seed=seed)
        shard = find_shard(feeding.get("shard"), divisible_by=feeding.get("divisible_by", 1))
        super().__init__(
            reader, plan, batch_size=batch_size, shard=shard, threads=feeding.get("threads")
        )
        shown = plan.rows(0)
        self.train_prevalence = float(np.mean(cohort.is_positive[shown]))
        self.cohort_prevalence = float(np.mean(cohort.is_positive[rows]))
        self.train_shares, self.cohort_shares = _shares(cohort, shown), _shares(cohort, rows)
        self._skips = on_unreadable == "skip"
        self._turn = threading.Lock()
        self._following = False  # between the beginning and the end of a followed `fit`
        self._whole = True  # whether Keras' epochs are the dataset's own
        self._asked = 0  # batches asked for since the first of epoch 0

    def _told(self) -> dict[str, str]:
        return {
            "positive in the cohort's rows": f"{self.cohort_prevalence:.1%}",
            "positive in an epoch": f"{self.train_prevalence:.1%}",
        }

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

    def as_torch_dataset(self, epoch: int | None = None) -> RowSource:
        """Return the images of `epoch` one by one, for a `torch.utils.data.DataLoader`.

        Each is as in `ImageDataset.as_torch_dataset`. Make a new loader for each epoch.

        Raises:
            InvalidInputError: `epoch` is left out, so that every pass would show the same draw.
        """
        return self._row_source(_stated(epoch, "as_torch_dataset"))

    def grain_source(self, epoch: int | None = None) -> RowSource:
        """Return the images of `epoch` one by one, for `grain.MapDataset.source`.

        Raises:
            InvalidInputError: `epoch` is left out, so that every pass would show the same draw.
        """
        return self._row_source(_stated(epoch, "grain_source"))

    def identity(self) -> dict[str, Any]:
        """Return what decides the batches; beside `ImageDataset.identity` the second epoch."""
        second = self.rows_of(1).astype("<i8").tobytes()
        return {**super().identity(), "rows of epoch 2": hashlib.sha256(second).hexdigest()}

    def __getstate__(self) -> dict[str, Any]:
        return {name: kept for name, kept in self.__dict__.items() if name != "_turn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._turn = threading.Lock()

    def on_epoch_begin(self) -> None:
        """Refuse `fit` without `follow_epochs`; called by Keras at the start of each pass."""
        asking = running_method(keras.Model)
        self._refuse_apart(asking)
        method = asking.name
        self._looking = method in {"evaluate", "predict"}
        if self._looking and self._following and not self._whole:
            raise InvalidInputError(
                f"`{method}` was called on the dataset that `fit(steps_per_epoch=...)` is reading, "
                "which would break its stream of draws. Make another dataset for it."
            )
        if method == "fit" and not any(
            isinstance(each, EpochFollower) and each.dataset is self for each in asking.callbacks
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


def _check_names(feeding: Mapping[str, Any]) -> None:
    for name in feeding:
        if name not in Feeding.__annotations__:
            raise InvalidInputError(
                f"A dataset has no setting {name!r}."
                f"{did_you_mean(name, Feeding.__annotations__) or ' See its documentation.'}"
            )


def _shares(cohort: Cohort, rows: Rows) -> dict[str, float]:
    counts = np.bincount(cohort.labels[rows], minlength=len(cohort.classes)) / len(rows)
    return dict(zip(cohort.classes, counts.tolist(), strict=True))


def _stated(epoch: int | None, method: str) -> int:
    if epoch is None:
        raise InvalidInputError(
            f"`{method}` must be told which epoch it is, or every pass would show the same draw. "
            f"Make a loader for each: for epoch in range(20): loader(dataset.{method}(epoch))."
        )
    return epoch


def first_batch(epoch: int, steps: int, length: int) -> int:
    """Return how many batches Keras has shown before `epoch` with `steps_per_epoch=steps`.

    Keras cuts the epoch short in which a pass of `length` batches ends.

    Examples:
        >>> [first_batch(epoch, 4, 10) for epoch in range(5)]
        [0, 4, 8, 10, 14]
    """
    passes, more = divmod(epoch, -(-length // steps))
    return passes * length + more * steps
