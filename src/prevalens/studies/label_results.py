"""The report and the estimates of a study of several labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prevalens.decisions.threshold_set import ThresholdSet
from prevalens.metrics.confusion import confusion_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.label_columns import check_label_columns
from prevalens.metrics.label_measures import label_measure_of
from prevalens.metrics.ranking import auroc
from prevalens.metrics.settings import Settings
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.studies.decision_rules import median_point
from prevalens.studies.held_out_scores import HeldOutScores
from prevalens.studies.label_probe import LabelProbeRecord
from prevalens.studies.study_results import StudyResults
from prevalens.studies.study_runner import StudyRunner

_RANKED = ("macro_auroc", "macro_average_precision", "macro_brier")
_DECIDED = ("macro_sensitivity", "macro_specificity")


def label_results(
    runner: StudyRunner, held: HeldOutScores, rivals: Mapping[str, Predictions]
) -> StudyResults:
    """Return what a study of several labels found.

    Every label counts on the images where it is known. Decisions are those of the fold that held
    an image out; the report takes the median of the folds' thresholds, one for each label.

    Args:
        runner: What ran the study.
        held: Held-out scores.
        rivals: Held-out predictions of each baseline.
    """
    plan, predictions = runner.plan, held.predictions
    report = ClinicalReport(
        predictions,
        threshold=_points(held.label_records),
        partition=runner.partition,
        cohort=None if runner.partition is None else runner.cohort,
        excluded=runner.left_out,
        title=f"{plan.subject}: held-out images",
        seed=plan.seed,
    )
    estimates = _estimates(predictions, *_RANKED)
    if held.crossed is not None:
        estimates["macro_auroc_within_folds"] = held.crossed.within_folds("macro_auroc")
    decided = predictions.with_scores(held.is_positive.astype(np.float64))
    return StudyResults(
        report=report,
        estimates=estimates | _estimates(decided, *_DECIDED, at=0.5),
        baselines={
            name: _estimates(rival, "macro_auroc")["macro_auroc"] for name, rival in rivals.items()
        },
        is_positive=held.is_positive,
        labels={name: _of_label(predictions, decided, name) for name in predictions.classes},
    )


def _points(made: Sequence[LabelProbeRecord]) -> ThresholdSet:
    """Return one threshold of each label for the report, with what the folds decided by."""
    points = {}
    for name in made[0].labels:
        own = [record.labels[name] for record in made]
        points[name] = median_point(
            [one.threshold for one in own], [one.rule for one in own], promise=None
        )
    return ThresholdSet(points, confidence=None)


def _of_label(predictions: Predictions, decided: Predictions, name: str) -> dict[str, Estimate]:
    """Return the AUROC of one label, and what its decisions are worth."""
    held, told = predictions.one_vs_rest(name), decided.one_vs_rest(name)
    at = confusion_estimates(held.labels, told.scores > 0.5, patients=held.patients)
    found = {"auroc": auroc(held.labels, held.scores, patients=held.patients)}
    return found | {key: at[key] for key in ("sensitivity", "specificity", "ppv", "npv")}


def _estimates(
    predictions: Predictions, *keys: str, at: float | None = None
) -> dict[str, Estimate]:
    named: dict[str, Any] = {"names": predictions.classes, "thresholds": at}
    columns = check_label_columns(
        predictions.labels, predictions.scores, predictions.patients, **named
    )
    return {key: label_measure_of(key).estimate(columns, Settings(None, 0.95)) for key in keys}
