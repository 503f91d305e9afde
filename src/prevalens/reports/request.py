"""What the author asked of a report, checked once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from prevalens._checks import check_choice, check_number
from prevalens.decisions.operating_point import OperatingPoint
from prevalens.decisions.prior_shift import PriorShift
from prevalens.decisions.referral import Referral
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.inputs import Columns
from prevalens.metrics.measure import Measure
from prevalens.metrics.registry import keys_where
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.predictions.predictions import Predictions
from prevalens.reports.choices import ORIGINS
from prevalens.reports.common_request import CommonRequest, checked_common, same_rows, share
from prevalens.reports.development import Development
from prevalens.reports.patient_curve import PatientCurve
from prevalens.reports.record_parts import EstimatePart, estimate_parts
from prevalens.typing import Flags, Scores


@dataclass(frozen=True, kw_only=True)
class Request(CommonRequest):
    """The checked arguments of a `ClinicalReport`, and what several sections need of them."""

    threshold: float
    threshold_origin: str
    point: OperatingPoint | None
    prevalence: float | None
    site: str | None
    compare_threshold: float | None
    baselines: Mapping[str, Predictions] | None
    learning_curve: PatientCurve | None
    development: Development | None
    uncorrected: Predictions | None
    patient_score: PatientPooling | None
    patient_threshold: OperatingPoint | None
    refer: tuple[float, float] | None
    refer_guarantee: str | None

    @cached_property
    def columns(self) -> Columns:
        """The checked columns, as the metrics take them."""
        held = self.predictions
        return Columns(held.labels == 1, held.scores.astype(np.float64), self.codes, self.ids)

    @cached_property
    def predicted(self) -> Flags:
        """Whether each row is predicted positive, shape `(n_rows,)`."""
        flags: Flags = self.predictions.scores >= self.threshold
        return flags

    @cached_property
    def estimates(self) -> dict[str, EstimatePart]:
        """Every estimate of the scores as given, but those of usefulness, which reads risks."""
        return self.estimates_of(
            self.predictions.scores, self.threshold, lambda measure: measure.group != "utility"
        )

    def estimates_of(
        self, scores: Scores, threshold: float, wanted: Callable[[Measure], bool]
    ) -> dict[str, EstimatePart]:
        """Compute the registered measures that are wanted, of scores of these rows."""
        estimates = all_estimates(
            self.predictions.labels,
            scores,
            threshold=threshold,
            patients=self.patients,
            confidence_level=self.confidence_level,
            seed=self.seed,
            measures=keys_where(wanted),
        )
        return estimate_parts(estimates)

    @property
    def target(self) -> float:
        """The prevalence where the model will be used, or else that of the rows."""
        return self.prevalence or self.predictions.prevalence

    def shift_to(self, prevalence: float) -> PriorShift | None:
        """Return the correction from the prevalence of training; None where it is unknown."""
        train = trained_at(self.predictions)
        return None if train is None or not 0 < prevalence < 1 else PriorShift(train, prevalence)

    def risks_at(self, predictions: Predictions, prevalence: float) -> Scores:
        """Return scores as risks at a prevalence, corrected where that of training is known."""
        train = trained_at(predictions)
        if train is None or not 0 < prevalence < 1:
            return predictions.scores
        return PriorShift(train, prevalence).correct(predictions.scores)


def trained_at(predictions: Predictions) -> float | None:
    """Return the prevalence that a two-class model was trained at; None where it is unknown."""
    share = predictions.train_prevalence
    return share if isinstance(share, float) else None


def checked_request(
    predictions: Predictions, *, threshold: float | OperatingPoint | None, **asked: Any
) -> Request:
    """Check the arguments of a report.

    Raises:
        InvalidInputError: as in `ClinicalReport`.
    """
    point = threshold if isinstance(threshold, OperatingPoint) else None
    other_at, asked = asked["compare_threshold"], dict(asked)
    if asked.pop("positive", None) is not None:
        raise InvalidInputError(
            "`positive` names classes of interest of three or more, got the two classes "
            f"{list(predictions.classes)}. Leave it out; the positive one is the second."
        )
    if threshold is None:
        raise InvalidInputError(
            "A report of two classes needs `threshold`, got None. Pass a number in [0, 1]. (In "
            "Python, what `choose_threshold` returned, too.)"
        )
    if other_at is not None and asked["compare"] is None:
        raise InvalidInputError("`compare_threshold` is the other model's: give `compare` too.")
    origin = asked["threshold_origin"] or (point.origin if point else "exploratory")
    pooling = asked["patient_score"]
    if isinstance(pooling, str):
        pooling = PatientPooling(how=check_choice("patient_score", pooling, ("mean", "max")))
    made = asked | {
        "threshold_origin": check_choice("threshold_origin", origin, ORIGINS),
        "prevalence": _share_or_none("prevalence", asked["prevalence"]),
        "compare_threshold": None
        if other_at is None
        else check_number("compare_threshold", other_at, low=0, high=1),
        "uncorrected": same_rows(predictions, asked["uncorrected"]),
        **_referral(asked["refer"]),
        "patient_score": pooling,
        "patient_threshold": _patient_threshold(asked["patient_threshold"], pooling),
        **checked_common(predictions, asked),
    }
    if pooling and predictions.patients is None:
        raise InvalidInputError(
            "`patient_score` pools the images of a patient, but the images are stated to be "
            "independent. Leave it out, or give patient ids."
        )
    return Request(
        predictions=predictions,
        threshold=check_number("threshold", point.threshold if point else threshold, low=0, high=1),
        point=point,
        **made,
    )


def _patient_threshold(
    given: float | OperatingPoint | None, pooling: PatientPooling | None
) -> OperatingPoint | None:
    if given is None:
        return None
    if pooling is None:
        raise InvalidInputError("`patient_threshold` is of pooled scores: give `patient_score`.")
    if isinstance(given, OperatingPoint):
        return given
    at = check_number("patient_threshold", given, low=0, high=1)
    return OperatingPoint(threshold=at, rule="given", guarantee=None, estimates={})


def _referral(refer: Referral | tuple[float, float] | None) -> dict[str, Any]:
    if refer is None:
        return {"refer": None, "refer_guarantee": None}
    if isinstance(refer, Referral):
        ends = refer.lower.threshold, refer.upper.threshold
        return {"refer": ends, "refer_guarantee": refer.guarantee}
    given: Any = refer
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != 2:
        raise InvalidInputError(
            f"`refer` must be two thresholds, the lower first, got {refer!r:.60}. Write "
            "(0.1, 0.8), or pass what `choose_referral` returned."
        )
    lower = check_number("refer[0]", given[0], low=0, high=1)
    upper = check_number("refer[1]", given[1], low=lower, high=1)
    return {"refer": (lower, upper), "refer_guarantee": None}


def _share_or_none(name: str, value: float | None) -> float | None:
    return None if value is None else share(name, value)
