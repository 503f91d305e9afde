"""Walks that see everything before they see anything twice; pure."""

import numpy as np

from prevalens._seeding import generator
from prevalens.typing import Rows, Texts


class CoverageWalk:
    """A walk through rows that repeats none until all have been seen, then reshuffles.

    No single `take` holds a row twice, not even one that ends a round and starts the next.

    Args:
        rows: What to walk through, shape `(n_kept,)`, each once.
        seed: Seed of the whole run.
        name: What is walked through; walks of different names are independent.

    Examples:
        >>> walk = CoverageWalk(np.arange(5), seed=0, name="example")
        >>> seen = np.concatenate([walk.take(2), walk.take(2), walk.take(2)])
        >>> sorted(set(seen[:5].tolist()))
        [0, 1, 2, 3, 4]
    """

    def __init__(self, rows: Rows, *, seed: int, name: str) -> None:
        self._rows = rows
        self._seed = seed
        self._name = name
        self._round = 0
        self._left = self._shuffled()

    def take(self, count: int) -> Rows:
        """Return the next `count` rows, at most as many as there are."""
        taken, self._left = self._left[:count], self._left[count:]
        missing = count - len(taken)
        if not missing:
            return taken
        self._round += 1
        order = self._shuffled()
        head = order[~np.isin(order, taken)][:missing]
        self._left = order[~np.isin(order, head)]
        return np.concatenate([taken, head])

    def _shuffled(self) -> Rows:
        rng = generator(self._seed, "coverage", self._name, self._round)
        return rng.permutation(self._rows)


class PatientWalk:
    """A walk that takes evenly from patients, and within each patient covers all images.

    Of `count` images each patient gives the same number, or all it has; what does not divide
    evenly goes to other patients every time, by a coverage walk of its own.

    Args:
        rows: What to walk through, shape `(n_kept,)`, each once.
        patients: Patient of each of `rows`, shape `(n_kept,)`.
        count: How many rows each `take` returns, at most as many as there are.
        seed: Seed of the whole run.
        name: What is walked through; walks of different names are independent.
    """

    def __init__(self, rows: Rows, patients: Texts, *, count: int, seed: int, name: str) -> None:
        found, owner = np.unique(patients, return_inverse=True)
        sizes = np.bincount(owner, minlength=len(found))
        self._share = even_share(sizes, count)
        self._even = np.minimum(sizes, self._share)
        self._extra = count - int(self._even.sum())
        ids = np.flatnonzero(sizes > self._share).astype(np.int64)
        self._turns = CoverageWalk(ids, seed=seed, name=f"{name}, whose turn")
        own = np.split(rows[np.argsort(owner, kind="stable")], np.cumsum(sizes)[:-1])
        self._walks = [
            CoverageWalk(each, seed=seed, name=f"{name}, patient {patient}")
            for each, patient in zip(own, found.tolist(), strict=True)
        ]

    def take(self) -> Rows:
        """Return the next rows, shape `(count,)`."""
        quota = self._even.copy()
        quota[self._turns.take(self._extra)] += 1
        parts = [self._walks[k].take(int(quota[k])) for k in np.flatnonzero(quota)]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def even_share(sizes: Rows, count: int) -> int:
    """Return the largest share for which patients of these sizes give at most `count` images.

    Args:
        sizes: Images of each patient, shape `(n_patients,)`.
        count: Images wanted in all, at most the sum of `sizes`.

    Examples:
        >>> even_share(np.array([757, 9, 30]), 60)
        25
    """
    low, high = 0, int(sizes.max())
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(sizes, middle).sum()) <= count:
            low = middle
        else:
            high = middle - 1
    return low
