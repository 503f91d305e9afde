"""The record of what the model said about the held-out rows."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_number, check_same_length, name_some
from prevalens._numbers import as_covariate, as_every_number
from prevalens._tables import Cells, find_column, read_all_columns, write_columns
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.checking import (
    check_distinct_images,
    checked_labels,
    checked_scores,
    checked_texts,
    coded_labels,
    refuse_hidden_patients,
)
from prevalens.typing import Column, Labels, Rows, Scores, Texts

_OWN = ("image", "patient", "label", "class", "score", "train_prevalence", "provenance")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Predictions:
    """One row per held-out image: its label, its score, its patient; never changed.

    Args:
        labels: Class of each row as an index into `classes`, shape `(n_rows,)`; with two classes
            1 is the positive one.
        scores: Probability of the positive class, shape `(n_rows,)` or `(n_rows, 1)`; or of each
            class, shape `(n_rows, n_classes)`, each row summing to 1. In [0, 1].
        patients: Patient id of each row, shape `(n_rows,)`. Always given: None says aloud that
            the images are independent, one patient each.
        covariates: Further columns by name, each of shape `(n_rows,)`, for subgroups.
        images: Path of each image, relative to `root` or absolute, shape `(n_rows,)`.
        classes: Class names; of two the second is the positive one.
        provenance: Where the rows come from, in words that belong in a report.
        train_prevalence: Share of the positive class among the rows the model was trained on,
            in (0, 1), for example 0.5 after undersampling to 1:1; None where it is unknown.
        root: Folder that relative image paths start from.

    Raises:
        InvalidInputError: lengths differ, a score is missing or outside [0, 1], a label is not
            among the classes, an id is missing, an image is listed twice, or `patients` is None
            although a covariate holds repeated patient ids.
    """

    labels: Labels
    scores: Scores
    patients: Texts | None
    covariates: Mapping[str, Column] | None = field(default_factory=dict)
    images: Texts | None = None
    classes: tuple[str, ...] = ("negative", "positive")
    provenance: str = ""
    train_prevalence: float | None = None
    root: Path = Path()

    def __post_init__(self) -> None:
        covariates = {str(k): np.array(v) for k, v in (self.covariates or {}).items()}
        ids = {"patients": self.patients, "images": self.images}
        given = {name: column for name, column in ids.items() if column is not None}
        check_same_length(labels=self.labels, scores=self.scores, **given, **covariates)
        classes = tuple(map(str, self.classes))
        if len(set(classes)) < max(2, len(classes)):
            raise InvalidInputError(
                f"Predictions need at least two different `classes`, got {list(classes)}."
            )
        texts = {n: checked_texts(n.removesuffix("s"), c) for n, c in given.items()}
        check_distinct_images(texts.get("images"))
        if self.patients is None:
            refuse_hidden_patients(covariates)
        if self.train_prevalence is not None:
            check_number(
                "train_prevalence",
                self.train_prevalence,
                low=0,
                high=1,
                open_low=True,
                open_high=True,
            )
        self._keep(
            labels=checked_labels(self.labels, classes),
            scores=checked_scores(self.scores, classes),
            patients=texts.get("patients"),
            images=texts.get("images"),
            covariates=MappingProxyType(covariates),
            classes=classes,
            root=Path(self.root),
        )

    def _keep(self, **values: object) -> None:
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and worker processes are sent predictions.
        given = vars(self) | {"covariates": dict(self.covariates or {})}
        return partial(type(self), **given), ()

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
        """Rows of each class, shape `(n_classes,)`."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    @property
    def n_patients(self) -> int | None:
        """Number of different patients; None where images are independent."""
        return None if self.patients is None else len(np.unique(self.patients))

    @property
    def prevalence(self) -> float:
        """Share of rows of the last class, which with two classes is the positive one."""
        return float(np.mean(self.labels == len(self.classes) - 1))

    def take(self, rows: Rows | Sequence[int] | ArrayLike) -> Self:
        """Return the predictions of the given rows (positions or a mask), in their order."""
        kept = np.asarray(rows)
        kept = np.flatnonzero(kept) if kept.dtype == np.bool_ else kept.astype(np.int64)
        return replace(
            self,
            labels=self.labels[kept],
            scores=self.scores[kept],
            patients=None if self.patients is None else self.patients[kept],
            images=None if self.images is None else self.images[kept],
            covariates={name: column[kept] for name, column in (self.covariates or {}).items()},
        )

    def with_scores(self, scores: ArrayLike, *, train_prevalence: float | None = None) -> Self:
        """Return the same rows with other scores, for example corrected ones."""
        return replace(self, scores=np.asarray(scores), train_prevalence=train_prevalence)

    def one_vs_rest(self, positive: str) -> "Predictions":
        """Return two-class predictions: class `positive` against all others together.

        Raises:
            InvalidInputError: there is no such class.
        """
        if positive not in self.classes:
            raise InvalidInputError(
                f"`positive` must be one of the classes {list(self.classes)}, got {positive!r}."
            )
        code = self.classes.index(positive)
        full = np.column_stack([1 - self.scores, self.scores]) if self.is_binary else self.scores
        rest = [name for name in self.classes if name != positive]
        return replace(
            self,
            labels=(self.labels == code).astype(np.int64),
            scores=np.clip(full[:, code], 0, 1),
            classes=(rest[0] if len(rest) == 1 else "not " + positive, positive),
            train_prevalence=self.train_prevalence if positive == self.classes[-1] else None,
        )

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        rows: Rows | Sequence[int],
        scores: ArrayLike,
        *,
        train_prevalence: float | None = None,
    ) -> Self:
        """Join a model's scores to the rows of the cohort they are about.

        Args:
            cohort: The cohort.
            rows: Rows that were predicted, shape `(n_rows,)`.
            scores: What `model.predict` gave, shape `(n_rows,)`, `(n_rows, 1)` or, one column for
                each of `cohort.classes`, `(n_rows, n_classes)`.
            train_prevalence: Share of the positive class among the rows trained on.
        """
        held_out = cohort.take(rows)
        labels, classes, given = held_out.labels, held_out.classes, np.asarray(scores)
        if len(classes) == 2:
            code = classes.index(cohort.positive)
            labels = held_out.is_positive.astype(np.int64)
            given = given[:, [1 - code, code]] if given.ndim == 2 and given.shape[1] == 2 else given
            classes = (classes[1 - code], classes[code])
        return cls(
            labels=labels,
            scores=given,
            patients=held_out.patients,
            covariates=held_out.covariates,
            images=held_out.images,
            classes=classes,
            provenance=held_out.provenance,
            train_prevalence=train_prevalence,
            root=held_out.root,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one row per image as CSV, whole or not at all; `load` reads it back.

        Raises:
            InvalidInputError: a covariate has the name of one of the file's own columns.
        """
        taken = sorted(set(self.covariates or {}) & set(_OWN))
        if taken:
            raise InvalidInputError(
                f"The file has columns of its own called {list(_OWN)}; rename the covariates "
                f"{taken}."
            )
        columns: dict[str, Sequence[Any]] = {}
        for name, ids in (("image", self.images), ("patient", self.patients)):
            columns |= {} if ids is None else {name: ids.tolist()}
        columns["label"] = self.labels.tolist()
        columns["class"] = np.asarray(self.classes)[self.labels].tolist()
        if self.is_binary:
            columns["score"] = self.scores.tolist()
        else:
            for name, score in zip(self.classes, self.scores.T, strict=True):
                columns[f"score_{name}"] = score.tolist()
        columns |= {name: column.tolist() for name, column in (self.covariates or {}).items()}
        for name in ("train_prevalence", "provenance"):
            if getattr(self, name):
                columns[name] = [getattr(self, name)] * len(self)
        write_columns(path, columns)

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str] | Mapping[str, Any],
        *,
        label: str = "label",
        score: str | Sequence[str] = "score",
        patient: str | None = "patient",
        image: str | None = None,
        positive: str | None = None,
        root: str | os.PathLike[str] = "",
        provenance: str | None = None,
        train_prevalence: float | None = None,
    ) -> Self:
        """Read a table of predictions: one that `save` wrote, or any with a label and a score.

        Args:
            source: Path of a CSV file (commas, semicolons or tabs; with or without a byte-order
                mark), or a data frame.
            label: Column of labels: 0 and 1, or names, of which `positive` is one.
            score: Column of scores; or, for several classes, one column for each.
            patient: Column of patient ids; None says that images are independent.
            image: Column of image paths; by default `image`, where there is one.
            positive: Name of the positive class, where labels are names.
            root: Folder that relative image paths start from.
            provenance: Where the rows come from; by default the file's own column, if any.
            train_prevalence: As in `Predictions`; by default the file's own column, if any.

        Returns:
            The predictions; every other column is a covariate.

        Raises:
            InvalidInputError: a column is missing (the nearest is named), a cell is no number,
                labels are names and `positive` is not among them, or as in `Predictions`.
        """
        table = read_all_columns(source)
        if not table or not next(iter(table.values())):
            raise InvalidInputError("The table has no rows. Give one row for each image.")
        find = find_column
        image = image if image is not None or "image" not in table else "image"
        scores, classes = _score_columns(table, score)
        labels, classes = coded_labels(table, label=label, classes=classes, positive=positive)
        ids: dict[str, Any] = {
            "patients": None if patient is None else find(table, patient, purpose="patient id"),
            "images": None if image is None else find(table, image, purpose="image path"),
        }
        used = {label, image, patient, *_OWN, *([score] if isinstance(score, str) else score)}
        used |= {f"score_{name}" for name in classes} if scores.ndim == 2 else set()
        known = _whole_table(table)
        if train_prevalence is not None:
            known["train_prevalence"] = train_prevalence
        return cls(
            labels=labels,
            scores=scores,
            **ids,
            covariates={n: as_covariate(n, c) for n, c in table.items() if n not in used},
            classes=classes,
            root=Path(root),
            **(known if provenance is None else known | {"provenance": provenance}),
        )


def _whole_table(table: Mapping[str, Cells]) -> dict[str, Any]:
    """Return what `save` wrote into every row because it holds for all."""
    known: dict[str, Any] = {}
    if "train_prevalence" in table:
        known["train_prevalence"] = float(
            as_every_number("train_prevalence", table["train_prevalence"])[0]
        )
    if "provenance" in table:
        known["provenance"] = str(table["provenance"][0])
    return known


def _score_columns(
    table: Mapping[str, Cells], score: str | Sequence[str]
) -> tuple[Scores, tuple[str, ...]]:
    own = [name for name in table if name.startswith("score_")]
    if score == "score" and "score" not in table and len(own) > 1:
        score = own
    if isinstance(score, str):
        column = find_column(table, score, purpose="score")
        return as_every_number(score, column), ()
    found = [find_column(table, name, purpose="score") for name in score]
    if len(found) < 2:
        raise InvalidInputError(
            f"Give `score` one column name, or one for each class, got {name_some(score)}."
        )
    stacked = np.column_stack(
        [as_every_number(name, column) for name, column in zip(score, found, strict=True)]
    )
    return stacked, tuple(name.removeprefix("score_") for name in score)
