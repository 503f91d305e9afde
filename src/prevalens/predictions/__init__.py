"""What the model said: a score for each held-out row, and for each patient."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.predictions.patient_pooling import PatientPooling
    from prevalens.predictions.patient_score import patient_scores
    from prevalens.predictions.predictions import Predictions
    from prevalens.predictions.views import ViewScores, predict_with_views

__all__ = [
    "PatientPooling",
    "Predictions",
    "ViewScores",
    "patient_scores",
    "predict_with_views",
]

__getattr__ = lazy_names(
    __name__,
    {
        "PatientPooling": "patient_pooling",
        "Predictions": "predictions",
        "ViewScores": "views",
        "patient_scores": "patient_score",
        "predict_with_views": "views",
    },
)
