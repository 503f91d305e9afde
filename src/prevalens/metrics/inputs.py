"""Labels, scores, calls and patients, checked once before anything is counted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_number, check_same_length, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Codes, Flags, Numbers


@dataclass(frozen=True, eq=False)
class Columns:
    """Checked columns, one entry per image.

    Args:
        labels: True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        codes: Number of each row's patient, from 0; None where images are independent.
    """

    labels: Flags
    scores: Numbers
    codes: Codes | None

    @property
    def n_patients(self) -> int | None:
        """Number of patients; None where images are independent."""
        return None if self.codes is None else count_patients(self.codes)


def check_columns(labels: ArrayLike, scores: ArrayLike, patients: ArrayLike | None) -> Columns:
    """Check labels, scores and patients of the same images.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its own rule.
    """
    flags, numbers = check_labels(labels), check_scores(scores)
    check_same_length(labels=flags, scores=numbers)
    return Columns(flags, numbers, check_patients(patients, len(flags)))


def check_labels(labels: ArrayLike, *, name: str = "labels") -> Flags:
    """Return 0/1 or boolean labels as booleans.

    Raises:
        InvalidInputError: there are none, or a value is neither 0 nor 1.
    """
    column = _column(name, labels)
    if column.dtype.kind not in "biuf":
        raise InvalidInputError(
            f"`{name}` must be 0 or 1 (1 = positive), got {name_some(_distinct(column))}. "
            f"Pass `{name} == positive_class`."
        )
    strange = column[(column != 0) & (column != 1)]
    if strange.size:
        raise InvalidInputError(
            f"`{name}` must be 0 or 1 (1 = positive), got {name_some(_distinct(strange))}. "
            "For more than two classes see `prevalens.metrics.multiclass_estimates`."
        )
    return column.astype(bool)


def check_scores(scores: ArrayLike, *, name: str = "scores") -> Numbers:
    """Return scores as floats in [0, 1].

    Raises:
        InvalidInputError: a score is missing, not a number, or outside [0, 1].
    """
    column = _column(name, scores)
    if column.dtype.kind not in "biuf":
        raise InvalidInputError(
            f"`{name}` must be numbers in [0, 1], got {name_some(_distinct(column))}."
        )
    numbers = column.astype(np.float64)
    missing = np.flatnonzero(np.isnan(numbers))
    if missing.size:
        raise InvalidInputError(
            f"`{name}` must be numbers in [0, 1], got nan in {missing.size} rows, the first "
            f"{missing[0]}. Leave those rows out, or find out why the model gave none."
        )
    if numbers.min() < 0 or numbers.max() > 1:
        raise InvalidInputError(
            f"`{name}` must lie in [0, 1], got {numbers.min():g} to {numbers.max():g}. "
            "If these are logits, pass 1 / (1 + exp(-logits)) (the sigmoid)."
        )
    return numbers


def check_patients(patients: ArrayLike | None, n_rows: int) -> Codes | None:
    """Return the number of each row's patient; numbers follow the sorted ids.

    Raises:
        InvalidInputError: an id is missing, or there are not `n_rows` of them.
    """
    if patients is None:
        return None
    column = _column("patients", patients)
    check_same_length(labels=range(n_rows), patients=column)
    if column.dtype == object:
        missing = [row for row, value in enumerate(column.tolist()) if _is_missing(value)]
    else:
        texts = column.dtype.kind in "US"
        empty = np.strings.str_len(column) == 0 if texts else np.isnan(column.astype(float))
        missing = np.flatnonzero(empty).tolist()
    if missing:
        raise InvalidInputError(
            f"Every row needs a patient id; rows {name_some(missing)} have none. "
            "Give each such image an id, or pass `patients=None` if images are independent."
        )
    keys = column.astype(str) if column.dtype == object else column
    return np.unique(keys, return_inverse=True)[1].reshape(-1).astype(np.int64)


def check_confidence_level(confidence_level: float) -> float:
    """Return the confidence level of an interval, a number strictly between 0 and 1."""
    return check_number(
        "confidence_level", confidence_level, low=0, high=1, open_low=True, open_high=True
    )


def count_patients(codes: Codes) -> int:
    """Return the number of distinct patients among `codes`."""
    return int(np.count_nonzero(np.bincount(codes)))


def one_image_each(codes: Codes | None) -> bool:
    """Tell whether rows are independent: no patients, or none with two of these rows."""
    return codes is None or codes.size == 0 or int(np.bincount(codes).max()) <= 1


def _column(name: str, values: ArrayLike) -> Any:
    column = np.asarray(values)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1:
        raise InvalidInputError(
            f"`{name}` must be one column, shape (n_rows,), got shape {column.shape}."
        )
    if not column.size:
        raise InvalidInputError(f"`{name}` must have at least one row, got none.")
    return column


def _distinct(column: Any) -> list[Any]:
    return sorted(set(column.tolist()), key=str)


def _is_missing(value: object) -> bool:
    return value is None or value == "" or value != value  # noqa: PLR0124  # nan alone
