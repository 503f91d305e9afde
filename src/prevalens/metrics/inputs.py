"""Labels, scores, predictions and patients, checked once before anything is counted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_number, check_same_length, name_some
from prevalens._columns import check_same_index, encode, listed
from prevalens._numbers import as_numbers
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Codes, Flags, Labels, Numbers

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Columns:
    """Checked columns, one entry per image.

    Args:
        labels: True where the image is positive, shape `(n_rows,)`.
        scores: Score of the positive class, shape `(n_rows,)`, in [0, 1].
        codes: Number of each row's patient, from 0; None where images are independent.
        ids: Id of each patient by number, for what is said of one; None: numbers are said.
    """

    labels: Flags
    scores: Numbers
    codes: Codes | None
    ids: tuple[str, ...] | None = None
    kept: dict[str, tuple[object, Any]] = field(default_factory=dict, init=False, repr=False)

    def once(self, kind: str, key: object, make: Callable[[], T]) -> T:
        """Return what several measures ask for, made once; the last of each kind is kept.

        Args:
            kind: What is made, such as the confusion matrix.
            key: What it depends on beside the columns.
            make: Makes it.
        """
        held = self.kept.get(kind)
        if held is None or held[0] != key:
            held = self.kept[kind] = (key, make())
        made: T = held[1]
        return made

    @property
    def n_patients(self) -> int | None:
        """Number of patients; None where images are independent."""
        return None if self.codes is None else count_patients(self.codes)


@dataclass(frozen=True, eq=False)
class Numbered:
    """Patients that were numbered already: a column of ids that is not checked a second time.

    Args:
        codes: Number of each row's patient, from 0, shape `(n_rows,)`.
        ids: Id of each patient by number, for what is said of one; None: numbers are said.
    """

    codes: Codes
    ids: tuple[str, ...] | None

    def __array__(self, dtype: Any = None, *, copy: Any = None) -> Any:
        """Return the id of each row's patient, as any other column of ids gives it."""
        del copy
        ids = range(int(self.codes.max()) + 1) if self.ids is None else self.ids
        return np.array(ids, dtype=object)[self.codes].astype(dtype or object)

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Flags | Labels) -> "Numbered":
        """Return the patients of the rows in a mask, or by number, numbered anew."""
        held, codes = np.unique(self.codes[rows], return_inverse=True)
        return Numbered(codes, None if self.ids is None else tuple(self.ids[i] for i in held))


def numbered(codes: Codes | None, ids: tuple[str, ...] | None) -> Numbered | None:
    """Return patients that were numbered already; None where images are independent."""
    return None if codes is None else Numbered(codes, ids)


def check_columns(labels: ArrayLike, scores: ArrayLike, patients: ArrayLike | None) -> Columns:
    """Check labels, scores and patients of the same images.

    Raises:
        InvalidInputError: a column is empty, of another length, or breaks its own rule.
    """
    check_same_index(labels=labels, scores=scores, patients=patients)
    flags, numbers = check_labels(labels), check_scores(scores)
    check_same_length(labels=flags, scores=numbers)
    codes, ids = number_patients(patients, len(flags))
    return Columns(flags, numbers, codes, ids)


def check_labels(labels: ArrayLike, *, name: str = "labels") -> Flags:
    """Return 0/1 or boolean labels as booleans.

    Raises:
        InvalidInputError: there are none, or a value is neither 0 nor 1.
    """
    column = _numbers(name, labels, "0 or 1 (1 = positive)", f"Pass `{name} == positive_class`.")
    strange = column[(column != 0) & (column != 1)]
    if strange.size:
        raise InvalidInputError(
            f"`{name}` must be 0 or 1 (1 = positive), got {_numerals(strange)}. "
            "For more than two classes see `prevalens.metrics.multiclass_estimates`."
        )
    return column.astype(bool)


def check_scores(scores: ArrayLike, *, name: str = "scores") -> Numbers:
    """Return scores as floats in [0, 1].

    Raises:
        InvalidInputError: a score is missing, not a number, or outside [0, 1].
    """
    numbers = _numbers(name, scores, "numbers in [0, 1]", "Convert them first.")
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
    return number_patients(patients, n_rows)[0]


def number_patients(
    patients: ArrayLike | None, n_rows: int
) -> tuple[Codes | None, tuple[str, ...] | None]:
    """Return the number of each row's patient, and each patient's id by number.

    Raises:
        InvalidInputError: an id is missing, or there are not `n_rows` of them.
    """
    if patients is None:
        return None, None
    if isinstance(patients, Numbered):
        check_same_length(labels=range(n_rows), patients=patients.codes)
        return patients.codes, patients.ids
    coded = encode("patient id", patients, ids=True)
    if not coded.codes.size:
        raise InvalidInputError("`patients` must have at least one row, got none.")
    check_same_length(labels=range(n_rows), patients=coded.codes)
    return coded.codes, tuple(coded.names)


def check_confidence_level(confidence_level: float) -> float:
    """Return the confidence level of an interval, a number strictly between 0 and 1."""
    return check_number(
        "confidence_level", confidence_level, low=0, high=1, open_low=True, open_high=True
    )


def count_patients(codes: Codes) -> int:
    """Return the number of distinct patients among `codes`."""
    return int(np.count_nonzero(np.bincount(codes)))


def without_gaps(codes: Codes) -> Codes:
    """Number anew the patients who have a row, in the order of their numbers."""
    present = np.bincount(codes) > 0
    numbers: Codes = np.cumsum(present) - 1
    return codes if present.all() else numbers[codes]


def one_image_each(codes: Codes | None) -> bool:
    """Tell whether rows are independent: no patients, or none with two of these rows."""
    return codes is None or codes.size == 0 or int(np.bincount(codes).max()) <= 1


def _numbers(name: str, values: Any, rule: str, remedy: str) -> Numbers:
    """Return a column as float64, nan where a cell is missing; texts are no numbers here."""
    column = values
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        column = listed(name, values)
        words = [cell for cell in column if isinstance(cell, str | bytes)]
        if words:
            raise InvalidInputError(
                f"`{name}` must be {rule}, got {name_some(_distinct(words))}. {remedy}"
            )
    numbers = as_numbers(name, column)
    if not numbers.size:
        raise InvalidInputError(f"`{name}` must have at least one row, got none.")
    return numbers


def _numerals(values: Numbers) -> str:
    plain = [int(value) if value.is_integer() else value for value in np.unique(values).tolist()]
    return name_some(plain)


def _distinct(column: Iterable[Any]) -> list[Any]:
    return sorted(set(column), key=str)
