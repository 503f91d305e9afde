"""Images of which each may have any number of labels, and of which some are not known."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from prevalens._cells import as_text
from prevalens._checks import check_kind, check_same_length, did_you_mean, name_some
from prevalens.cohorts.classes import SOME_LABEL
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.summary import CohortSummary, LabelCount
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Flags, Labels, Numbers, Rows

_TWO = (
    "A cohort of several labels needs two or more different names, got {}. Of one label make a "
    "Cohort of two classes."
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MultilabelCohort(Cohort):
    """A cohort whose images may have any number of labels, such as findings of a chest film.

    Its classes are two, `"no label"` and `"some label"`: whether an image is known to have one of
    the labels. So whatever reads a cohort reads this one; splitters of patients balance every
    label, and `Predictions.of` gives predictions of several labels. Training datasets learn that
    class unless they are given `targets=cohort.targets`.

    Args:
        names: Names of the labels, two or more.
        targets: 1 where an image has a label, 0 where it has not, missing (nan) where nobody
            knows, shape `(n_rows, n_labels)`.

    Every other argument is that of `Cohort`, without `labels`, `positive` and `classes`.

    Raises:
        InvalidInputError: a target is neither 0, 1 nor missing, there are fewer than two
            different names, or as in `Cohort`.

    Examples:
        >>> cohort = MultilabelCohort(
        ...     images=["a.png", "b.png", "c.png"], patients=["p", "q", "q"],
        ...     names=("effusion", "mass"), targets=[[1, 1], [0, 0], [1, float("nan")]],
        ... )
        >>> cohort
        MultilabelCohort(3 images of 2 patients: effusion 2, mass 1)
        >>> cohort.one_vs_rest("mass")
        Cohort(2 images of 2 patients: not mass 1, mass 1)
    """

    labels: Labels = field(init=False)
    positive: str = field(init=False)
    classes: tuple[str, ...] = field(init=False)
    names: tuple[str, ...]
    targets: Numbers

    def __post_init__(self) -> None:
        names = tuple(map(as_text, self.names))
        targets = _checked(self.targets, names)
        some = np.asarray(SOME_LABEL)[_some(targets).astype(int)]
        for name, value in (
            ("labels", some),
            ("positive", SOME_LABEL[1]),
            ("classes", SOME_LABEL),
        ):
            object.__setattr__(self, name, value)
        super().__post_init__()
        check_same_length(images=self.images, targets=targets)
        self._keep(names=names, targets=targets)

    @classmethod
    def of(cls, cohort: Cohort, *, names: Sequence[str], targets: ArrayLike) -> Self:
        """Return the images of a cohort with these labels, whatever its classes were.

        Args:
            cohort: The cohort.
            names: Names of the labels.
            targets: 0, 1 and missing, shape `(n_rows, n_labels)`.

        Raises:
            InvalidInputError: as in the class.
        """
        check_kind("cohort", cohort, Cohort)
        return cls(
            images=cohort.images,
            patients=cohort.patients,
            covariates=cohort.covariates,
            root=cohort.root,
            provenance=cohort.provenance,
            reader=cohort.reader,
            left_out=cohort.left_out,
            names=tuple(names),
            targets=np.asarray(targets, dtype=np.float64),
        )

    def __repr__(self) -> str:
        whose = "independent" if self.independent else f"of {self.n_patients} patients"
        has = (self.targets == 1).sum(axis=0).tolist()
        counts = ", ".join(f"{n} {count}" for n, count in zip(self.names, has, strict=True))
        return f"MultilabelCohort({len(self)} images {whose}: {counts})"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what a cohort's is of, and of names and labels."""
        plain = super().fingerprint
        digest = hashlib.sha256("\x1f".join([plain, *self.names]).encode())
        digest.update(np.where(np.isnan(self.targets), 2, self.targets).astype(np.int8).tobytes())
        return digest.hexdigest()

    def known(self, name: str) -> Rows:
        """Return the rows on which a label is known.

        Raises:
            InvalidInputError: there is no such label.
        """
        return np.flatnonzero(~np.isnan(self.targets[:, self._place(name)]))

    def sides(self) -> dict[str, tuple[Rows, Rows]]:
        """Return by label the rows that have it, and those that are known to lack it."""
        columns = zip(self.names, self.targets.T, strict=True)
        return {name: (np.flatnonzero(of == 1), np.flatnonzero(of == 0)) for name, of in columns}

    def one_vs_rest(self, positive: str) -> Cohort:  # type: ignore[override]
        """Return the cohort of two classes of one label: the rows on which it is known.

        Raises:
            InvalidInputError: there is no such label, or it is known of no row.
        """
        place, rows = self._place(positive), self.known(positive)
        if not rows.size:
            raise InvalidInputError(f"The label {positive!r} is known of no row. Take another.")
        part, name = self.take(rows), self.names[place]
        classes = (f"not {name}", name)
        return Cohort(
            images=part.images,
            labels=np.asarray(classes)[(part.targets[:, place] == 1).astype(int)],
            # As they are: joined ids stay joined, and independent images independent.
            patients=part.patients,
            positive=name,
            classes=classes,
            covariates=part.covariates,
            root=part.root,
            provenance=part.provenance,
            reader=part.reader,
            left_out=part.left_out,
        )

    def drop_classes(
        self, classes: str | Sequence[str], *, reason: str = "left out by choice"
    ) -> Self:
        """Return the cohort without some labels; every image stays.

        Args:
            classes: Names of the labels.
            reason: Why, in words; it is added to `provenance`.

        Raises:
            InvalidInputError: there is no such label, or fewer than two are left.
        """
        given = [classes] if isinstance(classes, str) else classes
        dropped = {self._place(name) for name in given}
        kept = [place for place in range(len(self.names)) if place not in dropped]
        told = f"labels {name_some([self.names[place] for place in sorted(dropped)])}: {reason}"
        if len(kept) < 2:
            raise InvalidInputError(_TWO.format([self.names[place] for place in kept]))
        targets = self.targets[:, kept]
        return self._with(
            names=tuple(self.names[place] for place in kept),
            targets=targets,
            labels=_some(targets).astype(np.int64),
            provenance="; ".join(filter(None, [self.provenance, told])),
        )

    def describe(self) -> CohortSummary:
        """Return the cohort in figures, those of each label too."""
        codes = self.patient_codes
        counts = {
            name: LabelCount(
                images=len(has),
                known=len(has) + len(lacks),
                patients=len(np.unique(codes[has])),
                patients_without=len(np.unique(codes[lacks])),
            )
            for name, (has, lacks) in self.sides().items()
        }
        return replace(super().describe(), labels_of=counts)

    def concat(self, other: Cohort) -> Self:
        """Refuse: read one table of both.

        Raises:
            InvalidInputError: always.
        """
        raise InvalidInputError(
            f"Cohorts of several labels are not joined, got {self!r} and {other!r}. Make one of "
            "all rows: MultilabelCohort(images=..., patients=..., names=..., targets=...)."
        )

    def _rows(self, kept: Rows, **values: Any) -> Self:
        return super()._rows(kept, targets=self.targets[kept], **values)

    def _place(self, name: str) -> int:
        chosen = as_text(name)
        if chosen not in self.names:
            raise InvalidInputError(
                f"There is no label {name!r}; the labels are {list(self.names)}."
                + did_you_mean(chosen, self.names)
            )
        return self.names.index(chosen)


def _some(targets: Numbers) -> Flags:
    return np.asarray((targets == 1).any(axis=1))


def _checked(targets: Any, names: tuple[str, ...]) -> Numbers:
    if len(set(names)) < max(2, len(names)):
        raise InvalidInputError(_TWO.format(list(names)))
    table = np.array(targets, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(names):
        raise InvalidInputError(
            f"`targets` must have a column for each of the {len(names)} labels, got shape "
            f"{table.shape}. Give shape (n_rows, {len(names)})."
        )
    wrong = np.argwhere(~np.isnan(table) & (table != 0) & (table != 1))
    if wrong.size:
        row, column = wrong[0].tolist()
        raise InvalidInputError(
            f"A label is 0, 1 or missing, but {names[column]!r} is {table[row, column]:g} in row "
            f"{row} (the first is 0). Recode it: what is uncertain is missing."
        )
    return table
