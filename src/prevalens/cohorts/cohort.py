"""The record of who is in the study."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from prevalens._cells import as_text
from prevalens._checks import check_integer, check_same_length, did_you_mean, name_some
from prevalens._columns import (
    as_rows,
    as_texts,
    check_same_index,
    encode,
    encode_numbers,
    true_rows,
    warn_of_lookalikes,
)
from prevalens._frozen_columns import FrozenColumns
from prevalens._numbers import as_covariate
from prevalens.cohorts.classes import check_classes, coded_labels, hold
from prevalens.cohorts.cohort_card import CohortPictures, cohort_html, pictures_of
from prevalens.cohorts.hidden_patients import check_independent
from prevalens.cohorts.image_names import file_of, image_names
from prevalens.cohorts.joining import common_root, joined
from prevalens.cohorts.left_out import LeftOut, check_left_out, classes_left_out
from prevalens.cohorts.matching import refuse_no_match, rows_that_match
from prevalens.cohorts.summary import CohortSummary, summarise
from prevalens.exceptions import InvalidInputError
from prevalens.images.decoding import check_reader
from prevalens.images.readers.reader import Reader
from prevalens.typing import Codes, Column, Flags, Labels, Rows, Texts


@dataclass(frozen=True, eq=False, repr=False)
class Cohort(FrozenColumns):
    """One row per image: its file, its label, its patient, its covariates; never changed.

    Columns may be lists, numpy arrays (masked too) or columns of pandas, polars or pyarrow; the
    same cells make the same cohort whatever they came in. Blanks around a cell go, `2.0` is `2`,
    accents are composed, and a cell is missing where it is None, nan, NA, empty or one of the
    words for it (`NA`, `N/A`, `#N/A`, `NULL`, `?`, `.`).

    Args:
        images: Path of each image, relative to `root` or absolute, shape `(n_rows,)`; in one
            spelling afterwards, with forward slashes.
        labels: Class name of each image, shape `(n_rows,)`; or, where `classes` are given and are
            not such names, whole numbers that index into them.
        patients: Patient id of each image, shape `(n_rows,)`; read as text, never missing. Always
            given: None says aloud that each image is another patient's.
        positive: The class whose miss is the costly error. It need not be the minority.
        classes: Class names. By default those in `labels`, sorted, with `positive` last: in a
            two-class cohort label 1 is the positive class.
        covariates: Further columns by name, each of shape `(n_rows,)`: float64 where every cell is
            a number or missing (nan), else texts (missing: empty).
        root: Folder that relative paths start from.
        provenance: Where the images come from, in words that belong in a report.
        reader: What reads the images, wherever they are read: in batches, caches, fingerprints,
            audits and reports. By default `prevalens.images.FileReader()`.
        left_out: What was left out of this cohort before, for the flow of images in a report;
            `drop_classes` adds to it, and a part of the rows has none.

    Attributes:
        labels: Class of each row as an index into `classes`, shape `(n_rows,)`.
        patients: Patient id of each row; the image's own path where `patients` was None.
        patient_codes: Number of each row's patient, from 0 in the order of the sorted ids.
        independent: Whether `patients` was None, or comes from a cohort of which it was: copies by
            `take`, `join_patients` and `dataclasses.replace` stay what they were.

    Raises:
        InvalidInputError: lengths or pandas indexes differ, a patient id or label is missing or no
            id, a label is not among the classes, there are fewer than two classes, two classes
            differ by case alone, an image is listed twice, or `patients` is None although a
            covariate holds repeated patient ids.

    Warns:
        DataWarning: patient ids differ by case, white space or leading zeros alone, or `patients`
            is None although file names share what may be patient ids.

    Examples:
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png"], labels=["sick", "well", "well"],
        ...     patients=["p", "q", "q"], positive="sick",
        ... )
        >>> cohort
        Cohort(3 images of 2 patients: well 2, sick 1)
        >>> cohort.is_positive.tolist()
        [True, False, False]
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
    left_out: tuple[LeftOut, ...] = ()
    patient_codes: Codes = field(init=False)
    independent: bool = field(init=False)

    def __post_init__(self) -> None:
        given = {"images": self.images, "labels": self.labels, "patients": self.patients}
        check_same_index(**given, **self.covariates)
        covariates = {str(name): as_covariate(str(name), c) for name, c in self.covariates.items()}
        images = image_names(self.images)
        labels, classes, positive = coded_labels(self.labels, self.classes, self.positive)
        # A copy by `dataclasses.replace` is given the paths of such a cohort as its patients.
        own = any(self.patients is given for given in (None, self.images))
        patients = encode("patient id", images if own else self.patients, ids=True)
        independent = own or patients.independent
        if independent:
            check_independent(covariates, images)
        else:
            warn_of_lookalikes("Patient ids", patients.names)
        check_same_length(images=images, labels=labels, patients=patients.codes, **covariates)
        self._keep(
            images=images,
            labels=labels,
            patients=images if own else patients.texts,
            patient_codes=patients.codes,
            independent=independent,
            positive=positive,
            classes=classes,
            covariates=covariates,
            root=Path(self.root),
            left_out=check_left_out("left_out", self.left_out),
        )
        check_reader(self.reader)

    def _keep(self, **values: Any) -> None:
        super()._keep(**values)
        hold(self.labels, self.classes)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        sizes = np.bincount(self.labels, minlength=len(self.classes)).tolist()
        counts = ", ".join(f"{name} {n}" for name, n in zip(self.classes, sizes, strict=True))
        whose = "independent" if self.independent else f"of {self.n_patients} patients"
        return f"Cohort({len(self)} images {whose}: {counts})"

    def _repr_html_(self) -> str:
        return cohort_html(self)

    def show(self, n: int = 12) -> CohortPictures:
        """Return some images as a notebook shows them: every class and many patients.

        Args:
            n: Number of images at most; those that are not there or cannot be read are left out.
        """
        return pictures_of(self, check_integer("n", n, minimum=1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cohort) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @property
    def label_names(self) -> Texts:
        """Class name of each row, shape `(n_rows,)`."""
        return as_texts(self.classes)[self.labels]

    @property
    def is_positive(self) -> Flags:
        """Whether each row is of the positive class, shape `(n_rows,)`."""
        return self.labels == self.classes.index(self.positive)

    @property
    def n_patients(self) -> int:
        """Number of different patients."""
        return int(self.patient_codes.max()) + 1 if len(self) else 0

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of paths, labels, patients, classes and covariates; not of `root`."""
        head = "\x1f".join(["prevalens cohort 1", self.positive, *self.classes])
        columns = [self.images, self.label_names, self.patients]
        for name in sorted(self.covariates):
            head += f"\x1e{name}"
            columns.append(self.covariates[name])
        digest = hashlib.sha256(head.encode())
        for column in columns:
            mark = "\x1d"
            for start in range(0, len(column) or 1, 100_000):
                part = column[start : start + 100_000].tolist()
                digest.update((mark + "\x1f".join(map(str, part))).encode())
                mark = "\x1f"
        return digest.hexdigest()

    def path(self, row: int) -> Path:
        """Return the file of the image in `row`."""
        return file_of(self.root, str(self.images[row]))

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

    def take(self, rows: Rows | Sequence[int] | ArrayLike) -> Self:
        """Return the cohort of the given rows, in their order; the classes stay the same.

        Args:
            rows: Positions from 0, each once, or a mask of shape `(n_rows,)`.

        Raises:
            InvalidInputError: `rows` is neither, or names a row twice.
        """
        kept = as_rows("rows", rows, len(self))
        if kept.size and np.bincount(kept).max() > 1:
            twice = np.flatnonzero(np.bincount(kept) > 1).tolist()
            raise InvalidInputError(
                f"Each image is one row, but `rows` names {name_some(twice)} more than once. Name "
                "each row once."
            )
        # What was left out of the whole is not what was left out of a part.
        return self._rows(kept, left_out=self.left_out if kept.size == len(self) else ())

    def _rows(self, kept: Rows, **values: Any) -> Self:
        codes = self.patient_codes[kept]
        columns = {
            "images": self.images[kept],
            "labels": self.labels[kept],
            "patients": self.patients[kept],
            "patient_codes": encode_numbers(codes)[1] if kept.size else codes,
            "covariates": {name: column[kept] for name, column in self.covariates.items()},
        }
        return self._with(**columns | values)

    def join_patients(self, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return the cohort in which the patients of each pair are one.

        Pairs chain: joining 51 with 75 and 75 with 78 makes one patient, `51+75+78`.

        Args:
            pairs: Pairs of patient ids, for example `find_duplicates(cohort).patient_pairs`.

        Raises:
            InvalidInputError: an id is no patient of the cohort.
        """
        found = self.patients[np.unique(self.patient_codes, return_index=True)[1]].tolist()
        names = joined(found, [(as_text(a), as_text(b)) for a, b in pairs])
        coded = encode("patient id", as_texts(names)[self.patient_codes], ids=True)
        return self._with(patients=coded.texts, patient_codes=coded.codes)

    def one_vs_rest(self, positive: str) -> Self:
        """Return the two-class cohort of class `positive` against all others together.

        Raises:
            InvalidInputError: there is no such class.
        """
        chosen = as_text(positive)
        check_classes(self.classes, chosen)
        rest = [name for name in self.classes if name != chosen]
        return self._with(
            labels=(self.labels == self.classes.index(chosen)).astype(np.int64),
            classes=(rest[0] if len(rest) == 1 else f"not {chosen}", chosen),
            positive=chosen,
        )

    def drop_classes(
        self, classes: str | Sequence[str], *, reason: str = "left out by choice"
    ) -> Self:
        """Return the cohort without the rows of some classes, and without these classes.

        `left_out` counts the images and patients of each, for the flow of images in a report.

        Args:
            classes: Names of the classes.
            reason: Why they are left out, in words.

        Raises:
            InvalidInputError: there is no such class, `positive` is among them, or fewer than two
                classes are left.
        """
        dropped = {as_text(name) for name in ([classes] if isinstance(classes, str) else classes)}
        unknown = sorted(dropped - set(self.classes))
        if unknown:
            raise InvalidInputError(
                f"Only classes of the cohort can be dropped, {list(self.classes)}, but "
                f"{name_some(unknown)} came." + did_you_mean(unknown[0], self.classes)
            )
        left = tuple(name for name in self.classes if name not in dropped)
        check_classes(left, self.positive)
        code_of = {name: code for code, name in enumerate(left)}
        codes = np.array([code_of.get(name, -1) for name in self.classes], dtype=np.int64)
        kept = np.flatnonzero(codes[self.labels] >= 0)
        owners = None if self.independent else self.patient_codes
        gone = classes_left_out(self.labels, owners, self.classes, dropped, reason)
        labels = codes[self.labels[kept]]
        return self._rows(kept, labels=labels, classes=left, left_out=self.left_out + gone)

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
        kept = np.ones(len(self), dtype=np.bool_)
        if mask is not None:
            kept[:] = False
            kept[true_rows("mask", mask, len(self))] = True
        own = {"label": self.label_names, "patient": self.patients}
        columns = {name: own[name] if name in own else self.covariate(name) for name in values}
        for name, wanted in values.items():
            kept &= rows_that_match(columns[name], wanted)
        if not kept.any():
            refuse_no_match(columns, values)
        return self.take(np.flatnonzero(kept))

    def describe(self) -> CohortSummary:
        """Return the cohort in figures: classes, patients, images per patient, covariates."""
        return summarise(
            labels=self.labels,
            classes=self.classes,
            positive=self.positive,
            patients=self.patient_codes,
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
        for what in ("classes", "positive", "independent"):
            if getattr(self, what) != getattr(other, what):
                raise InvalidInputError(
                    f"Cohorts of one study agree on `{what}`, got {getattr(self, what)!r} and "
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
        return type(self)(
            images=np.concatenate([first, second]),
            labels=np.concatenate([self.label_names, other.label_names]),
            patients=None if self.independent else np.concatenate([self.patients, other.patients]),  # type: ignore[arg-type]
            positive=self.positive,
            classes=self.classes,
            covariates={
                name: np.concatenate([column.astype(object), other.covariates[name].astype(object)])
                for name, column in self.covariates.items()
            },
            root=root,
            reader=self.reader,
            left_out=self.left_out + other.left_out,
            provenance="; ".join(filter(None, [self.provenance, other.provenance])),
        )
