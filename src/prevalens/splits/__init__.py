"""Who is trained on, who is held out: splits that keep patients whole, and their audit."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.splits.image_holdout import ImageHoldout
    from prevalens.splits.image_kfold import ImageKFold
    from prevalens.splits.partition import Partition
    from prevalens.splits.patient_holdout import PatientHoldout
    from prevalens.splits.patient_kfold import PatientKFold
    from prevalens.splits.precision_plan import PrecisionPlan

__all__ = [
    "ImageHoldout",
    "ImageKFold",
    "Partition",
    "PatientHoldout",
    "PatientKFold",
    "PrecisionPlan",
]

__getattr__ = lazy_names(
    __name__,
    {
        "ImageHoldout": "image_holdout",
        "ImageKFold": "image_kfold",
        "Partition": "partition",
        "PatientHoldout": "patient_holdout",
        "PatientKFold": "patient_kfold",
        "PrecisionPlan": "precision_plan",
    },
)
