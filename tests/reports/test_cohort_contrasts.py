"""Contrasts of two cohorts: whose patients are whose."""

import numpy as np
import pytest
from reports.conftest import clustered

from prevalens.metrics import compare_groups
from prevalens.predictions import Predictions
from prevalens.reports import Development
from prevalens.reports.cohort_contrasts import contrasts_of_two

STUDY = clustered(60, seed=1)


@pytest.mark.parametrize("which", ["neither", "the study", "the next cohort"])
def test_independent_images_are_a_patient_each(which: str) -> None:
    """Without ids on one side its images are other patients; without any, images are compared."""
    rng = np.random.default_rng(3)
    labels = np.tile([0, 1], 50)
    scores = np.clip(0.5 * labels + 0.7 * rng.random(100), 0, 1)
    ids = [f"q{k // 2}" for k in range(100)]
    later = Predictions(
        labels=labels,
        scores=scores,
        patients=ids if which == "the study" else None,
        classes=STUDY.classes,
    )
    study = Predictions(
        labels=STUDY.labels,
        scores=STUDY.scores,
        patients=STUDY.patients if which == "the next cohort" else None,
        classes=STUDY.classes,
    )
    given = Development(predictions=study, thresholds=0.5)
    found = contrasts_of_two(given, later, later.scores >= 0.5, 0.9)["auroc"]
    both = [
        *(ids if which == "the study" else [f"a{k}" for k in range(100)]),
        *(
            map(str, study.patients)
            if study.patients is not None
            else (f"b{k}" for k in range(len(study)))
        ),
    ]
    direct = compare_groups(
        np.append(labels, study.labels),
        np.append(scores, study.scores),
        np.repeat([True, False], [100, len(study)]),
        patients=None if which == "neither" else both,
        confidence_level=0.9,
    )

    assert found.difference.lower == direct.difference.lower
    assert found.difference.upper == direct.difference.upper
    assert found.first.patients == direct.first.patients
