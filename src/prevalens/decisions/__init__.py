"""When to call it disease: prevalence correction, recalibration, thresholds with a promise."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.decisions.least_cost import least_cost_classes
    from prevalens.decisions.operating_point import OperatingPoint, PromiseCheck, choose_threshold
    from prevalens.decisions.prevalence_estimate import estimate_prevalence
    from prevalens.decisions.prior_shift import PriorShift, correct_prior_shift
    from prevalens.decisions.recalibration import Recalibration, fit_recalibration, recalibrate

__all__ = [
    "OperatingPoint",
    "PriorShift",
    "PromiseCheck",
    "Recalibration",
    "choose_threshold",
    "correct_prior_shift",
    "estimate_prevalence",
    "fit_recalibration",
    "least_cost_classes",
    "recalibrate",
]

__getattr__ = lazy_names(
    __name__,
    {
        "OperatingPoint": "operating_point",
        "PriorShift": "prior_shift",
        "PromiseCheck": "operating_point",
        "Recalibration": "recalibration",
        "choose_threshold": "operating_point",
        "correct_prior_shift": "prior_shift",
        "estimate_prevalence": "prevalence_estimate",
        "fit_recalibration": "recalibration",
        "least_cost_classes": "least_cost",
        "recalibrate": "recalibration",
    },
)
