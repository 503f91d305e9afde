"""Images one by one, for loaders of other libraries."""

from typing import Any

from prevalens.batches.batch_reader import BatchReader
from prevalens.typing import Rows


class RowSource:
    """One row at a time, by position: what torch's DataLoader and Grain ask of a dataset.

    It can be pickled, so their worker processes may read it.

    Args:
        reader: Reads the images and labels of rows.
        rows: Rows of the cohort in the order of positions, shape `(n_shown,)`.
        epoch: The epoch whose rows these are, by which augmentation is drawn.
    """

    def __init__(self, reader: BatchReader, rows: Rows, *, epoch: int = 0) -> None:
        self._reader = reader
        self._rows = rows
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, position: int) -> tuple[Any, ...]:
        place = range(len(self._rows))[position]
        row = self._rows[place : place + 1]
        parameters = self._reader.draw(row, epoch=self._epoch, first=place)
        image: tuple[Any, ...] = _first(self._reader.read(row, parameters=parameters))
        return image


def _first(part: Any) -> Any:
    return tuple(_first(each) for each in part) if isinstance(part, tuple) else part[0]
