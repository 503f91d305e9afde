"""The points of the report's charts, thinned to what a page can show."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from prevalens.decisions.prior_shift import PriorShift
from prevalens.predictions.predictions import Predictions
from prevalens.typing import Scores

_BINS = 20


def curves(predictions: Predictions, *, correction: Mapping[str, Any] | None) -> dict[str, Any]:
    """Compute the points of each chart, as plain lists.

    Args:
        predictions: Two-class predictions.
        correction: The record's prevalence correction, where there is one.
    """
    found: dict[str, Any] = {"scores": _histogram(predictions, predictions.scores)}
    if correction is not None:
        shift = PriorShift(correction["train_prevalence"], correction["target_prevalence"])
        found["corrected_scores"] = _histogram(predictions, shift.correct(predictions.scores))
    return found


def _histogram(predictions: Predictions, scores: Scores) -> dict[str, list[float]]:
    """Count the scores of each class in equal bins, as shares of the class."""
    edges = np.linspace(0, 1, _BINS + 1)
    shares = {}
    for code, name in enumerate(("negative", "positive")):
        counts = np.histogram(scores[predictions.labels == code], edges)[0]
        shares[name] = (counts / max(1, counts.sum())).tolist()
    return {"edges": edges.tolist(), **shares}
