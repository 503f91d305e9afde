"""Would more patients help? The learning curve of a study, on the layer it chose first."""

from pathlib import Path

from prevalens._tables import write_columns
from prevalens.exceptions import ImpossibleSplitError
from prevalens.features.learning_curve import LearningCurve, compute_learning_curve
from prevalens.studies.head_search import Features
from prevalens.studies.held_out_scores import AnyProbeRecord
from prevalens.studies.label_probe import LabelProbeRecord
from prevalens.studies.study_runner import StudyRunner

STRONGER = 10.0
"""Fewer patients may want a stronger penalty: this many times the chosen one is tried too."""


def study_curve(
    runner: StudyRunner, features: Features, chosen: AnyProbeRecord
) -> tuple[LearningCurve | None, str]:
    """Return the curve of a study, and why there is none.

    Heads see the first of the chosen layers alone, and are of the chosen kind and penalty, or of
    ten times that penalty, by two inner folds. Of a study with a test part the training part is
    cross-fitted.

    Args:
        runner: What runs the study.
        features: By layer.
        chosen: What the saved model chose.
    """
    asked, cohort, rows = runner.plan.learning_curve, runner.cohort, runner.trained_rows()
    if asked is None or isinstance(chosen, LabelProbeRecord):
        return None, ""
    penalty = chosen.penalties[0]
    try:
        found = compute_learning_curve(
            features[chosen.layers[0]][rows],
            (cohort.labels if runner.plan.several else cohort.is_positive)[rows],
            cohort.patients[rows],
            shares=asked.shares,
            n_repeats=asked.n_repeats,
            seed=runner.plan.seed,
            kind=chosen.kind,
            penalties=[STRONGER * penalty, penalty],
            n_folds=2,
        )
    except ImpossibleSplitError as error:
        return None, f"no learning curve: {error}"
    return found, ""


def save_curve(curve: LearningCurve, path: Path) -> None:
    """Write a row a point: patients trained on, AUROC (of several classes its mean), its limits."""
    columns: dict[str, list[float | None]] = {
        "patients": [*curve.n_patients],
        curve.measure: [one.value for one in curve.estimates],
        "lower": [one.lower for one in curve.estimates],
        "upper": [one.upper for one in curve.estimates],
    }
    write_columns(path, columns)
