"""The record of who is in the study."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_same_length, did_you_mean
from prevalens.cohorts.columns import (
    codes,
    common_root,
    frozen,
    joined,
    names_of,
    ordered,
    refuse_repeated,
    texts,
    warn_look_alikes,
)
from prevalens.cohorts.summary import CohortSummary, summarise
from prevalens.exceptions import InvalidInputError
from prevalens.images.decoding import check_reader
from prevalens.images.readers.reader import Reader
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
        reader: What reads the images, wherever they are read: in batches, caches, fingerprints,
            audits and reports. By default `prevalens.images.FileReader()`.

    Attributes:
        labels: Class of each row as an index into `classes`, shape `(n_rows,)`.

    Raises:
        InvalidInputError: lengths differ, a patient id or label is missing, a label is not among
            the classes, there are fewer than two classes, or an image is listed twice.

    Warns:
        DataWarning: patient ids differ by case or white space alone; the text names them.
    """

    images: Texts
    labels: Labels
    patients: Texts
    positive: str
    classes: tuple[str, ...] = ()
    covariates: Mapping[str, Column] = field(default_factory=dict)
    root: Path = Path()
    provenance: str = ""
    reader: Reader | None = None

    def __post_init__(self) -> None:
        covariates = {str(key): np.asarray(column) for key, column in self.covariates.items()}
        labels: Any = np.asarray(self.labels)
        check_same_length(images=self.images, labels=labels, patients=self.patients, **covariates)
        coded = bool(self.classes) and labels.dtype.kind in "iu"
        names = names_of(labels, self.classes) if coded else texts("label", self.labels)
        classes = tuple(map(str, self.classes)) or ordered(names, str(self.positive))
        images = texts("image", self.images)
        refuse_repeated(images)
        patients = texts("patient", self.patients)
        warn_look_alikes(patients)
        self._keep(
            images=frozen(images),
            labels=frozen(codes(names, classes, str(self.positive))),
            patients=frozen(patients),
            positive=str(self.positive),
            classes=classes,
            covariates=MappingProxyType({k: frozen(c.copy()) for k, c in covariates.items()}),
            root=Path(self.root),
        )
        check_reader(self.reader)

    def _keep(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and worker processes are sent cohorts.
        given = vars(self) | {"covariates": dict(self.covariates)}
        return partial(type(self), **given), ()

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{name} {count}"
            for name, count in zip(
                self.classes,
                np.bincount(self.labels, minlength=len(self.classes)),
                strict=True,
            )
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
        found, position = np.unique(self.patients, return_inverse=True)
        names = joined(found.tolist(), [(str(a), str(b)) for a, b in pairs])
        return replace(self, patients=np.array(names, dtype=np.str_)[position.reshape(-1)])

    def where(self, mask: ArrayLike | None = None, /, **values: object) -> Self:
        """Return the cohort of the rows that meet every condition.

        Args:
            mask: Truth of each row, shape `(n_rows,)`.
            values: For `label`, `patient` or any covariate: the value wanted, or a list, tuple or
                set of values, any of which will do.

        Raises:
            InvalidInputError: a name is neither of these, the mask has another length, or no row
                is left.

        Examples:
            >>> from prevalens.cohorts import Cohort
            >>> cohort = Cohort(
            ...     images=["a.png", "b.png", "c.png"],
            ...     labels=["sick", "well", "well"],
            ...     patients=["p", "q", "r"],
            ...     positive="sick",
            ...     covariates={"site": ["north", "south", "north"]},
            ... )
            >>> cohort.where(site="north")
            Cohort(2 images of 2 patients: well 1, sick 1)
        """
        kept = np.ones(len(self), dtype=bool) if mask is None else np.array(mask, dtype=bool)
        check_same_length(cohort=self, mask=kept)
        own = {"label": self.label_names, "patient": self.patients}
        for name, wanted in values.items():
            column = own[name] if name in own else self.covariate(name)
            several = list(wanted) if isinstance(wanted, list | tuple | set) else [wanted]
            kept &= np.isin(column, np.array(several, dtype=column.dtype))
        if not kept.any():
            raise InvalidInputError(
                f"A cohort needs rows, but none meets {values or 'the mask'}. Loosen a condition."
            )
        return self.take(np.flatnonzero(kept))

    def describe(self) -> CohortSummary:
        """Return the cohort in figures: classes, patients, images per patient, covariates."""
        return summarise(
            labels=self.labels,
            classes=self.classes,
            positive=self.positive,
            patients=self.patients,
            covariates=self.covariates,
            provenance=self.provenance,
        )

    def concat(self, other: Self) -> Self:
        """Return the cohort of this one's rows and then the other's.

        Patients of the same id are the same patient. Where the roots differ, the new root is the
        folder above both.

        Raises:
            InvalidInputError: the classes, the positive class or the covariates' names differ, or
                an image is in both.
        """
        for what in ("classes", "positive"):
            if getattr(self, what) != getattr(other, what):
                raise InvalidInputError(
                    f"Cohorts of one study have one `{what}`, got {getattr(self, what)!r} and "
                    f"{getattr(other, what)!r}. Read both with the same `{what}`."
                )
        if set(self.covariates) != set(other.covariates):
            differing = sorted(set(self.covariates) ^ set(other.covariates))
            raise InvalidInputError(
                f"Both cohorts need the same covariates, but only one has {differing}. Read them "
                "for both, or for neither."
            )
        names = [check_reader(each.reader).name for each in (self, other)]
        if names[0] != names[1]:
            raise InvalidInputError(
                f"Cohorts of one study have one `reader`, got {names[0]!r} and {names[1]!r}. Read "
                "both by the same."
            )
        root, first, second = common_root(self.root, self.images, other.root, other.images)
        return replace(
            self,
            images=np.concatenate([first, second]),
            labels=np.concatenate([self.labels, other.labels]),
            patients=np.concatenate([self.patients, other.patients]),
            covariates={
                name: np.concatenate([column, other.covariates[name]])
                for name, column in self.covariates.items()
            },
            root=root,
            provenance="; ".join(filter(None, [self.provenance, other.provenance])),
        )
