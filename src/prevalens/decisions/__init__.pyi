from prevalens.decisions.class_recalibration import ClassRecalibration as ClassRecalibration
from prevalens.decisions.class_recalibration import (
    fit_class_recalibration as fit_class_recalibration,
)
from prevalens.decisions.cross_recalibration import recalibrate as recalibrate
from prevalens.decisions.least_cost import cost_estimate as cost_estimate
from prevalens.decisions.least_cost import least_cost_classes as least_cost_classes
from prevalens.decisions.operating_point import OperatingPoint as OperatingPoint
from prevalens.decisions.operating_point import PromiseCheck as PromiseCheck
from prevalens.decisions.operating_point import choose_threshold as choose_threshold
from prevalens.decisions.prevalence_estimate import estimate_prevalence as estimate_prevalence
from prevalens.decisions.prior_shift import PriorShift as PriorShift
from prevalens.decisions.prior_shift import correct_predictions as correct_predictions
from prevalens.decisions.prior_shift import correct_prior_shift as correct_prior_shift
from prevalens.decisions.recalibration import Recalibration as Recalibration
from prevalens.decisions.recalibration import fit_recalibration as fit_recalibration
from prevalens.decisions.referral import Referral as Referral
from prevalens.decisions.referral import choose_referral as choose_referral
from prevalens.decisions.referral import referral_estimates as referral_estimates
from prevalens.decisions.threshold_set import ThresholdSet as ThresholdSet
from prevalens.decisions.threshold_set import choose_thresholds as choose_thresholds
from prevalens.decisions.validation_plan import ValidationNeed as ValidationNeed
from prevalens.decisions.validation_plan import ValidationPlan as ValidationPlan
from prevalens.decisions.validation_plan import plan_validation as plan_validation
