"""The report and the estimates of a study of several classes."""

from collections.abc import Mapping

from prevalens.decisions.prior_shift import correct_predictions
from prevalens.features.learning_curve import LearningCurve
from prevalens.metrics.class_columns import check_class_columns
from prevalens.metrics.class_measures import class_estimates
from prevalens.metrics.estimate import Estimate
from prevalens.metrics.settings import Settings
from prevalens.predictions.predictions import Predictions
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.studies.held_out_scores import HeldOutScores
from prevalens.studies.study_results import StudyResults
from prevalens.studies.study_runner import StudyRunner

_OF_GRADES = ("quadratic_kappa", "grade_distance", "ranked_probability_score")
_SUMMED_UP = ("accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "log_loss")


def class_results(
    runner: StudyRunner,
    held: HeldOutScores,
    rivals: Mapping[str, Predictions],
    *,
    curve: LearningCurve | None = None,
) -> StudyResults:
    """Return what a study of several classes found.

    The class with the highest score is predicted, which is right most often and passes over rare
    classes. So balanced accuracy is also given of the same scores turned to equal classes.

    Args:
        runner: What ran the study.
        held: Held-out scores, at the shares of the images trained on.
        rivals: Held-out predictions of each baseline.
        curve: The learning curve, or None.
    """
    plan, predictions = runner.plan, held.predictions
    estimates = _estimates(predictions, *_SUMMED_UP, *(_OF_GRADES if plan.ordered else ()))
    k = len(predictions.classes)
    turned = _estimates(correct_predictions(predictions, [1 / k] * k), "balanced_accuracy")
    estimates["balanced_accuracy_at_equal_shares"] = turned["balanced_accuracy"]
    if held.crossed is not None:
        estimates["macro_auroc_within_folds"] = held.crossed.within_folds("macro_auroc")
    report = ClinicalReport(
        predictions,
        learning_curve=curve,
        baselines=rivals or None,
        partition=runner.partition,
        cohort=None if runner.partition is None else runner.cohort,
        excluded=runner.left_out,
        title=f"{plan.subject}: held-out images",
        seed=plan.seed,
    )
    baselines = {
        name: _estimates(rival, "macro_auroc")["macro_auroc"] for name, rival in rivals.items()
    }
    return StudyResults(report=report, estimates=estimates, baselines=baselines)


def _estimates(predictions: Predictions, *keys: str) -> dict[str, Estimate]:
    held = predictions
    columns = check_class_columns(
        held.labels, held.scores, held.patients, classes=held.classes, ordered=held.ordered
    )
    return class_estimates(columns, Settings(None, 0.95), keys)
