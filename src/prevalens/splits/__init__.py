"""Who is trained on, who is held out: splits that keep patients whole, and their audit."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.splits.image_holdout import ImageHoldout
    from prevalens.splits.image_kfold import ImageKFold
    from prevalens.splits.leakage import Finding
    from prevalens.splits.leakage import LeakageAudit
    from prevalens.splits.leakage import audit_leakage
    from prevalens.splits.partition import Partition
    from prevalens.splits.patient_holdout import PatientHoldout
    from prevalens.splits.patient_kfold import PatientKFold
    from prevalens.splits.precision_plan import PrecisionPlan

__all__ = [
    "Finding",
    "ImageHoldout",
    "ImageKFold",
    "LeakageAudit",
    "Partition",
    "PatientHoldout",
    "PatientKFold",
    "PrecisionPlan",
    "audit_leakage",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Finding": "leakage",
        "ImageHoldout": "image_holdout",
        "ImageKFold": "image_kfold",
        "LeakageAudit": "leakage",
        "Partition": "partition",
        "PatientHoldout": "patient_holdout",
        "PatientKFold": "patient_kfold",
        "PrecisionPlan": "precision_plan",
        "audit_leakage": "leakage",
    },
)
