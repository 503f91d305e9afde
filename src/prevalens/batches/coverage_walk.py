"""Walks that see everything before they see anything twice; pure, and any epoch is a jump."""

import bisect
from collections.abc import Callable

import numpy as np

from prevalens._seeding import generator
from prevalens.typing import Rows, Texts


class CoverageWalk:
    """A walk through rows that repeats none until all have been seen, then reshuffles.

    The rows stand in rounds, each a permutation, one after another; an epoch takes the next ones.
    No epoch holds a row twice, not even one that ends a round and begins the next: what would
    repeat changes places with rows of the middle of the new round, never of its end, so that
    a round depends on the one before it and on no earlier one. Where an epoch takes more than
    half of the rows the walk goes through those it leaves out instead. Any epoch is thus found at
    once.

    Args:
        rows: What to walk through, shape `(n_kept,)`, each once.
        starts: How many rows all epochs before a given one have taken together. Two epochs
            differ in what they take by at most 1, and none takes more than there are.
        seed: Seed of the whole run.
        name: What is walked through; walks of different names are independent.
        most: The most rows that any epoch takes; by default what the first does.

    Examples:
        >>> walk = CoverageWalk(np.arange(5), starts=lambda epoch: 2 * epoch, seed=0, name="x")
        >>> seen = np.concatenate([walk.take(0), walk.take(1), walk.take(2)])
        >>> sorted(set(seen[:5].tolist()))
        [0, 1, 2, 3, 4]
    """

    def __init__(
        self,
        rows: Rows,
        *,
        starts: Callable[[int], int],
        seed: int,
        name: str,
        most: int | None = None,
    ) -> None:
        self._rows = rows
        self._seed = seed
        self._name = name
        self._shown = starts
        most = starts(1) if most is None else most
        # Two windows must fit beside each other into a round, for repeats to find a place.
        self._omits = 2 * most - 1 > len(rows)
        self._narrowest = len(rows) - most if self._omits else most - 1
        self._rounds: dict[int, Rows] = {}

    def take(self, epoch: int) -> Rows:
        """Return the rows that `epoch` takes."""
        if not self._omits:
            return self._rows[self._window(epoch)]
        kept = np.ones(len(self._rows), dtype=bool)
        kept[self._window(epoch)] = False
        return self._rows[kept]

    def _start(self, epoch: int) -> int:
        shown = self._shown(epoch)
        return epoch * len(self._rows) - shown if self._omits else shown

    def _window(self, epoch: int) -> Rows:
        first, last = self._start(epoch), self._start(epoch + 1)
        if first == last:
            return np.empty(0, dtype=np.int64)
        number, size = first // len(self._rows), len(self._rows)
        here, end = first - number * size, last - number * size
        if end <= size:
            return self._round(number)[here:end]
        return np.concatenate([self._round(number)[here:], self._round(number + 1)[: end - size]])

    def _round(self, number: int) -> Rows:
        """Return the places of a round in their order."""
        if number not in self._rounds:
            made = self._mend(number, self._shuffled(number))
            # Another thread may look at the dictionary, so it is replaced and never changed.
            self._rounds = {number: made} | {
                key: kept for key, kept in self._rounds.items() if abs(key - number) == 1
            }
        return self._rounds[number]

    def _mend(self, number: int, order: Rows) -> Rows:
        """Let nothing that the epoch across its beginning has taken stand in that epoch again."""
        size = len(order)
        if self._narrowest < 1:  # a window of one row lies across nothing
            return order
        begins = self._across(number)
        missing = self._start(begins + 1) - number * size
        taken = number * size - self._start(begins)
        if not taken or not missing:
            return order
        repeats = np.zeros(size, dtype=bool)
        repeats[self._shuffled(number - 1)[size - taken :]] = True
        next_taken = (number + 1) * size - self._start(self._across(number + 1))
        middle = np.arange(missing, size - next_taken)
        wrong = np.flatnonzero(repeats[order[:missing]])
        spare = middle[~repeats[order[middle]]][: len(wrong)]
        order[wrong], order[spare] = order[spare], order[wrong]
        return order

    def _across(self, number: int) -> int:
        """Return the last epoch that begins before or at the beginning of a round."""
        place = number * len(self._rows)
        epochs = range(place // self._narrowest + 2)
        return bisect.bisect_right(epochs, place, key=self._start) - 1

    def _shuffled(self, number: int) -> Rows:
        rng = generator(self._seed, "coverage", self._name, number)
        return rng.permutation(len(self._rows)).astype(np.int64)


class PatientWalk:
    """A walk that takes evenly from patients, and within each patient covers all images.

    Of `count` images each patient gives the same number, or all it has; what does not divide
    evenly goes to other patients every time, in turn.

    Args:
        rows: What to walk through, shape `(n_kept,)`, each once.
        patients: Patient of each of `rows`, shape `(n_kept,)`.
        count: How many rows each epoch takes, at most as many as there are.
        seed: Seed of the whole run.
        name: What is walked through; walks of different names are independent.
    """

    def __init__(self, rows: Rows, patients: Texts, *, count: int, seed: int, name: str) -> None:
        found, owner = np.unique(patients, return_inverse=True)
        sizes = np.bincount(owner, minlength=len(found))
        share = even_share(sizes, count)
        extra = count - int(np.minimum(sizes, share).sum())
        larger = np.flatnonzero(sizes > share)
        turns = generator(seed, "coverage", f"{name}, whose turn", 0).permutation(len(larger))
        own = np.split(rows[np.argsort(owner, kind="stable")], np.cumsum(sizes)[:-1])
        small = [own[k] for k in np.flatnonzero(sizes <= share)]
        self._always = np.concatenate(small) if small else np.empty(0, dtype=np.int64)
        self._walks = [
            CoverageWalk(
                own[k],
                starts=_Turns(share, extra=extra, of=len(larger), turn=int(turn)),
                most=share + (extra > 0),
                seed=seed,
                name=f"{name}, patient {found[k]}",
            )
            for k, turn in zip(larger.tolist(), turns.tolist(), strict=True)
        ]

    def take(self, epoch: int) -> Rows:
        """Return the rows of `epoch`, shape `(count,)`."""
        return np.concatenate([self._always, *(walk.take(epoch) for walk in self._walks)])


class _Turns:
    """How many rows a patient has given before an epoch: a share each, and one on its turns.

    Of `of` patients `extra` give one more each epoch, those whose turn it is, round and round.
    """

    def __init__(self, share: int, *, extra: int, of: int, turn: int) -> None:
        self._share, self._extra, self._of, self._turn = share, extra, of, turn

    def __call__(self, epoch: int) -> int:
        turns = max(0, -(-(epoch * self._extra - self._turn) // self._of))
        return epoch * self._share + turns


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
