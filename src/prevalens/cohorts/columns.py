"""The columns of a cohort: checked, coded, frozen."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import did_you_mean, name_some
from prevalens.cohorts.components import component_codes
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.typing import Column, Labels, Texts


def common_root(
    root: Path, images: Texts, other_root: Path, other_images: Texts
) -> tuple[Path, Texts, Texts]:
    """Return one root for two lists of paths, and the paths below it."""
    if root == other_root:
        return root, images, other_images
    base = Path(os.path.commonpath([root.absolute(), other_root.absolute()]))
    moved = [
        np.array([Path(os.path.relpath(own.absolute() / name, base)).as_posix() for name in names])
        for own, names in ((root, images), (other_root, other_images))
    ]
    return base, moved[0], moved[1]


def joined(patients: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the new id of each patient: the ids of its connected component, joined by +."""
    position = {name: index for index, name in enumerate(patients)}
    unknown = [name for pair in pairs for name in pair if name not in position]
    if unknown:
        raise InvalidInputError(
            f"Only patients of the cohort can be joined, but {name_some(dict.fromkeys(unknown))} "
            "are none." + did_you_mean(unknown[0], patients)
        )
    component = component_codes(len(patients), [[position[a], position[b]] for a, b in pairs])
    members: dict[int, list[str]] = {}
    for name, number in zip(patients, component.tolist(), strict=True):
        members.setdefault(number, []).append(name)
    return ["+".join(members[number]) for number in component.tolist()]


def frozen(column: Column) -> Column:
    """Return a column, made read-only."""
    column.setflags(write=False)
    return column


def texts(name: str, values: ArrayLike) -> Texts:
    """Return a column as text, or say which rows have none; a whole float such as 61.0 is 61."""
    column = np.asarray(values, dtype=object)
    missing = [
        row
        for row, value in enumerate(column.tolist())
        # numpy cuts NUL off the end of a text, which would make two patients one.
        if _is_missing(value) or "\0" in str(value)
    ]
    if missing:
        raise InvalidInputError(
            f"Every row needs its {name}, but {len(missing)} of {len(column)} rows have none, or "
            f"one that holds NUL: rows {name_some(missing)}. Fill them in, or leave those rows out."
        )
    return np.array([_word(value) for value in column.tolist()], dtype=np.str_)


def _is_missing(value: object) -> bool:
    # Only nan differs from itself; pandas and numpy mark a missing id by it.
    return value is None or value != value or not str(value).strip()  # noqa: PLR0124


def _word(value: object) -> str:
    # A table with one empty cell turns its whole ids into floats.
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]


def warn_look_alikes(patients: Texts) -> None:
    """Warn of patient ids that differ by case or white space alone."""
    spellings: dict[str, list[str]] = {}
    for patient in np.unique(patients).tolist():
        spellings.setdefault("".join(patient.split()).casefold(), []).append(patient)
    twins = [" and ".join(map(repr, names)) for names in spellings.values() if len(names) > 1]
    if twins:
        warnings.warn(
            f"Patient ids that differ by case or white space alone count as different patients: "
            f"{'; '.join(twins[:5])}{f' and {len(twins) - 5} more' if len(twins) > 5 else ''}. "
            "If they are one patient, correct the ids or use `join_patients`.",
            DataWarning,
            stacklevel=4,
        )


def names_of(labels: Labels, classes: Sequence[str]) -> Texts:
    """Return the class name of each label, or say which labels index into no class."""
    outside = np.unique(labels[(labels < 0) | (labels >= len(classes))])
    if len(outside):
        raise InvalidInputError(
            f"Labels given as numbers must index into the {len(classes)} `classes`, but "
            f"{name_some(outside.tolist())} came. Use 0 to {len(classes) - 1}."
        )
    return np.asarray(classes, dtype=np.str_)[labels]


def ordered(names: Texts, positive: str) -> tuple[str, ...]:
    """Return the different names, sorted, with `positive` last."""
    found = np.unique(names).tolist()
    return (*(name for name in found if name != positive), *(n for n in found if n == positive))


def codes(names: Texts, classes: tuple[str, ...], positive: str) -> Labels:
    """Return each name as an index into `classes`, or say which rule the classes break."""
    if positive not in classes:
        raise InvalidInputError(
            f"`positive` must be one of the classes {list(classes)}, got {positive!r}."
            + did_you_mean(positive, classes)
        )
    if len(set(classes)) < max(2, len(classes)):
        raise InvalidInputError(
            f"A cohort needs at least two different classes, got {list(classes)}. "
            "Read the other class too, or name all `classes`."
        )
    found, codes = np.unique(names, return_inverse=True)
    unknown = [name for name in found.tolist() if name not in classes]
    if unknown:
        raise InvalidInputError(
            f"Every label must be one of the classes {list(classes)}, but {name_some(unknown)} "
            "came. Correct the labels, or add the class."
        )
    order = np.array([classes.index(name) for name in found.tolist()], dtype=np.int64)
    return order[codes.reshape(-1)]


def refuse_repeated(images: Texts) -> None:
    """Raise InvalidInputError where an image is listed twice."""
    found, counts = np.unique(images, return_counts=True)
    repeated = found[counts > 1].tolist()
    if repeated:
        raise InvalidInputError(
            f"Each image is one row, but {len(repeated)} are listed more than once: "
            f"{name_some(repeated)}. Keep one row of each."
        )
