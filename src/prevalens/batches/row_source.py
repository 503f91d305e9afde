"""Images one by one, for loaders of other libraries."""

from typing import Any

import numpy as np

from prevalens.batches.batch_reader import BatchReader
from prevalens.typing import Rows, Scores


class RowSource:
    """One row at a time, by position: what torch's DataLoader and Grain ask of a dataset.

    It can be pickled, so their worker processes may read it.

    Args:
        reader: Reads the images and labels of rows.
        rows: Rows of the cohort in the order of positions, shape `(n_shown,)`.
        epoch: The epoch whose rows these are, by which augmentation is drawn.
        places: Place of each in the epoch, shape `(n_shown,)`; by default its position.
        weights: Weight of each, shape `(n_shown,)`; by default there are none.
    """

    def __init__(
        self,
        reader: BatchReader,
        rows: Rows,
        *,
        epoch: int = 0,
        places: Rows | None = None,
        weights: Scores | None = None,
    ) -> None:
        self._reader = reader
        self._rows = rows
        self._epoch = epoch
        self._places = np.arange(len(rows)) if places is None else places
        self._weights = weights

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: int) -> tuple[Any, ...]:
        k = range(len(self._rows))[position]
        row = self._rows[k : k + 1]
        weight = None if self._weights is None else self._weights[k : k + 1]
        parameters = self._reader.draw(row, epoch=self._epoch, first=int(self._places[k]))
        image: tuple[Any, ...] = _first(
            self._reader.read(row, weights=weight, parameters=parameters)
        )
        return image


def _first(part: Any) -> Any:
    return tuple(_first(each) for each in part) if isinstance(part, tuple) else part[0]
