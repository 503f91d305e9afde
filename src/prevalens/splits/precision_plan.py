"""How precise the estimates of each part can be expected to be, before anything is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from prevalens._checks import check_choice, check_kind, check_number, check_same_length
from prevalens._columns import encode
from prevalens._notebook import bars, card, note, show_text, table
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.inputs import check_labels
from prevalens.typing import Rows

# Correlation between the predictions on two images of one patient, by what the images show: the
# middle of what was found on cells (0.05 to 0.15) and on skin lesions (0.4 to 0.6).
CORRELATIONS = {"cells": 0.1, "lesions": 0.5}


@dataclass(frozen=True)
class ExpectedPrecision:
    """The interval that one proportion can be expected to get from one part.

    Args:
        assumed: The proportion, sensitivity or specificity, that is assumed.
        images: Images the proportion is counted over.
        patients: Patients they come from.
        effective_images: Independent images that would tell as much.
        half_width: Half the width of the interval; None where fewer than two patients carry the
            class, so that no interval over patients exists.
    """

    assumed: float
    images: int
    patients: int
    effective_images: float
    half_width: float | None


@dataclass(frozen=True)
class PartPlan:
    """What one part holds, and how precise its estimates can be.

    Args:
        name: "train", "validation" or "test".
        images: Images in each class.
        patients: Patients in each class; one who carries two classes counts in both.
        n_images: Images in all.
        n_patients: Patients in all.
        sensitivity: Expected precision of the sensitivity for the positive class.
        specificity: Expected precision of the specificity, over all other classes.
    """

    name: str
    images: Mapping[str, int]
    patients: Mapping[str, int]
    n_images: int
    n_patients: int
    sensitivity: ExpectedPrecision
    specificity: ExpectedPrecision


@dataclass(frozen=True)
class PrecisionPlan:
    """Patients and images of each part, and the precision to expect there; print it, or `to_dict`.

    Images of one patient agree more than images of two, so 500 images of 5 patients tell far less
    than 500 images of 500. With `m` images of each patient and a correlation `r` between them,
    the variance of a proportion is `1 + r (sum(m**2) / sum(m) - 1)` times that of independent
    images (Kish, Survey Sampling, 1965). The interval is Wilson's at the sample size that leaves,
    with Student's t on one degree of freedom fewer than there are patients.

    Args:
        parts: One plan per part that has rows.
        correlation: Assumed correlation between the predictions on two images of one patient.
        confidence_level: Coverage of the intervals.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(48)], labels=["sick", "well"] * 24,
        ...     patients=[f"p{k // 4}" for k in range(48)], positive="sick",
        ... )
        >>> plan = plan_precision(cohort, {"test": list(range(24, 48))})
        >>> plan.test.n_images, plan.test.n_patients
        (24, 6)
    """

    parts: tuple[PartPlan, ...]
    correlation: float
    confidence_level: float

    @property
    def test(self) -> PartPlan | None:
        """The plan of the test part, or None where there is none."""
        return next((part for part in self.parts if part.name == "test"), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain numbers and texts."""
        return {
            "correlation": self.correlation,
            "confidence_level": self.confidence_level,
            "parts": {part.name: _plain(part) for part in self.parts},
        }

    _repr_pretty_ = show_text

    def _repr_html_(self) -> str:
        head, rows = self._table()
        return card(
            "Parts and the precision to expect",
            bars({part.name: dict(part.images) for part in self.parts}),
            table(head, rows),
            note(self._assumed()),
        )

    def _table(self) -> tuple[list[str], list[list[str]]]:
        classes = list(self.parts[0].images)
        head = ["part", "images", "patients", *(f"{name}: images (patients)" for name in classes)]
        return [*head, "sensitivity", "specificity"], [
            [
                part.name,
                f"{part.n_images}",
                f"{part.n_patients}",
                *(f"{part.images[name]} ({part.patients[name]})" for name in classes),
                _expected(part.sensitivity),
                _expected(part.specificity),
            ]
            for part in self.parts
        ]

    def _assumed(self) -> str:
        return (
            f"Expected {100 * self.confidence_level:g} % intervals over patients, assuming a "
            f"correlation of {self.correlation:g} between predictions on two images of one patient."
        )

    def __str__(self) -> str:
        head, rows = self._table()
        return f"{_aligned([head, *rows])}\n{self._assumed()}"


