"""Class names, and labels as numbers that index into them."""

import numbers
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from prevalens._cells import as_text, plain
from prevalens._checks import did_you_mean, name_some
from prevalens._columns import encode, listed, lookalikes
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Labels

# The two classes of a cohort of several labels, where it is taken as one of two classes.
SOME_LABEL = ("no label", "some label")
# The classes of the labels that cohorts hold, by the identity of the column.
_HELD: dict[int, tuple["weakref.ref[Any]", tuple[str, ...]]] = {}


def hold(labels: Labels, classes: tuple[str, ...]) -> None:
    """Know a cohort's own labels again, which `dataclasses.replace` hands to the copy.

    As numbers they could be names of its classes, such as "0" and "1". The column is kept by a
    weak reference.
    """
    key = id(labels)
    _HELD[key] = (weakref.ref(labels, lambda _: _HELD.pop(key, None)), classes)


def coded_labels(
    labels: Any, classes: Sequence[Any], positive: Any
) -> tuple[Labels, tuple[str, ...], str]:
    """Return labels as indices into the classes, the classes, and the positive one.

    Args:
        labels: Class name of each row; or, where `classes` are given and are no such names,
            whole numbers that index into them. Shape `(n_rows,)`.
        classes: Class names; where there are none, those in `labels`, with `positive` last.
        positive: The positive class.

    Raises:
        InvalidInputError: a label is missing or no class, or the classes break a rule.
    """
    chosen = as_text(positive)
    column, held = _HELD.get(id(labels), (None, ()))
    own: Labels | None = None if column is None else column()
    if own is not None and own is labels and held == tuple(map(as_text, classes)):
        check_classes(held, chosen)
        return own, held, chosen
    coded = encode("label", labels)
    if not coded.names:
        raise InvalidInputError(
            "A cohort needs an image at least, but there are no labels. Look for a filter or a "
            "path that leaves none."
        )
    found = [name for name in coded.names if name != chosen]
    names = tuple(map(as_text, classes)) or (*found, *(n for n in coded.names if n == chosen))
    check_classes(names, chosen)
    unknown = [name for name in coded.names if name not in names]
    if classes and _are_numbers(labels):
        if not unknown and list(names) != [str(index) for index in range(len(names))]:
            raise InvalidInputError(
                f"Numbers as labels are either names or indices of the classes {list(names)}; "
                "here they could be both. Give the labels as texts, which are names."
            )
        place = _as_indices(coded.names, len(names))
    elif unknown:
        raise InvalidInputError(
            f"Every label must be one of the classes {list(names)}, but {name_some(unknown)} "
            "came. Correct the labels, or add the class." + did_you_mean(unknown[0], names)
        )
    else:
        place = [names.index(name) for name in coded.names]
    return np.array(place, dtype=np.int64)[coded.codes], names, chosen


def check_classes(classes: tuple[str, ...], positive: str) -> None:
    """Refuse classes that are fewer than two, alike, or without the positive one."""
    if positive not in classes:
        raise InvalidInputError(
            f"`positive` must be one of the classes {list(classes)}, got {positive!r}."
            + did_you_mean(positive, classes)
        )
    check_different(classes, "A cohort needs")


def check_different(classes: tuple[str, ...], who: str) -> None:
    """Refuse classes that are fewer than two, or alike; `who` begins the sentence."""
    if len(set(classes)) < max(2, len(classes)):
        raise InvalidInputError(
            f"{who} at least two different classes, got {list(classes)}. "
            "Read the other class too, or name all `classes`."
        )
    alike = lookalikes(classes)
    if alike:
        raise InvalidInputError(
            f"Classes must differ by more than case, white space or leading zeros, but "
            f"{name_some(alike)} do not. Write each class in one way."
        )


def _are_numbers(labels: Any) -> bool:
    cells = (plain(cell) for cell in listed("label", labels))
    return all(isinstance(cell, numbers.Real) and not isinstance(cell, bool) for cell in cells)


def _as_indices(names: Sequence[str], n_classes: int) -> list[int]:
    allowed = {str(index): index for index in range(n_classes)}
    outside = [name for name in names if name not in allowed]
    if outside:
        raise InvalidInputError(
            f"Labels given as numbers must index into the {n_classes} `classes`, but "
            f"{', '.join(outside[:5])} came. Use 0 to {n_classes - 1}."
        )
    return [allowed[name] for name in names]
