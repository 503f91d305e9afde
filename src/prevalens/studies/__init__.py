"""A whole study from the public pieces: cross-fitting, the plan, and its run."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.studies.cross_prediction import CrossPredictions, cross_predict
    from prevalens.studies.fold import Fold

__all__ = ["CrossPredictions", "Fold", "cross_predict"]

__getattr__ = lazy_names(
    __name__,
    {"CrossPredictions": "cross_prediction", "Fold": "fold", "cross_predict": "cross_prediction"},
)
