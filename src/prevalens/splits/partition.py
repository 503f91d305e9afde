"""The record of who is trained on, and who is held out."""

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_kind, check_path, name_some
from prevalens._columns import as_rows
from prevalens._notebook import bars, card, note
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError, LeakageWarning
from prevalens.splits.partition_record import PartitionRecord, checksum_of
from prevalens.splits.precision_plan import PrecisionPlan, plan_precision
from prevalens.typing import Column, Rows

PARTS = ("train", "validation", "test")
NO_ROWS: Rows = np.empty(0, dtype=np.int64)  # of a part that is not there
# What columns of published splits call the parts.
_SPELLINGS = {
    "train": {"train", "training", "development"},
    "validation": {"validation", "valid", "val", "dev", "tuning"},
    "test": {"test", "testing", "holdout", "hold-out"},
}


@dataclass(frozen=True, eq=False, repr=False)
class Partition:
    """Train, validation and test rows of one cohort, and how they were drawn.

    Args:
        train: Rows to train on, shape `(n_train,)`, or a mask of shape `(n_rows,)`.
        validation: Rows for choosing (early stops, thresholds); may be empty.
        test: Rows looked at once, at the end; may be empty.
        cohort_fingerprint: `Cohort.fingerprint` of the cohort the rows point into.
        n_rows: Number of rows of that cohort.
        method: Name of the splitter.
        settings: The splitter's settings, the seed among them.
        patients_crossing: Number of patients with images in more than one part; None where that
            was not checked. `Partition.of` counts them.

    Raises:
        InvalidInputError: a row is in two parts, or outside the cohort, or no part has rows.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png"], labels=["sick", "well", "sick"],
        ...     patients=["p", "q", "r"], positive="sick",
        ... )
        >>> Partition.of(cohort, train=[0, 1], test=[2], method="published")
        Partition(train 2, validation 0, test 1 of 3 rows, by published)
    """

    train: Rows
    validation: Rows
    test: Rows
    cohort_fingerprint: str
    n_rows: int
    method: str = "custom"
    settings: Mapping[str, Any] = field(default_factory=dict)
    patients_crossing: int | None = None

    def __post_init__(self) -> None:
        check_integer("n_rows", self.n_rows, minimum=1)
        if self.patients_crossing is not None:
            check_integer("patients_crossing", self.patients_crossing, minimum=0)
        for name in PARTS:
            object.__setattr__(self, name, _rows(name, getattr(self, name), self.n_rows))
        object.__setattr__(self, "settings", MappingProxyType(_plain(self.settings)))
        everything = np.concatenate([self.train, self.validation, self.test])
        if everything.size == 0:
            raise InvalidInputError("A partition must have rows, but every part is empty.")
        found, counts = np.unique(everything, return_counts=True)
        if (counts > 1).any():
            raise InvalidInputError(
                "A row belongs to one part, but these are in two: "
                f"{name_some(found[counts > 1].tolist())}. Remove them from one."
            )

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        *,
        train: ArrayLike | None = None,
        validation: ArrayLike | None = None,
        test: ArrayLike | None = None,
        column: str | None = None,
        method: str = "custom",
        settings: Mapping[str, Any] | None = None,
    ) -> Self:
        """Take a split that was made elsewhere, and count the patients that cross.

        Args:
            cohort: The cohort that is cut.
            train: Rows to train on, or a mask of shape `(n_rows,)`; None for none, as below.
            validation: Rows for choosing.
            test: Rows looked at once.
            column: Instead of rows: the covariate that names each row's part, as published
                splits do ("train", "valid", "test" and what else these are called).
            method: What made the split.
            settings: Its settings, plain values.

        Raises:
            InvalidInputError: rows and a column came together, the column holds another word, or
                as in `Partition`.

        Warns:
            LeakageWarning: patients have images in more than one part; the text counts them.
        """
        check_kind("cohort", cohort, Cohort)
        given = {"train": train, "validation": validation, "test": test}
        if column is not None:
            if any(rows is not None for rows in given.values()):
                raise InvalidInputError(
                    "Name the parts by `column` or by rows, not by both. Leave one out."
                )
            method = f"column {column!r}" if method == "custom" else method
            given = dict(_parts_named(cohort, column))
        parts: Any = {name: NO_ROWS if rows is None else rows for name, rows in given.items()}
        made = cls(
            **parts,
            cohort_fingerprint=cohort.fingerprint,
            n_rows=len(cohort),
            method=method,
            settings=settings or {},
        )
        crossing = count_crossing(cohort.patients, list(made.parts().values()))
        if crossing:
            warnings.warn(
                f"{crossing_sentence(crossing, cohort.n_patients)} Estimates from it are "
                "optimistic: the model knows these patients. Split anew with `PatientHoldout`.",
                LeakageWarning,
                stacklevel=2,
            )
        return replace(made, patients_crossing=crossing)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {len(rows)}" for name, rows in self.parts().items())
        return f"Partition({sizes} of {self.n_rows} rows, by {self.method})"

    def _repr_html_(self) -> str:
        counts = {name: {"images": len(rows)} for name, rows in self.parts().items() if len(rows)}
        crossing = "not checked" if self.patients_crossing is None else self.patients_crossing
        return card(
            repr(self),
            bars(counts),
            note(f"Patients in more than one part: {crossing}. Method: {self.method}."),
            note("Classes, patients and expected precision: partition.describe(cohort)."),
        )

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
        correlation: float | str = 0.2,
        confidence_level: float = 0.95,
    ) -> PrecisionPlan:
        """Say what each part holds, and how precise its estimates can be, before any training.

        Args:
            cohort: The cohort the rows point into.
            sensitivity: Sensitivity to assume, in (0, 1).
            specificity: Specificity to assume, in (0, 1).
            correlation: Correlation to assume between the predictions on two images of one
                patient, in [0, 1], or "cells" or "lesions". The default is a guess: take it from
                a pilot by `intra_patient_correlation` where there is one.
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
        check_kind("cohort", cohort, Cohort)
        if self.cohort_fingerprint != cohort.fingerprint:
            raise InvalidInputError(
                f"{where} was drawn on another cohort (fingerprint "
                f"{self.cohort_fingerprint[:12]}..., this one has {cohort.fingerprint[:12]}...). "
                "Load the cohort it was drawn on, or split anew."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the partition as plain lists, texts and numbers."""
        return self._record().to_dict()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the partition as JSON, whole or not at all."""
        self._record().save(Path(check_path("path", path)))

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
        check_kind("cohort", cohort, Cohort)
        record = PartitionRecord.load(Path(check_path("path", path)))
        record.check(where=str(path))
        try:
            given = {name: getattr(record, name) for name in _FIELDS}
            partition = cls(**given | {name: np.array(given[name], np.int64) for name in PARTS})
        except InvalidInputError as error:
            raise InvalidInputError(
                f"{path} holds no partition: {error} {record.REMEDY}"
            ) from error
        partition.check_cohort(cohort, where=str(path))
        return partition

    def _record(self) -> PartitionRecord:
        fields = {name: getattr(self, name) for name in _FIELDS}
        fields |= {name: rows.tolist() for name, rows in self.parts().items()}
        fields["settings"] = dict(self.settings)
        record = PartitionRecord(**fields, checksum="")
        return PartitionRecord(**fields, checksum=checksum_of(record.to_dict()))


_FIELDS = tuple(name for name in PartitionRecord.__struct_fields__ if name != "checksum")


def crossing_sentence(crossing: int, n_patients: int) -> str:
    """Say how many patients have images in more than one part."""
    whole = crossing == n_patients
    who = f"All {crossing} patients have" if whole else f"{crossing} of {n_patients} patients have"
    if crossing == 1:
        who = f"1 of {n_patients} patients has"
    what = (
        "this split divides images, not patients." if whole else "their parts are not independent."
    )
    return f"{who} images in more than one part: {what}"


def count_crossing(patients: Column, parts: Sequence[Rows]) -> int:
    """Return how many patients have images in more than one of the parts.

    Args:
        patients: Patient of each row, shape `(n_rows,)`.
        parts: Rows of each part.
    """
    seen = np.concatenate([np.unique(patients[rows]) for rows in parts])
    return int((np.unique(seen, return_counts=True)[1] > 1).sum())


def _parts_named(cohort: Cohort, column: str) -> dict[str, Rows]:
    """Return the rows of each part by the words of a covariate."""
    words = np.char.lower(np.char.strip(cohort.covariate(column).astype(np.str_)))
    part_of = {word: part for part, spellings in _SPELLINGS.items() for word in spellings}
    unknown = sorted(set(words.tolist()) - part_of.keys())
    if unknown:
        raise InvalidInputError(
            f"The column {column!r} must name parts, {', '.join(map(repr, part_of))}, but holds "
            f"{name_some(unknown)}. Leave such rows out with `cohort.where`, or give rows."
        )
    parts = np.array([part_of[word] for word in words.tolist()])
    return {part: np.flatnonzero(parts == part) for part in PARTS}


def _rows(name: str, values: Any, n_rows: int) -> Rows:
    """Return rows sorted, as int64 and read-only."""
    given = as_rows(name, values, n_rows)
    rows = np.unique(given)
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
