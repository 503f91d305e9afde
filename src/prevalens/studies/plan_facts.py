"""The counts that a plan is made from; pure."""

from typing import Any

import numpy as np

from prevalens.cohorts.cohort import Cohort


def cohort_facts(cohort: Cohort) -> dict[str, Any]:
    """Return the counts that a plan is made from; of several classes images and patients each."""
    ids = cohort.patient_codes
    sizes = np.bincount(ids)
    if len(cohort.classes) > 2:
        patients = patients_of_classes(cohort)
        images = np.bincount(cohort.labels, minlength=len(cohort.classes)).tolist()
        of_classes: dict[str, Any] = {
            "of_classes": {
                name: [images[code], patients[name]] for code, name in enumerate(cohort.classes)
            }
        }
    else:
        positive = cohort.is_positive
        of_classes = {
            "positive_images": int(positive.sum()),
            "positive_patients": len(np.unique(ids[positive])),
            "negative_patients": len(np.unique(ids[~positive])),
            "prevalence": float(positive.mean()),
        }
    return {
        "images": len(cohort),
        "patients": int(sizes.size),
        "independent": cohort.independent,
        **of_classes,
        "images_of_the_largest_patient": int(sizes.max()),
        "median_images_per_patient": float(np.median(sizes)),
        "covariates": sorted(cohort.covariates),
    }


def units_of(cohort: Cohort) -> str:
    """Return what is held out whole: patients, or images that were stated to be independent."""
    return "images" if cohort.independent else "patients"


def patients_of_classes(cohort: Cohort) -> dict[str, int]:
    """Return how many patients have an image of each class."""
    codes = cohort.patient_codes
    return {
        name: len(np.unique(codes[cohort.labels == code]))
        for code, name in enumerate(cohort.classes)
    }
