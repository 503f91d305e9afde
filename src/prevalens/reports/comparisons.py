"""This model against another on the same rows: differences, intervals, p values."""

from dataclasses import asdict
from typing import Any

from prevalens.decisions.prior_shift import PriorShift
from prevalens.metrics.comparison import compare_models
from prevalens.metrics.mcnemar import mcnemar_test
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

_RANKED = ("auroc", "average_precision", "brier")
_CALLED = ("sensitivity", "specificity")


def risks(predictions: Predictions) -> Scores:
    """Return scores at the prevalence of the rows, corrected where that of training is known."""
    train, target = predictions.train_prevalence, predictions.prevalence
    if train is None or not 0 < target < 1:
        return predictions.scores
    return PriorShift(train, target).correct(predictions.scores)


def comparison(
    predictions: Predictions,
    other: Predictions | None,
    *,
    threshold: float,
    confidence_level: float,
) -> dict[str, Any] | None:
    """Compare two models' estimates on the same rows, the first minus the second.

    Calls of both are made at the same threshold, each on its own scores as given; the Brier score
    compares scores corrected for prevalence, where that of training is known.

    Args:
        predictions: Predictions of the model that is reported.
        other: The other model's predictions of the same rows, or None.
        threshold: Scores at or above it are called positive.
        confidence_level: Coverage of the intervals.
    """
    if other is None:
        return None
    labels, patients = predictions.labels, predictions.patients
    pairs = dict.fromkeys((*_RANKED, *_CALLED), (predictions.scores, other.scores))
    pairs["brier"] = (risks(predictions), risks(other))
    contrasts = {
        name: compare_models(
            labels,
            *pair,
            measure=name,
            threshold=threshold if name in _CALLED else None,
            patients=patients,
            confidence_level=confidence_level,
        )
        for name, pair in pairs.items()
    }
    test = mcnemar_test(
        labels, predictions.scores >= threshold, other.scores >= threshold, patients=patients
    )
    return {
        "estimates": {name: contrast.to_dict() for name, contrast in contrasts.items()},
        "mcnemar": asdict(test),
    }
