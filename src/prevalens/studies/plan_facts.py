"""The counts that a plan is made from; pure."""

from typing import Any

import numpy as np

from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.multilabel_cohort import MultilabelCohort


def cohort_facts(cohort: Cohort) -> dict[str, Any]:
    """Return the counts that a plan is made from; of several classes images and patients each.

    Of several labels `of_labels` has for each the images that have it, those on which it is known,
    and the patients with an image that has it, and with one that lacks it.
    """
    ids = cohort.patient_codes
    sizes = np.bincount(ids)
    of_classes: dict[str, Any]
    if isinstance(cohort, MultilabelCohort):
        counted = cohort.describe().labels_of
        of_classes = {"of_labels": {name: vars(count) for name, count in counted.items()}}
    elif len(cohort.classes) > 2:
        patients = patients_of_classes(cohort)
        images = np.bincount(cohort.labels, minlength=len(cohort.classes)).tolist()
        of_classes = {
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


def names_of(cohort: Cohort) -> tuple[str, ...]:
    """Return the names of the classes, or of the labels."""
    return cohort.names if isinstance(cohort, MultilabelCohort) else cohort.classes


def units_of(cohort: Cohort) -> str:
    """Return what is held out whole: patients, or images that were stated to be independent."""
    return "images" if cohort.independent else "patients"


def patients_of_classes(cohort: Cohort) -> dict[str, int]:
    """Return how many patients have an image of each class; of labels, that has or lacks each."""
    codes = cohort.patient_codes
    if isinstance(cohort, MultilabelCohort):
        return {
            what: len(np.unique(codes[rows]))
            for name, (has, lacks) in cohort.sides().items()
            for what, rows in ((name, has), (f"not {name}", lacks))
        }
    return {
        name: len(np.unique(codes[cohort.labels == code]))
        for code, name in enumerate(cohort.classes)
    }
