"""Every row once, in order."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from prevalens._running_method import running_method
from prevalens.batches.batch_reader import BatchReader, check_rows
from prevalens.batches.image_source import Size
from prevalens.batches.prefetched_dataset import PrefetchedDataset
from prevalens.batches.sharding import find_shard
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
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
            with copies of weight 0 (see `places`). Loss and weighted metrics are then those of
            one process; plain `metrics` would count the copies, and are refused.
        threads: Threads that read ahead; by default one for each core this process may use, at
            most 8. Their number changes the speed and nothing else.

    Raises:
        InvalidInputError: a row lies outside the cohort or repeats, a size is below 1, or a
            column is of the wrong length.

    Examples:
        >>> import tempfile
        >>> import numpy as np
        >>> from prevalens.cohorts import make_cells
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     cells = make_cells(folder, n_patients=4, images_per_patient=2, image_size=32)
        ...     shown = ImageDataset(cells, np.arange(6), image_size=32, batch_size=4)
        ...     images, labels = shown[0]
        >>> images.shape, len(shown)
        ((4, 32, 32, 3), 2)
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
            judges=True,
        )

    def on_epoch_begin(self) -> None:
        """Refuse metrics that would count copies; called by Keras at the start of each pass."""
        asking = running_method(keras.Model)
        self._refuse_apart(asking)
        n_copies = self.n_copies() if asking.name in {"fit", "evaluate"} else 0
        plain = plain_metrics(asking.model) if n_copies else []
        if plain:
            raise InvalidInputError(
                f"{len(self.rows_of(0))} rows do not divide evenly, so copies of weight 0 "
                f"({n_copies}) fill up the batches, and plain metrics would count them: "
                f"{', '.join(plain)}. Compile them as weighted_metrics=[...], which are then those "
                "of one process, as the loss is."
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


def plain_metrics(model: Any) -> list[str]:
    """Return the metrics that a model was compiled with and that know no weights, by name."""
    given = (getattr(model, "_compile_config", None) or _NO_CONFIG).config.get("metrics")
    return [_metric_name(each) for each in _flat(given)]


class _NoConfig:
    config: Mapping[str, Any] = MappingProxyType({})


_NO_CONFIG = _NoConfig()


def _flat(given: Any) -> list[Any]:
    if given is None:
        return []
    parts = given.values() if isinstance(given, Mapping) else given
    if isinstance(given, list | tuple | Mapping):
        return [each for part in parts for each in _flat(part)]
    return [given]


def _metric_name(metric: Any) -> str:
    return str(metric if isinstance(metric, str) else getattr(metric, "name", metric))


class _EveryEpochAlike:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def rows(self, epoch: int) -> Rows:  # noqa: ARG002
        return self._rows
