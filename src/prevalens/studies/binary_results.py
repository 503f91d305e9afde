"""The report and the estimates of a study of two classes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from prevalens.decisions.operating_point import OperatingPoint
from prevalens.features.learning_curve import LearningCurve
from prevalens.metrics.calibration import brier
from prevalens.metrics.confusion import confusion_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.ranking import auroc
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.studies.cross_prediction import CrossPredictions
from prevalens.studies.decision_rules import (
    PatientDecisions,
    PatientRule,
    decide_patients,
    median_point,
)
from prevalens.studies.held_out_scores import HeldOutScores
from prevalens.studies.probe import ProbeRecord
from prevalens.studies.study_results import StudyResults
from prevalens.studies.study_runner import StudyRunner
from prevalens.typing import Flags


def binary_results(
    runner: StudyRunner,
    held: HeldOutScores,
    rivals: Mapping[str, Predictions],
    *,
    prevalence: float | None,
    curve: LearningCurve | None = None,
) -> StudyResults:
    """Return what a study of two classes found.

    Args:
        runner: What ran the study.
        held: Held-out scores.
        rivals: Held-out predictions of each baseline.
        prevalence: Prevalence where the model will be used, in (0, 1), or None.
        curve: The learning curve, or None.
    """
    plan, records = runner.plan, held.binary_records
    pooling = None if plan.pooling is None else plan.pooling.pooling
    rules = [record.patients for record in records if record.patients is not None]
    patients = None if pooling is None else decide_patients(held.predictions, pooling, rules)
    report = ClinicalReport(
        held.predictions,
        threshold=_point(records),
        patient_score=pooling,
        patient_threshold=_point(rules) if rules else None,
        prevalence=prevalence,
        baselines=rivals or None,
        learning_curve=curve,
        partition=runner.partition,
        cohort=None if runner.partition is None else runner.cohort,
        excluded=runner.left_out,
        title=f"{plan.subject}: held-out images",
        seed=plan.seed,
    )
    return StudyResults(
        report=report,
        estimates=_estimates(held.predictions, held.is_positive, held.crossed),
        baselines={name: _auroc(rival) for name, rival in rivals.items()},
        is_positive=held.is_positive,
        patients=patients,
        patient_estimates=None if patients is None else _patient_estimates(patients),
    )


def _point(made: Sequence[ProbeRecord] | Sequence[PatientRule]) -> OperatingPoint:
    """Return one threshold for the report of what the folds decided by their own."""
    thresholds, rules = [one.threshold for one in made], [one.rule for one in made]
    return median_point(thresholds, rules, promise=made[0].promise)


def _estimates(
    predictions: Predictions, decided: Flags, crossed: CrossPredictions | None
) -> dict[str, Estimate]:
    found = {"auroc": _auroc(predictions)}
    if crossed is not None:
        found["auroc_within_folds"] = crossed.within_folds("auroc")
    at = confusion_estimates(predictions.labels, decided, patients=predictions.patients)
    return found | {name: at[name] for name in ("sensitivity", "specificity", "ppv", "npv")}


def _patient_estimates(patients: PatientDecisions) -> dict[str, Estimate]:
    pooled = patients.pooled
    found = _estimates(pooled, patients.is_positive, None)
    found["brier"] = brier(pooled.labels, patients.risks, patients=pooled.patients)
    return {name: replace(one, unit="patient") for name, one in found.items()}


def _auroc(predictions: Predictions) -> Estimate:
    return auroc(predictions.labels, predictions.scores, patients=predictions.patients)
