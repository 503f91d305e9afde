"""The points of the report's charts, thinned to what a page can show."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens.decisions.prior_shift import PriorShift
from prevalens.metrics.curves import precision_recall_curve, roc_curve
from prevalens.metrics.reliability import reliability_curve
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

_BINS = 20
_POINTS = 300


def curves(
    predictions: Predictions,
    *,
    uncorrected: Predictions | None = None,
    correction: Mapping[str, Any] | None,
    confidence_level: float,
) -> dict[str, Any]:
    """Compute the points of each chart, as plain lists.

    Args:
        predictions: Two-class predictions.
        uncorrected: The same rows with the model's own scores, or None.
        correction: The record's prevalence correction, where there is one.
        confidence_level: Coverage of the intervals of the reliability chart.

    Returns:
        `scores`, the shares of each class in bins; with rows of both classes `roc` and
        `precision_recall`; with enough distinct scores `reliability`; and the last two kinds
        again, `corrected_...`, where there is a correction, and `uncorrected_...`, where the
        scores were corrected before.
    """
    found: dict[str, Any] = {"scores": _histogram(predictions, predictions.scores)}
    if not (predictions.class_counts == 0).any():
        found |= {"roc": _roc(predictions), "precision_recall": _precision_recall(predictions)}
        found["reliability"] = _reliability(predictions, predictions.scores, confidence_level)
    if uncorrected is not None:
        found["uncorrected_scores"] = _histogram(uncorrected, uncorrected.scores)
        found["uncorrected_reliability"] = _reliability(
            uncorrected, uncorrected.scores, confidence_level
        )
    if correction is not None:
        shift = PriorShift(correction["train_prevalence"], correction["target_prevalence"])
        corrected = shift.correct(predictions.scores)
        found["corrected_scores"] = _histogram(predictions, corrected)
        found["corrected_reliability"] = _reliability(predictions, corrected, confidence_level)
    return found


def _roc(predictions: Predictions) -> dict[str, list[float]]:
    curve = roc_curve(predictions.labels, predictions.scores)
    kept = _spread_out(curve.x, curve.y)
    return {"false_positive_share": curve.x[kept].tolist(), "sensitivity": curve.y[kept].tolist()}


def _precision_recall(predictions: Predictions) -> dict[str, list[float]]:
    curve = precision_recall_curve(predictions.labels, predictions.scores)
    # The first point is a convention, not a threshold that calls anyone positive.
    recall, precision = curve.x[1:], curve.y[1:]
    kept = _spread_out(recall, precision)
    return {"sensitivity": recall[kept].tolist(), "ppv": precision[kept].tolist()}


def _spread_out(x: Scores, y: Scores) -> NDArray[np.int64]:
    """Return positions of points at even distances along a curve, both ends among them."""
    if len(x) <= _POINTS:
        return np.arange(len(x))
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    wanted = np.linspace(0, length[-1], _POINTS)
    places = np.searchsorted(length, wanted, side="left")
    return np.unique(np.concatenate([[0], np.minimum(places, len(x) - 1), [len(x) - 1]]))


def _reliability(
    predictions: Predictions, scores: Scores, confidence_level: float
) -> dict[str, list[float | None]]:
    """Compare mean score with the share of positives in up to ten equal groups of rows."""
    bins = reliability_curve(
        predictions.labels, scores, patients=predictions.patients, confidence_level=confidence_level
    )
    return {
        "mean_score": [group.mean_score for group in bins],
        "share_positive": [group.observed.value for group in bins],
        "lower": [group.observed.lower for group in bins],
        "upper": [group.observed.upper for group in bins],
        "images": [group.observed.n for group in bins],
    }


def _histogram(predictions: Predictions, scores: Scores) -> dict[str, list[float]]:
    """Count the scores of each class in equal bins, as shares of the class."""
    edges = np.linspace(0, 1, _BINS + 1)
    shares = {}
    for code, name in enumerate(("negative", "positive")):
        counts = np.histogram(scores[predictions.labels == code], edges)[0]
        shares[name] = (counts / max(1, counts.sum())).tolist()
    return {"edges": edges.tolist(), **shares}
