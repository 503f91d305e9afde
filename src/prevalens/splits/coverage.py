"""Which parts can hold every class: a search over kinds of units, never over single units."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_STEPS = 20_000  # beyond, the search gives up and says so


class SearchLimitError(Exception):
    """The search for a covering gave up; there may be one."""


def cover(carries: NDArray[np.bool_], excused: Sequence[int]) -> list[list[int]] | None:
    """Find kinds of units for each part that together bring every class to every part.

    Units that carry the same classes are of one kind; a kind is the number whose bit `c` says
    that class `c` is carried.

    Args:
        carries: Whether each unit carries each class, shape `(n_units, n_classes)`.
        excused: For each part a number whose bit `c` says that it may lack class `c`; all 0
            where every part is to hold every class.

    Returns:
        The kinds of the units that each part needs, or None where no choice of units can do it.

    Raises:
        SearchLimitError: the search was given up before an answer.
    """
    kinds, counts = np.unique(kinds_of(carries), return_counts=True)
    free = dict(zip(kinds.tolist(), counts.tolist(), strict=True))
    search = _Cover(n_classes=carries.shape[1], free=free, held=list(excused))
    return search.chosen if search.extend() else None


def kinds_of(carries: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return the kind of each unit: a whole number with one bit for each class."""
    bits = [1 << place for place in range(carries.shape[1])]
    return carries.astype(object) @ np.array(bits, dtype=object)


@dataclass
class _Cover:
    n_classes: int
    free: dict[int, int]
    held: list[int]
    chosen: list[list[int]] = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        self.chosen = [[] for _ in self.held]

    def extend(self) -> bool:
        """Cover what is still missing; leave everything as it was where that cannot be done."""
        self.steps += 1
        if self.steps > _STEPS:
            raise SearchLimitError
        cell = self._tightest()
        if cell is None:
            return True
        part, bit, possible = cell
        if not possible:
            return False
        before = self.held[part]
        for kind in self._useful(bit, before):
            self.free[kind] -= 1
            self.held[part] = before | kind
            self.chosen[part].append(kind)
            if self.extend():
                return True
            self.free[kind] += 1
            self.held[part] = before
            self.chosen[part].pop()
        return False

    def _tightest(self) -> tuple[int, int, bool] | None:
        """Return part, class bit and whether it can be met, for the class with least to spare."""
        best: tuple[int, int, int] | None = None
        for place in range(self.n_classes):
            bit = 1 << place
            missing = [part for part, held in enumerate(self.held) if not held & bit]
            if missing:
                spare = self._carriers(bit) - len(missing)
                if best is None or spare < best[0]:
                    best = (spare, missing[0], bit)
        return None if best is None else (best[1], best[2], best[0] >= 0)

    def _carriers(self, bit: int) -> int:
        return sum(count for kind, count in self.free.items() if kind & bit)

    def _useful(self, bit: int, held: int) -> Sequence[int]:
        """Return the kinds that bring the class, those that bring most new classes first."""
        kinds = [kind for kind, count in self.free.items() if count and kind & bit]
        return sorted(kinds, key=lambda kind: (-(kind & ~held).bit_count(), kind))
