from prevalens.splits.covariate_holdout import CovariateHoldout as CovariateHoldout
from prevalens.splits.covariate_shift import CovariateShift as CovariateShift
from prevalens.splits.covariate_shift import covariate_shifts as covariate_shifts
from prevalens.splits.image_holdout import ImageHoldout as ImageHoldout
from prevalens.splits.image_kfold import ImageKFold as ImageKFold
from prevalens.splits.leakage import Finding as Finding
from prevalens.splits.leakage import LeakageAudit as LeakageAudit
from prevalens.splits.leakage import audit_leakage as audit_leakage
from prevalens.splits.partition import Partition as Partition
from prevalens.splits.patient_holdout import PatientHoldout as PatientHoldout
from prevalens.splits.patient_kfold import PatientKFold as PatientKFold
from prevalens.splits.precision_plan import PrecisionPlan as PrecisionPlan
from prevalens.splits.precision_plan import intra_patient_correlation as intra_patient_correlation
from prevalens.splits.precision_plan import plan_precision as plan_precision
from prevalens.splits.repeated_patient_holdout import (
    RepeatedPatientHoldout as RepeatedPatientHoldout,
)
from prevalens.splits.repeated_patient_kfold import RepeatedPatientKFold as RepeatedPatientKFold
from prevalens.splits.shortcuts import ShortcutAudit as ShortcutAudit
from prevalens.splits.shortcuts import audit_shortcuts as audit_shortcuts
