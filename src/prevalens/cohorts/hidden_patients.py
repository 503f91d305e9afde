"""Columns and file names that tell patients although images are said to be independent."""

import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from prevalens._checks import name_some
from prevalens._columns import code_texts
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.typing import Column, Texts

_PATIENT_WORDS = ("patient", "patients", "subject", "person", "mrn", "participant")
_NAMED = re.compile(
    r"(?:^|[/_.\- ])((?:patient|pat|pid|subject|subj|sub|person|participant|mrn|case)[_\- ]?\d+)"
    r"(?![0-9A-Za-z])",
    re.IGNORECASE,
)
# 2023-01-05, 20230105T121530, 12.15.30: days are shared by many patients.
_TIME = re.compile(
    r"(?<!\d)(?:19|20)\d\d([-_.]?)[01]\d\1[0-3]\d(?:[T_-]?\d{6})?(?!\d)"
    r"|(?<!\d)[0-2]\d([-.])[0-5]\d\2[0-5]\d(?!\d)"
)
_PARTS = re.compile(r"[/_.\- ]+")
# What has a number and is no patient.
_NO_PATIENT = re.compile(
    r"(?<![A-Za-z])(?:fold|part|batch|split|train|valid|val|test|set|class|chunk|images?|pages?)"
    r"[_.\- ]?\d+(?!\d)",
    re.IGNORECASE,
)
_SIDES = {"left", "right", "l", "r", "od", "os"}


def check_independent(covariates: Mapping[str, Column], images: Sequence[str] | Texts) -> None:
    """Look for patients in the columns and the file names of images said to be independent.

    Raises:
        InvalidInputError: as in `refuse_hidden_patients`.

    Warns:
        DataWarning: as in `warn_of_hidden_ids`.
    """
    refuse_hidden_patients(covariates)
    warn_of_hidden_ids([str(image) for image in images], stacklevel=5)


def refuse_hidden_patients(covariates: Mapping[str, Column]) -> None:
    """Refuse images said to be independent beside a column of repeated patient ids.

    Raises:
        InvalidInputError: a column is named as patients' ids are, and repeats them.
    """
    for name, column in covariates.items():
        words = name.lower().replace("-", "_").replace(" ", "_").split("_")
        if all(word not in _PATIENT_WORDS for word in words) or {"age", "sex"} & set(words):
            continue
        coded = code_texts(column)
        counts = np.bincount(coded.codes)
        # Ids repeat among many values; a column with a handful of values is a covariate.
        if (counts > 1).any() and counts.size > max(5, len(column) // 100):
            repeated = [coded.names[code] for code in np.flatnonzero(counts > 1).tolist()]
            raise InvalidInputError(
                f"`patients` is None, which says that images are independent, but the column "
                f"{name!r} repeats ids: {name_some(repeated)}. Pass it as `patients`, or "
                "leave the column out."
            )


def warn_of_hidden_ids(images: Sequence[str], *, stacklevel: int = 3) -> None:
    """Warn where images are said to be independent but their file names share what may be ids.

    Ids are numbers behind a word such as `patient`; or else what has a digit, is followed by a
    further number or is a folder's name, and occurs in several names, of many values. Plain
    numbers, days and times of day are none.

    Args:
        images: Paths of the images, shape `(n_images,)`.
        stacklevel: Whose line is shown, as `warnings.warn` counts.

    Warns:
        DataWarning: such ids repeat; the text shows some and says how to read them.
    """
    ids = _named(images) or _placed(images)
    counts = Counter(filter(None, ids))
    several = [name for name, count in counts.items() if count > 1]
    # Ids repeat among many values, and are not met twice by chance.
    if sum(counts[name] for name in several) * 5 < len(images):
        return
    if len(counts) <= max(5, len(images) // 100):
        return
    example = images[[*ids].index(several[0])]
    warnings.warn(
        f"Every image is taken as another patient's, but file names share what may be patient "
        f"ids: {len(counts):,} in {len(images):,} images, such as {several[0]!r} "
        f"({counts[several[0]]} images, one of them {example!r}). If these are patients, no part "
        "is free of another's and intervals are too short: give the ids, in a column or by a "
        "pattern with the place of {patient}. If not, take no notice.",
        DataWarning,
        stacklevel=stacklevel,
    )


def _named(images: Sequence[str]) -> list[str]:
    """Return the id behind a word that means patient, '' where there is none; [] where none is."""
    found = [_NAMED.search(name) for name in images]
    return [match[1] if match else "" for match in found] if any(found) else []


def _placed(images: Sequence[str]) -> list[str]:
    """Return the first part of the names that varies and may be an id; [] where none may."""
    names = [_NO_PATIENT.sub("", _TIME.sub("", name.rpartition(".")[0])) for name in images]
    parts = [[part for part in _PARTS.split(name) if part] for name in names]
    folders = [
        len([part for part in _PARTS.split(name.rpartition("/")[0]) if part]) for name in names
    ]
    if not parts:
        return []
    for place in range(min(map(len, parts))):
        column = [row[place] for row in parts]
        if len(set(column)) > 1 and all(map(_may_be_id, column)):
            later = [
                place < folder or _goes_on(row[place + 1 :], row[place])
                for row, folder in zip(parts, folders, strict=True)
            ]
            return column if all(later) else []
    return []


def _may_be_id(part: str) -> bool:
    return any(map(str.isdigit, part))


def _goes_on(rest: Sequence[str], part: str) -> bool:
    """Return whether what follows may tell images of one patient apart."""
    if part.isdigit():
        return any(_may_be_id(each) or each.lower() in _SIDES for each in rest)
    return bool(rest)
