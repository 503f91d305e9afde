"""Several labels a row, of which some are not known: checked once before anything is counted."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_number, check_same_length
from prevalens._numbers import as_floats
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.basis import Basis
from prevalens.metrics.inputs import Columns, check_scores, count_patients, number_patients
from prevalens.typing import Codes, Flags, Labels, Numbers


@dataclass(frozen=True, eq=False)
class LabelColumns:
    """Checked columns of several labels, one entry per image.

    Args:
        labels: 0, 1 or nan where a label is not known, shape `(n_rows, n_labels)`.
        scores: Score of each label, shape `(n_rows, n_labels)`, in [0, 1].
        codes: Number of each row's patient, from 0; None where images are independent.
        names: Name of each label.
        thresholds: Score from which each label is predicted, shape `(n_labels,)`; None for none.
        ids: Id of each patient by number, for what is said of one; None: numbers are said.
    """

    labels: Numbers
    scores: Numbers
    codes: Codes | None
    names: tuple[str, ...]
    thresholds: Numbers | None = None
    ids: tuple[str, ...] | None = None
    kind: ClassVar[str] = "label"

    @functools.cached_property
    def known(self) -> Flags:
        """Whether each label is known, shape `(n_rows, n_labels)`."""
        return ~np.isnan(self.labels)

    @functools.cached_property
    def counts(self) -> Labels:
        """Images that have each label, shape `(n_labels,)`."""
        return (self.labels == 1).sum(axis=0).astype(np.int64)

    @functools.cached_property
    def units(self) -> Codes:
        """Number of each row's patient; where images are independent each is its own."""
        return np.arange(len(self.labels)) if self.codes is None else self.codes

    @functools.cached_property
    def n_units(self) -> int:
        """Number of patients, or of independent images."""
        return int(self.units.max()) + 1

    @functools.cached_property
    def predicted(self) -> Flags:
        """Whether each label is predicted, shape `(n_rows, n_labels)`."""
        if self.thresholds is None:
            raise InvalidInputError("Labels are predicted at `thresholds`, got none.")
        found: Flags = self.scores >= self.thresholds
        return found

    def patients_of(self, which: int) -> int:
        """Return the number of patients, or of independent images, that have a label."""
        return count_patients(self.units[self.labels[:, which] == 1])

    def of_label(self, which: int) -> Columns:
        """Return one label on the rows where it is known."""
        rows = self.known[:, which]
        codes = None if self.codes is None else self.codes[rows]
        return Columns(self.labels[rows, which] == 1, self.scores[rows, which], codes, self.ids)

    def pooled(self, values: Numbers | None = None) -> Columns:
        """Return every known label of every row as one column; those of an image are inside it.

        Args:
            values: What to take for scores, shape `(n_rows, n_labels)`.
        """
        held, rows = self.scores if values is None else values, self.known
        codes = np.broadcast_to(self.units[:, None], rows.shape)[rows]
        return Columns(self.labels[rows] == 1, held[rows], codes, self.ids)

    def rows_where(self, rows: Flags) -> Columns:
        """Return chosen rows as columns without labels, for means of values of rows."""
        codes = None if self.codes is None else self.codes[rows]
        n = int(np.count_nonzero(rows))
        return Columns(np.zeros(n, dtype=bool), np.zeros(n), codes, self.ids)

    def basis(self, confidence_level: float) -> Basis:
        """Return the basis of an estimate computed from every image."""
        return Basis.of(
            self.codes,
            confidence_level=confidence_level,
            n=len(self.labels),
            events=None,
            ids=self.ids,
        )


def check_label_columns(
    labels: ArrayLike,
    scores: ArrayLike,
    patients: ArrayLike | None,
    *,
    names: Sequence[str],
    thresholds: float | Mapping[str, float] | None = None,
) -> LabelColumns:
    """Check labels, scores and patients of the same images.

    Raises:
        InvalidInputError: shapes do not fit, a label is neither 0, 1 nor missing, a label is
            known of no row, or a threshold is missing or outside [0, 1].
    """
    named = tuple(str(name) for name in names)
    truth, table = as_floats("labels", labels), as_floats("scores", scores)
    if truth.ndim != 2 or truth.shape != table.shape or truth.shape[1] != len(named):
        raise InvalidInputError(
            f"`labels` and `scores` must have a column for each of the labels {list(named)}, got "
            f"shapes {truth.shape} and {table.shape}."
        )
    if len(set(named)) < len(named) or len(named) < 2 or not len(truth):
        raise InvalidInputError(
            f"Several labels need rows, and different names, at least two, got {list(named)} and "
            f"{len(truth)} rows."
        )
    wrong = ~np.isnan(truth) & (truth != 0) & (truth != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0].tolist()
        raise InvalidInputError(
            f"`labels` must be 0, 1 or nan where not known, got {truth[row, column]:g} in row "
            f"{row} of {named[column]!r}."
        )
    empty = [name for name, held in zip(named, truth.T, strict=True) if np.isnan(held).all()]
    if empty:
        raise InvalidInputError(f"The labels {empty} are known of no row. Leave them out.")
    check_scores(table.reshape(-1))
    check_same_length(labels=truth, scores=table)
    codes, ids = number_patients(patients, len(truth))
    return LabelColumns(truth, table, codes, named, check_thresholds(thresholds, named), ids)


def check_thresholds(
    thresholds: float | Mapping[str, float] | None, names: tuple[str, ...]
) -> Numbers | None:
    """Return the threshold of each label, shape `(n_labels,)`; None for none.

    Raises:
        InvalidInputError: a label has none, a name is unknown, or one lies outside [0, 1].
    """
    if thresholds is None:
        return None
    given = thresholds if isinstance(thresholds, Mapping) else dict.fromkeys(names, thresholds)
    if set(given) != set(names):
        raise InvalidInputError(
            f"`thresholds` must have one for each of {list(names)}, got {list(given)}."
        )
    return np.array([check_number("thresholds", given[name], low=0, high=1) for name in names])
