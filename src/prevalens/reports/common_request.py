"""What the author asked of a report, however many classes it is about, checked once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from prevalens._checks import check_integer, check_kind, check_number
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.left_out import LeftOut, stated_left_out
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.inputs import Numbered
from prevalens.predictions.predictions import Predictions
from prevalens.reports.development import Development
from prevalens.reports.patient_curve import PatientCurve
from prevalens.reports.pictures import Picture
from prevalens.splits.partition import Partition
from prevalens.typing import Codes, Column

_WORST = 20  # errors of a kind that are shown where nothing else is asked


@dataclass(frozen=True, kw_only=True)
class CommonRequest:
    """The checked arguments that every report takes."""

    predictions: Predictions
    by: Sequence[str]
    compare: Predictions | None
    partition: Partition | None
    cohort: Cohort | None
    excluded: Sequence[LeftOut] | None
    worst: int
    picture: Picture | None
    picture_note: str
    confidence_level: float
    seed: int
    title: str
    made_by: str
    date: str | None

    @property
    def codes(self) -> Codes | None:
        """Number of each row's patient; None where images are independent."""
        return self.predictions.patient_codes

    @cached_property
    def patients(self) -> Numbered | None:
        """The patients of the rows, numbered once; None where images are independent."""
        return patients_of(self.predictions)

    @property
    def ids(self) -> tuple[str, ...] | None:
        """The id of each patient in the order of their codes; None where there are none."""
        return None if self.patients is None else self.patients.ids


def patients_of(predictions: Predictions) -> Numbered | None:
    """Return the patients of predictions, numbered; None where images are independent."""
    codes = predictions.patient_codes
    if predictions.patients is None or codes is None:
        return None
    named = np.empty(predictions.n_patients or 0, dtype=object)
    named[codes] = predictions.patients
    return Numbered(codes, tuple(map(str, named.tolist())))


def checked_common(predictions: Predictions, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Check the arguments that every report takes, however many classes it is about.

    Raises:
        InvalidInputError: as in `ClinicalReport`.
    """
    by, worst = asked["by"], asked["worst"]
    return {
        "by": (by,) if isinstance(by, str) else tuple(by),
        "compare": same_rows(predictions, asked["compare"]),
        "learning_curve": _curve(predictions, asked["learning_curve"]),
        "development": _development(predictions, asked["development"]),
        "baselines": _baselines(predictions, asked["baselines"]),
        "excluded": _exclusions(asked["excluded"], asked["cohort"]),
        "worst": check_integer("worst", _WORST if worst is None else worst, minimum=0),
        "confidence_level": share("confidence_level", asked["confidence_level"]),
        "seed": check_integer("seed", asked["seed"], minimum=0),
    }


def share(name: str, value: float) -> float:
    """Return a share strictly between 0 and 1."""
    return check_number(name, value, low=0, high=1, open_low=True, open_high=True)


def _exclusions(
    excluded: Mapping[str, int] | Sequence[LeftOut] | None, cohort: Cohort | None
) -> tuple[LeftOut, ...] | None:
    known = () if cohort is None else cohort.left_out
    return None if excluded is None else stated_left_out("excluded", excluded, known)


def _baselines(
    predictions: Predictions, given: Mapping[str, Predictions] | None
) -> dict[str, Predictions] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise InvalidInputError(
            f"`baselines` must be predictions by name, got a {type(given).__name__}. Write "
            "{'thumbnail': predictions}."
        )
    for each in given.values():
        check_kind("baselines", each, Predictions)
        check_same_rows(predictions, each)
    return {str(name): each for name, each in given.items()}


def _curve(predictions: Predictions, given: PatientCurve | None) -> PatientCurve | None:
    if given is not None and not isinstance(given, PatientCurve):
        raise InvalidInputError(
            "`learning_curve` must be what `compute_learning_curve` returned, got a "
            f"{type(given).__name__}."
        )
    measure = "auroc" if predictions.is_binary else "macro_auroc"
    if given is not None and given.measure != measure:
        raise InvalidInputError(
            f"`learning_curve` is of {given.measure!r}, the predictions are of the classes "
            f"{list(predictions.classes)}. Compute it with the same classes as labels."
        )
    return given


def _development(predictions: Predictions, given: Development | None) -> Development | None:
    if given is not None:
        check_kind("development", given, Development)
        given.check_next(predictions)
    return given


def same_rows(predictions: Predictions, other: Predictions | None) -> Predictions | None:
    """Return other scores of the same rows, or None; refuses other rows."""
    if other is not None:
        check_same_rows(predictions, other)
    return other


def check_same_rows(predictions: Predictions, other: Predictions) -> None:
    """Refuse predictions of other rows, or of the same rows in another order.

    Raises:
        InvalidInputError: labels, patients, the classes of several or, where both name them,
            images differ; or the positive class of the one is the other's negative one.
    """
    reversed_ = predictions.is_binary and predictions.classes == other.classes[::-1]
    if reversed_ or (not predictions.is_binary and predictions.classes != other.classes):
        raise InvalidInputError(
            "Two sets of scores are compared of the same classes in the same order, got "
            f"{list(predictions.classes)} and {list(other.classes)}. Order one like the other."
        )
    for name in ("labels", "patients", "images"):
        one, two = getattr(predictions, name), getattr(other, name)
        if name == "images" and (one is None or two is None):
            continue
        if (one is None) != (two is None) or (one is not None and not _equal(one, two)):
            raise InvalidInputError(
                "Two sets of scores are compared on the same rows in the same order, but their "
                f"`{name}` differ. Predict the same rows with both, or sort one like the other."
            )


def _equal(one: Column, two: Column) -> bool:
    # Labels that are not known are nan on both sides.
    return np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
