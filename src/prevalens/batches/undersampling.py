"""Which rows an epoch shows; pure: a function of the seed and the epoch."""

import threading
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

import numpy as np

from prevalens._checks import check_choice, check_integer, check_number, did_you_mean, name_some
from prevalens._seeding import generator
from prevalens.batches.coverage_walk import CoverageWalk, PatientWalk
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels, Rows, Texts

Counts: TypeAlias = Mapping[str, int]
Ratio: TypeAlias = float | str | Counts | Callable[[Texts], Counts]

WORDS = ("auto", "majority", "not minority", "not majority", "all")
UNITS = ("image", "patient")


class EpochPlan(Protocol):
    """Says which rows an epoch shows, in order."""

    def rows(self, epoch: int) -> Rows:
        """Return the rows that `epoch` shows, in order, shape `(n_shown,)`."""
        ...


def epoch_counts(labels: Labels, classes: tuple[str, ...], ratio: Ratio) -> dict[str, int]:
    """Say how many images of each class an epoch shows.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        classes: Class names.
        ratio: A number in (0, 1]: size of the smallest class over the most that any other may
            show. Or imbalanced-learn's words: `"auto"` and `"not minority"` bring every class to
            the size of the smallest, `"majority"` only the largest, `"not majority"` all but the
            largest, `"all"` every one. Or the number of images by class name (classes left out
            show all). Or a function from the class name of each row to such a mapping.

    Returns:
        Images an epoch shows by class name, for every class.

    Raises:
        InvalidInputError: a class has no rows, or the ratio or a count cannot be met.

    Examples:
        >>> epoch_counts(np.array([0] * 90 + [1] * 10), ("well", "sick"), 0.5)
        {'well': 20, 'sick': 10}
    """
    sizes = dict(zip(classes, np.bincount(labels, minlength=len(classes)).tolist(), strict=True))
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise InvalidInputError(
            f"Every class needs at least one row to draw from, but {name_some(empty)} has none "
            f"of the {len(labels)} rows. Give rows of it, or read the cohort without that class."
        )
    if isinstance(ratio, str):
        return _by_word(sizes, check_choice("ratio", ratio, WORDS))
    if callable(ratio):
        ratio = ratio(np.asarray(classes)[labels])
    if isinstance(ratio, Mapping):
        return _by_count(sizes, ratio)
    return _by_number(sizes, ratio)


def _by_number(sizes: dict[str, int], ratio: float) -> dict[str, int]:
    wanted = check_number("ratio", ratio, low=0, high=1, open_low=True)
    smallest, largest = min(sizes.values()), max(sizes.values())
    most = round(smallest / wanted)
    if most > largest:
        raise InvalidInputError(
            f"`ratio` {wanted:g} asks for {most} images beside the {smallest} of the smallest "
            f"class, but the largest has {largest}. Use a ratio >= {smallest / largest:.4g}, or "
            "ratio={} to show every row."
        )
    return {name: min(size, most) for name, size in sizes.items()}


def _by_word(sizes: dict[str, int], word: str) -> dict[str, int]:
    smallest = min(sizes.values())
    majority = max(sizes, key=lambda name: sizes[name])
    reduced = {
        "majority": {majority},
        "not majority": set(sizes) - {majority},
    }.get(word, set(sizes))
    return {name: smallest if name in reduced else size for name, size in sizes.items()}


def _by_count(sizes: dict[str, int], counts: Mapping[str, int]) -> dict[str, int]:
    for name, count in counts.items():
        if name not in sizes:
            raise InvalidInputError(
                f"`ratio` names the class {name!r}; the classes are {sorted(sizes)}."
                + did_you_mean(name, sizes)
            )
        check_integer(f"ratio[{name!r}]", count, minimum=1)
        if count > sizes[name]:
            raise InvalidInputError(
                f"`ratio` asks for {count} images of class {name!r}, which has {sizes[name]}. "
                f"Ask for at most {sizes[name]}; undersampling repeats none."
            )
    return {name: int(counts.get(name, size)) for name, size in sizes.items()}


class UndersamplingPlan:
    """Every minority row each epoch, and a fresh draw from the larger classes.

    The draws walk through a class without repeats until all of it has been seen, then reshuffle:
    of a class of N rows, m an epoch, every row has been shown by epoch ceil(N / m).

    Args:
        rows: Rows to draw from, shape `(n_kept,)`.
        labels: Class of each of `rows`, shape `(n_kept,)`.
        patients: Patient of each of `rows`, shape `(n_kept,)`.
        classes: Class names.
        ratio: As in `epoch_counts`.
        seed: Seed of the whole run, at least 0.
        unit: `"image"` draws images alike; `"patient"` spreads the draw evenly over patients.

    Raises:
        InvalidInputError: the ratio cannot be met, or a class has no rows.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        labels: Labels,
        patients: Texts,
        classes: tuple[str, ...],
        ratio: Ratio = 1.0,
        seed: int,
        unit: str = "image",
    ) -> None:
        self.counts = epoch_counts(labels, classes, ratio)
        self._members = {name: np.flatnonzero(labels == code) for code, name in enumerate(classes)}
        self._rows = rows
        self._patients = patients
        self._seed = check_integer("seed", seed, minimum=0)
        self._unit = check_choice("unit", unit, UNITS)
        self._lock = threading.Lock()
        self._recent: dict[int, Rows] = {}
        self._restart()

    def rows(self, epoch: int) -> Rows:
        """Return the rows that `epoch` shows, in order, shape `(n_shown,)`."""
        check_integer("epoch", epoch, minimum=0)
        with self._lock:
            if epoch not in self._recent and epoch < self._next:
                self._restart()
            while epoch not in self._recent:
                self._advance()
            return self._recent[epoch]

    def _restart(self) -> None:
        self._next = 0
        self._takes = [self._take(name, members) for name, members in self._members.items()]

    def _take(self, name: str, members: Rows) -> Callable[[], Rows]:
        count, rows = self.counts[name], self._rows[members]
        if count == len(members):
            return lambda: rows
        if self._unit == "patient":
            patients = self._patients[members]
            return PatientWalk(rows, patients, count=count, seed=self._seed, name=name).take
        walk = CoverageWalk(rows, seed=self._seed, name=name)
        return lambda: walk.take(count)

    def _advance(self) -> None:
        shown = np.concatenate([take() for take in self._takes])
        order = generator(self._seed, "order", self._next).permutation(len(shown))
        # Two epochs are looked at in turn where prefetching runs ahead; four leave room.
        self._recent = {key: kept for key, kept in self._recent.items() if key > self._next - 4}
        self._recent[self._next] = shown[order]
        self._next += 1
