"""One model on two cohorts of different patients: the contrasts, each side decided its own way."""

from typing import Any

import numpy as np

from prevalens.metrics.class_comparison import compare_multiclass_groups
from prevalens.metrics.comparison import compare_groups
from prevalens.metrics.contrast import Contrast
from prevalens.metrics.unpaired import unpaired_contrast
from prevalens.predictions.fold_estimates import within_folds
from prevalens.predictions.predictions import Predictions
from prevalens.reports.development import Development
from prevalens.typing import Codes, Flags

WITHIN = "_within_folds"
"""What the key of a mean over folds ends with."""
_COMPARED = ("balanced_accuracy", "macro_f1", "macro_auroc")


def contrasts_of_two(
    study: Development, these: Predictions, predicted: Flags, level: float
) -> dict[str, Contrast]:
    """Compare ranks and decisions of two classes; each side was decided by its own thresholds.

    Args:
        study: The study that made the model.
        these: The next cohort.
        predicted: Whether each of its rows is predicted positive, shape `(n_rows,)`.
        level: Confidence level.
    """
    first = np.repeat([True, False], [len(these), len(study.predictions)])
    labels = np.append(these.labels, study.predictions.labels)
    scores = np.append(these.scores, study.predictions.scores)
    decided = np.append(predicted, study.predicted).astype(np.float64)
    asked: dict[str, Any] = {
        "patients": _patients(these, study.predictions),
        "confidence_level": level,
    }
    found = {"auroc": compare_groups(labels, scores, first, measure="auroc", **asked)}
    return found | {
        key: compare_groups(labels, decided, first, measure=key, threshold=0.5, **asked)
        for key in ("sensitivity", "specificity")
    }


def contrasts_of_classes(
    study: Development, these: Predictions, level: float
) -> dict[str, Contrast]:
    """Compare the measures of several classes, and the macro AUROC within folds.

    Args:
        study: The study that made the model.
        these: The next cohort.
        level: Confidence level.
    """
    first = np.repeat([True, False], [len(these), len(study.predictions)])
    found = {
        key: compare_multiclass_groups(
            np.append(these.labels, study.predictions.labels),
            np.vstack([these.scores, study.predictions.scores]),
            first,
            classes=these.classes,
            measure=key,
            patients=_patients(these, study.predictions),
            confidence_level=level,
        )
        for key in _COMPARED
    }
    return found | contrast_within_folds(study, found["macro_auroc"], "macro_auroc", level)


def contrast_within_folds(
    study: Development, pooled: Contrast, key: str, level: float
) -> dict[str, Contrast]:
    """Compare with the mean of the folds' own values: what one of their models is worth.

    Args:
        study: The study; of one model there is no such mean.
        pooled: The contrast of all rows, whose first side is the next cohort.
        key: The measure.
        level: Confidence level.
    """
    if study.n_folds < 2:
        return {}
    mean = within_folds(
        study.predictions, study.fold_codes, key, threshold=None, confidence_level=level
    )
    hypothesis = f"one model of a fold has the same {key} there as the saved one has here"
    return {
        f"{key}{WITHIN}": unpaired_contrast(pooled.first, mean, hypothesis=hypothesis, widest=1)
    }


def _patients(first: Predictions, second: Predictions) -> Codes | None:
    """Number the patients of both, all of them others; None where all images are independent."""
    if first.patient_codes is None and second.patient_codes is None:
        return None
    one, two = (
        np.arange(len(rows)) if rows.patient_codes is None else rows.patient_codes
        for rows in (first, second)
    )
    return np.append(one, two + int(one.max()) + 1)
