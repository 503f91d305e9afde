"""The results of a study hold what is written down, and nothing of what does not apply."""

import dataclasses

import pytest

from prevalens.metrics import auroc
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.studies.study_results import StudyResults


def test_results_of_several_classes_need_no_decisions() -> None:
    """Decisions and patients are left out, and nothing can be changed afterwards."""
    rows = Predictions(labels=[0, 1], scores=[0.2, 0.8], patients=["p", "q"])
    report = ClinicalReport(rows, threshold=0.5)
    own = {"auroc": auroc(rows.labels, rows.scores)}
    made = StudyResults(report=report, estimates=own, baselines={})

    assert (made.is_positive, made.patients, made.patient_estimates) == (None, None, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.estimates = {}  # type: ignore[misc]
