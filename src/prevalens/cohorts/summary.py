"""A cohort in figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prevalens._columns import code_texts
from prevalens.typing import Codes, Column, Labels

# Text covariates of more values than this are ids or free text; their values are only counted.
_MANY = 20


@dataclass(frozen=True, kw_only=True)
class LabelCount:
    """How often one of several labels is known and there.

    Args:
        images: Images that have it.
        known: Images of which it is known whether they have it.
        patients: Patients with an image that has it.
        patients_without: Patients with an image that is known to lack it.
    """

    images: int
    known: int
    patients: int
    patients_without: int


@dataclass(frozen=True)
class CohortSummary:
    """What `Cohort.describe` says; `str()` gives the text.

    Args:
        images: Number of images.
        patients: Number of patients.
        images_of: Images of each class.
        patients_of: Patients with an image of each class.
        positive: The positive class.
        prevalence: Share of images that are positive; None without images.
        majority: Class with most images.
        imbalance_ratio: Images of the largest class per image of the smallest; None where a class
            has none.
        images_per_patient: Fewest, median and most images of a patient.
        mixed_patients: Patients with images of several classes.
        covariates: By name: of numbers their range, median and count of missing; of texts, images,
            patients and prevalence of each value, or the number of values where those are many.
        provenance: Where the images come from.
        labels_of: By label its counts, where an image may have several labels.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], patients=["p", "q", "q", "r"],
        ...     labels=["sick", "well", "well", "well"], positive="sick",
        ... )
        >>> print(cohort.describe())
        4 images of 3 patients
          well: 3 images of 2 patients
          sick: 1 images of 1 patients (positive)
        Prevalence of 'sick' among images: 25.0%
        Imbalance: 3.00 to 1, majority 'well'
        Images per patient: 1 to 2, median 1
        Patients with images of several classes: 0
    """

    images: int
    patients: int
    images_of: Mapping[str, int]
    patients_of: Mapping[str, int]
    positive: str
    prevalence: float | None
    majority: str
    imbalance_ratio: float | None
    images_per_patient: tuple[int, float, int]
    mixed_patients: int
    covariates: Mapping[str, Mapping[str, Any]]
    provenance: str = ""
    labels_of: Mapping[str, LabelCount] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        return {
            **vars(self),
            "images_of": dict(self.images_of),
            "labels_of": {name: vars(of) for name, of in self.labels_of.items()},
            "patients_of": dict(self.patients_of),
            "images_per_patient": list(self.images_per_patient),
            "covariates": {name: dict(of) for name, of in self.covariates.items()},
        }

    def __str__(self) -> str:
        fewest, median, most = self.images_per_patient
        share = "no images" if self.prevalence is None else f"{self.prevalence:.1%}"
        ratio = (
            "undefined: a class has no images"
            if self.imbalance_ratio is None
            else f"{self.imbalance_ratio:.2f} to 1, majority {self.majority!r}"
        )
        lines = [
            f"{self.images} images of {self.patients} patients",
            *(
                f"  {name}: {count} images of {self.patients_of[name]} patients"
                + (" (positive)" if name == self.positive else "")
                for name, count in self.images_of.items()
            ),
            *(
                f"Label {name!r}: {of.images} of {of.known} images on which it is known, of "
                f"{of.patients} patients"
                for name, of in self.labels_of.items()
            ),
            f"Prevalence of {self.positive!r} among images: {share}",
            f"Imbalance: {ratio}",
            f"Images per patient: {fewest} to {most}, median {median:g}",
            f"Patients with images of several classes: {self.mixed_patients}",
            *(_covariate_line(name, of) for name, of in self.covariates.items()),
        ]
        return "\n".join([*lines, *([f"From: {self.provenance}"] if self.provenance else [])])


def summarise(
    *,
    labels: Labels,
    classes: tuple[str, ...],
    positive: str,
    patients: Codes,
    covariates: Mapping[str, Column],
    provenance: str,
) -> CohortSummary:
    """Count the columns of a cohort."""
    counts = np.bincount(labels, minlength=len(classes)).tolist()
    per_patient = np.bincount(patients)
    held = np.zeros((len(per_patient), len(classes)), dtype=bool)
    held[patients, labels] = True
    is_positive = labels == classes.index(positive)
    spread = (
        (int(per_patient.min()), float(np.median(per_patient)), int(per_patient.max()))
        if len(labels)
        else (0, 0.0, 0)
    )
    return CohortSummary(
        images=len(labels),
        patients=len(per_patient),
        images_of=dict(zip(classes, counts, strict=True)),
        patients_of=dict(zip(classes, held.sum(axis=0).tolist(), strict=True)),
        positive=positive,
        prevalence=float(is_positive.mean()) if len(labels) else None,
        majority=classes[int(np.argmax(counts))],
        imbalance_ratio=max(counts) / min(counts) if min(counts) else None,
        images_per_patient=spread,
        mixed_patients=int((held.sum(axis=1) > 1).sum()),
        covariates={
            name: _covariate(column, patients, is_positive) for name, column in covariates.items()
        },
        provenance=provenance,
    )


def _covariate(column: Column, patients: Codes, is_positive: Column) -> dict[str, Any]:
    if column.dtype.kind == "f":
        given = column[~np.isnan(column)]
        measures: dict[str, Any] = {"minimum": np.min, "median": np.median, "maximum": np.max}
        found = {n: float(of(given)) if len(given) else None for n, of in measures.items()}
        return {**found, "missing": len(column) - len(given)}
    coded = code_texts(column)
    if len(coded.names) > _MANY:
        return {"values": len(coded.names)}
    rows = [coded.codes == code for code in range(len(coded.names))]
    return {
        value: {
            "images": int(of.sum()),
            "patients": len(np.unique(patients[of])),
            "prevalence": float(is_positive[of].mean()),
        }
        for value, of in zip(coded.names, rows, strict=True)
    }


def _covariate_line(name: str, of: Mapping[str, Any]) -> str:
    if set(of) == {"minimum", "median", "maximum", "missing"}:
        if of["median"] is None:
            return f"{name}: missing throughout"
        span = f"{of['minimum']:g} to {of['maximum']:g}, median {of['median']:g}"
        return f"{name}: {span}, missing {of['missing']}"
    if set(of) == {"values"}:
        return f"{name}: {of['values']} different values"
    shown = (
        f"{value or '(empty)'} {figures['images']} images of {figures['patients']} patients, "
        f"{figures['prevalence']:.1%} positive"
        for value, figures in of.items()
    )
    return f"{name}: {'; '.join(shown)}"
