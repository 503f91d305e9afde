"""When to call it disease: prevalence correction, recalibration, thresholds with a promise."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.decisions.class_recalibration import ClassRecalibration, fit_class_recalibration
    from prevalens.decisions.cross_recalibration import recalibrate
    from prevalens.decisions.least_cost import cost_estimate, least_cost_classes
    from prevalens.decisions.operating_point import OperatingPoint, PromiseCheck, choose_threshold
    from prevalens.decisions.prevalence_estimate import estimate_prevalence
    from prevalens.decisions.prior_shift import PriorShift, correct_predictions, correct_prior_shift
    from prevalens.decisions.recalibration import Recalibration, fit_recalibration
    from prevalens.decisions.referral import Referral, choose_referral, referral_estimates
    from prevalens.decisions.threshold_set import ThresholdSet, choose_thresholds
    from prevalens.decisions.validation_plan import ValidationNeed, ValidationPlan, plan_validation

__all__ = [
    "ClassRecalibration",
    "OperatingPoint",
    "PriorShift",
    "PromiseCheck",
    "Recalibration",
    "Referral",
    "ThresholdSet",
    "ValidationNeed",
    "ValidationPlan",
    "choose_referral",
    "choose_threshold",
    "choose_thresholds",
    "correct_predictions",
    "correct_prior_shift",
    "cost_estimate",
    "estimate_prevalence",
    "fit_class_recalibration",
    "fit_recalibration",
    "least_cost_classes",
    "plan_validation",
    "recalibrate",
    "referral_estimates",
]

__getattr__ = lazy_names(
    __name__,
    {
        "ClassRecalibration": "class_recalibration",
        "OperatingPoint": "operating_point",
        "PriorShift": "prior_shift",
        "PromiseCheck": "operating_point",
        "Recalibration": "recalibration",
        "Referral": "referral",
        "ThresholdSet": "threshold_set",
        "ValidationNeed": "validation_plan",
        "ValidationPlan": "validation_plan",
        "choose_referral": "referral",
        "choose_threshold": "operating_point",
        "choose_thresholds": "threshold_set",
        "correct_predictions": "prior_shift",
        "correct_prior_shift": "prior_shift",
        "cost_estimate": "least_cost",
        "estimate_prevalence": "prevalence_estimate",
        "fit_class_recalibration": "class_recalibration",
        "fit_recalibration": "recalibration",
        "least_cost_classes": "least_cost",
        "plan_validation": "validation_plan",
        "recalibrate": "cross_recalibration",
        "referral_estimates": "referral",
    },
)
