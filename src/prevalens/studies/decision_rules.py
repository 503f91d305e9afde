"""How a study's scores become decisions: on images, and on patients where they are the unit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prevalens._records import Part, Share
from prevalens.decisions.operating_point import OperatingPoint, choose_threshold
from prevalens.decisions.recalibration import Recalibration, fit_recalibration
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.ranking import auroc
from prevalens.predictions.patient_pooling import PatientPooling
from prevalens.predictions.predictions import Predictions
from prevalens.studies.plan_choices import ThresholdChoice
from prevalens.typing import Flags, Scores


class PatientRule(Part, frozen=True, kw_only=True):
    """How pooled scores become a patient's decision and risk.

    Args:
        threshold: Threshold of pooled scores.
        rule: How it was chosen.
        promise: What it promises of new patients, or None.
        slope: What Platt's map multiplies the logit of a pooled score by; None where none was
            fitted, because pooled scores rank no better than chance or part the classes.
        intercept: What it adds.
    """

    threshold: Share
    rule: str
    promise: str | None
    slope: float | None
    intercept: float | None

    def risks(self, pooled: Scores) -> Scores:
        """Return recalibrated pooled scores; as they are where no map was fitted."""
        if self.slope is None or self.intercept is None:
            return pooled
        return Recalibration("platt", self.slope, self.intercept).correct(pooled)


@dataclass(frozen=True, eq=False)
class PatientDecisions:
    """What a study says of each held-out patient.

    Args:
        pooled: One row per classifiable patient, sorted by id.
        risks: Recalibrated pooled scores, shape `(n_patients,)`.
        is_positive: Decision on each, by the rule of the fold that held it out.
        not_classifiable: By class, patients with too few images.
    """

    pooled: Predictions
    risks: Scores
    is_positive: Flags
    not_classifiable: dict[str, int]


def platt_or_none(chosen: Predictions) -> Recalibration | None:
    """Return Platt's map of inner scores, or None where there is no honest one.

    Scores that rank no better than chance would be turned round by it; scores that part the
    classes without overlap would become a step.
    """
    if (auroc(chosen.labels, chosen.scores).value or 0.0) <= 0.5:
        return None
    try:
        return fit_recalibration(chosen, method="platt")
    except InvalidInputError:
        return None


def point_of(chosen: Predictions, rule: ThresholdChoice) -> tuple[OperatingPoint, str]:
    """Return the operating point, and why nothing is promised where a promise was asked for."""
    if rule.confidence is None:
        return choose_threshold(chosen, sensitivity=rule.sensitivity), ""
    try:
        promised = choose_threshold(
            chosen, sensitivity=rule.sensitivity, confidence=rule.confidence
        )
    except InvalidInputError as error:
        return choose_threshold(chosen, sensitivity=rule.sensitivity), f"(no promise: {error})"
    return promised, ""


def rule_for_patients(
    chosen: Predictions, pooling: PatientPooling, threshold: ThresholdChoice
) -> PatientRule:
    """Choose a threshold and a map on the pooled scores of training patients.

    Args:
        chosen: Out-of-fold predictions of training images.
        pooling: How images are pooled.
        threshold: The rule of the threshold.

    Raises:
        InvalidInputError: no classifiable patient of a class is left.
    """
    pooled = pooling.pool(chosen)
    point, told = point_of(pooled, threshold)
    platt = platt_or_none(pooled)
    return PatientRule(
        threshold=point.threshold,
        rule=" ".join(filter(None, (point.rule, told))),
        promise=point.guarantee,
        slope=None if platt is None else platt.slope,
        intercept=None if platt is None else platt.intercept,
    )


def decide_patients(
    held_out: Predictions, pooling: PatientPooling, rules: Sequence[PatientRule]
) -> PatientDecisions:
    """Decide on each held-out patient by the rule of its own fold.

    Args:
        held_out: Held-out predictions of images; with several rules, their covariate `fold`.
        pooling: How images are pooled.
        rules: The rule of each fold.
    """
    pooled = pooling.pool(held_out)
    folds = np.zeros(len(pooled), dtype=np.int64)
    if len(rules) > 1:
        folds = np.asarray((pooled.covariates or {})["fold"]).astype(np.int64)
    bounds = np.array([rule.threshold for rule in rules])[folds]
    risks = np.empty(len(pooled))
    for number, rule in enumerate(rules):
        risks[folds == number] = rule.risks(pooled.scores[folds == number])
    return PatientDecisions(
        pooled, risks, pooled.scores >= bounds, pooling.unclassifiable(held_out)
    )


def median_point(
    thresholds: Sequence[float], rules: Sequence[str], *, promise: str | None
) -> OperatingPoint:
    """Return one threshold for a report of what the folds decided by their own.

    Args:
        thresholds: The threshold of each fold.
        rules: How each was chosen.
        promise: What a single fold's promises; several promise nothing together.
    """
    rule = rules[0]
    if len(thresholds) > 1:
        each = ", ".join(f"{threshold:.4g}" for threshold in thresholds)
        rule = (
            f"median of the thresholds of {len(thresholds)} folds ({each}), each chosen inside the "
            f"training patients of its fold: {rule}"
        )
    return OperatingPoint(
        threshold=float(np.median(thresholds)),
        rule=rule,
        guarantee=promise if len(thresholds) == 1 else None,
        estimates={},
    )
