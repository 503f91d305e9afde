"""Labels, scores and patients of several classes, checked once before anything is counted."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_same_length, name_some
from prevalens._numbers import as_floats
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.basis import Basis
from prevalens.metrics.inputs import Columns, check_scores, count_patients, number_patients
from prevalens.typing import Codes, Flags, Labels, Numbers


@dataclass(frozen=True, eq=False)
class ClassColumns:
    """Checked columns of several classes, one entry per image.

    Args:
        labels: Class of each image as an index into `names`, shape `(n_rows,)`.
        scores: Score of each class, shape `(n_rows, n_classes)`; rows sum to 1.
        codes: Number of each row's patient, from 0; None where images are independent.
        names: Name of each class.
        ordered: Whether the classes are grades, from the lowest to the highest.
        ids: Id of each patient by number, for what is said of one; None: numbers are said.
    """

    labels: Labels
    scores: Numbers
    codes: Codes | None
    names: tuple[str, ...]
    ordered: bool = False
    ids: tuple[str, ...] | None = None
    kind: ClassVar[str] = "class"

    @functools.cached_property
    def predicted(self) -> Labels:
        """The class with the highest score, the first of equal ones, shape `(n_rows,)`."""
        found: Labels = self.scores.argmax(axis=1)
        return found

    @functools.cached_property
    def counts(self) -> Labels:
        """Images of each class, shape `(n_classes,)`."""
        return np.bincount(self.labels, minlength=len(self.names)).astype(np.int64)

    @functools.cached_property
    def matrix(self) -> Labels:
        """Images by label (rows) and prediction (columns), shape `(n_classes, n_classes)`."""
        k = len(self.names)
        flat = np.bincount(self.labels * k + self.predicted, minlength=k * k)
        return flat.reshape(k, k).astype(np.int64)

    @functools.cached_property
    def units(self) -> Codes:
        """Number of each row's patient; where images are independent each is its own."""
        return np.arange(self.labels.size) if self.codes is None else self.codes

    @functools.cached_property
    def n_units(self) -> int:
        """Number of patients, or of independent images."""
        return int(self.units.max()) + 1

    @functools.cached_property
    def absent(self) -> tuple[str, ...]:
        """Names of the classes that no image has, or all."""
        lone = (self.counts == 0) | (self.counts == self.labels.size)
        return tuple(name for name, gone in zip(self.names, lone.tolist(), strict=True) if gone)

    def patients_of(self, which: int) -> int:
        """Return the number of patients, or of independent images, with images of a class."""
        return count_patients(self.units[self.labels == which])

    def ranked(self, which: int) -> Columns:
        """Return one class against the rest: its labels and scores."""
        return Columns(self.labels == which, self.scores[:, which], self.codes, self.ids)

    def decided(self, which: int) -> Columns:
        """Return one class against the rest: its labels, and a score of 1 where it is predicted."""
        chosen = (self.predicted == which).astype(np.float64)
        return Columns(self.labels == which, chosen, self.codes, self.ids)

    def take(self, rows: Flags) -> "ClassColumns":
        """Return the columns of the rows in a mask; patients keep their numbers."""
        codes = None if self.codes is None else self.codes[rows]
        return ClassColumns(
            self.labels[rows], self.scores[rows], codes, self.names, self.ordered, self.ids
        )

    def basis(self, confidence_level: float) -> Basis:
        """Return the basis of an estimate computed from every image."""
        return Basis.of(
            self.codes,
            confidence_level=confidence_level,
            n=self.labels.size,
            events=None,
            ids=self.ids,
        )


def check_class_columns(
    labels: ArrayLike,
    scores: ArrayLike,
    patients: ArrayLike | None,
    *,
    classes: Sequence[str],
    ordered: bool = False,
) -> ClassColumns:
    """Check labels, scores and patients of the same images.

    Raises:
        InvalidInputError: shapes do not fit, a label is no index, or rows do not sum to 1.
    """
    names = tuple(str(name) for name in classes)
    table = check_class_scores(scores, len(names))
    truth = _check_indices(labels, len(names))
    check_same_length(labels=truth, scores=table)
    codes, ids = number_patients(patients, truth.size)
    return ClassColumns(truth, table, codes, names, ordered, ids)


def check_class_scores(scores: ArrayLike, n_classes: int, *, name: str = "scores") -> Numbers:
    """Return scores of each class as float64, shape `(n_rows, n_classes)`.

    Raises:
        InvalidInputError: the shape is another, a score lies outside [0, 1], or a row does not
            sum to 1.
    """
    table = as_floats(name, scores)
    if n_classes < 2 or table.ndim != 2 or table.shape[1] != n_classes or not len(table):
        raise InvalidInputError(
            f"`{name}` must have shape (n_rows, {n_classes}), one column for each of at least two "
            f"classes, got {table.shape}."
        )
    check_scores(table.reshape(-1), name=name)
    off = np.abs(table.sum(axis=1) - 1)
    if off.max() > 1e-3 and off.max() > sum_tolerance(table):
        row = int(off.argmax())
        raise InvalidInputError(
            f"The scores of a row must add up to 1, but row {row} adds up to "
            f"{table[row].sum():g}. If these are logits or sigmoids, pass their softmax."
        )
    return table


def sum_tolerance(table: Numbers) -> float:
    """Return how far a row's sum may lie from 1: rounded scores add their rounding.

    Rounded to d decimals, a row of k scores sums to 1 within k / 2 steps of the last decimal.

    Args:
        table: Scores, shape `(n_rows, n_classes)`.
    """
    for decimals in range(2, 7):
        if np.array_equal(table, np.round(table, decimals)):
            return max(1e-3, table.shape[1] / 2 * 10.0**-decimals + 1e-9)
    return 1e-3


def _check_indices(labels: ArrayLike, n_classes: int) -> Labels:
    column = as_floats("labels", labels)
    if column.ndim != 1 or not np.isin(column, np.arange(n_classes)).all():
        values = np.unique(column).tolist()
        raise InvalidInputError(
            f"`labels` must be whole numbers from 0 to {n_classes - 1}, one for each class, got "
            f"{name_some(int(v) if v.is_integer() else v for v in values)}."
        )
    return column.astype(np.int64)
