"""Which rows an epoch repeats, where the smaller classes are shown more often; pure."""

from collections.abc import Mapping

import numpy as np

from prevalens._checks import check_integer, check_number
from prevalens._seeding import generator
from prevalens.batches.recent_epochs import RecentEpochs
from prevalens.batches.undersampling import Counts, Ratio, class_sizes, counts_by_word, walks
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels, Rows, Texts

WORDS = ("auto", "minority", "not minority", "not majority", "all")


def oversampled_counts(labels: Labels, classes: tuple[str, ...], ratio: Ratio) -> dict[str, int]:
    """Say how many images of each class an epoch shows, repeats included.

    Args:
        labels: Class of each row, shape `(n_rows,)`.
        classes: Class names.
        ratio: A number in (0, 1]: the least that any class shows over the size of the largest. Or
            imbalanced-learn's words for over-sampling: `"auto"` and `"not majority"` bring every
            class to the size of the largest, `"minority"` only the smallest, `"not minority"` all
            but the smallest, `"all"` every one. Or the number of images by class name, at least
            as many as there are (classes left out show each once). Or a function from the class
            name of each row to such a mapping.

    Returns:
        Images an epoch shows by class name, for every class.

    Raises:
        InvalidInputError: a class has no rows, or a count is below the size of its class.

    Examples:
        >>> oversampled_counts(np.array([0] * 90 + [1] * 10), ("well", "sick"), 0.5)
        {'well': 90, 'sick': 45}
    """
    sizes = class_sizes(labels, classes)
    if isinstance(ratio, str):
        more = counts_by_word(labels, classes, ratio, words=WORDS, kind="over-sampling")
        return {name: size + more.get(name, 0) for name, size in sizes.items()}
    if callable(ratio):
        ratio = ratio(np.asarray(classes)[labels])
    if isinstance(ratio, Mapping):
        return _by_count(sizes, ratio)
    wanted = check_number("ratio", ratio, low=0, high=1, open_low=True)
    least = round(max(sizes.values()) * wanted)
    return {name: max(size, least) for name, size in sizes.items()}


def _by_count(sizes: Mapping[str, int], counts: Counts) -> dict[str, int]:
    for name, count in counts.items():
        if name not in sizes:
            raise InvalidInputError(
                f"`ratio` names the class {name!r}; the classes are {sorted(sizes)}."
            )
        if check_integer(f"ratio[{name!r}]", count, minimum=1) < sizes[name]:
            raise InvalidInputError(
                f"`ratio` asks for {count} images of class {name!r}, which has {sizes[name]}. Ask "
                f"for at least {sizes[name]}; oversampling leaves none out."
            )
    return {name: int(counts.get(name, size)) for name, size in sizes.items()}


class OversamplingPlan:
    """Every row each epoch, and rows of the smaller classes several times.

    Of a class of n rows that shows m an epoch, each row is shown `m // n` times and `m % n` of
    them once more: a fresh draw each epoch, that walks through the class without repeats until
    each had its turn. Each showing has a place of its own in the epoch, and so an augmentation
    of its own.

    Args:
        rows: Rows to draw from, shape `(n_kept,)`.
        labels: Class of each of `rows`, shape `(n_kept,)`.
        patients: Patient of each of `rows`, shape `(n_kept,)`.
        classes: Class names.
        ratio: As in `oversampled_counts`.
        seed: Seed of the whole run, at least 0.
        unit: `"image"` draws the further showings alike; `"patient"` spreads them evenly over
            patients.

    Raises:
        InvalidInputError: the ratio cannot be met, or a class has no rows.

    Examples:
        >>> plan = OversamplingPlan(
        ...     np.arange(10), labels=np.array([1] * 2 + [0] * 8), patients=np.arange(10),
        ...     classes=("well", "sick"), ratio=1.0, seed=0,
        ... )
        >>> np.bincount(plan.rows(0)).tolist()  # each sick row four times
        [4, 4, 1, 1, 1, 1, 1, 1, 1, 1]
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
        self.counts = oversampled_counts(labels, classes, ratio)
        self._seed = check_integer("seed", seed, minimum=0)
        sizes = class_sizes(labels, classes)
        times = np.array([self.counts[name] // size for name, size in sizes.items()])
        self._always = np.repeat(rows, times[labels])
        self._walks = walks(
            rows,
            labels=labels,
            patients=patients,
            counts={name: self.counts[name] % size for name, size in sizes.items()},
            seed=self._seed,
            unit=unit,
        )
        self._recent = RecentEpochs(self._make)

    def rows(self, epoch: int) -> Rows:
        """Return the rows that `epoch` shows, in order, shape `(n_shown,)`."""
        return self._recent.rows(epoch)

    def _make(self, epoch: int) -> Rows:
        shown = np.concatenate([self._always, *(walk.take(epoch) for walk in self._walks)])
        return shown[generator(self._seed, "order", epoch).permutation(len(shown))]
