"""A whole study from the public pieces: cross-fitting, the plan, and its run."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.studies.cross_prediction import CrossPredictions, cross_predict
    from prevalens.studies.fold import Fold
    from prevalens.studies.planning import plan
    from prevalens.studies.study import Study, run_study
    from prevalens.studies.study_plan import StudyPlan
    from prevalens.studies.study_summary import StudySummary
    from prevalens.studies.validation import validate_study

__all__ = [
    "CrossPredictions",
    "Fold",
    "Study",
    "StudyPlan",
    "StudySummary",
    "cross_predict",
    "plan",
    "run_study",
    "validate_study",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CrossPredictions": "cross_prediction",
        "Fold": "fold",
        "Study": "study",
        "StudyPlan": "study_plan",
        "StudySummary": "study_summary",
        "cross_predict": "cross_prediction",
        "plan": "planning",
        "run_study": "study",
        "validate_study": "validation",
    },
)
