"""Computes everything a report states, and names what it cannot state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens.decisions.operating_point import OperatingPoint
from prevalens.decisions.prior_shift import PriorShift
from prevalens.metrics.every_estimate import all_estimates
from prevalens.metrics.registry import keys_where
from prevalens.predictions.patient_score import patient_scores
from prevalens.predictions.predictions import Predictions
from prevalens.reports.comparisons import comparison, risks
from prevalens.reports.curves import curves
from prevalens.reports.estimate_tables import keys_of
from prevalens.reports.predictive_table import predictive_table
from prevalens.reports.study_flow import study_flow
from prevalens.reports.subgroups import subgroup_tables
from prevalens.reports.usefulness import decision_curve
from prevalens.reports.worst_misses import Picture, worst_misses
from prevalens.splits.partition import Partition


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the author asked of a report, checked.

    Args:
        predictions: Two-class predictions.
        threshold: Scores at or above it are predicted positive.
        threshold_origin: `"pre-specified"`, `"validation"` or `"exploratory"`.
        point: The chosen operating point, where the threshold came as one.
        prevalence: Prevalence where the model will be used, or None.
        by: Covariates for subgroups.
        compare: Another model's predictions of the same rows, or None.
        uncorrected: The same rows with the model's own scores, or None.
        partition: How the cohort was divided, or None.
        patient_score: How images are pooled to patients.
        worst: Misses to show at most.
        picture: Draws what is shown of a miss from its path, or None for the image.
        picture_note: What it draws, in words.
        confidence_level: Coverage of the intervals.
        seed: Seed of what is drawn.
        title: Title of the report.
    """

    predictions: Predictions
    threshold: float
    threshold_origin: str
    point: OperatingPoint | None
    prevalence: float | None
    by: Sequence[str]
    compare: Predictions | None
    uncorrected: Predictions | None
    partition: Partition | None
    patient_score: str
    worst: int
    picture: Picture | None
    picture_note: str
    confidence_level: float
    seed: int
    title: str


def assemble(request: Request) -> dict[str, Any]:
    """Compute the record of a report, without its format, version and words."""
    predictions = request.predictions
    record: dict[str, Any] = {
        "title": request.title,
        "provenance": predictions.provenance,
        "synthetic": "synthetic" in predictions.provenance.lower(),
        "settings": _settings(request),
        "flow": study_flow(predictions, request.partition),
        "table": cross_table(predictions, request.threshold),
        "estimates": _estimates(request, predictions, request.threshold),
        "uncorrected": _uncorrected(request),
        "correction": _correction(request),
        "utility": _utility(request),
        "predictive_values": predictive_table(
            predictions,
            threshold=request.threshold,
            stated=request.prevalence,
            confidence_level=request.confidence_level,
        ),
        "patient_level": _patient_level(request),
        "comparison": comparison(
            predictions,
            request.compare,
            threshold=request.threshold,
            confidence_level=request.confidence_level,
        ),
        "subgroups": subgroup_tables(
            predictions,
            request.by,
            threshold=request.threshold,
            confidence_level=request.confidence_level,
            seed=request.seed,
        ),
        "worst": worst_misses(
            predictions,
            threshold=request.threshold,
            limit=request.worst,
            picture=request.picture,
        ),
    }
    record["curves"] = curves(
        predictions,
        uncorrected=request.uncorrected,
        correction=record["correction"],
        confidence_level=request.confidence_level,
    )
    record["missing"] = _missing(request, record)
    return record


def _estimates(request: Request, predictions: Predictions, threshold: float) -> dict[str, Any]:
    estimates = all_estimates(
        predictions.labels,
        predictions.scores,
        threshold=threshold,
        patients=predictions.patients,
        confidence_level=request.confidence_level,
        seed=request.seed,
        measures=keys_where(lambda measure: measure.group != "utility"),
    )
    return {name: estimate.to_dict() for name, estimate in estimates.items()}


