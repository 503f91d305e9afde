"""What labels, scores and ids must be before a figure may rest on them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._cells import as_number
from prevalens._checks import did_you_mean, name_some
from prevalens._tables import Cells, find_column
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column, Labels, Scores, Texts

_PATIENT_WORDS = ("patient", "patients", "subject", "person", "mrn", "participant")


def checked_labels(labels: ArrayLike, classes: tuple[str, ...]) -> Labels:
    """Return labels as class indices, or name those that are none.

    Raises:
        InvalidInputError: there is no row, or a label is no index into the classes.
    """
    column: Any = np.asarray(labels)
    if column.ndim == 2 and column.shape[1] == 1:
        column = column[:, 0]
    if column.ndim != 1 or column.size == 0:
        raise InvalidInputError(
            f"`labels` must have shape (n_rows,) with at least one row, got {column.shape}."
        )
    if column.dtype.kind not in "biuf":
        raise InvalidInputError(
            f"`labels` must be whole numbers 0 to {len(classes) - 1}, got "
            f"{name_some(np.unique(column.astype(str)).tolist())}. Code the classes "
            f"{list(classes)} in that order."
        )
    wrong = (column != np.floor(column)) | (column < 0) | (column >= len(classes))
    if wrong.any():
        values = np.unique(column[wrong]).tolist()
        raise InvalidInputError(
            f"`labels` must be whole numbers 0 to {len(classes) - 1}, one for each of "
            f"{list(classes)}, but {int(wrong.sum())} of {column.size} rows hold "
            f"{name_some(values)}. Recode them, or name all `classes`."
        )
    return column.astype(np.int64)


def checked_scores(scores: ArrayLike, classes: tuple[str, ...]) -> Scores:
    """Return scores as float64: of the positive class, or with a column for each of several.

    Raises:
        InvalidInputError: a score is missing or no probability, or the shape fits no classes.
    """
    given = np.asarray(scores)
    if given.dtype.kind not in "biuf":
        raise InvalidInputError(f"`scores` must be numbers, got {given.dtype}.")
    values = np.array(given, dtype=np.float64)
    missing = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if missing.size:
        raise InvalidInputError(
            f"Every row needs a score, but {missing.size} of {len(values)} are nan or infinite: "
            f"rows {name_some(missing.tolist())} (the first is 0). Predict them again, or leave "
            "those rows out."
        )
    _refuse_no_probabilities(values)
    if values.ndim == 2 and values.shape[1] == 1 and len(classes) == 2:
        values = values[:, 0]
    if values.ndim == 1 and len(classes) == 2:
        return values
    if values.ndim != 2 or values.shape[1] != len(classes):
        raise InvalidInputError(
            f"`scores` must have shape (n_rows,) or a column for each of the {len(classes)} "
            f"classes {list(classes)}, got {values.shape}."
        )
    _refuse_wrong_sums(values)
    return np.ascontiguousarray(values[:, 1]) if len(classes) == 2 else values


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


def _refuse_wrong_sums(values: Scores) -> None:
    off = np.flatnonzero(np.abs(values.sum(axis=1) - 1) > 1e-3)
    if off.size:
        raise InvalidInputError(
            f"The scores of a row must sum to 1, but {off.size} of {len(values)} rows do not; "
            f"row {off[0]} sums to {values[off[0]].sum():g}. Apply the softmax first."
        )


def checked_texts(name: str, values: ArrayLike) -> Texts:
    """Return ids as texts, or name the rows that have none.

    Raises:
        InvalidInputError: an id is empty, None or nan, or holds the character NUL.
    """
    cells = np.asarray(values, dtype=object).tolist()
    # Only nan differs from itself; data frames mark a missing id by it. numpy cuts NUL off the end
    # of a text, which would make two ids one.
    missing = [
        row
        for row, cell in enumerate(cells)
        if cell is None or cell != cell or not str(cell).strip() or "\0" in str(cell)  # noqa: PLR0124
    ]
    if missing:
        raise InvalidInputError(
            f"Every row needs its {name}, a text without NUL, but {len(missing)} of {len(cells)} "
            f"have none: rows {name_some(missing)} (the first is 0). Fill them in, or leave those "
            "rows out."
        )
    return np.array([str(cell) for cell in cells], dtype=np.str_)


def check_distinct_images(images: Texts | None) -> None:
    """Refuse an image that is listed twice."""
    if images is None:
        return
    found, counts = np.unique(images, return_counts=True)
    if (counts > 1).any():
        raise InvalidInputError(
            f"Each image is one row, but {int((counts > 1).sum())} are listed more than once: "
            f"{name_some(found[counts > 1].tolist())}. Keep one row of each, for example the "
            "mean of its scores."
        )


def refuse_hidden_patients(covariates: Mapping[str, Column]) -> None:
    """Refuse images said to be independent beside a column of repeated patient ids."""
    for name, column in covariates.items():
        words = name.lower().replace("-", "_").replace(" ", "_").split("_")
        if any(word in _PATIENT_WORDS for word in words) and {"age", "sex"}.isdisjoint(words):
            found, counts = np.unique(column.astype(str), return_counts=True)
            # Ids repeat among many values; a column with a handful of values is a covariate.
            if (counts > 1).any() and found.size > max(5, len(column) // 100):
                repeated = found[counts > 1].tolist()
                raise InvalidInputError(
                    f"`patients` is None, which says that images are independent, but the column "
                    f"{name!r} repeats ids: {name_some(repeated)}. Pass it as `patients`, or "
                    "leave the column out."
                )


def coded_labels(
    table: Mapping[str, Cells], *, label: str, classes: tuple[str, ...], positive: str | None
) -> tuple[Labels, tuple[str, ...]]:
    """Return the labels of a table as class indices, and the class names.

    Args:
        table: Named columns.
        label: Column of labels, numbers or names.
        classes: Class names where the score columns gave them, else empty.
        positive: Name of the positive class, where labels are names.

    Raises:
        InvalidInputError: the column is missing, or its names cannot be told apart.
    """
    column = find_column(table, label, purpose="label")
    if positive is None and all(as_number(cell).is_integer() for cell in column):
        labels = np.array([int(as_number(cell)) for cell in column], dtype=np.int64)
        return labels, classes or _written_names(table, labels)
    names = checked_texts("label", np.array(column, dtype=object))
    found = np.unique(names).tolist()
    if not classes:
        if positive is None or positive not in found or len(found) > 2:
            raise InvalidInputError(
                f"Column {label!r} must hold 0 and 1, or two names of which `positive` is one; "
                f"it holds {name_some(found)} and `positive` is {positive!r}. Name the positive "
                f"class.{did_you_mean(positive, found) if positive else ''}"
            )
        classes = (*(n for n in found if n != positive), positive)
        classes = classes if len(classes) == 2 else ("not " + positive, positive)
    unknown = sorted(set(found) - set(classes))
    if unknown:
        raise InvalidInputError(
            f"Every label must be one of the classes {list(classes)}, but {name_some(unknown)} "
            "came. Correct them, or add a score column for each class."
        )
    return np.array([classes.index(name) for name in names.tolist()], dtype=np.int64), classes


def _written_names(table: Mapping[str, Cells], labels: Labels) -> tuple[str, ...]:
    """Return the names in the column `class` that `save` writes beside 0 and 1."""
    names = ["negative", "positive"]
    if "class" in table:
        for code in (0, 1):
            found = np.unique(np.array(table["class"]).astype(str)[labels == code])
            names[code] = str(found[0]) if found.size == 1 else names[code]
    return tuple(names)
