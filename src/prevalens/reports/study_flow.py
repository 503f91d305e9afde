"""Who was studied: images, patients, and how they got here."""

from typing import Any

import numpy as np

from prevalens.predictions.predictions import Predictions
from prevalens.splits.partition import Partition


def study_flow(predictions: Predictions, partition: Partition | None = None) -> dict[str, Any]:
    """Count the images and patients of each class, and of each part of the partition.

    Args:
        predictions: The two-class predictions that are reported.
        partition: How the cohort was divided, where it is known.

    Returns:
        Counts and shares as plain values; patient counts are None where images are independent.
    """
    n_negative, n_positive = predictions.class_counts.tolist()
    flow: dict[str, Any] = {
        "images": len(predictions),
        "positive_images": n_positive,
        "negative_images": n_negative,
        "image_prevalence": predictions.prevalence,
        "patients": None,
    }
    return flow | _patients(predictions) | {"parts": _parts(partition)}


def _patients(predictions: Predictions) -> dict[str, Any]:
    if predictions.patients is None:
        return {}
    patients, owner = np.unique(predictions.patients, return_inverse=True)
    sizes = np.bincount(owner)
    positive = np.bincount(owner, weights=predictions.labels)
    return {
        "patients": len(patients),
        "positive_patients": int(np.sum(positive == sizes)),
        "negative_patients": int(np.sum(positive == 0)),
        "mixed_patients": int(np.sum((positive > 0) & (positive < sizes))),
        "images_per_patient": {
            "min": int(sizes.min()),
            "median": float(np.median(sizes)),
            "max": int(sizes.max()),
        },
    }


def _parts(partition: Partition | None) -> dict[str, Any] | None:
    if partition is None:
        return None
    return {
        "method": partition.method,
        "patients_crossing": partition.patients_crossing,
        "images": {name: len(rows) for name, rows in partition.parts().items()},
    }
