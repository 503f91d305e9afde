"""What both datasets share: one Keras worker, and threads of our own that read ahead."""

import hashlib
import math
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from prevalens._checks import check_integer
from prevalens._notebook import bars, card, table
from prevalens._processes import running_processes
from prevalens._running_method import RunningMethod
from prevalens.batches.batch_reader import Batch, BatchReader, take_rows
from prevalens.batches.prefetcher import Prefetcher
from prevalens.batches.row_source import RowSource
from prevalens.batches.sharding import Shard
from prevalens.batches.undersampling import EpochPlan
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Rows, Scores


class Place(NamedTuple):
    """Where a batch stands, and whether its images come as they are stored, not augmented."""

    epoch: int
    position: int
    as_stored: bool = False


class PrefetchedDataset(keras.utils.PyDataset):
    """Batches that are a function of their epoch and position alone, read ahead by threads.

    Args:
        reader: Reads the images and labels of rows.
        plan: Says which rows an epoch shows.
        batch_size: Images in a batch; the last of an epoch holds what is left.
        shard: The share of every batch that this process shows.
        threads: Threads that read ahead; by default one for each core this process may use, at
            most 8. Their number changes the speed and nothing else.
        judges: Whether a pass is for judging a model and not for training it. Where copies fill
            batches up, the images then weigh alike over the whole pass, as an evaluation needs;
            in training they weigh alike within each batch, as a step needs.
    """

    def __init__(
        self,
        reader: BatchReader,
        plan: EpochPlan,
        *,
        batch_size: int,
        shard: Shard,
        threads: int | None,
        judges: bool = False,
    ) -> None:
        super().__init__()
        self._judges = judges
        self.batch_size = check_integer("batch_size", batch_size, minimum=1)
        self.threads = check_integer("threads", threads or usable_cores(), minimum=1)
        self._reader = reader
        self._plan = plan
        self._shard = shard
        self._n_batches = math.ceil(len(plan.rows(0)) / self.batch_size)
        self._prefetcher: Prefetcher[Place, Batch] = Prefetcher(self._make, threads=self.threads)
        self._last_asked = -1
        self._looking = False  # while a model evaluates or predicts

    def __repr__(self) -> str:
        n_rows, n_batches = len(self.rows_of(0)), self._n_batches
        return f"{type(self).__name__}({n_rows} images an epoch, {n_batches} batches)"

    def _repr_html_(self) -> str:
        # In the cohort's order, so that a class has the colour that its cohort's card gives it.
        cohort = self._reader.cohort
        counts = np.bincount(cohort.labels[self.rows_of(0)], minlength=len(cohort.classes))
        shown = dict(zip(cohort.classes, counts.tolist(), strict=True))
        return card(
            repr(self),
            bars({"epoch 0": shown}),
            table(
                ("What", "Value"),
                [
                    ("images in a batch", self.batch_size),
                    ("threads that read ahead", self.threads),
                    *((name, value) for name, value in self._told().items()),
                ],
            ),
        )

    def _refuse_apart(self, asking: RunningMethod) -> None:
        """Refuse a `fit` or `evaluate` that would take this process's share for the whole."""
        alone = self._shard.count == 1 or running_processes()[1] == 1
        joined = keras.backend.backend() == "jax" and keras.distribution.distribution() is not None
        if alone or joined or asking.name not in {"fit", "evaluate"}:
            return
        if type(asking.model).train_step.__module__.startswith("keras."):
            raise InvalidInputError(
                f"`{asking.name}` joins {self._shard.count} processes on JAX alone, once "
                "keras.distribution.set_distribution is called: here each would have a model, or a "
                "figure, of its own share. Write the loop with DistributedDataParallel on PyTorch "
                "(see the how-to on several GPUs), or give shard=(0, 1) where each is to show all."
            )

    def _told(self) -> dict[str, str]:
        """Return shares that a kind of dataset knows, in words."""
        return {}

    def __len__(self) -> int:
        return self._n_batches

    def __getitem__(self, index: int) -> Batch:
        position = range(self._n_batches)[index]
        # Threads read ahead only where batches are asked for in order.
        ahead = self.threads + 1 if position in {0, self._last_asked + 1} else 0
        self._last_asked = position
        near = range(position, self._n_batches)[: ahead + 1]
        return self._fetch([Place(0, k, as_stored=self._looking) for k in near])

    def batch_at(self, epoch: int, position: int) -> Batch:
        """Return the batch at `position` of `epoch`, whatever was asked for before."""
        return self._fetch([Place(epoch, range(self._n_batches)[position])])

    def batches_of(self, epoch: int) -> Iterator[Batch]:
        """Give the batches of `epoch` in order, read ahead by threads, for a loop of one's own."""
        for position in range(self._n_batches):
            last = min(position + self.threads + 2, self._n_batches)
            yield self._fetch([Place(epoch, k) for k in range(position, last)])

    def rows_of(self, epoch: int) -> Rows:
        """Return the rows of the cohort that `epoch` shows, in order, shape `(n_shown,)`."""
        return self._plan.rows(epoch)

    def as_torch_dataset(self, epoch: int = 0) -> RowSource:
        """Return the images of `epoch` one by one, for a `torch.utils.data.DataLoader`.

        Each is `(image, label)` as a batch holds them, the image uint8 `(height, width, 3)`; with
        `shard` and `divisible_by` these are this process's, and each is `(image, label, weight)`
        with copies of weight 0, as in batches. Give the loader no shuffling and no sampler: the
        order is the epoch's.
        """
        return self._row_source(epoch)

    def grain_source(self, epoch: int = 0) -> RowSource:
        """Return the images of `epoch` one by one, for `grain.MapDataset.source`.

        What each is stands in `as_torch_dataset`.
        """
        return self._row_source(epoch)

    def _row_source(self, epoch: int) -> RowSource:
        whole = self.rows_of(epoch)
        if self._shard.is_whole:
            return RowSource(self._reader, whole, epoch=epoch)
        shares = []
        for position in range(self._n_batches):
            first, last = self._ends(len(whole), position)
            places, weights = self._weigh(len(whole), last - first, judged=self._judges)
            shares.append((np.maximum(places, 0) + first, weights))
        places, weights = (np.concatenate(part) for part in zip(*shares, strict=True))
        return RowSource(self._reader, whole[places], epoch=epoch, places=places, weights=weights)

    def n_copies(self, epoch: int = 0) -> int:
        """Return how many copies fill up the batches of `epoch`, over all processes."""
        n_rows = len(self.rows_of(epoch))
        return self._n_shown(n_rows) - n_rows

    def identity(self) -> dict[str, Any]:
        """Return what decides the batches, for telling one run's data from another's.

        Hashes of the rows of the first epoch, of labels, weights and settings, and of the content
        of at most 100 images, evenly spread.
        """
        rows = self.rows_of(0)
        return {
            "kind": type(self).__name__,
            "rows": hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest(),
            "batch_size": self.batch_size,
            **self._reader.identity(np.unique(rows)),
        }

    def _n_shown(self, n_rows: int) -> int:
        ends = (self._ends(n_rows, position) for position in range(self._n_batches))
        return sum(self._shard.n_shown(last - first) for first, last in ends)

    def _weigh(self, n_rows: int, n_batch: int, *, judged: bool) -> tuple[Rows, Scores]:
        """Return which rows of a batch this process shows, and what they weigh."""
        if not judged:
            return self._shard.weigh(n_batch)
        return self._shard.weigh(n_batch, each=self._n_shown(n_rows) / n_rows)

    def _fetch(self, places: list[Place]) -> Batch:
        return self._prefetcher.get(places[0], upcoming=places[1:])

    def _make(self, place: Place) -> Batch:
        whole = self._plan.rows(place.epoch)
        first, last = self._ends(len(whole), place.position)
        rows = whole[first:last]
        draw = None if place.as_stored else self._reader.draw(rows, epoch=place.epoch, first=first)
        if self._shard.is_whole:
            return self._reader.read(rows, parameters=draw)
        judged = self._judges or place.as_stored
        places, weights = self._weigh(len(whole), len(rows), judged=judged)
        places = np.maximum(places, 0)
        return self._reader.read(rows[places], weights=weights, parameters=take_rows(draw, places))

    def _ends(self, n_rows: int, position: int) -> tuple[int, int]:
        """Return where in an epoch of `n_rows` the batch at `position` begins and ends."""
        if math.ceil(n_rows / self.batch_size) == self._n_batches:
            first = position * self.batch_size
            return first, min(first + self.batch_size, n_rows)
        # Keras reads the number of batches once a run, so it stays that of the first epoch: an
        # epoch that draws more or fewer rows spreads them over as many batches.
        share, larger = divmod(n_rows, self._n_batches)
        first = position * share + min(position, larger)
        return first, first + share + (position < larger)

    @property
    def workers(self) -> int:
        """Keras' own workers: always 1; `threads` is the setting that speeds reading up."""
        return 1

    @workers.setter
    def workers(self, value: int) -> None:
        if value not in {0, 1}:
            raise InvalidInputError(
                f"`workers` must stay 1, got {value!r}: with more, Keras 3.15 serves stale batches "
                "on JAX and PyTorch. Give `threads` to the dataset; they read ahead in order."
            )

    @property
    def use_multiprocessing(self) -> bool:
        """Whether Keras starts worker processes: never; `threads` read ahead."""
        return False

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        if value:
            raise InvalidInputError(
                "`use_multiprocessing` must stay False, got True: Keras 3.15 starts new processes "
                "every epoch. Give `threads` to the dataset instead."
            )


def usable_cores() -> int:
    """Return the number of cores this process may use, at most 8."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(cores, 8)
