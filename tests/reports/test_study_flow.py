"""The flow counts images and patients, and what the partition says."""

import numpy as np

from prevalens.predictions import Predictions
from prevalens.reports.study_flow import study_flow
from prevalens.splits import Partition


def test_patients_are_positive_negative_or_both() -> None:
    """Counted by hand: a is positive, b negative, c has both."""
    told = Predictions(labels=[1, 1, 0, 0, 1], scores=[0.5] * 5, patients=["a", "a", "b", "c", "c"])
    flow = study_flow(told)

    assert (flow["images"], flow["positive_images"], flow["negative_images"]) == (5, 3, 2)
    kinds = ("positive_patients", "negative_patients", "mixed_patients")
    assert tuple(flow[kind] for kind in kinds) == (1, 1, 1)
    assert flow["images_per_patient"] == {"min": 1, "median": 2.0, "max": 2}
    assert flow["parts"] is None


def test_independent_images_count_no_patients() -> None:
    """Without ids the flow says None, not a number of patients nobody counted."""
    flow = study_flow(Predictions(labels=[1, 0], scores=[0.5, 0.5], patients=None))

    assert flow["patients"] is None
    assert "mixed_patients" not in flow


def test_the_partition_is_told() -> None:
    """Images in each part, and patients that cross."""
    partition = Partition(
        train=np.array([0, 1]),
        validation=np.array([2]),
        test=np.array([3]),
        cohort_fingerprint="x",
        n_rows=4,
        method="ImageHoldout",
        patients_crossing=2,
    )
    parts = study_flow(Predictions(labels=[1], scores=[0.5], patients=["a"]), partition)["parts"]

    assert parts == {
        "method": "ImageHoldout",
        "patients_crossing": 2,
        "images": {"train": 2, "validation": 1, "test": 1},
    }
