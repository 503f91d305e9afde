"""Which rows an epoch shows; pure: a function of the seed and the epoch."""

import operator
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol, TypeAlias

import numpy as np
from imblearn.utils import check_sampling_strategy

from prevalens._checks import check_choice, check_integer, check_number, did_you_mean, name_some
from prevalens._seeding import generator
from prevalens.batches.coverage_walk import CoverageWalk, PatientWalk
from prevalens.batches.recent_epochs import RecentEpochs
from prevalens.exceptions import DataWarning, InvalidInputError, NoEffectWarning
from prevalens.typing import Labels, Rows, Texts

Counts: TypeAlias = Mapping[str, int]
Ratio: TypeAlias = float | str | Counts | Callable[[Texts], Counts]

WORDS = ("auto", "majority", "not minority", "not majority", "all")
UNITS = ("image", "patient")
_FEW = 20  # images of a class, as in a report, below which it is rare
_SMALL = 0.1  # of the rows: an epoch below that leaves nearly all unseen


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
    sizes = class_sizes(labels, classes)
    if isinstance(ratio, str):
        fewer = counts_by_word(labels, classes, ratio, words=WORDS, kind="under-sampling")
        return {name: fewer.get(name, size) for name, size in sizes.items()}
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


def class_sizes(labels: Labels, classes: tuple[str, ...]) -> dict[str, int]:
    """Return how many rows each class has, or say which has none."""
    sizes = dict(zip(classes, np.bincount(labels, minlength=len(classes)).tolist(), strict=True))
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise InvalidInputError(
            f"Every class needs at least one row to draw from, but {name_some(empty)} has none "
            f"of the {len(labels)} rows. Give rows of it, or read the cohort without that class."
        )
    return sizes


def counts_by_word(
    labels: Labels, classes: tuple[str, ...], word: str, *, words: tuple[str, ...], kind: str
) -> dict[str, int]:
    """Return what imbalanced-learn makes of one of its words, for the classes that it is about.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        classes: Class names.
        word: The word.
        words: The words of this kind.
        kind: `"under-sampling"`, for counts of rows kept, or `"over-sampling"`, of rows added.
    """
    check_choice("ratio", word, words)
    found = check_sampling_strategy(word, labels, kind)
    return {classes[int(code)]: int(count) for code, count in found.items()}


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

    Warns:
        DataWarning: the rarest class has fewer than 20 images, and an epoch shows less than a
            tenth of the rows for it.

    Examples:
        >>> plan = UndersamplingPlan(
        ...     np.arange(10), labels=np.array([1] * 2 + [0] * 8), patients=np.arange(10),
        ...     classes=("well", "sick"), ratio=1.0, seed=0,
        ... )
        >>> epoch = plan.rows(0)
        >>> sorted(epoch.tolist())[:2], len(epoch)  # both sick rows, and two of eight others
        ([0, 1], 4)
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
        if sum(self.counts.values()) == len(labels) and not isinstance(ratio, Mapping):
            warnings.warn(
                f"`ratio` {ratio!r} leaves no row out: the {len(labels)} rows have {self.counts}. "
                "Use ratio={} if every row is to be shown each epoch.",
                NoEffectWarning,
                stacklevel=4,
            )
        if not isinstance(ratio, Mapping):
            _warn_of_few(self.counts, labels, patients, ratio)
        self._seed = check_integer("seed", seed, minimum=0)
        self._walks = walks(
            rows,
            labels=labels,
            patients=patients,
            counts=self.counts,
            seed=self._seed,
            unit=unit,
        )
        self._recent = RecentEpochs(self._make)

    def rows(self, epoch: int) -> Rows:
        """Return the rows that `epoch` shows, in order, shape `(n_shown,)`."""
        return self._recent.rows(epoch)

    def _make(self, epoch: int) -> Rows:
        shown = np.concatenate([walk.take(epoch) for walk in self._walks])
        return shown[generator(self._seed, "order", epoch).permutation(len(shown))]


def _warn_of_few(counts: Counts, labels: Labels, patients: Texts, ratio: Ratio) -> None:
    """Warn where a class of few images makes an epoch a small part of the rows."""
    shown = sum(counts.values())
    sizes = np.bincount(labels, minlength=len(counts))
    code = int(sizes.argmin())
    images = int(sizes[code])
    if images >= _FEW or shown >= _SMALL * len(labels):
        return
    name, most = list(counts)[code], max(counts.values())
    owners = len(np.unique(patients[labels == code]))
    warnings.warn(
        f"Undersampling to `ratio` {ratio!r} shows {shown} of {len(labels):,} rows in an epoch, "
        f"because the class {name!r} has {images} images of {owners} patients: the same ones "
        f"each epoch, which a network learns by heart, and at most {most} of any other class. "
        "Leave the class out, merge it with another, state counts (`ratio={...}`), or take "
        "`OversampledDataset` with augmentation, or a loss with class weights.",
        DataWarning,
        stacklevel=5,
    )


class Walk(Protocol):
    """Says which rows of a class an epoch takes."""

    def take(self, epoch: int) -> Rows:
        """Return the rows that `epoch` takes."""
        ...


class _All:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def take(self, epoch: int) -> Rows:  # noqa: ARG002
        return self._rows


def walks(
    rows: Rows,
    *,
    labels: Labels,
    patients: Texts,
    counts: Counts,
    seed: int,
    unit: str,
) -> list[Walk]:
    """Return the walk through each class, which takes the counted rows each epoch.

    Args:
        rows: Rows to draw from, shape `(n_kept,)`.
        labels: Class of each of `rows`, the place of its name in `counts`, shape `(n_kept,)`.
        patients: Patient of each of `rows`, shape `(n_kept,)`.
        counts: Rows an epoch takes by class name, at most as many as there are.
        seed: Seed of the whole run.
        unit: `"image"` or `"patient"`.
    """
    check_choice("unit", unit, UNITS)
    made: list[Walk] = []
    for code, (name, count) in enumerate(counts.items()):
        members = np.flatnonzero(labels == code)
        own = rows[members]
        if count == len(own):
            made.append(_All(own))
        elif unit == "patient":
            made.append(PatientWalk(own, patients[members], count=count, seed=seed, name=name))
        else:
            starts = partial(operator.mul, count)
            made.append(CoverageWalk(own, starts=starts, seed=seed, name=name))
    return made
