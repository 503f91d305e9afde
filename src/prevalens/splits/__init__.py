"""Who is trained on, who is held out: splits that keep patients whole, and their audit."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.splits.covariate_holdout import CovariateHoldout
    from prevalens.splits.covariate_shift import CovariateShift, covariate_shifts
    from prevalens.splits.image_holdout import ImageHoldout
    from prevalens.splits.image_kfold import ImageKFold
    from prevalens.splits.leakage import Finding, LeakageAudit, audit_leakage
    from prevalens.splits.partition import Partition
    from prevalens.splits.patient_holdout import PatientHoldout
    from prevalens.splits.patient_kfold import PatientKFold
    from prevalens.splits.precision_plan import (
        PrecisionPlan,
        intra_patient_correlation,
        plan_precision,
    )
    from prevalens.splits.repeated_patient_holdout import RepeatedPatientHoldout
    from prevalens.splits.repeated_patient_kfold import RepeatedPatientKFold
    from prevalens.splits.shortcuts import ShortcutAudit, audit_shortcuts

__all__ = [
    "CovariateHoldout",
    "CovariateShift",
    "Finding",
    "ImageHoldout",
    "ImageKFold",
    "LeakageAudit",
    "Partition",
    "PatientHoldout",
    "PatientKFold",
    "PrecisionPlan",
    "RepeatedPatientHoldout",
    "RepeatedPatientKFold",
    "ShortcutAudit",
    "audit_leakage",
    "audit_shortcuts",
    "covariate_shifts",
    "intra_patient_correlation",
    "plan_precision",
]

__getattr__ = lazy_names(
    __name__,
    {
        "CovariateHoldout": "covariate_holdout",
        "CovariateShift": "covariate_shift",
        "Finding": "leakage",
        "ImageHoldout": "image_holdout",
        "ImageKFold": "image_kfold",
        "LeakageAudit": "leakage",
        "Partition": "partition",
        "PatientHoldout": "patient_holdout",
        "PatientKFold": "patient_kfold",
        "PrecisionPlan": "precision_plan",
        "RepeatedPatientHoldout": "repeated_patient_holdout",
        "RepeatedPatientKFold": "repeated_patient_kfold",
        "ShortcutAudit": "shortcuts",
        "audit_leakage": "leakage",
        "audit_shortcuts": "shortcuts",
        "covariate_shifts": "covariate_shift",
        "intra_patient_correlation": "precision_plan",
        "plan_precision": "precision_plan",
    },
)
