"""The record of what the model said about the held-out rows."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from prevalens._cells import as_text
from prevalens._checks import check_same_length, did_you_mean, name_some
from prevalens._columns import as_rows, check_same_index, encode, encode_numbers, warn_of_lookalikes
from prevalens._frozen_columns import FrozenColumns
from prevalens._numbers import as_covariate, refuse_other_order
from prevalens._tables import find_column, read_all_columns, write_columns
from prevalens.cohorts.classes import check_different
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.hidden_patients import check_independent
from prevalens.cohorts.image_names import file_of, image_names
from prevalens.cohorts.image_table import ids_of
from prevalens.cohorts.listed_files import check_files
from prevalens.exceptions import InvalidInputError
from prevalens.images.decoding import check_reader
from prevalens.images.readers.reader import Reader
from prevalens.predictions.checking import (
    Shares,
    as_label_table,
    checked_labels,
    checked_scores,
    checked_shares,
    refuse_one_hot,
)
from prevalens.predictions.class_views import check_cohort, from_grade, one_class, told_of
from prevalens.predictions.prediction_table import (
    OWN,
    read_constants,
    read_labels_and_scores,
    to_columns,
)
from prevalens.typing import Codes, Column, Labels, Rows, Scores, Texts

_NO_PATIENTS = (
    " Name it by `patient`, or pass patient=None (--independent) if no two images share a patient."
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Predictions(FrozenColumns):
    """One row per held-out image: its label, its score, its patient; never changed.

    Two classes, several classes, ordered ones (grades), or several labels a row. Columns are read
    as `prevalens.cohorts.Cohort` reads them. Scores of float32 become the float64 of the same
    decimals: 0.7 is at a threshold of 0.7.

    Args:
        labels: Class of each row as an index into `classes`, shape `(n_rows,)`; with two classes
            1 is the positive one. Or several labels: shape `(n_rows, n_labels)` of 0, 1 and
            missing (None, nan), n_labels >= 2.
        scores: Probability of the positive class, shape `(n_rows,)` or `(n_rows, 1)`; of each
            class, shape `(n_rows, n_classes)`, each row summing to 1; or of each label, shape
            `(n_rows, n_labels)`. In [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`; None: one patient an image.
        covariates: Further columns by name, each of shape `(n_rows,)`, for subgroups.
        images: Path of each image, relative to `root` or absolute, shape `(n_rows,)`.
        classes: Class names, of two the second is the positive one; or the labels' names.
        provenance: Where the rows come from, in words that belong in a report.
        train_prevalence: Share of the positive class among the rows the model was trained on,
            in (0, 1), such as 0.5 at 1:1; of several the share of each, in order or by name.
        root: Folder that relative image paths start from.
        ordered: Whether the classes are grades, from the lowest to the highest.
        reader: What reads the images, as the cohort's: a report shows what the model saw.

    Attributes:
        labels: As given; of several labels float64, nan where one is not known.
        patient_codes: Number of each row's patient, from 0; None where images are independent.

    Raises:
        InvalidInputError: lengths or pandas indexes differ, a score is missing or outside [0, 1],
            a label is not among the classes, an id is missing, an image is listed twice, or
            `patients` is None although a covariate holds repeated patient ids.

    Examples:
        >>> Predictions(labels=[0, 1, 1], scores=[0.1, 0.4, 0.8], patients=["a", "b", "b"])
        Predictions(3 images of 2 patients: negative 1, positive 2)
    """

    labels: Labels
    scores: Scores
    patients: Texts | None
    covariates: Mapping[str, Column] | None = field(default_factory=dict)
    images: Texts | None = None
    classes: tuple[str, ...] = ("negative", "positive")
    provenance: str = ""
    train_prevalence: Shares | None = None
    root: Path = Path()
    ordered: bool = False
    reader: Reader | None = None
    patient_codes: Codes | None = field(init=False)

    def __post_init__(self) -> None:
        given = {"labels": self.labels, "scores": self.scores, "patients": self.patients}
        check_same_index(**given, images=self.images, **(self.covariates or {}))
        covariates = {str(n): as_covariate(str(n), c) for n, c in (self.covariates or {}).items()}
        classes = tuple(map(as_text, self.classes))
        check_different(classes, "Predictions need")
        table = as_label_table(self.labels)
        several = table is not None
        labels: Any = checked_labels(self.labels, classes) if table is None else table
        if several:
            refuse_other_order("labels", self.labels, classes)
            self._check_several(labels, classes)
        scores = checked_scores(self.scores, classes, several=several)
        if several:
            refuse_one_hot(labels, scores)
        columns: dict[str, Any] = {"labels": labels, "scores": scores}
        ids = None if self.patients is None else encode("patient id", self.patients, ids=True)
        if self.images is not None:
            columns["images"] = image_names(self.images)
        if ids is None:
            check_independent(covariates, columns.get("images", ()))
        else:
            warn_of_lookalikes("Patient ids", ids.names)
            columns["patients"] = ids.texts
        check_same_length(**columns, **covariates)
        check_reader(self.reader)
        self._keep(
            **columns,
            patient_codes=None if ids is None else ids.codes,
            covariates=covariates,
            classes=classes,
            train_prevalence=checked_shares(self.train_prevalence, classes, several=several),
            root=Path(self.root),
        )

    def _check_several(self, labels: Any, classes: tuple[str, ...]) -> None:
        if labels.shape[1] != len(classes):
            raise InvalidInputError(
                f"Several labels need a name each in `classes`, but there are {labels.shape[1]} "
                f"and {list(classes)}. Name them, or code classes as one number a row."
            )
        if self.ordered:
            raise InvalidInputError("Several labels a row are no grades. Leave `ordered` out.")

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{name} {count}"
            for name, count in zip(self.classes, self.class_counts.tolist(), strict=True)
        )
        whose = "independent" if self.patients is None else f"of {self.n_patients} patients"
        return f"Predictions({len(self)} images {whose}: {counts})"

    @property
    def class_counts(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Rows of each class, or rows that have each label, shape `(n_classes,)`."""
        if self.is_multilabel:
            return np.asarray((self.labels == 1).sum(axis=0), dtype=np.int64)
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    @property
    def n_patients(self) -> int | None:
        """Number of different patients; None where images are independent."""
        return None if self.patient_codes is None else int(self.patient_codes.max()) + 1

    @property
    def prevalence(self) -> float:
        """Share of rows of the last class, which with two classes is the positive one.

        Raises:
            InvalidInputError: rows have several labels.
        """
        if self.is_multilabel:
            raise InvalidInputError(
                f"Several labels have no one prevalence. Take one label: one_vs_rest(name), of "
                f"{list(self.classes)}."
            )
        return float(np.mean(self.labels == len(self.classes) - 1))

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2 and self.labels.ndim == 1

    @property
    def is_multilabel(self) -> bool:
        """Whether a row may have several labels; `classes` names them."""
        return self.labels.ndim == 2

    def path(self, row: int) -> Path | None:
        """Return the file of the image in `row`; None where images are not named."""
        return None if self.images is None else file_of(self.root, str(self.images[row]))

    def take(self, rows: Rows | Sequence[int] | ArrayLike) -> Self:
        """Return the predictions of the given rows, in their order.

        Args:
            rows: Positions from 0, or a mask of shape `(n_rows,)`.

        Raises:
            InvalidInputError: `rows` is neither, names none, or names an image twice.
        """
        kept = as_rows("rows", rows, len(self))
        if not kept.size:
            raise InvalidInputError("Predictions need at least one row, but `rows` names none.")
        twice = np.flatnonzero(np.bincount(kept) > 1).tolist() if kept.size else []
        if twice and self.images is not None:
            raise InvalidInputError(
                f"Each image is one row, but `rows` names {name_some(twice)} more than once. Name "
                "each row once."
            )
        codes = None if self.patient_codes is None else self.patient_codes[kept]
        return self._with(
            labels=self.labels[kept],
            scores=self.scores[kept],
            patients=None if self.patients is None else self.patients[kept],
            patient_codes=None if codes is None else encode_numbers(codes)[1],
            images=None if self.images is None else self.images[kept],
            covariates={name: column[kept] for name, column in (self.covariates or {}).items()},
        )

    def with_scores(self, scores: ArrayLike, *, train_prevalence: Any = None) -> Self:
        """Return the same rows with other scores, for example corrected ones.

        Raises:
            InvalidInputError: as for the scores of `Predictions`.
        """
        several = self.is_multilabel
        made = checked_scores(scores, self.classes, several=several)
        check_same_length(labels=self.labels, scores=made)
        shares = checked_shares(train_prevalence, self.classes, several=several)
        return self._with(scores=made, train_prevalence=shares)

    def one_vs_rest(self, positive: str) -> Self:
        """Return two-class predictions: one class against all others, or one label.

        Of several labels only the rows on which this one is known stay. Of several classes the
        training shares go: among the others they differ too, and a shift of two classes would
        correct wrongly. Correct all classes first.

        Raises:
            InvalidInputError: there is no such class or label, or it is known of no row.
        """
        code = self._code_of(positive)
        made = self._with(**one_class(self, code))
        if not self.is_multilabel:
            return made
        known = np.flatnonzero(~np.isnan(self.labels[:, code]))
        if not known.size:
            raise InvalidInputError(f"The label {positive!r} is known of no row. Take another.")
        return made.take(known)

    def at_least(self, grade: str) -> Self:
        """Return two-class predictions: this grade or a higher one, against the lower ones.

        Raises:
            InvalidInputError: the classes are not `ordered`, or it is no grade but the lowest.
        """
        code = self._code_of(grade)
        if not self.ordered or code == 0:
            raise InvalidInputError(
                f"Grades need ordered=True and a grade above the lowest, got {grade!r} of "
                f"{list(self.classes)}, ordered={self.ordered}."
            )
        return self._with(**from_grade(self, code))

    def _code_of(self, name: str) -> int:
        chosen = as_text(name)
        if chosen not in self.classes:
            raise InvalidInputError(
                f"`positive` must be one of the classes {list(self.classes)}, got {name!r}."
                + did_you_mean(chosen, self.classes)
            )
        return self.classes.index(chosen)

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        rows: Rows | Sequence[int],
        scores: ArrayLike,
        *,
        train_prevalence: Any = None,
        ordered: bool = False,
    ) -> Self:
        """Join a model's scores to the rows of the cohort they are about.

        Args:
            cohort: The cohort.
            rows: Rows that were predicted, shape `(n_rows,)`.
            scores: What `model.predict` gave, shape `(n_rows,)`, `(n_rows, 1)` or, one column for
                each of `cohort.classes` (of a `MultilabelCohort` each of its `names`),
                `(n_rows, n_classes)`.
            train_prevalence: Share of the positive class among the rows trained on; for several
                classes of each.
            ordered: Whether the cohort's classes are grades, from the lowest to the highest.

        Raises:
            InvalidInputError: `cohort` is none, or as in `Predictions`.
        """
        held_out = check_cohort(cohort).take(rows)
        labels, classes, given = told_of(held_out, scores)
        return cls(
            labels=labels,
            scores=given,
            patients=None if held_out.independent else held_out.patients,
            covariates=held_out.covariates,
            images=held_out.images,
            classes=classes,
            provenance=held_out.provenance,
            train_prevalence=train_prevalence,
            root=held_out.root,
            ordered=ordered,
            reader=held_out.reader,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one row per image as CSV, whole or not at all; `load` reads it back.

        Raises:
            InvalidInputError: a covariate has the name of one of the file's own columns.
        """
        write_columns(path, to_columns(self))

    @classmethod
    def load(
        cls,
        source: Any,
        *,
        label: str | Sequence[str] = "label",
        score: str | Sequence[str] = "score",
        patient: str | Sequence[str] | None = "patient",
        image: str | None = None,
        positive: str | None = None,
        root: str | os.PathLike[str] = "",
        provenance: str | None = None,
        train_prevalence: Any = None,
        ordered: bool | None = None,
        allow_outside: bool = False,
    ) -> Self:
        """Read a table of predictions: one that `save` wrote, or any with labels and scores.

        Args:
            source: Path of a CSV file (commas, semicolons, tabs or bars), or a data frame, or a
                mapping of columns.
            label: Column of labels: 0 and 1, or names, of which `positive` is one; for several
                classes their names or indices. For several labels a prefix, such as `"label_"`,
                or the names of one column each, of 0, 1 and missing.
            score: Column of scores; for several classes or labels a prefix, such as `"score_"`,
                or the names of one column each. What follows the prefix is the class' name.
            patient: Column of patient ids, or several that make an id together, such as
                `["site", "id"]`; None says that images are independent.
            image: Column of image paths; by default `image`, where there is one.
            positive: Name of the positive class, where labels are names of two classes.
            root: Folder that relative image paths start from.
            provenance: Where the rows come from; by default the file's own column, if any.
            train_prevalence: As in `Predictions`; by default the file's own columns, if any.
            ordered: As in `Predictions`; by default as the file's own column says, if any.
            allow_outside: Whether image paths may lead out of `root`: by `..`, as absolute paths
                or through links.

        Returns:
            The predictions; every other column is a covariate.

        Raises:
            InvalidInputError: a column is missing (the nearest is named), a cell is no number,
                labels are names and `positive` is not among them, an image path leads out of
                `root` or to what is no file, or as in `Predictions`.
        """
        table = read_all_columns(source)
        if not table or not next(iter(table.values())):
            raise InvalidInputError("The table has no rows. Give one row for each image.")
        image = image if image is not None or "image" not in table else "image"
        read = read_labels_and_scores(table, label=label, score=score, positive=positive)
        keys = [patient] if isinstance(patient, str) else list(patient or ())
        for key in keys:
            find_column(table, key, purpose="patient id", remedy=_NO_PATIENTS)
        images = None
        if image is not None:
            images = image_names(find_column(table, image, purpose="image path"))
            check_files(images.tolist(), Path(root), allow_outside=allow_outside, must_exist=False)
        known = read_constants(table, read.classes)
        given = {"provenance": provenance, "train_prevalence": train_prevalence, "ordered": ordered}
        used = {*read.used, *keys, image, *OWN, *(f"train_prevalence_{n}" for n in read.classes)}
        return cls(
            labels=read.labels,
            scores=read.scores,
            patients=ids_of(table, keys) if keys else None,
            images=images,
            covariates={name: cells for name, cells in table.items() if name not in used},  # type: ignore[misc]
            **({"classes": read.classes} if read.classes else {}),  # type: ignore[arg-type]
            root=Path(root),
            **(known | {name: value for name, value in given.items() if value is not None}),
        )
