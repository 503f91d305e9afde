"""The record of who is trained on, and who is held out."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from prevalens._checks import check_integer, name_some
from prevalens._writing import write_json
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column, Rows

PARTS = ("train", "validation", "test")
_FORMAT = "prevalens partition"
_VERSION = 1


@dataclass(frozen=True, eq=False)
class Partition:
    """Train, validation and test rows of one cohort, and how they were drawn.

    Args:
        train: Rows to train on, shape `(n_train,)`.
        validation: Rows for choosing (early stops, thresholds); may be empty.
        test: Rows looked at once, at the end; may be empty.
        cohort_fingerprint: `Cohort.fingerprint` of the cohort the rows point into.
        n_rows: Number of rows of that cohort.
        method: Name of the splitter.
        settings: The splitter's settings, the seed among them.
        patients_crossing: Number of patients with images in more than one part.

    Raises:
        InvalidInputError: a row is in two parts, or outside the cohort, or no part has rows.
    """

    train: Rows
    validation: Rows
    test: Rows
    cohort_fingerprint: str
    n_rows: int
    method: str = "custom"
    settings: Mapping[str, Any] = field(default_factory=dict)
    patients_crossing: int = 0

    def __post_init__(self) -> None:
        check_integer("n_rows", self.n_rows, minimum=1)
        for name in PARTS:
            rows = np.unique(np.asarray(getattr(self, name), dtype=np.int64).reshape(-1))
            rows.setflags(write=False)
            if rows.size != np.size(getattr(self, name)):
                raise InvalidInputError(f"`{name}` names a row twice. Name each row once.")
            object.__setattr__(self, name, rows)
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        everything = np.concatenate([self.train, self.validation, self.test])
        outside = everything[(everything < 0) | (everything >= self.n_rows)]
        if everything.size == 0 or outside.size:
            raise InvalidInputError(
                f"Rows of a partition must lie in 0 to {self.n_rows - 1} and there must be some, "
                f"got {everything.size} rows, outside: {name_some(outside.tolist())}."
            )
        found, counts = np.unique(everything, return_counts=True)
        if (counts > 1).any():
            raise InvalidInputError(
                "A row belongs to one part, but these are in two: "
                f"{name_some(found[counts > 1].tolist())}. Remove them from one."
            )

    def parts(self) -> dict[str, Rows]:
        """Return the rows of each part by name, in the order train, validation, test."""
        return {name: getattr(self, name) for name in PARTS}

    def to_dict(self) -> dict[str, Any]:
        """Return the partition as plain lists, texts and numbers."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "method": self.method,
            "settings": dict(self.settings),
            "cohort_fingerprint": self.cohort_fingerprint,
            "n_rows": self.n_rows,
            "patients_crossing": self.patients_crossing,
            **{name: rows.tolist() for name, rows in self.parts().items()},
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the partition as JSON, whole or not at all."""
        write_json(path, self.to_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, cohort: Cohort) -> Self:
        """Read a partition that `save` wrote.

        Args:
            path: The JSON file.
            cohort: The cohort its rows point into.

        Raises:
            InvalidInputError: the file is cut, edited or of another format or version, or it was
                drawn on another cohort.
        """
        record = _read(Path(path))
        if record["cohort_fingerprint"] != cohort.fingerprint:
            raise InvalidInputError(
                f"{path} was drawn on another cohort (fingerprint "
                f"{str(record['cohort_fingerprint'])[:12]}..., this one has "
                f"{cohort.fingerprint[:12]}...). Load the cohort it was drawn on, or split anew."
            )
        record = {key: value for key, value in record.items() if key not in ("format", "version")}
        return cls(**record)


def count_crossing(patients: Column, parts: Sequence[Rows]) -> int:
    """Return how many patients have images in more than one of the parts.

    Args:
        patients: Patient of each row, shape `(n_rows,)`.
        parts: Rows of each part.
    """
    seen = np.concatenate([np.unique(patients[rows]) for rows in parts])
    return int((np.unique(seen, return_counts=True)[1] > 1).sum())


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{path} is not whole JSON ({error}). Restore it, or split anew."
        ) from error
    if not isinstance(record, dict) or record.get("format") != _FORMAT:
        raise InvalidInputError(f"{path} is no prevalens partition. Give a file `save` wrote.")
    if record.get("version") != _VERSION:
        raise InvalidInputError(
            f"{path} has version {record.get('version')!r}; this prevalens reads {_VERSION}. "
            "Update prevalens."
        )
    wanted = {"cohort_fingerprint", "n_rows", "method", "settings", "patients_crossing", *PARTS}
    if set(record) != wanted | {"format", "version"}:
        missing, extra = sorted(wanted - set(record)), sorted(set(record) - wanted)
        raise InvalidInputError(
            f"{path} was edited: missing {missing}, found {extra}. Restore it, or split anew."
        )
    return record