def plan_precision(
    cohort: Cohort,
    parts: Mapping[str, Rows],
    *,
    sensitivity: float = 0.9,
    specificity: float = 0.9,
    correlation: float | str = 0.2,
    confidence_level: float = 0.95,
) -> PrecisionPlan:
    """Plan the precision of each part of a cohort.

    Args:
        cohort: The cohort.
        parts: Rows of each part; a part without rows is left out.
        sensitivity: Sensitivity to assume, in (0, 1).
        specificity: Specificity to assume, in (0, 1).
        correlation: Correlation to assume between the predictions on two images of one patient,
            in [0, 1]: 0 where images are independent, 1 where all of a patient's agree. From a
            pilot by `intra_patient_correlation`; or "cells" (0.1) or "lesions" (0.5).
        confidence_level: Coverage of the interval, in (0, 1).

    Raises:
        InvalidInputError: an assumption is out of its range.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(48)], labels=["sick", "well"] * 24,
        ...     patients=[f"p{k // 4}" for k in range(48)], positive="sick",
        ... )
        >>> plan = plan_precision(cohort, {"test": list(range(24, 48))}, correlation=0.0)
        >>> plan.test.patients
        {'well': 6, 'sick': 6}
    """
    check_kind("cohort", cohort, Cohort)
    assumed = (
        check_number("sensitivity", sensitivity, low=0, high=1, open_low=True, open_high=True),
        check_number("specificity", specificity, low=0, high=1, open_low=True, open_high=True),
    )
    if isinstance(correlation, str):
        correlation = CORRELATIONS[check_choice("correlation", correlation, CORRELATIONS)]
    check_number("correlation", correlation, low=0, high=1)
    check_number("confidence_level", confidence_level, low=0, high=1, open_low=True, open_high=True)
    plans = [
        _part_plan(
            cohort.take(rows),
            name,
            assumed,
            correlation=correlation,
            confidence_level=confidence_level,
        )
        for name, rows in parts.items()
        if len(rows)
    ]
    return PrecisionPlan(tuple(plans), correlation, confidence_level)


def intra_patient_correlation(predicted: ArrayLike, patients: ArrayLike) -> float:
    """Estimate from a pilot how much the predictions on images of one patient agree.

    The analysis-of-variance estimator, cut to [0, 1]. Take the rows of one class at a time: those
    of the positive class for sensitivity, the others for specificity.

    Args:
        predicted: Whether each row is predicted positive, shape `(n_rows,)`.
        patients: Patient of each row, shape `(n_rows,)`; some with several rows.

    Raises:
        InvalidInputError: fewer than two patients, or none with several rows.

    References:
        Donner & Koval (1980), Biometrics 36:19-25.

    Examples:
        >>> intra_patient_correlation([1, 1, 0, 0, 1, 0], list("aabbcc"))
        0.5
    """
    values = check_labels(predicted, name="predicted").astype(np.float64)
    codes = encode("patient id", patients, ids=True).codes
    check_same_length(predicted=values, patients=codes)
    sizes = np.bincount(codes).astype(np.float64)
    n, k = len(values), len(sizes)
    if k < 2 or n == k:
        raise InvalidInputError(
            "A correlation within patients needs two or more, some with several rows, got "
            f"{n} rows of {k} patients. Give more of the pilot."
        )
    means = np.bincount(codes, weights=values) / sizes
    between = float(np.sum(sizes * (means - values.mean()) ** 2)) / (k - 1)
    within = float(np.sum((values - means[codes]) ** 2)) / (n - k)
    size = (n - float(np.sum(sizes**2)) / n) / (k - 1)
    whole = between + (size - 1) * within
    return float(np.clip(round((between - within) / whole, 12), 0, 1)) if whole > 0 else 0.0


def _part_plan(
    held: Cohort,
    name: str,
    assumed: tuple[float, float],
    *,
    correlation: float,
    confidence_level: float,
) -> PartPlan:
    """Plan one part from the cohort of its rows."""
    patients, codes = np.unique(held.patients, return_inverse=True)
    images = np.zeros((len(patients), len(held.classes)), dtype=np.int64)
    np.add.at(images, (codes, held.labels), 1)
    place = held.classes.index(held.positive)
    sick, well = images[:, place], np.delete(images, place, axis=1).sum(axis=1)
    return PartPlan(
        name=name,
        images=dict(zip(held.classes, images.sum(axis=0).tolist(), strict=True)),
        patients=dict(zip(held.classes, (images > 0).sum(axis=0).tolist(), strict=True)),
        n_images=len(held),
        n_patients=len(patients),
        sensitivity=_precision(
            assumed[0], sick, correlation=correlation, confidence_level=confidence_level
        ),
        specificity=_precision(
            assumed[1], well, correlation=correlation, confidence_level=confidence_level
        ),
    )


def _precision(
    value: float, sizes: NDArray[np.int64], *, correlation: float, confidence_level: float
) -> ExpectedPrecision:
    """Expect an interval from patients with `sizes` images each of the class."""
    sizes = sizes[sizes > 0]
    images, patients = int(sizes.sum()), len(sizes)
    if images == 0:
        return ExpectedPrecision(value, 0, 0, 0.0, None)
    effect = 1 + correlation * (float((sizes**2).sum()) / images - 1)
    n = images / effect
    if patients < 2:
        return ExpectedPrecision(value, images, patients, n, None)
    t = float(stdtrit(patients - 1, (1 + confidence_level) / 2))
    half = t * np.sqrt(value * (1 - value) / n + t**2 / (4 * n**2)) / (1 + t**2 / n)
    return ExpectedPrecision(value, images, patients, n, float(half))


def _plain(part: PartPlan) -> dict[str, Any]:
    return {
        **{name: getattr(part, name) for name in ("n_images", "n_patients")},
        "images": dict(part.images),
        "patients": dict(part.patients),
        "sensitivity": dict(vars(part.sensitivity)),
        "specificity": dict(vars(part.specificity)),
    }


def _expected(precision: ExpectedPrecision) -> str:
    if precision.half_width is None:
        return f"none: {precision.patients} patient{'s' * (precision.patients != 1)}"
    return f"{precision.assumed:g} +- {precision.half_width:.3f}"


def _aligned(table: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )
