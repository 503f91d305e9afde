"""What a study of two classes found, from its held-out scores."""

from pathlib import Path

import numpy as np
import pytest
from studies.test_probe import study
from studies.test_study_runner import HEAD, plan_of

from prevalens.metrics import auroc
from prevalens.studies.binary_results import binary_results
from prevalens.studies.study_runner import StudyRunner


@pytest.mark.filterwarnings("ignore:The threshold")  # of noise, which nobody acts on
def test_estimates_are_of_scores_and_of_the_folds_decisions(tmp_path: Path) -> None:
    """AUROC of the scores, sensitivity of decisions by each fold's threshold, baselines beside."""
    cohort, features = study()
    runner = StudyRunner(cohort, plan_of(cohort), None, 1)
    held = runner.run(features, tmp_path, HEAD)
    noise = runner.run({"early": features["early"]}, tmp_path / "noise", HEAD).predictions
    found = binary_results(runner, held, {"noise": noise}, prevalence=None)
    rows = held.predictions
    own = auroc(rows.labels, rows.scores, patients=rows.patients).value

    assert found.estimates["auroc"].value == own
    assert found.estimates["sensitivity"].value == np.mean(held.is_positive[rows.labels == 1])
    assert found.baselines["noise"].value == pytest.approx(auroc(noise.labels, noise.scores).value)
    assert found.patients is None
    assert found.is_positive is not None
    np.testing.assert_array_equal(found.is_positive, held.is_positive)
    thresholds = [one.threshold for one in held.binary_records]
    assert found.report["settings"]["threshold"] == np.median(thresholds)
