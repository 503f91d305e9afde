"""Shares of one global batch for processes and devices; pure."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._checks import check_choice, check_integer
from prevalens._processes import announced_processes, possible_processes, running_processes
from prevalens.exceptions import InvalidInputError, PrevalensWarning
from prevalens.typing import Rows, Scores


@dataclass(frozen=True)
class Shard:
    """One process's share of every global batch.

    A batch that does not divide evenly is filled up with copies of its own rows. Copies weigh 0
    and the others more, so that the mean loss over all processes is that of the batch without
    copies, and nothing is left out or counted twice.

    Args:
        index: Which process this is, 0 to `count` - 1.
        count: How many processes share a batch.
        divisible_by: Each share has a multiple of this many rows, for example the number of
            devices of the process.

    Raises:
        InvalidInputError: a number is out of range.
    """

    index: int = 0
    count: int = 1
    divisible_by: int = 1

    def __post_init__(self) -> None:
        check_integer("shard count", self.count, minimum=1)
        check_integer("divisible_by", self.divisible_by, minimum=1)
        if check_integer("shard index", self.index, minimum=0) >= self.count:
            raise InvalidInputError(
                f"`shard` must be (index, count) with index below count, got "
                f"({self.index}, {self.count}). Number the processes from 0."
            )

    @property
    def is_whole(self) -> bool:
        """Whether this is the only share and needs no filling."""
        return self.count == 1 and self.divisible_by == 1

    def places(self, n_rows: int) -> Rows:
        """Return which of a global batch's rows this share shows, -1 where a copy fills it.

        Examples:
            >>> Shard(1, 2).places(5)
            array([ 3,  4, -1])
        """
        step = self.count * self.divisible_by
        share = -(-n_rows // step) * self.divisible_by
        places = np.arange(self.index * share, (self.index + 1) * share, dtype=np.int64)
        return np.where(places < n_rows, places, -1)

    def n_shown(self, n_rows: int) -> int:
        """Return how many rows all processes show of a global batch, copies included."""
        step = self.count * self.divisible_by
        return -(-n_rows // step) * step

    def weigh(self, n_rows: int, *, each: float | None = None) -> tuple[Rows, Scores]:
        """Return which of a global batch's rows this share shows, and their weights.

        Args:
            n_rows: Rows of the global batch.
            each: Weight of a row that is no copy; by default what makes the mean over all
                processes that of the batch.

        Returns:
            The places as in `places`, and the weights, 0 for copies.

        Examples:
            >>> places, weights = Shard(1, 2).weigh(5)
            >>> places.tolist(), weights.tolist()
            ([3, 4, -1], [1.2, 1.2, 0.0])
        """
        places = self.places(n_rows)
        weight = self.n_shown(n_rows) / n_rows if each is None else each
        return places, np.where(places >= 0, weight, 0.0)


def find_shard(shard: tuple[int, int] | str | None, *, divisible_by: int = 1) -> Shard:
    """Return the share of this process.

    Args:
        shard: `(index, count)`; `"auto"` reads them from torch.distributed where that is
            initialised, else from JAX's processes; None is the only process.
        divisible_by: Each share has a multiple of this many rows.

    Raises:
        InvalidInputError: `shard` is none of these; it is left out while several processes run,
            of which each would show every row; or it is `"auto"` and a launcher has announced
            several processes that are not connected (`WORLD_SIZE` beside `RANK`, what Open MPI,
            MPICH or srun set, or `TF_CONFIG`).

    Warns:
        PrevalensWarning: `shard` is left out while a launcher announces several processes; or it
            is `"auto"` in a SLURM job of several tasks outside srun, where one process is taken.
    """
    index, count = running_processes()
    where, announced = announced_processes()
    if isinstance(shard, str):
        check_choice("shard", shard, ["auto"])
        if count == 1 and announced > 1:
            raise InvalidInputError(
                f"{where} announces {announced} processes, but none are connected, so 'auto' "
                "cannot tell which this is. Call torch.distributed.init_process_group or "
                "jax.distributed.initialize before the dataset is made, or give `shard` as "
                "(index, count)."
            )
        if count == 1:
            _say_possible(possible_processes())
        return Shard(index, count, divisible_by=divisible_by)
    if shard is None:
        _check_alone(count, where, announced)
    pair: Any = (0, 1) if shard is None else shard
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InvalidInputError(f"`shard` must be (index, count) or 'auto', got {shard!r}.")
    return Shard(pair[0], pair[1], divisible_by=divisible_by)


def _check_alone(count: int, where: str, announced: int) -> None:
    """Refuse a dataset without `shard` beside others; say where a launcher announces others."""
    remedy = "Give shard='auto', or shard=(0, 1) where each is to show every row."
    if count > 1:
        raise InvalidInputError(
            f"{count} processes are running, and without `shard` each would show every row. "
            f"{remedy}"
        )
    if announced > 1:
        warnings.warn(
            f"{where} announces {announced} processes, and without `shard` each shows every row. "
            f"{remedy}",
            PrevalensWarning,
            stacklevel=5,
        )


def _say_possible(tasks: int) -> None:
    if tasks > 1:
        warnings.warn(
            f"'auto' takes this as the only process, though the SLURM job has {tasks} tasks "
            "(SLURM_NTASKS), which a script starts by srun. Start it by srun and connect the "
            "processes before the dataset is made, or ask for --ntasks=1.",
            PrevalensWarning,
            stacklevel=5,
        )


def join_shards(
    parts: Sequence[tuple[Rows, np.ndarray[Any, Any]]], *, n_rows: int
) -> np.ndarray[Any, Any]:
    """Put the predictions of all processes in the order of the rows, without the copies.

    Args:
        parts: For each process `ImageDataset.places()` and what its model predicted, of shapes
            `(n_shown,)` and `(n_shown, ...)`.
        n_rows: How many rows there are. The last process shows the end of a batch, which nothing
            else would miss.

    Returns:
        One prediction for each row, shape `(n_rows, ...)`.

    Raises:
        InvalidInputError: a process is missing or given twice, or lengths differ.

    Examples:
        >>> first = (np.array([0, 2]), np.array([0.1, 0.3]))
        >>> second = (np.array([1, -1]), np.array([0.2, 9.9]))
        >>> join_shards([first, second], n_rows=3)
        array([0.1, 0.2, 0.3])
    """
    for places, values in parts:
        if len(places) != len(values):
            raise InvalidInputError(
                f"Each process predicts once for each place, got {len(places)} places and "
                f"{len(values)} predictions. Predict with the dataset whose `places()` these are."
            )
    places = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] for part in parts])
    order = np.argsort(places[places >= 0], kind="stable")
    if not np.array_equal(places[places >= 0][order], np.arange(n_rows)):
        raise InvalidInputError(
            f"Each of {n_rows} rows is predicted by one process, but {len(parts)} parts with "
            f"{len(order)} predictions leave rows out or repeat them. Give the part of every "
            "process once."
        )
    return values[places >= 0][order]
