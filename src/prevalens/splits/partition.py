"""The record of who is trained on, and who is held out."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from prevalens._checks import check_integer, name_some
from prevalens._writing import write_json
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits.precision_plan import PrecisionPlan, plan_precision
from prevalens.typing import Column, Rows

PARTS = ("train", "validation", "test")
NO_ROWS: Rows = np.empty(0, dtype=np.int64)  # of a part that is not there
_FORMAT = "prevalens partition"
_VERSION = 1
_ENVELOPE = {"format", "version", "checksum"}


@dataclass(frozen=True, eq=False, repr=False)
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
        check_integer("patients_crossing", self.patients_crossing, minimum=0)
        for name in PARTS:
            object.__setattr__(self, name, _rows(name, getattr(self, name)))
        object.__setattr__(self, "settings", MappingProxyType(_plain(self.settings)))
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

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(rows)}" for name, rows in self.parts().items())
        return f"Partition({sizes} of {self.n_rows} rows, by {self.method})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and worker processes are sent partitions.
        given = vars(self) | {"settings": dict(self.settings)}
        return partial(type(self), **given), ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Partition) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.cohort_fingerprint, self.train.tobytes(), self.test.tobytes()))

    def parts(self) -> dict[str, Rows]:
        """Return the rows of each part by name, in the order train, validation, test."""
        return {name: getattr(self, name) for name in PARTS}

    def describe(
        self,
        cohort: Cohort,
        *,
        sensitivity: float = 0.9,
        specificity: float = 0.9,
        correlation: float = 0.2,
        confidence_level: float = 0.95,
    ) -> PrecisionPlan:
        """Say what each part holds, and how precise its estimates can be, before any training.

        Args:
            cohort: The cohort the rows point into.
            sensitivity: Sensitivity to assume, in (0, 1).
            specificity: Specificity to assume, in (0, 1).
            correlation: Correlation to assume between the calls on two images of one patient,
                in [0, 1]. The default is a guess: take it from a pilot where there is one.
            confidence_level: Coverage of the intervals, in (0, 1).

        Returns:
            Patients and images per class of each part, and the half-width that an interval over
            patients on sensitivity and specificity can be expected to have; a text by `str`.

        Raises:
            InvalidInputError: it is another cohort, or an assumption is out of its range.
        """
        self.check_cohort(cohort)
        return plan_precision(
            cohort,
            self.parts(),
            sensitivity=sensitivity,
            specificity=specificity,
            correlation=correlation,
            confidence_level=confidence_level,
        )

    def check_cohort(self, cohort: Cohort, *, where: str = "This partition") -> None:
        """Refuse a cohort that the rows were not drawn on.

        Raises:
            InvalidInputError: the fingerprints differ.
        """
        if self.cohort_fingerprint != cohort.fingerprint:
            raise InvalidInputError(
                f"{where} was drawn on another cohort (fingerprint "
                f"{self.cohort_fingerprint[:12]}..., this one has {cohort.fingerprint[:12]}...). "
                "Load the cohort it was drawn on, or split anew."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the partition as plain lists, texts and numbers."""
        record = {
            "format": _FORMAT,
            "version": _VERSION,
            "method": self.method,
            "settings": dict(self.settings),
            "cohort_fingerprint": self.cohort_fingerprint,
            "n_rows": self.n_rows,
            "patients_crossing": self.patients_crossing,
            **{name: rows.tolist() for name, rows in self.parts().items()},
        }
        return {**record, "checksum": _checksum(record)}

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
            InvalidInputError: the file cannot be read, is cut, edited or of another format or
                version, or it was drawn on another cohort.
        """
        record = _read(Path(path))
        fields = {key: record[key] for key in record if key not in _ENVELOPE}
        try:
            partition = cls(**fields)
        except (InvalidInputError, TypeError, ValueError) as error:
            raise InvalidInputError(
                f"{path} holds no partition: {error} Restore it, or split anew."
            ) from error
        partition.check_cohort(cohort, where=str(path))
        return partition


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
    except OSError as error:
        raise InvalidInputError(
            f"The partition {path} cannot be read ({error.strerror}). Check the path, or split "
            "anew."
        ) from error
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
    if set(record) != wanted | _ENVELOPE:
        missing, extra = sorted(wanted - set(record)), sorted(set(record) - wanted - _ENVELOPE)
        raise InvalidInputError(
            f"{path} was edited: missing {missing}, found {extra}. Restore it, or split anew."
        )
    if record["checksum"] != _checksum({k: v for k, v in record.items() if k != "checksum"}):
        raise InvalidInputError(
            f"{path} was edited: its checksum does not fit its content. Restore it, or split anew."
        )
    return record


def _rows(name: str, values: Any) -> Rows:
    """Return rows sorted, as int64 and read-only."""
    given = np.asarray(values).reshape(-1)
    if given.size and given.dtype.kind not in "iu":
        raise InvalidInputError(
            f"`{name}` must hold row numbers, got {name_some(given[:1].tolist())}. "
            "Give whole numbers; turn a mask into rows with numpy.flatnonzero."
        )
    rows = np.unique(given.astype(np.int64))
    if rows.size != given.size:
        raise InvalidInputError(f"`{name}` names a row twice. Name each row once.")
    rows.setflags(write=False)
    return rows


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they come back from JSON, so that saving and loading changes nothing."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(settings), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"`settings` must be plain numbers, texts and lists, got {settings!r} ({error}). "
            "Convert what is not."
        ) from error
    return plain


def _checksum(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
