"""What the model said: a score for each held-out row, and for each patient."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.predictions.patient_score import patient_scores
    from prevalens.predictions.predictions import Predictions

__all__ = [
    "Predictions",
    "patient_scores",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Predictions": "predictions",
        "patient_scores": "patient_score",
    },
)
