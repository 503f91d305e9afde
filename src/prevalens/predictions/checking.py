"""What labels, scores and training shares must be before an estimate is computed from them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from prevalens._checks import check_number, name_some
from prevalens._columns import listed
from prevalens._numbers import as_floats, as_numbers, as_table, refuse_other_order
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.class_columns import sum_tolerance
from prevalens.typing import Labels, Numbers, Scores

Shares = float | tuple[float, ...]


def checked_labels(labels: Any, classes: tuple[str, ...]) -> Labels:
    """Return labels as class indices, or name those that are none.

    Raises:
        InvalidInputError: there is no row, or a label is no index into the classes.
    """
    cells = labels
    if getattr(getattr(labels, "dtype", None), "kind", "O") not in tuple("biuf"):
        cells = listed("labels", labels)
        names = [cell for cell in cells if isinstance(cell, str | bytes)]
        if names:
            raise InvalidInputError(
                f"`labels` must be whole numbers 0 to {len(classes) - 1}, got "
                f"{name_some(sorted(set(map(str, names))))}. Code the classes {list(classes)} in "
                "that order."
            )
    column = as_numbers("labels", cells)
    if column.size == 0:
        raise InvalidInputError("`labels` must have shape (n_rows,) with at least one row, got 0.")
    wrong = (column != np.floor(column)) | (column < 0) | (column >= len(classes))
    if wrong.any():
        values = [int(v) if v.is_integer() else v for v in np.unique(column[wrong]).tolist()]
        rows = np.flatnonzero(wrong).tolist()
        raise InvalidInputError(
            f"`labels` must be whole numbers 0 to {len(classes) - 1}, one for each of "
            f"{list(classes)}, but {len(rows)} of {column.size} rows hold {name_some(values)}: "
            f"rows {name_some(rows)} (the first is 0). Recode them, or name all `classes`."
        )
    return column.astype(np.int64)


def as_label_table(labels: Any) -> Numbers | None:
    """Return labels of several columns as 0, 1 and nan where not known; None where one column.

    Raises:
        InvalidInputError: a label is neither 0, 1 nor missing; the text names its place.
    """
    table = as_table("labels", labels)
    if table is None or table.shape[1] == 1:
        return None
    wrong = ~np.isnan(table) & (table != 0) & (table != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0].tolist()
        raise InvalidInputError(
            f"Several labels a row must be 0, 1 or missing (None, nan), but {int(wrong.sum())} are "
            f"not: {table[row, column]:g} in row {row}, column {column} (the first is 0). Recode "
            "them: what is uncertain is missing."
        )
    if not table.size:
        raise InvalidInputError("`labels` must have at least one row, got none.")
    return table


def checked_scores(scores: Any, classes: tuple[str, ...], *, several: bool = False) -> Scores:
    """Return scores as float64: of the positive class, or with a column for each of several.

    Args:
        scores: Probabilities, shape `(n_rows,)`, `(n_rows, 1)` or `(n_rows, n_classes)`.
        classes: Class names.
        several: Whether the classes are labels of which a row may have several.

    Raises:
        InvalidInputError: a score is missing or no probability, or the shape fits no classes.
    """
    shape = getattr(scores, "shape", None)
    if shape is not None and len(shape) > 2:
        raise InvalidInputError(
            f"`scores` must have shape (n_rows,) or a column for each of the {len(classes)} "
            f"classes {list(classes)}, got {tuple(shape)}."
        )
    refuse_other_order("scores", scores, classes)
    values = as_floats("scores", scores)
    missing = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if missing.size:
        raise InvalidInputError(
            f"Every row needs a score, but {missing.size} of {len(values)} are nan or infinite: "
            f"rows {name_some(missing.tolist())} (the first is 0). Predict them again, or leave "
            "those rows out."
        )
    _refuse_no_probabilities(values)
    binary = len(classes) == 2 and not several
    if values.ndim == 2 and values.shape[1] == 1 and binary:
        values = values[:, 0]
    if values.ndim == 1 and binary:
        return values
    if several and (values.ndim == 1 or values.shape[1] == 1):
        raise InvalidInputError(
            "`labels` of several columns mean that a row may have several labels, each with a "
            f"score of its own, but `scores` have one column for {list(classes)}. Where these are "
            "classes, one-hot, pass labels.argmax(axis=1); else give each label its scores."
        )
    if values.ndim != 2 or values.shape[1] != len(classes):
        raise InvalidInputError(
            f"`scores` must have shape (n_rows,) or a column for each of the {len(classes)} "
            f"classes {list(classes)}, got {values.shape}."
        )
    if several:
        return values
    refuse_wrong_sums(values)
    return np.ascontiguousarray(values[:, 1]) if binary else values


def refuse_one_hot(labels: Numbers, scores: Scores) -> None:
    """Refuse labels of which each row has exactly one, beside scores that sum to 1.

    Raises:
        InvalidInputError: they are one class a row, written as indicators.
    """
    alone = not np.isnan(labels).any() and bool((labels.sum(axis=1) == 1).all())
    if alone and bool((np.abs(scores.sum(axis=1) - 1) < 1e-3).all()):
        raise InvalidInputError(
            "`labels` of several columns mean that a row may have several labels, but every row "
            "has exactly one and its scores sum to 1: classes, one-hot. Pass "
            "labels.argmax(axis=1)."
        )


def _refuse_no_probabilities(values: Scores) -> None:
    if not values.size or (values.min() >= 0 and values.max() <= 1):
        return
    low, high = float(values.min()), float(values.max())
    if low < 0:
        remedy = (
            "They look like logits: apply the sigmoid first, 1 / (1 + exp(-score)) "
            "(or the softmax, for a column per class)."
        )
    elif high <= 100 and high > 2:
        remedy = (
            "They look like percentages or logits: divide by 100, or apply the sigmoid first, "
            "1 / (1 + exp(-score))."
        )
    else:
        remedy = "Give probabilities; for logits apply the sigmoid first, 1 / (1 + exp(-score))."
    outside = int(((values < 0) | (values > 1)).sum())
    raise InvalidInputError(
        f"`scores` must lie in [0, 1], but {outside} of {values.size} do not; they run from "
        f"{low:g} to {high:g}. {remedy}"
    )


def refuse_wrong_sums(values: Scores) -> None:
    """Refuse scores of several classes of which a row does not sum to 1.

    Raises:
        InvalidInputError: a row sums to another number; the text names the first.
    """
    off = np.abs(values.sum(axis=1) - 1)
    if not (off > 1e-3).any():
        return
    off = np.flatnonzero(off > sum_tolerance(values))
    if off.size:
        raise InvalidInputError(
            f"The scores of a row must sum to 1, but {off.size} of {len(values)} rows do not; "
            f"row {off[0]} sums to {values[off[0]].sum():g}. Apply the softmax first."
        )


def checked_shares(
    value: Any, classes: tuple[str, ...], *, several: bool, name: str = "train_prevalence"
) -> Shares | None:
    """Return the share of the positive class, or of each class or label, in training.

    Args:
        value: None, one number (two classes), or one for each class in their order or by name.
        classes: Class names.
        several: Whether the classes are labels of which a row may have several.
        name: What the shares are called in an error.

    Raises:
        InvalidInputError: a share is outside (0, 1), shares of classes do not sum to 1, or there
            is one number for several classes.
    """
    if value is None:
        return None
    binary = len(classes) == 2 and not several
    if isinstance(value, Mapping):
        if set(value) != set(classes):
            raise InvalidInputError(
                f"`{name}` must name each of {list(classes)}, got {list(value)}."
            )
        value = [value[each] for each in classes]
    if np.ndim(value) == 0:
        if binary:
            return _share(name, value)
        raise InvalidInputError(
            f"`{name}` of {len(classes)} {'labels' if several else 'classes'} needs one "
            f"share for each of {list(classes)}, got {value!r}. One number cannot correct several."
        )
    shares = tuple(_share(name, share) for share in np.asarray(value).tolist())
    if len(shares) != len(classes) or (not several and abs(sum(shares) - 1) > 1e-6):
        raise InvalidInputError(
            f"`{name}` needs one share for each of {list(classes)}"
            f"{'' if several else ', which sum to 1'}, got {list(shares)}."
        )
    return shares[1] if binary else shares


def _share(name: str, value: Any) -> float:
    return check_number(name, value, low=0, high=1, open_low=True, open_high=True)
