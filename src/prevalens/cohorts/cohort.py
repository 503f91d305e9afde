"""The record of who is in the study."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prevalens._checks import check_same_length, did_you_mean, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Column, Labels, Rows, Texts


@dataclass(frozen=True, eq=False, repr=False)
class Cohort:
    """One row per image: its file, its label, its patient, its covariates; never changed.

    Args:
        images: Path of each image, relative to `root` or absolute, shape `(n_rows,)`.
        labels: Class name of each image, shape `(n_rows,)`; or, where `classes` is given too,
            whole numbers that index into it.
        patients: Patient id of each image, shape `(n_rows,)`; read as text, never empty.
        positive: The class whose miss is the costly error. It need not be the minority.
        classes: Class names. By default those in `labels`, sorted, with `positive` last: in a
            two-class cohort label 1 is the positive class.
        covariates: Further columns by name, each of shape `(n_rows,)`, text or numbers.
        root: Folder that relative paths start from.
        provenance: Where the images come from, in words that belong in a report.

    Attributes:
        labels: Class of each row as an index into `classes`, shape `(n_rows,)`.

    Raises:
        InvalidInputError: lengths differ, a patient id or label is missing, a label is not among
            the classes, there are fewer than two classes, or an image is listed twice.
    """

    images: Texts
    labels: Labels
    patients: Texts
    positive: str
    classes: tuple[str, ...] = ()
    covariates: Mapping[str, Column] = field(default_factory=dict)
    root: Path = Path()
    provenance: str = ""

    def __post_init__(self) -> None:
        covariates = {str(key): np.asarray(column) for key, column in self.covariates.items()}
        labels: Any = np.asarray(self.labels)
        check_same_length(images=self.images, labels=labels, patients=self.patients, **covariates)
        coded = bool(self.classes) and labels.dtype.kind in "iu"
        names = _names_of(labels, self.classes) if coded else _texts("label", labels)
        classes = tuple(map(str, self.classes)) or _ordered(names, str(self.positive))
        images = _texts("image", self.images)
        _refuse_repeated(images)
        self._keep(
            images=_frozen(images),
            labels=_frozen(_codes(names, classes, str(self.positive))),
            patients=_frozen(_texts("patient", self.patients)),
            positive=str(self.positive),
            classes=classes,
            covariates=MappingProxyType({k: _frozen(c.copy()) for k, c in covariates.items()}),
            root=Path(self.root),
        )

    def _keep(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{name} {count}"
            for name, count in zip(self.classes, np.bincount(self.labels), strict=False)
        )
        return f"Cohort({len(self)} images of {self.n_patients} patients: {counts})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cohort) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @property
    def label_names(self) -> Texts:
        """Class name of each row, shape `(n_rows,)`."""
        return np.asarray(self.classes)[self.labels]

    @property
    def is_positive(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether each row is of the positive class, shape `(n_rows,)`."""
        return self.labels == self.classes.index(self.positive)

    @property
    def n_patients(self) -> int:
        """Number of different patients."""
        return len(np.unique(self.patients))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of paths, labels, patients, classes and covariates; not of `root`."""
        digest = hashlib.sha256()
        head = "\x1f".join(["prevalens cohort 1", self.positive, *self.classes])
        columns = [self.images, self.label_names, self.patients]
        for name in sorted(self.covariates):
            head += f"\x1e{name}"
            columns.append(self.covariates[name])
        digest.update(head.encode())
        for column in columns:
            digest.update(b"\x1d" + "\x1f".join(map(str, column.tolist())).encode())
        return digest.hexdigest()

    def path(self, row: int) -> Path:
        """Return the file of the image in `row`."""
        return self.root / str(self.images[row])

    def covariate(self, name: str) -> Column:
        """Return the covariate called `name`, shape `(n_rows,)`.

        Raises:
            InvalidInputError: the cohort has no such covariate; the text lists those it has.
        """
        if name not in self.covariates:
            raise InvalidInputError(
                f"The cohort has no covariate {name!r}; it has {sorted(self.covariates)}."
                + did_you_mean(name, self.covariates)
            )
        return self.covariates[name]

    def take(self, rows: Rows | Sequence[int]) -> Self:
        """Return the cohort of the given rows, in their order; the classes stay the same."""
        kept = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            images=self.images[kept],
            labels=self.labels[kept],
            patients=self.patients[kept],
            covariates={name: column[kept] for name, column in self.covariates.items()},
        )

    def join_patients(self, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return the cohort in which the patients of each pair are one.

        Pairs chain: joining 51 with 75 and 75 with 78 makes one patient, `51+75+78`.

        Args:
            pairs: Pairs of patient ids, for example `find_duplicates(cohort).patient_pairs`.

        Raises:
            InvalidInputError: an id is no patient of the cohort.
        """
        found, codes = np.unique(self.patients, return_inverse=True)
        names = _joined(found.tolist(), [(str(a), str(b)) for a, b in pairs])
        return replace(self, patients=np.array(names, dtype=np.str_)[codes.reshape(-1)])


def _joined(patients: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the new id of each patient: the ids of its connected component, joined by +."""
    position = {name: index for index, name in enumerate(patients)}
    unknown = [name for pair in pairs for name in pair if name not in position]
    if unknown:
        raise InvalidInputError(
            f"Only patients of the cohort can be joined, but {name_some(dict.fromkeys(unknown))} "
            "are none." + did_you_mean(unknown[0], patients)
        )
    ends = np.array([[position[a], position[b]] for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(patients),) * 2)
    _, component = connected_components(links, directed=False)
    members: dict[int, list[str]] = {}
    for name, number in zip(patients, component.tolist(), strict=True):
        members.setdefault(number, []).append(name)
    return ["+".join(members[number]) for number in component.tolist()]


def _frozen(column: Column) -> Column:
    column.setflags(write=False)
    return column


def _texts(name: str, values: ArrayLike) -> Texts:
    column = np.asarray(values, dtype=object)
    missing = [
        row
        for row, value in enumerate(column.tolist())
        # Only nan differs from itself; pandas and numpy mark a missing id by it.
        if value is None or value != value or not str(value).strip()  # noqa: PLR0124
    ]
    if missing:
        raise InvalidInputError(
            f"Every image needs a {name}, but {len(missing)} of {len(column)} rows have none: "
            f"rows {name_some(missing)}. Fill them in, or leave those rows out."
        )
    return np.array([str(value) for value in column.tolist()], dtype=np.str_)


def _names_of(labels: Labels, classes: Sequence[str]) -> Texts:
    outside = np.unique(labels[(labels < 0) | (labels >= len(classes))])
    if len(outside):
        raise InvalidInputError(
            f"Labels given as numbers must index into the {len(classes)} `classes`, but "
            f"{name_some(outside.tolist())} came. Use 0 to {len(classes) - 1}."
        )
    return np.asarray(classes, dtype=np.str_)[labels]


def _ordered(names: Texts, positive: str) -> tuple[str, ...]:
    found = np.unique(names).tolist()
    return (*(name for name in found if name != positive), *(n for n in found if n == positive))


def _codes(names: Texts, classes: tuple[str, ...], positive: str) -> Labels:
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


def _refuse_repeated(images: Texts) -> None:
    found, counts = np.unique(images, return_counts=True)
    repeated = found[counts > 1].tolist()
    if repeated:
        raise InvalidInputError(
            f"Each image is one row, but {len(repeated)} are listed more than once: "
            f"{name_some(repeated)}. Keep one row of each."
        )
