"""One fold of a study: who is trained on, who is held out, and where its files are written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

from numpy.typing import ArrayLike

from prevalens.cohorts.cohort import Cohort
from prevalens.splits.partition import Partition
from prevalens.typing import Rows


@dataclass(frozen=True)
class Fold:
    """One fold; its test rows are scored by a model that never saw their patients.

    Args:
        number: Number of the fold, from 0.
        repeat: How many times the cohort was cut anew before, from 0.
        seed: Seed for whatever is drawn while this fold is trained; another one each fold.
        partition: Rows to train on, to choose on (may be empty), and to score.
        folder: Folder for this fold's own files (models, records), or None.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> from prevalens.splits import Partition
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png"], labels=["sick", "well"], patients=["p", "q"],
        ...     positive="sick",
        ... )
        >>> partition = Partition.of(cohort, train=[0], test=[1])
        >>> Fold(number=2, repeat=0, seed=7, partition=partition, folder=None).name
        'repeat-0-fold-2'
    """

    number: int
    repeat: int
    seed: int
    partition: Partition
    folder: Path | None

    @property
    def name(self) -> str:
        """Name of the fold, of its folder and in errors: `repeat-0-fold-3`."""
        return f"repeat-{self.repeat}-fold-{self.number}"


@runtime_checkable
class FoldModel(Protocol):
    """What a fold's training returns: something that scores rows of a cohort."""

    def predict(self, cohort: Cohort, rows: Rows) -> ArrayLike:
        """Return scores, `(n,)` or `(n, 1)` of the positive class, or `(n, n_classes)`."""


Build: TypeAlias = Callable[[Cohort, Fold], FoldModel | Callable[[Cohort, Rows], Any]]