def cross_table(predictions: Predictions, threshold: float) -> dict[str, int]:
    """Count the 2x2 table of predictions and labels."""
    called, positive = predictions.scores >= threshold, predictions.labels == 1
    return {
        "true_positive": int(np.sum(called & positive)),
        "false_positive": int(np.sum(called & ~positive)),
        "false_negative": int(np.sum(~called & positive)),
        "true_negative": int(np.sum(~called & ~positive)),
    }


def _settings(request: Request) -> dict[str, Any]:
    point = request.point
    return {
        "threshold": request.threshold,
        "threshold_origin": request.threshold_origin,
        "threshold_rule": None if point is None else point.rule,
        "threshold_guarantee": None if point is None else point.guarantee,
        "prevalence": request.prevalence,
        "train_prevalence": (request.uncorrected or request.predictions).train_prevalence,
        "classes": list(request.predictions.classes),
        "confidence_level": request.confidence_level,
        "seed": request.seed,
        "by": list(request.by),
        "patient_score": request.patient_score,
        "picture_note": request.picture_note,
    }


def _uncorrected(request: Request) -> dict[str, Any] | None:
    """Compute the calibration of the model's own scores, where those given were corrected."""
    if request.uncorrected is None:
        return None
    estimates = _estimates(request, request.uncorrected, request.threshold)
    shown = keys_of(estimates, "calibration")
    return {
        "train_prevalence": request.uncorrected.train_prevalence,
        "estimates": {name: estimates[name] for name in shown},
    }


def _correction(request: Request) -> dict[str, Any] | None:
    """Compute calibration after correction to the prevalence of these rows, if it differs."""
    predictions, train = request.predictions, request.predictions.train_prevalence
    target = predictions.prevalence
    if train is None or not 0 < target < 1:
        return None
    shift = PriorShift(train, target)
    corrected = predictions.with_scores(shift.correct(predictions.scores))
    moved = shift.correct_threshold(request.threshold)
    return {
        "train_prevalence": train,
        "target_prevalence": target,
        "threshold": moved,
        "estimates": _estimates(request, corrected, moved),
    }


def _utility(request: Request) -> dict[str, Any]:
    predictions, moved = request.predictions, request.threshold
    train, target = predictions.train_prevalence, predictions.prevalence
    if train is not None and 0 < target < 1:
        moved = PriorShift(train, target).correct_threshold(request.threshold)
    return decision_curve(
        predictions, risks(predictions), at=moved, confidence_level=request.confidence_level
    )


def _patient_level(request: Request) -> dict[str, Any] | None:
    predictions = request.predictions
    if predictions.patients is None:
        return None
    pooled = patient_scores(predictions, request.patient_score)
    estimates = all_estimates(
        pooled.labels,
        pooled.scores,
        threshold=request.threshold,
        patients=pooled.patients,
        confidence_level=request.confidence_level,
        seed=request.seed,
        measures=keys_where(lambda measure: measure.group in {"threshold", "ranking"}),
    )
    return {
        "how": request.patient_score,
        "threshold": request.threshold,
        "table": cross_table(pooled, request.threshold),
        "estimates": {
            name: estimate.to_dict() | {"unit": "patient"} for name, estimate in estimates.items()
        },
    }


def _missing(request: Request, record: dict[str, Any]) -> list[dict[str, str]]:
    """Name each part that is not in the report, and what would bring it in."""
    predictions = request.predictions
    absent = {
        "Where the rows come from": (not record["provenance"], "give `provenance`"),
        "Flow through the partition": (request.partition is None, "give `partition`"),
        "Prevalence correction": (
            record["correction"] is None and record["uncorrected"] is None,
            "the predictions need `train_prevalence` and rows of both classes",
        ),
        "Predictive values where the model will be used": (
            request.prevalence is None,
            "give `prevalence`",
        ),
        "Patient confidence_level": (
            predictions.patients is None,
            "the predictions need patient ids",
        ),
        "Subgroups": (not request.by, "name covariates in `by`"),
        "Comparison": (request.compare is None, "give another model's predictions as `compare`"),
        "Pictures of the worst misses": (
            predictions.images is None,
            "the predictions need image files",
        ),
    }
    return [
        {"part": part, "remedy": remedy}
        for part, (is_absent, remedy) in absent.items()
        if is_absent
    ]
